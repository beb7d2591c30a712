"""The bot's service at Railway as `poly verify` sees it: its volume, what runs, what it logged.

Reads, and one deploy. What the readings mean is decided elsewhere.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from infra.railway.answers import safe_line
from infra.railway.calls import deployments, volumes
from infra.railway.calls.deployments import Deployment
from infra.railway.calls.volumes import VolumeInstance
from infra.railway.client import Railway
from ops.estate.stack import Target
from ops.persistence.judge import Line, Mounted, decode

Found = TypeVar("Found")

LOOK_S = 1.0
LOG_LINES_MAX = 5000
LAST_LINES = 50
GONE = ("REMOVED", "SKIPPED")


class Service:
    """One service in one environment."""

    def __init__(self, client: Railway, target: Target) -> None:
        self._client = client
        self._target = target

    def volume(self) -> Mounted | None:
        """Return the volume attached to the service, as far as a redeploy must not change it."""
        row = self.volume_row()
        return None if row is None else mounted(row)

    def volume_row(self) -> VolumeInstance | None:
        """Return the volume attached to the service."""
        there = volumes.in_environment(self._client, self._target.environment)
        return next((row for row in there if row.service_id == self._target.service), None)

    def deployments(self, *, removed: bool = False) -> tuple[Deployment, ...]:
        """Return what has not been removed, newest first; on request what has been, too."""
        ids = {
            "projectId": self._target.project,
            "environmentId": self._target.environment,
            "serviceId": self._target.service,
        }
        return deployments.of_service(self._client, ids, but=() if removed else GONE, most=100)

    def evidence(self, deployment: str) -> list[Line]:
        """Return the lines of a deployment's log that speak of the ledger, in order.

        Raises:
            Refused: evidence of a format this program does not know.

        """
        rows = deployments.logs(self._client, deployment, limit=LOG_LINES_MAX, contains="ledger")
        lines = (
            decode(row.message, {part.key: part.value for part in row.attributes}) for row in rows
        )
        return [line for line in lines if line is not None]

    def last_words(self, deployment: str) -> str:
        """Return the last line a deployment logged as an error, else its last line."""
        rows = deployments.logs(self._client, deployment, limit=LAST_LINES)
        errors = [row.message for row in rows if row.severity == "error"]
        said = (errors or [row.message for row in rows] or ["nothing"])[-1]
        return safe_line(said)

    def deploy(self) -> str:
        """Deploy the service as it is configured and return the new deployment's id.

        Raises:
            LostAnswer: it may have been started.

        """
        return deployments.deploy(
            self._client,
            environment_id=self._target.environment,
            service_id=self._target.service,
        )


def mounted(row: VolumeInstance) -> Mounted:
    """Return the part of a volume instance a redeploy must leave as it is."""
    return Mounted(
        instance=row.id,
        service=row.service_id,
        mount_path=row.mount_path,
        state=row.state or "unknown",
    )


def until(look: Callable[[], Found | None], within_s: float) -> Found | None:
    """Look every second until there is something to see; None when the time is over."""
    deadline = time.monotonic() + within_s
    while (found := look()) is None and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return found
