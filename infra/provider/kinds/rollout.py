"""Starting a deployment once and watching it until it runs: shared by creation and update."""

from collections.abc import Mapping

from infra.provider.kinds.kind import made_or_found
from infra.provider.session import Session
from infra.railway.calls import deployments
from infra.railway.calls.deployments import STARTING, Deployment
from infra.railway.errors import NotFound
from infra.railway.lock import only_writer

SUPERSEDED = ("REMOVED", "REMOVING", "SKIPPED")


def latest(session: Session, ids: Mapping[str, str]) -> Deployment | None:
    """Return a service's newest deployment; None where there never was one.

    Raises:
        RailwayError: as the call.

    """
    found = deployments.of_service(session.api, ids)
    return found[0] if found else None


def start(session: Session, ids: Mapping[str, str], commit_sha: str | None) -> Deployment:
    """Deploy once what is configured.

    After a lost answer a deployment that is newer than all before is the one asked for.

    Raises:
        RailwayError: as the calls; nothing is known to have been deployed.

    """
    with only_writer(ids["environmentId"], session.api.pace):
        before = {one.id for one in deployments.of_service(session.api, ids)}
        made = made_or_found(
            session.api.pace,
            lambda: deployments.deploy(
                session.api,
                environment_id=ids["environmentId"],
                service_id=ids["serviceId"],
                commit_sha=commit_sha,
            ),
            lambda: _newer(session, ids, before),
        )
    return _seen(session, ids, made)


def _newer(session: Session, ids: Mapping[str, str], before: set[str]) -> str | None:
    found = latest(session, ids)
    return found.id if found is not None and found.id not in before else None


def _seen(session: Session, ids: Mapping[str, str], deployment_id: str) -> Deployment:
    try:
        return deployments.read(session.api, deployment_id)
    except NotFound:  # not visible yet
        return Deployment(
            id=deployment_id,
            status="QUEUED",
            created_at="",
            project_id=ids["projectId"],
            environment_id=ids["environmentId"],
            service_id=ids["serviceId"],
        )


def follow(
    session: Session, rollout: Deployment, ids: Mapping[str, str], within_s: float
) -> tuple[Deployment, str]:
    """Watch a deployment until it runs; returns it with what went wrong, or nothing.

    Raises:
        RailwayError: as the calls.

    """
    last = [rollout]

    def ended() -> Deployment | None:
        last[0] = _now(session, last[0], ids)
        over = last[0].healthy or last[0].status not in {*STARTING, "SUCCESS"}
        return last[0] if over else None

    session.api.pace.until(ended, within_s)
    found = last[0]
    if found.healthy:
        return found, ""
    if found.status in STARTING:
        return found, f"deployment {found.id} is still {found.status} after {within_s:.0f} s"
    if found.status == "SUCCESS":
        return found, f"deployment {found.id} has ended: its container runs no more"
    return found, f"deployment {found.id} is {found.status}{_reason(session, found)}: see its logs"


def _now(session: Session, rollout: Deployment, ids: Mapping[str, str]) -> Deployment:
    try:
        found = deployments.read(session.api, rollout.id)
    except NotFound:
        return rollout
    if found.status in SUPERSEDED:
        # Railway deploys by itself too: a newer one of the same configuration takes over.
        newest = latest(session, ids)
        if newest is not None and newest.created_at > found.created_at:
            return newest
    return found


def _reason(session: Session, rollout: Deployment) -> str:
    for event in deployments.events(session.api, rollout.id):
        payload = event.payload
        why = payload and (payload.error or payload.reason)
        if why:
            return f" at {event.step} ({why})"
    return ""
