"""What the ledger says at a kill: read with the standard library, never written.

Works beside a writer that hangs, is stopped, or is gone. A ledger that cannot be read is itself
something to tell; it never holds a kill up.
"""

import itertools
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from sqlite3 import Connection

FILE_NAME: Final = "poly.db"
ABSENT: Final = "no ledger"
"""Then no intent was ever recorded, and so no order ever sent: nothing can come late."""
BUSY_S: Final = 0.5
LINKS: Final = 50
"""How many of the last events are held to their predecessor's hash."""
Row = dict[str, object]

HEAD: Final = "SELECT seq, frame, at_us, hash, decisions FROM ledger_head"
CHAIN: Final = "SELECT seq, hash, prev_hash FROM trade_events ORDER BY seq DESC LIMIT ?"
STATE: Final = "SELECT seq, at_us, state, cause FROM trading_states ORDER BY seq DESC LIMIT 1"
BOOT: Final = (
    "SELECT boot, session, mode, deployment_id, versions, config_hash, started_us FROM boots"
    " ORDER BY boot DESC LIMIT 1"
)
CASH: Final = "SELECT seq, at_us, cash_micros, equity_micros FROM cash ORDER BY seq DESC LIMIT 1"
ORDERS: Final = (
    "SELECT order_hash, intent_id, strategy_id, market_id, token_id, outcome, side, order_type,"
    " price_micros, size_micros, filled_size_micros, status, submitted_us FROM orders"
    " WHERE status IN ('in_flight', 'open', 'unknown') ORDER BY seq LIMIT 1000"
)
POSITIONS: Final = (
    "SELECT p.strategy_id, p.market_id, p.outcome, p.token_id, p.size_micros, p.cost_micros,"
    " p.entry_price_micros, m.slug, m.end_us FROM positions AS p"
    " LEFT JOIN markets AS m ON m.market_id = p.market_id"
    " WHERE p.size_micros > 0 ORDER BY p.changed_seq LIMIT 1000"
)
STRATEGIES: Final = (
    "SELECT strategy_id, strategy_hash, component_hashes FROM strategy_instances WHERE active = 1"
)
MARK: Final = (
    "SELECT seq, at_us, equity_micros, peak_micros, broken, marks FROM equity_marks"
    " ORDER BY seq DESC LIMIT 1"
)
UNANSWERED: Final = frozenset({"in_flight", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The ledger at one moment; `problem` says why there is nothing, if there is nothing."""

    problem: str = ""
    head: Row | None = None
    chain_intact: bool | None = None
    trading_state: Row | None = None
    boot: Row | None = None
    cash: Row | None = None
    mark: Row | None = None
    """The last valuation, with what each position was worth by it; None before there was one."""
    orders: tuple[Row, ...] = ()
    positions: tuple[Row, ...] = ()
    strategies: tuple[Row, ...] = ()

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Return the hashes that may reach the venue's book yet, or did so unknown to us."""
        return tuple(
            str(order["order_hash"]) for order in self.orders if order["status"] in UNANSWERED
        )


def read(folder: Path) -> Record:
    """Return what is committed now; raises nothing."""
    import sqlite3  # noqa: PLC0415 - a fifth of the watchdog's start, needed at a kill only

    file = folder / FILE_NAME
    if not file.is_file():
        return Record(problem=ABSENT)
    try:
        address = f"file:{quote(str(file.absolute()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_S)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA query_only=ON")
            connection.execute("BEGIN")  # one snapshot for all that follows
            return _read(connection)
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        return Record(problem=" ".join(str(error).split())[:300] or type(error).__name__)


def _read(connection: "Connection") -> Record:
    def rows(sql: str, *given: object) -> tuple[Row, ...]:
        return tuple(dict(row) for row in connection.execute(sql, given))

    def one(sql: str) -> Row | None:
        return next(iter(rows(sql)), None)

    head, links = one(HEAD), rows(CHAIN, LINKS)
    intact = all(
        later["prev_hash"] == before["hash"] for later, before in itertools.pairwise(links)
    ) and (head is None or (bool(links) and links[0]["hash"] == head["hash"]))
    return Record(
        head=head,
        chain_intact=intact,
        trading_state=one(STATE),
        boot=one(BOOT),
        cash=one(CASH),
        mark=_mark(connection),
        orders=rows(ORDERS),
        positions=rows(POSITIONS),
        strategies=rows(STRATEGIES),
    )


def _mark(connection: "Connection") -> Row | None:
    """Return the last valuation; a ledger that is not migrated yet has no place for one."""
    import json  # noqa: PLC0415 - see `read`
    import sqlite3  # noqa: PLC0415

    try:
        found = connection.execute(MARK).fetchone()
    except sqlite3.OperationalError:
        return None
    if found is None:
        return None
    marks = [
        {
            "market_id": one["market_id"],
            "outcome": one["outcome"],
            "size_micros": one["size"]["micros"],
            "worth_micros": one["worth"]["micros"],
            "source": one["source"],
        }
        for one in json.loads(found["marks"])
    ]
    return {**dict(found), "broken": json.loads(found["broken"]), "marks": marks}
