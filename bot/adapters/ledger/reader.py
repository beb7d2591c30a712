"""What commands read of a ledger: read-only, with the bare driver, in milliseconds.

Works beside a running writer and never writes. Money is micros, times are UTC microseconds, texts
are as stored. Must not import SQLAlchemy.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bot.adapters.ledger import driver
from bot.adapters.ledger.migrate import HEAD, version
from bot.adapters.ledger.proof.content import GENESIS, content_hash
from bot.domain.refusal import Refused

FILE_NAME: Final = "poly.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The ledger at a glance."""

    seq: int
    frame: int
    at_us: int
    hash: str
    decisions: str
    schema: str
    trading_state: str
    trading_cause: str
    boots: int
    mode: str
    deployment_id: str
    started_us: int
    stopped: bool
    stop_reason: str
    cash_micros: int
    equity_micros: int
    realized_pnl_micros: int
    fees_micros: int
    max_drawdown_micros: int
    open_positions: int
    open_orders: int
    unknown_orders: int
    open_markets: int
    intents: int
    orders: int
    fills: int
    denied: int
    anomalies: int
    drifts: int
    file_bytes: int
    wal_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One position; `window_id` is the market's slug."""

    strategy_id: str
    window_id: str | None
    market_id: str
    outcome: str
    size_micros: int
    cost_micros: int
    entry_price_micros: int
    pnl_micros: int
    fees_micros: int
    status: str
    opened_us: int
    closed_us: int | None
    close_price_micros: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order."""

    order_hash: str
    intent_id: str
    strategy_id: str
    window_id: str | None
    market_id: str
    outcome: str
    side: str
    order_type: str
    price_micros: int
    size_micros: int
    filled_size_micros: int
    avg_fill_price_micros: int | None
    fees_micros: int
    status: str
    reason: str
    submitted_us: int
    latency_us: int | None
    closed_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRow:
    """One fill with what its intent expected."""

    seq: int
    fill_id: str
    order_hash: str
    strategy_id: str
    window_id: str | None
    market_id: str
    outcome: str
    side: str
    price_micros: int
    size_micros: int
    notional_micros: int
    fee_micros: int
    liquidity: str
    filled_us: int
    expected_price_micros: int
    expected_fee_micros: int
    signal: str
    probability_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRow:
    """One payout."""

    seq: int
    strategy_id: str
    window_id: str | None
    market_id: str
    outcome: str
    winner: str
    size_micros: int
    cost_micros: int
    payout_micros: int
    profit_micros: int
    settled_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event; `content` is its JSON."""

    seq: int
    frame: int
    at_us: int
    event_type: str
    market_id: str | None
    strategy_id: str | None
    order_hash: str | None
    content: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a replay says at its end; the hashes are described in docs/ledger.md."""

    windows: int
    frames: int
    intents: int
    orders: int
    fills: int
    denied: int
    fees_micros: int
    realized_pnl_micros: int
    equity_micros: int
    max_drawdown_micros: int
    content_hash: str
    decision_hash: str
    boots: int


STATUS: Final = """
SELECT coalesce(h.seq, 0) AS seq, coalesce(h.frame, 0) AS frame, coalesce(h.at_us, 0) AS at_us,
  coalesce(h.hash, :genesis) AS hash, coalesce(h.decisions, :genesis) AS decisions,
  coalesce(t.state, '') AS trading_state, coalesce(t.cause, '') AS trading_cause,
  (SELECT count(*) FROM boots) AS boots, coalesce(b.mode, '') AS mode,
  coalesce(b.deployment_id, '') AS deployment_id, coalesce(b.started_us, 0) AS started_us,
  b.stopped_seq IS NOT NULL AS stopped, coalesce(b.stop_reason, '') AS stop_reason,
  coalesce(c.cash_micros, 0) AS cash_micros, coalesce(c.equity_micros, 0) AS equity_micros,
  coalesce(d.realized, 0) AS realized_pnl_micros, coalesce(d.fees, 0) AS fees_micros,
  coalesce(d.fall, 0) AS max_drawdown_micros,
  (SELECT count(*) FROM positions WHERE size_micros > 0) AS open_positions,
  (SELECT count(*) FROM orders WHERE status IN ('in_flight', 'open', 'unknown')) AS open_orders,
  (SELECT count(*) FROM orders WHERE status IN ('in_flight', 'open', 'unknown')
    AND status = 'unknown') AS unknown_orders,
  (SELECT count(*) FROM markets WHERE settled_seq IS NULL) AS open_markets,
  coalesce(h.intents, 0) AS intents, coalesce(h.orders, 0) AS orders,
  coalesce(h.fills, 0) AS fills, coalesce(h.denied, 0) AS denied,
  (SELECT coalesce(sum(count), 0) FROM anomalies) AS anomalies,
  (SELECT count(*) FROM drifts) AS drifts
FROM (SELECT 1) LEFT JOIN ledger_head AS h
  LEFT JOIN (SELECT * FROM trading_states ORDER BY seq DESC LIMIT 1) AS t
  LEFT JOIN (SELECT * FROM boots ORDER BY boot DESC LIMIT 1) AS b
  LEFT JOIN (SELECT * FROM cash ORDER BY seq DESC LIMIT 1) AS c
  LEFT JOIN (SELECT sum(realized_pnl_micros) AS realized, sum(fees_micros) AS fees,
    max(max_drawdown_micros) AS fall FROM daily_performance) AS d
