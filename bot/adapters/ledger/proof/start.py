"""What a start checks, in time that does not grow with the history.

The head, the hashes of the last events, and every row that is not final: those are rebuilt from
their events in memory and compared. `verify` does the same for the whole ledger.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.adapters.ledger import driver, projection
from bot.adapters.ledger.codec import Event, Undecodable, decode
from bot.adapters.ledger.proof import chain, compare
from bot.adapters.ledger.proof.finding import Finding, brief
from bot.adapters.ledger.statement import columns
from bot.domain import entry as entries
from bot.ports import GENESIS

RECENT: Final = 1_000
OPEN_ORDERS: Final = (
    "SELECT seq FROM stored.orders INDEXED BY orders_open"
    " WHERE status IN ('in_flight', 'open', 'unknown')"
)
OF_A_MARKET: Final = {
    "markets": "market_id IN (SELECT market_id FROM scope)",
    "trade_intents": "seq >= :first",
    "orders": f"seq >= :first OR seq IN ({OPEN_ORDERS})",
    "fills": "seq >= :first",
    "positions": "market_id IN (SELECT market_id FROM scope)",
    "settlements": "market_id IN (SELECT market_id FROM scope)",
}
"""Tables whose rows of one market follow from that market's events alone, and where a start looks
for a row that no event made; every look-up is by an index, however long the history."""
EVENT: Final = ", ".join(columns()["trade_events"])


def start_findings(connection: driver.Connection, file: Path) -> Iterator[Finding]:
    """Yield what stands against trading on this ledger, the head's first."""
    recent = _recent(connection)
    yield from _head(connection, recent)
    yield from chain.findings(recent, first_prev=_before(connection, recent))
    yield from _cash(connection, recent)
    markets = _markets(connection, recent)
    if markets:
        yield from _rows(file, markets, first=recent[0].seq if recent else 0)


def _recent(connection: driver.Connection) -> list[Event]:
    rows = connection.execute(
        f"SELECT {EVENT} FROM trade_events ORDER BY seq DESC LIMIT {RECENT}"  # noqa: S608
    ).fetchall()
    return [Event(*row) for row in reversed(rows)]


def _before(connection: driver.Connection, recent: list[Event]) -> str:
    if not recent or recent[0].seq <= 1:
        return GENESIS
    row = connection.execute(
        "SELECT hash FROM trade_events WHERE seq = ?", (recent[0].seq - 1,)
    ).fetchone()
    return str(row[0]) if row else "(missing)"


def _head(connection: driver.Connection, recent: list[Event]) -> Iterator[Finding]:
    names = ("seq", "frame", "at_us", "decisions", "hash")
    row = connection.execute(
        "SELECT seq, frame, at_us, decisions, hash FROM ledger_head"
    ).fetchone()
    last = recent[-1] if recent else None
    if row is None or last is None:
        if row is not None or last is not None:
            yield Finding("ledger_head", "id=1", "", brief(row), "the last event's place")
        return
    for name, stored in zip(names, row, strict=True):
        expected = getattr(last, name)
        if stored != expected:
            yield Finding("ledger_head", "id=1", name, brief(stored), brief(expected))


def _cash(connection: driver.Connection, recent: list[Event]) -> Iterator[Finding]:
    row = connection.execute(
        "SELECT seq, cash_micros FROM cash ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    seq = row[0] if row else 0
    for event in recent:
        if event.seq > seq and event.event_type in chain.MOVES_CASH:
            yield Finding("cash", f"seq={event.seq}", "", "no row", "a row")
    if row is None:
        return
    said = connection.execute(
        "SELECT event_type, content FROM trade_events WHERE seq = ?", (seq,)
    ).fetchone()
    try:
        entry = decode(*said) if said else None
    except Undecodable as error:
        yield Finding("trade_events", f"seq={seq}", error.column, brief(said[1]), str(error))
        return
    if not isinstance(
        entry,
        entries.FillRecorded
        | entries.FillReversed
        | entries.PositionSettled
        | entries.CapitalDeposited,
    ):
        yield Finding("cash", f"seq={seq}", "", "a row", "no row")
    elif entry.cash.micros != row[1]:
        place = f"seq={seq}"
        yield Finding("cash", place, "cash_micros", brief(row[1]), brief(entry.cash.micros))


def _markets(connection: driver.Connection, recent: list[Event]) -> set[str]:
    """Return every market that has something open, or that the last events are about."""
    rows = connection.execute(
        "SELECT market_id FROM markets WHERE settled_seq IS NULL"
        " UNION SELECT market_id FROM positions INDEXED BY positions_open WHERE size_micros > 0"
        " UNION SELECT market_id FROM orders INDEXED BY orders_open"
        " WHERE status IN ('in_flight', 'open', 'unknown')"
    )
    return {str(row[0]) for row in rows} | {event.market_id for event in recent if event.market_id}


def _rows(file: Path, markets: set[str], *, first: int) -> Iterator[Finding]:
    connection = compare.side_by_side("file::memory:", file)
    try:
        connection.execute("CREATE TEMP TABLE scope (market_id TEXT PRIMARY KEY) WITHOUT ROWID")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO scope VALUES (?)", [(each,) for each in markets])
        yield from _rebuild(connection)
        for table, inserted in OF_A_MARKET.items():
            looked = inserted.replace(":first", str(first))
            yield from compare.differences(connection, table, inserted=looked)
    finally:
        connection.close()


def _rebuild(connection: driver.Connection) -> Iterator[Finding]:
    wanted = ", ".join(f"e.{name}" for name in columns()["trade_events"])
    rows = connection.execute(
        f"SELECT {wanted} FROM scope CROSS JOIN stored.trade_events AS e"  # noqa: S608
        " ON e.market_id = scope.market_id ORDER BY e.seq"
    ).fetchall()
    for event in map(Event._make, rows):
        try:
            projection.apply(connection, event, decode(event.event_type, event.content))
        except Undecodable as error:
            place = f"seq={event.seq}"
            yield Finding("trade_events", place, error.column, brief(event.content), str(error))
        except (projection.Inconsistent, driver.Error) as error:
            place = f"seq={event.seq}"
            yield Finding("trade_events", place, "content", brief(event.content), str(error))
