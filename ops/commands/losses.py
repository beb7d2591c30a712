"""`poly losses`: how much of each loss limit is used, and to accept what was lost."""

import click

from ops import place, report

EXAMPLE = """\b
Examples:
  poly losses
  poly losses --json
  poly losses --accept --reason "the series lost by a gap of the feed, understood"

\b
Shown is what the engine wrote at its last mark: after every fill and payout, and every minute
while something is held. --accept asks the running engine: peak, day, series and the windows in
a row count anew from there. A limit that halted also pulled the latch: that one is taken away,
and its losses accepted, by `poly resume --accept-drawdown`.

\b
Exit codes:
  0  shown, and nothing is reached; or accepted
  1  a limit is reached
  2  --accept without --reason
  3  the ledger cannot be trusted; or the engine refused
  4  no ledger there
  5  no engine answers
"""


@click.command(epilog=EXAMPLE)
@click.option("--accept", is_flag=True, help="Accept the losses by which limits were reached.")
@click.option("--reason", default="", help="Why; kept. Needed with --accept.")
@place.data_dir
@report.as_json
def command(data_dir: str | None, reason: str, *, accept: bool, as_json: bool) -> None:
    """Show the use of each loss limit; a limit that was reached stands until it is accepted."""
    if accept:
        _accept(data_dir, reason, as_json=as_json)
        return
    from bot.adapters.ledger.look.losses import losses
    from bot.adapters.ledger.reader import LedgerReader
    from bot.domain.refusal import ExitCode

    with LedgerReader.open(place.directory(data_dir)) as ledger:
        found = losses(ledger)
    if as_json:
        report.emit(_document(found))
    elif found is None:
        report.say("nothing was traded yet: no equity was ever marked")
    else:
        _show(found)
    if found is not None and found.reached:
        raise SystemExit(ExitCode.NEGATIVE)


def _accept(data_dir: str | None, reason: str, *, as_json: bool) -> None:
    from bot.domain.refusal import ExitCode, Refused
    from ops.engine_socket import ask
    from ops.halt.here import who

    if not reason.strip():
        raise Refused("--reason is missing: one line that is kept", ExitCode.USAGE)
    told = ask(place.directory(data_dir), "accept", {"reason": reason, "who": who()})
    if as_json:
        report.emit(told)
    else:
        report.say(f"accepted {told['accepted']}; trading is {told['trading_state']}")


def _document(found: object) -> dict[str, object]:
    from bot.adapters.ledger.look.losses import Losses
    from bot.domain.money import MICROS
    from ops.row import iso

    if not isinstance(found, Losses):
        return {"ok": True, "marked_at": None, "limits": []}
    return {
        "ok": not found.reached,
        "marked_at": iso(found.at_us),
        "equity_usd": found.equity_micros / MICROS,
        "peak_usd": found.peak_micros / MICROS,
        "day": found.day,
        "day_start_usd": found.day_start_micros / MICROS,
        "limits": [
            {
                "limit": row.limit,
                "subject": row.subject,
                "used": row.used / MICROS if row.unit == "usd" else row.used,
                "most": row.most / MICROS if row.unit == "usd" else row.most,
                "unit": row.unit,
                "reached": row.reached,
            }
            for row in found.rows
        ],
    }


def _show(found: object) -> None:
    from bot.adapters.ledger.look.losses import Losses
    from ops.row import amount, utc

    assert isinstance(found, Losses)  # noqa: S101 - judged by the caller
    report.say(
        f"equity {amount(found.equity_micros)} USD at {utc(found.at_us)} UTC,"
        f" peak {amount(found.peak_micros)},"
        f" {found.day} began with {amount(found.day_start_micros)}"
    )
    cells = []
    for row in found.rows:
        shown = amount if row.unit == "usd" else str
        most = "none" if row.limit == "equity_min_usd" and not row.most else shown(row.most)
        state = "REACHED" if row.reached else ""
        cells.append((row.limit, row.subject or "-", shown(row.used), most, row.unit, state))
    report.say(report.table(("limit", "of", "now", "most", "unit", ""), cells))
