"""`poly kill`: halt everything, cancel every order, prove it. Imports nothing of the engine."""

import os

import click

from ops import report

EXAMPLE = """\b
Examples:
  poly kill --reason "the feed looks wrong"
  poly kill --from outside
  poly kill --from outside --dry-run

\b
In the container it asks the watchdog; without an answer in 1 s it does every step itself.
From outside it cancels at the venue and stops the service at Railway at once, then sets
POLY_HALT. It needs RAILWAY_API_TOKEN (or RAILWAY_TOKEN, a project token), RAILWAY_SERVICE_ID,
POLYMARKET_ADDRESS, POLYMARKET_API_KEY, POLYMARKET_API_SECRET and POLYMARKET_PASSPHRASE.

\b
Exit codes:
  0  halted and proved: 0 open orders
  1  it was halted already; everything was done and proved once more
  2  nothing can be done: credentials or ids are missing, or it aims at itself
  4  halted, but the latch or the snapshot is not on disk
  5  not proved: what remains is said
"""


@click.command(epilog=EXAMPLE)
@click.option(
    "--reason", default="", help="Why; kept in latch and snapshot, from outside only said."
)
@click.option(
    "--from",
    "place",
    type=click.Choice(["here", "outside"]),
    default="here",
    show_default=True,
    help="here: in the container; outside: from another machine, by the two APIs.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; with --from outside.")
@click.option("--data-dir", metavar="DIR", help="Else POLY_DATA_DIR, the volume's mount, ./data.")
@report.as_json
def command(reason: str, place: str, data_dir: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Halt everything, cancel every order, prove that none rests; it stays so until resumed."""
    if place == "outside":
        _outside(reason, dry_run=dry_run, as_json=as_json)
    if dry_run:
        raise click.UsageError("--dry-run is for --from outside")
    if not reason:
        raise click.UsageError("--reason is missing: one line for whoever resumes")
    _here(reason, data_dir, as_json=as_json)


def _here(reason: str, data_dir: str | None, *, as_json: bool) -> None:
    from bot.domain.refusal import ExitCode, Refused
    from bot.watchdog.settings import data_directory
    from ops.halt import here

    given = {"POLY_DATA_DIR": data_dir} if data_dir else {}
    folder = data_directory({**os.environ, **given})
    if not folder.is_dir():
        raise Refused(
            f"data directory {folder}: is not there; name the bot's with --data-dir, or use "
            "--from outside",
            ExitCode.UNAVAILABLE,
        )
    done = here.kill(folder, os.environ, reason, _tell)
    trip, problems, already = done["trip"], done["problems"], done["already"]
    assert isinstance(trip, dict)  # noqa: S101 - made by `here`
    assert isinstance(problems, list)  # noqa: S101 - made by `here`
    code = ExitCode.NEGATIVE if already else ExitCode.OK
    if problems:
        proved = trip["state"] == "final" and not any("venue" in text for text in problems)
        code = ExitCode.UNAVAILABLE if proved else ExitCode.OUTSIDE
    if as_json:
        report.emit({"ok": code == ExitCode.OK, **done, "exit_code": int(code)})
    else:
        report.say(f"halted by latch {trip['id']}; resume with its id (runbooks/resume.md)")
        if already:
            report.say(f"it was halted already: {already}")
        for text in problems:
            report.say(f"NOT DONE: {text}")
    raise SystemExit(code)


def _outside(reason: str, *, dry_run: bool, as_json: bool) -> None:
    from bot.domain.refusal import ExitCode
    from ops.halt import outside

    done = outside.dry_run(os.environ) if dry_run else outside.kill(os.environ, _tell)
    done["reason"] = reason
    code = ExitCode.OK if done["ok"] else ExitCode.OUTSIDE
    if as_json:
        report.emit({**done, "exit_code": int(code)})
    else:
        for name, value in done.items():
            if name not in {"time_line", "problems"}:
                report.say(f"{name}: {value}")
        for text in done["problems"] if isinstance(done["problems"], list) else ():
            report.say(f"NOT DONE: {text}")
    raise SystemExit(code)


def _tell(row: dict[str, object]) -> None:
    """Say one step on stderr as it happens."""
    trip = row.get("trip")
    if isinstance(trip, dict):
        report.note(
            f"{row.get('said')}: latch {trip['id']} {trip['latched'] or 'being written'}, "
            f"open orders {trip['open_orders']}, cancelled {trip['cancelled']}"
            + (f", {trip['problem']}" if trip["problem"] else "")
        )
        return
    words = [f"{name}={value}" for name, value in row.items() if name not in {"step", "ms", "said"}]
    what = row.get("step") or row.get("said")
    report.note(" ".join([f"{row.get('ms', '')!s:>8}", str(what), *words]).strip())
