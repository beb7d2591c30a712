"""Railway's half of a kill from outside: stop every deployment, prove it, fence the service.

Never starts anything. SUCCESS is also what a stopped deployment shows, and `deploymentStopped` also
what one shows that is still being deployed: only both, without a live container, are a proof.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.refusal import ExitCode, Refused
from infra.railway.calls import account, deployments, services, variables
from infra.railway.calls.deployments import STARTING, TERMINAL, Deployment
from infra.railway.client import Railway
from infra.railway.errors import RailwayError
from infra.railway.token import TokenKind
from ops.halt.line import Line

LOOK_S: Final = 1.0
BETWEEN_PROOFS_S: Final = 5.0
"""Source: what others measured and this product's facts on stopping (railway facts 3.1)."""
BUDGET_S: Final = 60.0
INSIDE: Final = ("RAILWAY_DEPLOYMENT_ID", "RAILWAY_REPLICA_ID")
"""Railway sets these in every container and nowhere else."""
PROVED_STATUSES: Final = frozenset({"SUCCESS", "CRASHED"})


@dataclass(frozen=True, slots=True)
class Target:
    """The service to stop; environment empty for every one it is in."""

    project: str
    service: str
    environment: str = ""

    @property
    def ids(self) -> dict[str, str]:
        """Return what deployments are listed by."""
        here = {"environmentId": self.environment} if self.environment else {}
        return {"projectId": self.project, "serviceId": self.service, **here}


@dataclass(slots=True)
class Stopping:
    """How far it got."""

    seen: dict[str, Deployment] = field(default_factory=dict)
    exited_ms: float | None = None
    proved_ms: float | None = None
    problems: list[str] = field(default_factory=list)
    fenced: bool = False
    removed: list[str] = field(default_factory=list)

    @property
    def proved(self) -> bool:
        """Say whether nothing of the service runs, twice seen."""
        return self.proved_ms is not None


def service_of(environment: Mapping[str, str]) -> str:
    """Return the service to stop.

    Raises:
        Refused: none is named, or it is the very container this runs in; USAGE.

    """
    service = environment.get("RAILWAY_SERVICE_ID", "")
    if not service:
        raise Refused(
            "RAILWAY_SERVICE_ID is missing: set it to the bot's service (poly infra outputs it)",
            ExitCode.USAGE,
        )
    if any(environment.get(name) for name in INSIDE):
        raise Refused(
            "RAILWAY_SERVICE_ID is this very container: from inside use `poly kill`; run "
            "`poly kill --from outside` on another machine",
            ExitCode.USAGE,
        )
    return service


def target(api: Railway, service: str, environment: Mapping[str, str]) -> Target:
    """Find project and environment of the service.

    Raises:
        RailwayError: it cannot be found.

    """
    inside = environment.get("RAILWAY_ENVIRONMENT_ID", "")
    project = environment.get("RAILWAY_PROJECT_ID", "")
    if api.token.kind is TokenKind.PROJECT and not (inside and project):
        scope = account.token_scope(api)
        inside = inside or (scope.environment.id if scope.environment else "")
        project = project or (scope.project.id if scope.project else "")
    if not project:
        project = services.lookup(api, service).project_id
    return Target(project, service, inside)


def going(api: Railway, where: Target) -> tuple[Deployment, ...]:
    """Return every deployment that has not ended for good, newest first.

    Raises:
        RailwayError: they could not be listed.

    """
    return deployments.of_service(api, where.ids, but=sorted(TERMINAL))


def is_stopped(one: Deployment) -> bool:
    """Say whether a deployment is proved to run nothing."""
    return one.status in PROVED_STATUSES and one.deployment_stopped and not one.alive


def stop(api: Railway, where: Target, line: Line, so_far: Stopping) -> None:
    """Stop everything that is going, until that is proved or the time is over."""
    deadline = time.monotonic() + BUDGET_S
    proved_at: float | None = None
    told: set[tuple[str, str]] = set()
    while time.monotonic() < deadline:
        try:
            found = going(api, where)
        except RailwayError as error:
            _problem(so_far, line, str(error))
            proved_at = None
            time.sleep(LOOK_S)
            continue
        so_far.seen.update({one.id: one for one in found})
        running = [one for one in found if not is_stopped(one)]
        if not running:
            now = time.monotonic()
            if proved_at is None:
                proved_at = now
                so_far.exited_ms = line.ms()
                line.add("container.exited", deployments=[one.id for one in found])
            elif now - proved_at >= BETWEEN_PROOFS_S:
                so_far.proved_ms = line.ms()
                so_far.problems.clear()
                line.add("container.proved")
                return
        else:
            proved_at = None
            for one in running:
                _end(api, one, told, line, so_far)
        left = BETWEEN_PROOFS_S - (time.monotonic() - proved_at) if proved_at else LOOK_S
        time.sleep(max(min(left, BETWEEN_PROOFS_S), 0.05))
    _problem(so_far, line, f"not proved stopped within {BUDGET_S:.0f} s")


