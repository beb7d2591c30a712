"""Stacks for the tests, and how to look at what they made."""

import json
from dataclasses import dataclass

from infra.railway.calls import deployments, environments, services, volumes
from infra.railway.calls.deployments import Deployment
from infra.railway.client import Railway
from ops.rehearsal.workbench import Done, Workbench

IMAGE = "ghcr.io/acme/poly@sha256:" + "a" * 64
OTHER_IMAGE = "ghcr.io/acme/poly@sha256:" + "b" * 64
# Waits for its SIGTERM like the bot and needs nothing of it: these tests are about the estate.
COMMAND = "sleep 3600"
KEYS: dict[str, object] = {
    "plan": "pro",
    "region": "europe-west4-drams3a",
    "regionSignedOff": "europe-west4-drams3a 2026-11-23 the tests",
    "image": IMAGE,
    "startCommand": COMMAND,
    "bucket": "poly-backups",
    "backupSchedule": ["DAILY"],
}


def keys(**changed: object) -> dict[str, object]:
    """Return a good stack with some keys changed; None removes one."""
    return {name: value for name, value in {**KEYS, **changed}.items() if value is not None}


def up(bench: Workbench, stack: str, *more: str) -> Done:
    """Bring a stack up, and fail with Pulumi's own words if it will not."""
    done = bench.pulumi("up", "--yes", "--stack", stack, *more)
    assert done.ok, done.text
    return done


def state(bench: Workbench, stack: str) -> str:
    """Return the whole state as it lies on the disk."""
    files = (bench.folder / "state").rglob(f"{stack}.json*")
    return "".join(file.read_text() for file in files)


def outputs(bench: Workbench, stack: str) -> dict[str, str]:
    """Return what a stack exports."""
    found: dict[str, str] = json.loads(
        bench.must("stack", "output", "--json", "--stack", stack).stdout
    )
    return found


@dataclass(frozen=True, slots=True)
class Made:
    """What a stack made, asked from Railway."""

    client: Railway
    project: str
    environment: str
    service: str

    @classmethod
    def of(cls, bench: Workbench, stack: str, client: Railway) -> "Made":
        """Find it by the stack's exports."""
        said = outputs(bench, stack)
        return cls(client, said["projectId"], said["environmentId"], said["serviceId"])

    def deploy_settings(self) -> dict[str, object]:
        """Return the service's `deploy` settings."""
        seen = services.view(
            self.client,
            project_id=self.project,
            environment_id=self.environment,
            service_id=self.service,
        )
        found = seen.config["deploy"]
        assert isinstance(found, dict)
        return found

    def variables(self) -> dict[str, str | None]:
        """Return the service's variables as written."""
        seen = services.view(
            self.client,
            project_id=self.project,
            environment_id=self.environment,
            service_id=self.service,
        )
        return dict(seen.variables)

    def deployments(self) -> tuple[Deployment, ...]:
        """Return every deployment there ever was, newest first."""
        ids = {"environmentId": self.environment, "serviceId": self.service}
        return deployments.of_service(self.client, {"projectId": self.project, **ids})

    def volumes(self) -> list[str]:
        """Return the ids of the environment's volumes."""
        return [one.volume_id for one in volumes.in_environment(self.client, self.environment)]

    def config(self) -> dict[str, object]:
        """Return the environment's whole configuration."""
        return environments.state(self.client, self.environment).config
