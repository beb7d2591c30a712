"""`poly flatten`: out of one market or all, within a bound on the price; or what holding means.

Asks the running engine; never sells by itself. Imports nothing of the engine.
"""

import click

from ops import place, report

EXAMPLE = """\b
Examples:
  poly flatten --dry-run
  poly flatten --reason "away for the night"
  poly flatten --market btc-updown-15m-1790586000 --max-slippage 0.01 --reason "strike in doubt"

\b
What is held is sold by marketable orders at the bid of now less --max-slippage or better, as the
bids allow; nothing is opened in these markets any more. Later windows are traded as before: to
stop that, poly kill. What nobody bids enough for, and less than the venue's smallest order, is
held to resolution: 1 USD a share if its outcome wins, nothing if not. Never done by a kill.

\b
Exit codes:
  0  begun; or shown
  2  a value cannot be
  3  refused by the engine: nothing held, or trading halted
  4  no ledger there
  5  no engine answers
"""


@click.command(epilog=EXAMPLE)
@click.option("--market", default="", metavar="SLUG", help="One market; else all that hold shares.")
@click.option(
    "--max-slippage", default="0.02", show_default=True, metavar="USD",
    help="Most a share may bring less than the bid of now.",
)  # fmt: skip
@click.option("--reason", default="", help="Why; kept in the ledger.")
@click.option("--dry-run", is_flag=True, help="Only show what is held and what it can pay.")
@place.data_dir
@report.as_json
def command(  # noqa: PLR0913 - one parameter an option
    market: str,
    max_slippage: str,
    reason: str,
    data_dir: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Close positions within a bound on the price."""
    from bot.domain.refusal import ExitCode, Refused
    from ops.engine_socket import ask
    from ops.halt.here import who

    folder = place.directory(data_dir)
    rows = _held(folder, market)
    if dry_run:
        _show(rows, as_json=as_json)
        return
    _check(max_slippage, reason)
    asked = {"market": market, "max_slippage": max_slippage, "reason": reason, "who": who()}
    try:
        told = ask(folder, "flatten", asked)
    except Refused as refused:
        if refused.code is ExitCode.OUTSIDE:
            _explain(rows)
        raise
    if as_json:
        report.emit(told)
        return
    begun = told.get("flatten")
    report.say(_table(begun if isinstance(begun, list) else []))


def _table(rows: list[dict[str, str]]) -> str:
    return report.table(tuple(rows[0]), [tuple(row.values()) for row in rows]) if rows else ""


def _check(max_slippage: str, reason: str) -> None:
    from bot.domain.money import Price
    from bot.domain.refusal import ExitCode, Refused

    if not reason.strip():
        raise Refused("--reason is missing: one line that is kept", ExitCode.USAGE)
    try:
        Price.parse(max_slippage)
    except ValueError as error:
        raise Refused(f"--max-slippage: {error}", ExitCode.USAGE) from None


def _held(folder: object, market: str) -> list[dict[str, str]]:
    from pathlib import Path

    from bot.adapters.ledger.reader import LedgerReader
    from ops.row import amount, exact

    with LedgerReader.open(Path(str(folder))) as ledger:
        rows = ledger.positions()
    return [
        {
            "market": row.window_id or row.market_id,
            "outcome": row.outcome,
            "shares": exact(row.size_micros),
            "cost_usd": amount(row.cost_micros),
            "resolution_worst_usd": "0.00",
            "resolution_best_usd": amount(row.size_micros),
        }
        for row in rows
        if not market or market in {row.window_id, row.market_id}
    ]


def _show(rows: list[dict[str, str]], *, as_json: bool) -> None:
    if as_json:
        report.emit({"ok": True, "held": rows})
    elif not rows:
        report.say("nothing is held")
    else:
        report.say(_table(rows))


def _explain(rows: list[dict[str, str]]) -> None:
    if rows:
        report.note("nothing is sold; held to resolution each position pays worst or best:")
        report.note(_table(rows))
