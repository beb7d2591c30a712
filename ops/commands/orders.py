"""`poly orders`: what is open or in doubt, or all of them; read-only."""

import click

from bot.adapters.ledger.reader import LedgerReader
from ops import place
from ops.report import as_json, emit, say, table
from ops.row import document, exact, short, utc


@click.command(
    epilog="\b\nExample:\n  poly orders --all --limit 20\n\n\b\nExit codes:\n"
    "  0  read\n  3  the ledger cannot be trusted\n  4  no ledger there"
)
@click.option("--all", "every", is_flag=True, help="Also those that are done, newest first.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
@place.data_dir
@as_json
def command(data_dir: str | None, limit: int, *, every: bool, as_json: bool) -> None:
    """Show orders that are in flight, open or unknown; with --all the last ones in any state."""
    with LedgerReader.open(place.directory(data_dir)) as ledger:
        rows = ledger.orders(every=every, limit=limit)
    if as_json:
        emit({"orders": [document(row) for row in rows]})
        return
    if not rows:
        say("no orders" if every else "no open orders")
        return
    cells = [
        (
            utc(row.submitted_us),
            row.window_id or row.market_id[:12],
            f"{row.side} {row.outcome} {row.order_type}",
            exact(row.price_micros),
            exact(row.size_micros),
            exact(row.filled_size_micros),
            exact(row.avg_fill_price_micros),
            row.status,
            "-" if row.latency_us is None else f"{row.latency_us / 1000:.1f}",
            short(row.order_hash),
            row.reason,
        )
        for row in rows
    ]
    headings = (
        "submitted", "market", "order", "limit", "shares", "filled", "average", "state", "ms",
        "hash", "reason",
    )  # fmt: skip
    say(table(headings, cells))
