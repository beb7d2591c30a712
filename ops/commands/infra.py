"""`poly infra`: the estate on Railway against what is declared, and what stands in its way."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from bot.domain.refusal import ExitCode, Refused
from ops import report

if TYPE_CHECKING:
    from infra.railway.calls.deployments import Deployment
    from ops.estate.doctor import Finding
    from ops.estate.drift import Change
    from ops.estate.stack import Target

STATUS = """\b
Examples:
  poly infra status --stack prod
  poly infra status --stack dev --json

\b
Exit codes: 0 as declared and running; 1 drift, or nothing runs; 2 no token or no such stack;
5 Railway or Pulumi refused.
"""
DOCTOR = """\b
Examples:
  poly infra doctor
  poly infra doctor --stack prod --json

\b
Exit codes: 0 nothing to mend; 1 something is; 2 no token or no such stack; 5 out of reach.
"""
NEWEST = 5


@click.group()
def command() -> None:
    """Compare the estate on Railway with its stack; find what stands in the way."""


@command.command(epilog=STATUS)
@click.option("--stack", default="dev", show_default=True, help="The stack to compare with.")
@report.as_json
def status(stack: str, *, as_json: bool) -> None:
    """Show declared against real: drift, deployments, the volume's use, the request budget."""
    from ops.estate import connect, drift
    from ops.estate import stack as stacks
    from ops.persistence.service import Service

    target = stacks.target(stack)
    changes = drift.preview(stack, os.environ)
    with connect.railway() as client:
        service = Service(client, target)
        there = service.deployments()
        volume = service.volume_row()
        budget = str(client.budget)
    running = any(row.alive for row in there)
    ok = running and not changes
    if as_json:
        report.emit(
            {
                "ok": ok,
                "stack": stack,
                "drift": [asdict(change) for change in changes],
                "deployments": list(deployment_rows(there)),
                "volume": None
                if volume is None
                else {"id": volume.volume_id, "used_mb": volume.used_mb, "size_mb": volume.size_mb},
                "requests": budget,
            }
        )
    else:
        show_drift(changes)
        rows = [tuple(row.values()) for row in deployment_rows(there[:NEWEST])]
        report.say(report.table(("deployment", "status", "containers", "made"), rows))
        used = "none" if volume is None else f"{volume.used_mb:.0f} of {volume.size_mb} MB used"
        report.say(f"volume: {used}\nrequests: {budget}, besides those of the preview")
    raise SystemExit(ExitCode.OK if ok else ExitCode.NEGATIVE)


def deployment_rows(there: Iterable["Deployment"]) -> Iterable[dict[str, str]]:
    """Return deployments as rows; a SUCCESS whose containers ended is told apart."""
    for row in there:
        containers = ", ".join(one.status for one in row.instances) or "none"
        yield {
            "id": row.id,
            "status": f"{row.status} (stopped)" if row.deployment_stopped else row.status,
            "containers": containers,
            "created_at": row.created_at,
        }


def show_drift(changes: Sequence["Change"]) -> None:
    """Print what is not as declared."""
    if not changes:
        report.say("as declared")
        return
    rows = [(one.kind, one.resource, one.operation, ", ".join(one.properties)) for one in changes]
    report.say(report.table(("kind", "resource", "would", "because of"), rows))
    report.say("`pulumi up --refresh` makes it as declared.")


@command.command(epilog=DOCTOR)
@click.option("--stack", help="Also look at what this stack made; else only token and account.")
@report.as_json
def doctor(stack: str | None, *, as_json: bool) -> None:
    """Look at token, rights, plan, region, staged changes, domains and the API's schema."""
    from ops.estate import connect
    from ops.estate import doctor as visits
    from ops.estate import stack as stacks

    declared = None if stack is None else stacks.declared(stack)
    made, unmade = (None, []) if stack is None else found(stack)
    with connect.railway() as client:
        findings = [*visits.examine(visits.Visit(client, declared, made)), *unmade]
    ok = all(finding.health is not visits.Health.BAD for finding in findings)
    if as_json:
        report.emit({"ok": ok, "findings": [asdict(finding) for finding in findings]})
    else:
        rows = [(one.health.value, one.about, one.seen) for one in findings]
        report.say(report.table(("", "about", "seen"), rows))
        for one in findings:
            if one.remedy and one.health is not visits.Health.GOOD:
                report.say(f"{one.about}: {one.remedy}")
    raise SystemExit(ExitCode.OK if ok else ExitCode.NEGATIVE)


def found(stack: str) -> tuple["Target | None", list["Finding"]]:
    """Return where a stack's bot runs, or the finding that it cannot be told."""
    from ops.estate.doctor import Finding, Health
    from ops.estate.stack import target

    try:
        return target(stack), []
    except Refused as refused:
        why = "its project, volume, domains and variables were not looked at"
        return None, [Finding("stack", Health.NOTE, str(refused), why)]
