"""`poly positions`: what is held, or what was; read-only."""

import click

from bot.adapters.ledger.reader import LedgerReader
from ops import place
from ops.report import as_json, emit, say, table
from ops.row import amount, document, exact, utc


@click.command(
    epilog="\b\nExample:\n  poly positions --closed --limit 20\n\n\b\nExit codes:\n"
    "  0  read\n  3  the ledger cannot be trusted\n  4  no ledger there"
)
@click.option("--closed", is_flag=True, help="The last closed positions instead of the open ones.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
@place.data_dir
@as_json
def command(data_dir: str | None, limit: int, *, closed: bool, as_json: bool) -> None:
    """Show open positions at cost, or closed ones with what they made."""
    with LedgerReader.open(place.directory(data_dir)) as ledger:
        rows = ledger.positions(closed=closed, limit=limit)
    if as_json:
        emit({"positions": [document(row) for row in rows]})
        return
    if not rows:
        say("no closed positions" if closed else "no open positions")
        return
    cells = [
        (
            row.window_id or row.market_id[:12],
            row.outcome,
            row.strategy_id,
            exact(row.size_micros),
            exact(row.entry_price_micros),
            amount(row.cost_micros),
            amount(row.pnl_micros),
            amount(row.fees_micros),
            utc(row.closed_us if closed else row.opened_us),
        )
        for row in rows
    ]
    when = "closed" if closed else "opened"
    say(
        table(
            ("market", "outcome", "strategy", "shares", "entry", "cost", "made", "fees", when),
            cells,
        )
    )
