"""The estate the contract tests declare: one of every kind, as the real program does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contract.provider.engine import Declared

REGION = "europe-west4-drams3a"
IMAGE = "ghcr.io/acme/poly@sha256:" + "0" * 64
OTHER_IMAGE = "ghcr.io/acme/poly@sha256:" + "1" * 64
PLANTED = "0xplanted-secret-5f2c"
SEALED = "sealed-planted-secret-91ab"

Output = Callable[[str, str], Any]


@dataclass(slots=True)
class Estate:
    """What varies between two runs of a program."""

    workspace_id: str
    name: str = "poly"
    service: dict[str, Any] = field(default_factory=dict)
    volume: dict[str, Any] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=lambda: {"POLY_MODE": "PAPER"})
    secret: dict[str, Any] = field(default_factory=lambda: {"POLY_API_KEY": PLANTED})
    sealed: dict[str, Any] = field(default_factory=lambda: {"POLY_PRIVATE_KEY": SEALED})
    kinds: list[str] = field(default_factory=lambda: ["DAILY"])
    image: str = IMAGE
    bucket: str = "poly-backups"

    def program(self) -> list[Declared]:
        """Return the declarations in dependency order."""
        return [
            Declared("project", "Project", self._project),
            Declared("environment", "Environment", self._environment),
            Declared("service", "Service", self._service),
            Declared("volume", "Volume", self._volume),
            Declared("bucket", "Bucket", self._bucket),
            Declared("variables", "VariableSet", self._variables),
            Declared("schedule", "BackupSchedule", self._schedule),
            Declared("deployment", "Deployment", self._deployment),
        ]

    def _project(self, _: Output) -> dict[str, Any]:
        return {"name": self.name, "workspaceId": self.workspace_id}

    def _environment(self, output: Output) -> dict[str, Any]:
        return {"projectId": output("project", "projectId"), "name": "production"}

    def _place(self, output: Output) -> dict[str, Any]:
        return {
            "projectId": output("project", "projectId"),
            "environmentId": output("environment", "environmentId"),
        }

    def _service(self, output: Output) -> dict[str, Any]:
        return {
            **self._place(output),
            "name": "bot",
            "region": REGION,
            "startCommand": "sleep 3600",
            "drainingSeconds": 1,
            "requiredMountPath": "/app/data",
            "vcpusMax": 1,
            "memoryMibMax": 512,
            **self.service,
        }

    def _volume(self, output: Output) -> dict[str, Any]:
        return {
            **self._place(output),
            "serviceId": output("service", "serviceId"),
            "name": "ledger",
            "mountPath": "/app/data",
            **self.volume,
        }

    def _bucket(self, output: Output) -> dict[str, Any]:
        return {**self._place(output), "name": self.bucket, "region": "ams"}

    def _variables(self, output: Output) -> dict[str, Any]:
        references = output("bucket", "references")
        endpoint = references["ENDPOINT"] if isinstance(references, dict) else references
        return {
            **self._place(output),
            "serviceId": output("service", "serviceId"),
            "plain": self.plain,
            "secret": self.secret,
            "sealed": self.sealed,
            "references": {"BACKUP_ENDPOINT": endpoint},
        }

    def _schedule(self, output: Output) -> dict[str, Any]:
        return {
            **self._place(output),
            "volumeId": output("volume", "volumeId"),
            "kinds": self.kinds,
        }

    def _deployment(self, output: Output) -> dict[str, Any]:
        return {
            **self._place(output),
            "serviceId": output("service", "serviceId"),
            "image": self.image,
            "configuration": {
                "service": output("service", "fingerprint"),
                "volume": output("volume", "fingerprint"),
                "variables": output("variables", "fingerprint"),
            },
            "sealedDigests": output("variables", "sealedDigests"),
            "healthyWithinSeconds": 15,
        }
