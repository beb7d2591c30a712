"""`poly status`: the ledger at a glance, read-only, also beside a running engine."""

import click

from bot.adapters.ledger.look.losses import Losses, losses
from bot.adapters.ledger.reader import LedgerReader, Status
from ops import place
from ops.report import as_json, emit, say
from ops.row import amount, document, iso, utc

SHORT = {
    "drawdown_max_usd": "drawdown",
    "day_loss_max_usd": "day",
    "series_loss_max_usd": "series",
    "losses_in_a_row_max": "in a row",
}


@click.command(
    epilog="\b\nExample:\n  poly status --data-dir data\n\n\b\nExit codes:\n"
    "  0  read\n  3  the ledger cannot be trusted or is of another version\n"
    "  4  there is no ledger there, or it cannot be opened"
)
@place.data_dir
@as_json
def command(data_dir: str | None, *, as_json: bool) -> None:
    """Say how the ledger stands: trading state, money, what is open, how far it got."""
    directory = place.directory(data_dir)
    with LedgerReader.open(directory) as ledger:
        status, lost = ledger.status(), losses(ledger)
    engine = place.engine_at(directory)
    if as_json:
        running = None if engine == 0 else engine is not None
        reached = [row.limit for row in lost.reached] if lost else []
        said = {"running": running, **document(status), "limits_reached": reached}
        emit({"data_dir": str(directory), **said})
        return
    for name, line in [
        *lines(status, engine)[:3],
        ("losses", used(lost)),
        *lines(status, engine)[3:],
    ]:
        say(f"{name:9}{line}")


def lines(status: Status, engine: int | None) -> list[tuple[str, str]]:
    """Return what a person wants to know, most urgent first."""
    cause = f": {status.trading_cause}" if status.trading_cause else ""
    ended = f"stopped ({status.stop_reason})" if status.stopped else "ended without a stop"
    at_work = "cannot be told here" if engine == 0 else f"running, process {engine}"
    money = (
        f"cash {amount(status.cash_micros)} USD, equity {amount(status.equity_micros)}, "
        f"realised {amount(status.realized_pnl_micros)}, fees {amount(status.fees_micros)}, "
        f"max drawdown {amount(status.max_drawdown_micros)}"
    )
    still_open = (
        f"{status.open_positions} positions, {status.open_orders} orders "
        f"({status.unknown_orders} unknown), {status.open_markets} markets"
    )
    so_far = (
        f"{status.intents} intents, {status.orders} orders, {status.fills} fills, "
        f"{status.denied} denied, {status.anomalies} anomalies, {status.drifts} drifts"
    )
    file = (
        f"event {status.seq:,}, schema {status.schema}, {size(status.file_bytes)} and "
        f"{size(status.wal_bytes)} of WAL, head {status.hash[:16]}"
    )
    return [
        ("state", f"{status.trading_state.upper() or 'never traded'}{cause}"),
        ("engine", ended if engine is None else at_work),
        ("money", money),
        ("open", still_open),
        ("so far", so_far),
        ("clock", f"{utc(status.at_us)} UTC at frame {status.frame:,}"),
        (
            "boot",
            f"{status.boots}, {status.mode or '-'}, started {iso(status.started_us) or '-'}"
            + (f", deployment {status.deployment_id}" if status.deployment_id else ""),
        ),
        ("ledger", file),
    ]


def used(lost: Losses | None) -> str:
    """Return how much of each loss limit is used, what is reached first."""
    if lost is None:
        return "none counted yet"
    rows = sorted(lost.rows, key=lambda row: not row.reached)
    return ", ".join(
        f"{'REACHED ' if row.reached else ''}{SHORT[row.limit]}{' ' if row.subject else ''}"
        f"{row.subject} {amount(row.used) if row.unit == 'usd' else row.used}"
        f" of {amount(row.most) if row.unit == 'usd' else row.most}"
        for row in rows
        if row.limit in SHORT
    )


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{count / 1_000_000:,.1f} MB" if count >= 100_000 else f"{count / 1_000:,.0f} kB"  # noqa: PLR2004
