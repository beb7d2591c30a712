"""Deployments: starting, stopping, and telling whether one runs.

`SUCCESS` alone proves nothing: it is also what a stopped deployment and one that ended shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from infra.railway.client import Connection, Railway

# Ended for good, as opposed to stopped, crashed or sleeping. Source: railway facts 1.11.
TERMINAL = frozenset({"FAILED", "REMOVED", "REMOVING", "SKIPPED"})
STARTING = frozenset(
    {"QUEUED", "INITIALIZING", "BUILDING", "WAITING", "NEEDS_APPROVAL", "DEPLOYING"}
)
RUNNING = "RUNNING"
ALIVE = frozenset({"RUNNING", "CREATED", "INITIALIZING", "RESTARTING"})


class DeploymentInstance(msgspec.Struct, frozen=True):
    """One container of a deployment."""

    id: str
    status: str


class Deployment(msgspec.Struct, frozen=True, rename="camel"):
    """A deployment as Railway has it; statuses are an open set."""

    id: str
    status: str
    created_at: str
    project_id: str
    environment_id: str
    deployment_stopped: bool = False
    service_id: str | None = None
    status_updated_at: str | None = None
    meta: dict[str, object] | None = None
    instances: tuple[DeploymentInstance, ...] = ()

    @property
    def healthy(self) -> bool:
        """Say whether a container of it runs."""
        runs = any(instance.status == RUNNING for instance in self.instances)
        return self.status == "SUCCESS" and not self.deployment_stopped and runs

    @property
    def alive(self) -> bool:
        """Say whether any container of it runs or may soon."""
        return any(instance.status in ALIVE for instance in self.instances)

    @property
    def image(self) -> str | None:
        """The image it runs, where Railway says."""
        found = (self.meta or {}).get("image")
        return found if isinstance(found, str) else None


class Attribute(msgspec.Struct, frozen=True):
    """A part of a JSON line, its value JSON again: Railway takes such lines apart."""

    key: str
    value: str


class LogLine(msgspec.Struct, frozen=True):
    """One line a deployment wrote."""

    timestamp: str
    message: str
    severity: str | None = None
    attributes: tuple[Attribute, ...] = ()


class _Payload(msgspec.Struct, frozen=True):
    error: str | None = None
    reason: str | None = None


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """A step of a deployment."""

    id: str
    step: str
    created_at: str
    completed_at: str | None = None
    payload: _Payload | None = None


class _Read(msgspec.Struct, frozen=True):
    deployment: Deployment


class _Page(msgspec.Struct, frozen=True):
    deployments: Connection[Deployment]


class _Deployed(msgspec.Struct, frozen=True):
    deployment_id: str = msgspec.field(name="serviceInstanceDeployV2")


class _Events(msgspec.Struct, frozen=True, rename="camel"):
    deployment_events: Connection[Event]


class _Logs(msgspec.Struct, frozen=True, rename="camel"):
    deployment_logs: tuple[LogLine, ...]


def read(api: Railway, deployment_id: str) -> Deployment:
    """Return a deployment.

    Raises:
        NotFound: there is none.
        RailwayError: as `Railway.query`.

    """
    return api.query("DeploymentRead", {"id": deployment_id}, _Read).deployment


def of_service(
    api: Railway,
    ids: Mapping[str, str],
    *,
    but: Sequence[str] = (),
    most: int = 1000,
) -> tuple[Deployment, ...]:
    """Return deployments, newest first; `ids` holds any of projectId, environmentId, serviceId.

    `but` leaves out statuses; at most `most` are returned, those removed included.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked: dict[str, object] = {**ids, "includeDeleted": False}
    if but:
        asked["status"] = {"notIn": list(but)}
    found = islice(_all(api, asked), most)
    return tuple(sorted(found, key=lambda deployment: deployment.created_at, reverse=True))


def _all(api: Railway, asked: Mapping[str, object]) -> Iterator[Deployment]:
    return api.pages("DeploymentsPage", {"input": asked}, _Page, lambda reply: reply.deployments)


def deploy(
    api: Railway, *, environment_id: str, service_id: str, commit_sha: str | None = None
) -> str:
    """Deploy what is configured now, once; returns the deployment's id.

    Raises:
        LostAnswer: look for a newer deployment before asking again.
        RailwayError: as `Railway.mutate`.

    """
    asked = {
        "environmentId": environment_id,
        "serviceId": service_id,
        **({} if commit_sha is None else {"commitSha": commit_sha}),
    }
    return api.mutate("ServiceInstanceDeploy", asked, _Deployed).deployment_id


def stop(api: Railway, deployment_id: str) -> None:
    """Stop the containers; volume and variables stay, and so do orders resting at an exchange.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("DeploymentStop", {"id": deployment_id}, dict[str, object])


def cancel(api: Railway, deployment_id: str) -> None:
    """Cancel a deployment that does not run yet.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("DeploymentCancel", {"id": deployment_id}, dict[str, object])


def restart(api: Railway, deployment_id: str) -> None:
    """Start the containers of a deployment again, under the same deployment id.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("DeploymentRestart", {"id": deployment_id}, dict[str, object])


def remove(api: Railway, deployment_id: str) -> None:
    """Take a deployment down for good.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("DeploymentRemove", {"id": deployment_id}, dict[str, object])


def events(api: Railway, deployment_id: str) -> tuple[Event, ...]:
    """Return the steps a deployment has gone through, at most a page of them.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"id": deployment_id, "first": 50}
    return api.query("DeploymentEventsRead", asked, _Events).deployment_events.nodes


def logs(
    api: Railway, deployment_id: str, *, limit: int = 500, contains: str | None = None
) -> tuple[LogLine, ...]:
    """Return the newest lines a deployment wrote; Railway may give one more than asked.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked: dict[str, object] = {"deploymentId": deployment_id, "limit": limit}
    if contains is not None:
        asked["filter"] = contains
    return api.query("DeploymentLogsRead", asked, _Logs).deployment_logs[-limit:]
