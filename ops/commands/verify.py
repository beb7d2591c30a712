"""`poly verify`: prove from outside that what must survive did."""

import datetime as dt
import json
import time
from dataclasses import asdict
from pathlib import Path

import click

from bot.domain.refusal import ExitCode, Refused
from ops import report

EXAMPLE = """\b
Examples:
  poly verify persistence --stack prod
  RAILWAY_PROJECT_ID=… RAILWAY_ENVIRONMENT_ID=… RAILWAY_SERVICE_ID=… poly verify persistence --json

\b
Exit codes:
  0  proved: every check
  1  failed or unproved, or nothing to prove (no volume, nothing running)
  2  no token, no stack, no ids
  4  the evidence file cannot be written; nothing was deployed
  5  Railway could not be reached or refused
  6  the new deployment did not speak in time: look before you redeploy again
"""


@click.group()
def command() -> None:
    """Prove from outside that what must survive did."""


@command.command(epilog=EXAMPLE)
@click.option("--stack", help="Take the ids from this stack's outputs; else from RAILWAY_*_ID.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(5, 3600),
    default=300.0,
    show_default=True,
    help="Seconds the new deployment may take to open its ledger.",
)
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it; default build/evidence/persistence-TIME.json.",
)
@report.as_json
def persistence(stack: str | None, wait_s: float, evidence: Path | None, *, as_json: bool) -> None:
    """Redeploy, and prove from the deployments' logs that the ledger went on.

    One deployment is made. What is judged, and how: docs/persistence-evidence.md.
    """
    from ops.estate import connect
    from ops.estate import stack as stacks
    from ops.persistence import judge, redeploy
    from ops.persistence.service import Service

    target = stacks.target(stack)
    at = dt.datetime.fromtimestamp(time.time(), dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    file = evidence or Path("build") / "evidence" / f"persistence-{at}.json"
    keep(file, {"ok": False, "at": at})  # before anything is deployed: a full disk stops here
    began = time.monotonic()
    with connect.railway() as client:
        service = Service(client, target)
        was = redeploy.before(service)
        report.note(f"deployment {was.deployment.id} runs; redeploying")
        seen = redeploy.redeploy(service, was, wait_s)
    checks = judge.judge(seen)
    proved = all(check.verdict is judge.Verdict.PROVED for check in checks)
    document = {
        "ok": proved,
        "at": at,
        "seconds": round(time.monotonic() - began, 1),
        "deployments": [seen.old_deployment, seen.new_deployment],
        "checks": [asdict(check) for check in checks],
        "evidence": asdict(seen),
    }
    keep(file, document)
    if as_json:
        report.emit({**document, "file": str(file)})
    else:
        rows = [(check.name, check.verdict.value, check.seen) for check in checks]
        report.say(report.table(("check", "verdict", "seen"), rows))
        report.say(f"{'The ledger survived' if proved else 'Not proved'}. Evidence: {file}")
    raise SystemExit(ExitCode.OK if proved else ExitCode.NEGATIVE)


def keep(file: Path, document: dict[str, object]) -> None:
    """Write the evidence file.

    Raises:
        Refused: it cannot be written.

    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise Refused(
            f"--evidence {file}: cannot be written ({error.strerror})", ExitCode.UNAVAILABLE
        ) from None