"""


def require_schema(connection: driver.Connection, file: Path) -> None:
    """Refuse to read what this program may misread.

    Raises:
        Refused: the ledger's schema is not this program's.

    """
    found = version(connection)
    if found != HEAD:
        raise Refused(
            f"ledger {file}: schema version is {found or 'none'}, this program reads {HEAD}: start"
            " the bot once to migrate it, or run the program that wrote it"
        )


class LedgerReader:
    """A read-only view of a data directory's ledger; every call sees the newest commit."""

    def __init__(self, connection: driver.Connection, file: Path) -> None:
        """Take over the connection; use `open`."""
        self._connection = connection
        self._file = file

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open the ledger of a data directory.

        Raises:
            Refused: no ledger there, an unusable file, or another schema than this program's.

        """
        file = directory / FILE_NAME
        connection = driver.open_reader(file)
        try:
            with readable(file):
                require_schema(connection, file)
        except BaseException:
            connection.close()
            raise
        return cls(connection, file)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Keep it open for a `with` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        self.close()

    def status(self) -> Status:
        """Return the ledger at a glance, in time that does not grow with the history."""
        row = next(self._rows(STATUS, {"genesis": GENESIS}))
        wal = self._file.with_name(self._file.name + "-wal")
        row["stopped"] = bool(row["stopped"])
        return Status(
            **row,
            schema=HEAD,
            file_bytes=self._file.stat().st_size,
            wal_bytes=wal.stat().st_size if wal.exists() else 0,
        )

    def positions(self, *, closed: bool = False, limit: int = 1_000) -> Sequence[PositionRow]:
        """Return open positions, or the last closed ones, newest change first."""
        where = "size_micros = 0" if closed else "size_micros > 0"
        sql = _select(PositionRow, f"positions WHERE {where} ORDER BY changed_seq DESC")
        return [PositionRow(**row) for row in self._rows(sql + " LIMIT :limit", {"limit": limit})]

    def orders(self, *, every: bool = False, limit: int = 1_000) -> Sequence[OrderRow]:
        """Return orders that are not final, or the last ones whatever their state, newest first."""
        where = "1" if every else "status IN ('in_flight', 'open', 'unknown')"
        sql = _select(OrderRow, f"orders WHERE {where} ORDER BY seq DESC LIMIT :limit")
        return [OrderRow(**row) for row in self._rows(sql, {"limit": limit})]

    def trades(self, *, limit: int = 1_000, after_seq: int = 0) -> Sequence[TradeRow]:
        """Return the last fills after a sequence, newest first."""
        own = set(_names(TradeRow)) - {
            "expected_price_micros", "expected_fee_micros", "signal", "probability_micros",
        }  # fmt: skip
        columns = ", ".join(f"{'f' if n in own else 'i'}.{n}" for n in _names(TradeRow))
        sql = (
            f"SELECT {columns} FROM fills AS f JOIN trade_intents AS i"  # noqa: S608
            " ON i.intent_id = f.intent_id WHERE f.seq > :after ORDER BY f.seq DESC LIMIT :limit"
        )
        rows = self._rows(sql, {"after": after_seq, "limit": limit})
        return [TradeRow(**row) for row in rows]

    def settlements(self, *, limit: int = 1_000, after_seq: int = 0) -> Sequence[SettlementRow]:
        """Return the last payouts after a sequence, newest first."""
        sql = _select(SettlementRow, "settlements WHERE seq > :after ORDER BY seq DESC")
        rows = self._rows(sql + " LIMIT :limit", {"after": after_seq, "limit": limit})
        return [SettlementRow(**row) for row in rows]

    def events(self, *, after_seq: int = 0, limit: int = 1_000) -> Sequence[EventRow]:
        """Return the next events after a sequence, oldest first; ask again to follow."""
        sql = _select(EventRow, "trade_events WHERE seq > :after ORDER BY seq LIMIT :limit")
        rows = self._rows(sql, {"after": after_seq, "limit": limit})
        return [EventRow(**row) for row in rows]

    def rows(self, sql: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a question of `bot.adapters.ledger.look`, by column."""
        return self._rows(sql, {})

    def last_seq(self) -> int:
        """Return the number of the last event."""
        return int(self._one("SELECT coalesce(max(seq), 0) FROM trade_events"))

    def summary(self) -> Summary:
        """Return what a replay says at its end; reads every row of the trading tables."""
        status = self.status()
        with readable(self._file):
            hashed = content_hash(self._connection)
        return Summary(
            windows=int(self._one("SELECT count(*) FROM markets")),
            frames=status.frame,
            intents=status.intents,
            orders=status.orders,
            fills=status.fills,
            denied=status.denied,
            fees_micros=status.fees_micros,
            realized_pnl_micros=status.realized_pnl_micros,
            equity_micros=status.equity_micros,
            max_drawdown_micros=status.max_drawdown_micros,
            content_hash=hashed,
            decision_hash=status.decisions,
            boots=status.boots,
        )

    def _one(self, sql: str) -> Any:
        with readable(self._file):
            return self._connection.execute(sql).fetchone()[0]

    def _rows(self, sql: str, values: dict[str, object]) -> Iterator[dict[str, Any]]:
        with readable(self._file), closing(self._connection.execute(sql, values)) as cursor:
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield dict(zip(names, row, strict=True))


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Turn what reading a damaged file raises into one line.

    Raises:
        Refused: the file cannot be read.

    """
    try:
        yield
    except driver.Damaged as error:
        raise Refused(
            f"ledger {file}: {driver.one_line(error)}; run `poly ledger verify`, then restore the"
            " last backup"
        ) from error


def _names(kind: type) -> tuple[str, ...]:
    return tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def _select(kind: type, rest: str) -> str:
    return f"SELECT {', '.join(_names(kind))} FROM {rest}"  # noqa: S608 - names of our own