def _end(
    api: Railway, one: Deployment, told: set[tuple[str, str]], line: Line, so_far: Stopping
) -> None:
    """End one deployment: cancel what has not started, stop what runs, else remove it."""
    weapons = [("cancel", deployments.cancel)] if one.status in STARTING else []
    weapons += [("stop", deployments.stop), ("remove", deployments.remove)]
    for name, weapon in weapons:
        # Once each a status: Railway takes seconds, and a second ask tells nothing new. Removing
        # is kept for what stop does not stop.
        if (name, one.id + one.status) in told:
            continue
        told.add((name, one.id + one.status))
        try:
            weapon(api, one.id)
        except RailwayError as error:
            _problem(so_far, line, f"{name} {one.id}: {error}")
            continue
        line.add(f"container.{name}", deployment=one.id, status=one.status)
        return


def _problem(so_far: Stopping, line: Line, text: str) -> None:
    if text not in so_far.problems:
        so_far.problems.append(text)
        line.add("container.problem", why=text)


def fence(api: Railway, where: Target, halt: str, line: Line, so_far: Stopping) -> None:
    """Let only a new deployment start, which reads the halt; then take the stopped ones away.

    A deployment that is only stopped could be restarted with the variables it was born with.
    """
    inside = sorted({one.environment_id for one in so_far.seen.values()} | {where.environment})
    fenced = True
    for environment in filter(None, inside):
        ids = {
            "projectId": where.project,
            "environmentId": environment,
            "serviceId": where.service,
        }
        fenced &= _fenced(api, ids, halt, line, so_far)
    so_far.fenced = fenced and any(inside)
    if not any(inside):
        _problem(so_far, line, "no fence: no environment is known; set RAILWAY_ENVIRONMENT_ID")
    if so_far.fenced and so_far.proved:
        _remove(api, list(so_far.seen), line, so_far)


def _fenced(api: Railway, ids: Mapping[str, str], halt: str, line: Line, so_far: Stopping) -> bool:
    try:
        variables.upsert(api, ids, {"POLY_HALT": halt})
    except RailwayError as error:
        _problem(so_far, line, f"POLY_HALT is not set: {error}")
        return False
    line.add("fence.halt", variable="POLY_HALT", id=halt, environment=ids["environmentId"])
    try:
        if services.auto_deploy(api, **_named(ids)).enabled:
            services.set_auto_deploy(api, ids, enabled=False)
            line.add("fence.autodeploy_off", environment=ids["environmentId"])
    except RailwayError as error:
        _problem(so_far, line, f"autodeploy is not known to be off: {error}")
        return False
    return True


def _named(ids: Mapping[str, str]) -> dict[str, str]:
    return {
        "project_id": ids["projectId"],
        "environment_id": ids["environmentId"],
        "service_id": ids["serviceId"],
    }


def _remove(api: Railway, those: Sequence[str], line: Line, so_far: Stopping) -> None:
    for one in those:
        try:
            deployments.remove(api, one)
        except RailwayError as error:
            _problem(so_far, line, f"remove {one}: {error}")
            continue
        so_far.removed.append(one)
        line.add("fence.removed", deployment=one)


def resume(api: Railway, where: Target, wanted: str) -> str:
    """Set POLY_RESUME to `wanted` without deploying, then deploy; return the deployment's id.

    Raises:
        Refused: the environment is not known.
        RailwayError: what Railway said; the variable alone changes nothing.

    """
    if not where.environment:
        raise Refused("RAILWAY_ENVIRONMENT_ID is missing: set it", ExitCode.USAGE)
    ids = {**where.ids}
    variables.upsert(api, ids, {"POLY_RESUME": wanted})
    return deployments.deploy(api, environment_id=where.environment, service_id=where.service)
