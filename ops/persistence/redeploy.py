"""Redeploys the bot and gathers what is needed to judge whether its ledger survived.

Does one thing at Railway: one deployment of the service as it is configured.
"""

from dataclasses import dataclass

from bot.domain.refusal import ExitCode, Refused
from infra.railway.calls.deployments import RUNNING, STARTING, Deployment
from ops.persistence.judge import Evidence, Line, Mounted, boots, complete, stop
from ops.persistence.service import Service, until

ENDED = ("FAILED", "CRASHED", "REMOVED", "SKIPPED")
COMING_S = 120.0
"""How long to wait for a deployment that is on its way."""
LOG_S = 10.0
"""How long the log of a container that just began may stay empty."""
STOP_LINE_S = 10.0
"""How long a log may lag behind the container that wrote it; a killed one never says stop."""


@dataclass(frozen=True, slots=True)
class Before:
    """What ran when we came."""

    volume: Mounted
    deployment: Deployment
    boot: Line


def before(service: Service) -> Before:
    """Return what runs now, having changed nothing.

    Raises:
        Refused: nothing that a redeploy could prove something about.

    """
    volume = service.volume()
    if volume is None:
        raise Refused(
            "the service has no volume: its ledger is lost with every container, and no redeploy "
            "is needed to prove that; attach one with `pulumi up`",
            ExitCode.NEGATIVE,
        )
    running = until(lambda: _settled(service), COMING_S)
    if not isinstance(running, Deployment):
        raise Refused(
            "no deployment of the service is running: deploy it, then ask again", ExitCode.NEGATIVE
        )
    seen = until(lambda: boots(service.evidence(running.id)) or None, LOG_S)
    if not seen:
        raise Refused(
            f"deployment {running.id} has printed no ledger.boot line: an image older than "
            "docs/persistence-evidence.md, or a log no longer kept; deploy once, then ask again",
            ExitCode.NEGATIVE,
        )
    return Before(volume, running, seen[-1])


def runs(row: Deployment) -> bool:
    """Say whether a container runs: SUCCESS alone is also what a stopped deployment shows."""
    return any(instance.status == RUNNING for instance in row.instances)


def redeploy(service: Service, was: Before, within_s: float) -> Evidence:
    """Deploy, wait for the new deployment to speak, and return both sides.

    Raises:
        Refused: it ended, or did not speak in time.

    """
    made = service.deploy()
    new = until(lambda: _spoken(service, made), within_s)
    if new is None:
        raise Refused(
            f"deployment {made} has not finished its ledger.boot line within {within_s:.0f} s: "
            "look at its log before you redeploy again",
            ExitCode.UNKNOWN_OUTCOME,
        )
    after = service.volume()
    if after is None:
        raise Refused("the service lost its volume in the redeploy", ExitCode.NEGATIVE)
    return Evidence(
        old_deployment=was.deployment.id,
        new_deployment=made,
        before=was.volume,
        after=after,
        old=was.boot,
        stopped=until(lambda: _stopped(service, was), STOP_LINE_S),
        new=new,
    )


def _settled(service: Service) -> Deployment | bool | None:
    """Return what runs; False when nothing does or will; None while one is on its way."""
    rows = service.deployments()
    if any(row.status in STARTING for row in rows):
        return None
    return next((row for row in rows if runs(row)), False)


def _stopped(service: Service, was: Before) -> Line | None:
    return stop(service.evidence(was.deployment.id), was.boot.get("boot"))


def _spoken(service: Service, made: str) -> Line | None:
    seen = boots(service.evidence(made))
    if seen and complete(seen[0]):
        return seen[0]
    row = next((row for row in service.deployments() if row.id == made), None)
    if row is not None and row.status in ENDED:
        raise Refused(
            f"deployment {made} ended as {row.status} before it opened the ledger; its last "
            f"words: {service.last_words(made)}",
            ExitCode.NEGATIVE,
        )
    return None
