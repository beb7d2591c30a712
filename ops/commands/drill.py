"""`poly drill`: rehearse against what runs, and keep the evidence."""

import os
from pathlib import Path

import click

from ops import report

EXAMPLE = """\b
Examples:
  poly drill kill --reason "monthly drill" --resume
  poly drill kill --reason "does it notice a hung engine" --hang --json

\b
It needs the watchdog and an engine that trades. In live one order is rested at one tick in the
next window, a few cents, and has to be gone at the end. Without --resume it stays halted.

\b
Exit codes:
  0  every promise was kept (docs/kill-switch.md); resumed where asked to
  1  one was not: it stays halted; or nothing can be drilled because it is halted or not trading
  2  a variable or option is missing or wrong
  4  no watchdog answers, or the evidence cannot be written
  5  the venue did not let an order rest
  6  the trip did not end: look before you do anything (runbooks/kill.md)
"""


@click.group()
def command() -> None:
    """Rehearse against what runs, and keep the evidence."""


@command.command(epilog=EXAMPLE)
@click.option("--reason", required=True, help="Kept in latch, snapshot and evidence.")
@click.option("--hang", is_flag=True, help="Stop the engine (SIGSTOP) instead of asking.")
@click.option("--resume", "resumes", is_flag=True, help="Resume if every promise was kept.")
@click.option(
    "--series", default="btc-15m", show_default=True, help="In live: where the order rests."
)
@click.option("--data-dir", metavar="DIR", help="Else POLY_DATA_DIR, the volume's mount, ./data.")
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it; default evidence/kill-TIME.json in the data directory.",
)
@report.as_json
def kill(  # noqa: PLR0913 - one parameter an option
    *,
    reason: str,
    hang: bool,
    resumes: bool,
    series: str,
    data_dir: str | None,
    evidence: Path | None,
    as_json: bool,
) -> None:
    """Pull the kill switch of what runs here, and prove every promise of it."""
    from bot.domain.refusal import ExitCode
    from bot.watchdog.say import be_silent, now_us, utc
    from bot.watchdog.settings import data_directory
    from ops.halt import drill

    be_silent()
    given = {"POLY_DATA_DIR": data_dir} if data_dir else {}
    found = drill.scene(data_directory({**os.environ, **given}), os.environ)
    at = utc(now_us())[:19].replace(":", "").replace("-", "")
    file = evidence or found.folder / "evidence" / f"kill-{at}Z.json"
    drill.keep(file, {"drill": "kill", "ok": False, "at": at, "why": "it has begun, not ended"})
    if found.live:
        found = drill.seen(found, rested(series))
    trip = drill.pull(found, hang=hang, reason=f"drill: {reason}", tell=report.note)
    checks = list(drill.judge(found, trip))
    if resumes and all(check.ok for check in checks):
        checks.append(drill.resume(found, str(trip["id"]), f"drill: {reason}"))
    document = drill.evidence(found, trip, checks, "hang" if hang else "ask")
    drill.keep(file, document)
    ok = document["ok"] is True
    if as_json:
        report.emit({**document, "evidence": str(file)})
    else:
        rows = [("yes" if check.ok else "NO", check.name, check.seen) for check in checks]
        report.say(report.table(("kept", "promise", "seen"), rows))
        report.say(f"evidence: {file}")
        if not resumes or not ok:
            report.say(f"it stays halted: poly resume --latch {trip['id']} --reason …")
    raise SystemExit(ExitCode.OK if ok else ExitCode.NEGATIVE)


def rested(series: str) -> tuple[str, ...]:
    """Rest an order at the venue; raises Refused if it may not."""
    from bot.adapters.polymarket import probe
    from ops.account.reach import reach

    return reach(lambda connection, _: probe.rest(connection, series=series))
