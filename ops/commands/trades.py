"""`poly trades`: every fill with what was expected, and every payout; read-only."""

from collections.abc import Sequence

import click

from bot.adapters.ledger.reader import LedgerReader
from ops import place
from ops.report import as_json, emit, say, table
from ops.row import amount, document, exact, utc


@click.command(
    epilog="\b\nExample:\n  poly trades --limit 20\n  poly trades --settlements\n\n\b\n"
    "Exit codes:\n  0  read\n  3  the ledger cannot be trusted\n  4  no ledger there"
)
@click.option("--settlements", is_flag=True, help="What positions were paid, instead of fills.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
@place.data_dir
@as_json
def command(data_dir: str | None, limit: int, *, settlements: bool, as_json: bool) -> None:
    """Show fills, newest first: expected against actual price and fee, and why."""
    with LedgerReader.open(place.directory(data_dir)) as ledger:
        if settlements:
            name, headings, rows, cells = paid(ledger, limit)
        else:
            name, headings, rows, cells = filled(ledger, limit)
    if as_json:
        emit({name: rows})
        return
    say(table(headings, cells) if cells else f"no {name}")


Shown = tuple[str, Sequence[str], list[dict[str, object]], Sequence[Sequence[str]]]


def filled(ledger: LedgerReader, limit: int) -> Shown:
    """Return the last fills, for scripts and for people."""
    rows = ledger.trades(limit=limit)
    headings = (
        "time", "market", "side", "shares", "expected", "price", "expected fee", "fee", "by", "why",
    )  # fmt: skip
    cells = [
        (
            utc(row.filled_us),
            row.window_id or row.market_id[:12],
            f"{row.side} {row.outcome}",
            exact(row.size_micros),
            exact(row.expected_price_micros),
            exact(row.price_micros),
            exact(row.expected_fee_micros),
            exact(row.fee_micros),
            row.liquidity,
            row.signal,
        )
        for row in rows
    ]
    return "trades", headings, [document(row) for row in rows], cells


def paid(ledger: LedgerReader, limit: int) -> Shown:
    """Return the last payouts, for scripts and for people."""
    rows = ledger.settlements(limit=limit)
    headings = ("time", "market", "held", "won", "shares", "cost", "payout", "profit")
    cells = [
        (
            utc(row.settled_us),
            row.window_id or row.market_id[:12],
            row.outcome,
            row.winner,
            exact(row.size_micros),
            amount(row.cost_micros),
            amount(row.payout_micros),
            amount(row.profit_micros),
        )
        for row in rows
    ]
    return "settlements", headings, [document(row) for row in rows], cells
