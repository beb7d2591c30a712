"""The paper venue's own durable account: `paper.db` beside the ledger, one file, one writer.

What was received and what was done about it, each with the market event it came after, so that a
restart can recall it at its place. Every method that writes is one transaction; an error from it
leaves the outcome unknown and the store refuses all further use. It decides nothing.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bot.adapters.paper import body
from bot.adapters.paper.deed import (
    Arrival,
    CancelRequest,
    Deed,
    Done,
    Ended,
    Filled,
    PaperOrder,
    Rested,
    Settled,
    effect,
)
from bot.domain.fill import Fill
from bot.domain.market import Market, MarketId, TokenId
from bot.domain.money import Price, Usd
from bot.domain.order import OrderHash
from bot.domain.refusal import ExitCode, Refused
from bot.ports import CommitUnknown

try:
    import pysqlite3 as driver
except ImportError:  # no wheel for this platform: the standard library's, if it is new enough
    import sqlite3 as driver  # type: ignore[no-redef,unused-ignore]

Connection = sqlite3.Connection
"""For annotations; pysqlite3's has the same methods."""
Failure: Final[type[sqlite3.Error]] = driver.Error

FILE: Final = "paper.db"
SQLITE_MIN: Final = (3, 51, 3)
"""Older ones can lose a commit. Source: sqlite.org/wal.html#walresetbug, read 2026-11-22."""
PRAGMAS: Final = (
    ("busy_timeout", 5000), ("journal_mode", "wal"), ("synchronous", 2), ("mmap_size", 0),
)  # fmt: skip
SCHEMA: Final = 1

TABLES: Final = """
CREATE TABLE account (
  one INTEGER PRIMARY KEY CHECK (one = 1), schema INTEGER NOT NULL, seed INTEGER NOT NULL,
  starting_cash INTEGER NOT NULL, cash INTEGER NOT NULL CHECK (cash >= 0),
  step INTEGER NOT NULL, at_us INTEGER NOT NULL
) STRICT;
CREATE TABLE markets (
  market_id TEXT PRIMARY KEY, step INTEGER NOT NULL, body TEXT NOT NULL, up_tick INTEGER NOT NULL,
  down_tick INTEGER NOT NULL, resolved INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX markets_open ON markets (market_id) WHERE resolved = 0;
CREATE TABLE positions (
  token TEXT PRIMARY KEY, shares INTEGER NOT NULL CHECK (shares > 0)
) STRICT;
CREATE TABLE arrivals (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, order_hash TEXT NOT NULL,
  market_id TEXT NOT NULL, step INTEGER NOT NULL, acts_us INTEGER NOT NULL,
  latency_us INTEGER NOT NULL, body TEXT NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX arrivals_order ON arrivals (order_hash) WHERE kind = 'order';
CREATE INDEX arrivals_cancel ON arrivals (order_hash) WHERE kind = 'cancel';
CREATE INDEX arrivals_step ON arrivals (step);
CREATE INDEX arrivals_open ON arrivals (seq) WHERE ended = 0;
CREATE TABLE deeds (
  seq INTEGER PRIMARY KEY, cause TEXT NOT NULL, order_hash TEXT, kind TEXT NOT NULL,
  step INTEGER NOT NULL, at_us INTEGER NOT NULL, told_us INTEGER NOT NULL,
  cash INTEGER NOT NULL, token TEXT NOT NULL, shares INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX deeds_step ON deeds (step);
CREATE INDEX deeds_told ON deeds (told_us);
CREATE INDEX deeds_order ON deeds (order_hash);
"""

LISTED_FROM: Final = "market_id IN (SELECT market_id FROM markets WHERE step >= ?)"

KINDS: Final[dict[str, type[Deed]]] = {
    "filled": Filled, "ended": Ended, "rested": Rested, "settled": Settled,
}  # fmt: skip
NAMES: Final = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """Between two market events: after which one, and when."""

    step: int
    at_us: int


class Store:
    """One open paper.db; used from one thread."""

    def __init__(self, database: Connection) -> None:
        """Take over an open and checked database."""
        self._database = database
        self._broken = ""
        self.seed, self.cash, step, at_us = database.execute(
            "SELECT seed, cash, step, at_us FROM account"
        ).fetchone()
        self.place = Place(step, at_us)
        self.told_us: int = database.execute(
            "SELECT coalesce(max(told_us), 0) FROM deeds"
        ).fetchone()[0]
        self.seq: int = database.execute("SELECT coalesce(max(seq), 0) FROM arrivals").fetchone()[0]

    @classmethod
    def open(cls, directory: Path, *, starting_cash: Usd, seed: int) -> "Store":
        """Open or make the store.

        Raises:
            Refused: it cannot be opened, or belongs to another seed or starting cash.

        """
        path = directory / FILE
        try:
            database = connect(path)
            try:
                make(database, starting_cash, seed)
                check(database, path, starting_cash, seed)
                return cls(database)
            except BaseException:
                database.close()
                raise
        except Failure as error:
            raise Refused(
                f"{path}: cannot be used as the paper venue's account: {error}; give a writable "
                "data directory, or restore it from the ledger's backup",
                ExitCode.UNAVAILABLE,
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @contextmanager
    def _transaction(self, place: Place) -> Iterator[Connection]:
        if self._broken:
            raise CommitUnknown(self._broken)
        after = Place(max(place.step, self.place.step), max(place.at_us, self.place.at_us))
        try:
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database
            self._database.execute(
                "UPDATE account SET cash = ?, step = ?, at_us = ?",
                (self.cash, after.step, after.at_us),
            )
            self._database.execute("COMMIT")
        except Failure as error:
            self._broken = f"{FILE}: {error}"
            raise CommitUnknown(self._broken) from error
        self.place = after

    def arrive(self, arrival: Arrival, at_us: int, text: str = "") -> None:
        """Store a received order with its body, or a cancel with its reason."""
        row = (
            ("order", arrival.latency_us, text, 0, arrival.terms.market_id)
            if isinstance(arrival, PaperOrder)
            else ("cancel", 0, arrival.reason, 1, arrival.market_id)
        )
        with self._transaction(Place(arrival.step, at_us)) as database:
            database.execute(
                "INSERT INTO arrivals"
                " (seq, order_hash, step, acts_us, kind, latency_us, body, ended, market_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (arrival.seq, arrival.order_hash, arrival.step, arrival.acts_us, *row),
            )
        self.seq = arrival.seq

    def record(
        self, cause: str, done: Sequence[Done], place: Place, *, resolved: MarketId | None = None
    ) -> None:
        """Store what was done, with account, positions and ends, as one transaction."""
        cash = self.cash
        try:
            self.cash += sum(effect(one.deed)[0] for one in done)
            with self._transaction(place) as database:
                for one in done:
                    self._write(database, cause, one, place.step)
                if resolved is not None:
                    database.execute(
                        "UPDATE markets SET resolved = 1 WHERE market_id = ?", (resolved,)
                    )
        except CommitUnknown:
            self.cash = cash
            raise
        self.told_us = max([self.told_us, *(one.told_us for one in done)])

    def _write(self, database: Connection, cause: str, one: Done, step: int) -> None:
        cash, token, shares = effect(one.deed)
        database.execute(
            "INSERT INTO deeds (cause, order_hash, kind, step, at_us, told_us, cash, token, shares,"
            " body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                cause, one.order_hash, NAMES[type(one.deed)], step, one.at_us, one.told_us,
                cash, token, shares, msgspec.json.encode(one.deed).decode(),
            ),
        )  # fmt: skip
        if shares > 0:
            database.execute(
                "INSERT INTO positions (token, shares) VALUES (?, ?)"
                " ON CONFLICT (token) DO UPDATE SET shares = shares + excluded.shares",
                (token, shares),
            )
        elif shares:
            gone = (token, -shares)
            database.execute("DELETE FROM positions WHERE token = ? AND shares = ?", gone)
            database.execute(
                "UPDATE positions SET shares = shares + ? WHERE token = ?", (shares, token)
            )
        if isinstance(one.deed, Ended):
            database.execute(
                "UPDATE arrivals SET ended = 1 WHERE kind = 'order' AND order_hash = ?",
                (one.order_hash,),
            )

    def list_market(self, market: Market, ticks: tuple[int, int], place: Place) -> None:
        """Store a market as it is now, with the ticks of its Up and Down books in micros."""
        text = msgspec.json.encode(market).decode()
        with self._transaction(place) as database:
            database.execute(
                "INSERT INTO markets (market_id, step, body, up_tick, down_tick)"
                " VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (market_id) DO UPDATE SET body = excluded.body,"
                " up_tick = excluded.up_tick, down_tick = excluded.down_tick",
                (market.market_id, place.step, text, *ticks),
            )

    def markets(self) -> list[tuple[Market, Price, Price]]:
        """Return the markets that are not resolved, with the ticks of Up and Down."""
        rows = self._database.execute(
            "SELECT body, up_tick, down_tick FROM markets WHERE resolved = 0"
        )
        return [
            (msgspec.json.decode(text, type=Market), Price(up), Price(down))
            for text, up, down in rows
        ]

    def positions(self) -> dict[TokenId, int]:
        """Return micros of a share by token."""
        return dict(self._database.execute("SELECT token, shares FROM positions"))

    def order(self, order_hash: OrderHash) -> PaperOrder | None:
        """Return an order as it was received."""
        found = self._arrivals("kind = 'order' AND order_hash = ?", (order_hash,))
        return next((one for one in found if isinstance(one, PaperOrder)), None)

    def cancel_asked(self, order_hash: OrderHash) -> bool:
        """Say whether a cancel of this order was received."""
        return bool(self._arrivals("kind = 'cancel' AND order_hash = ?", (order_hash,)))

    def arrivals_from(self, step: int) -> list[Arrival]:
        """Return what was received for markets listed from a step on, in order."""
        return self._arrivals(f"step >= ? AND {LISTED_FROM}", (step, step))

    def open_orders(self) -> list[PaperOrder]:
        """Return the orders that have not ended, in order."""
        found = self._arrivals("ended = 0", ())
        return [one for one in found if isinstance(one, PaperOrder)]

    def _arrivals(self, where: str, values: tuple[str | int, ...]) -> list[Arrival]:
        rows = self._database.execute(
            "SELECT seq, kind, order_hash, market_id, step, acts_us, latency_us, body FROM arrivals"  # noqa: S608 - our own texts
            f" WHERE {where} ORDER BY seq",
            values,
        )
        return [
            CancelRequest(seq, order_hash, market_id, step, acts_us, text)
            if kind == "cancel"
            else PaperOrder(seq, order_hash, body.read(text)[1], step, acts_us, latency_us)
            for seq, kind, order_hash, market_id, step, acts_us, latency_us, text in rows
        ]

    def done_from(self, step: int) -> list[tuple[str, Done]]:
        """Return the deeds in markets listed from a step on with their causes, in order."""
        orders = f"SELECT order_hash FROM arrivals WHERE step >= ? AND {LISTED_FROM}"  # noqa: S608
        return self._done(
            f"step >= ? AND (order_hash IS NULL OR order_hash IN ({orders}))", (step, step, step)
        )

    def done_to(self, order_hash: OrderHash) -> list[Done]:
        """Return what was done about one order, in order."""
        return [one for _, one in self._done("order_hash = ?", (order_hash,))]

    def _done(self, where: str, values: tuple[str | int, ...]) -> list[tuple[str, Done]]:
        rows = self._database.execute(
            "SELECT cause, kind, body, at_us, told_us, order_hash FROM deeds"  # noqa: S608 - our own texts
            f" WHERE {where} ORDER BY seq",
            values,
        )
        return [
            (cause, Done(msgspec.json.decode(text, type=KINDS[kind]), at_us, told_us, order_hash))
            for cause, kind, text, at_us, told_us, order_hash in rows
        ]

    def fills_told(self, since_us: int, place: Place) -> list[Fill]:
        """Return the fills from `since_us` on that were told by then."""
        found = self._done(
            "kind = 'filled' AND told_us BETWEEN ? AND ? AND at_us >= ? AND step <= ?",
            (since_us, place.at_us, since_us, place.step),
        )
        return [one.deed.fill for _, one in found if isinstance(one.deed, Filled)]

    def untold(self, place: Place) -> list[Done]:
        """Return what was done but is not told yet."""
        return [one for _, one in self._done("told_us > ? OR step > ?", (place.at_us, place.step))]

    def ended_told(self, order_hash: OrderHash, place: Place) -> bool:
        """Say whether the order's end was told by then."""
        ends = [one for one in self.done_to(order_hash) if isinstance(one.deed, Ended)]
        untold = self.untold(place)
        return bool(ends) and all(one not in untold for one in ends)


def connect(path: Path) -> Connection:
    """Open or create the file so that a commit is on disk.

    Raises:
        Refused: an SQLite that can lose a commit, or a pragma that does not hold.

    """
    if driver.sqlite_version_info < SQLITE_MIN:
        raise Refused(
            f"SQLite {driver.sqlite_version} (driver {driver.__name__}) can lose commits; the "
            "paper venue needs 3.51.3 or newer: install the wheel of pysqlite3",
            ExitCode.UNAVAILABLE,
        )
    database: Connection = driver.connect(str(path), isolation_level=None, check_same_thread=False)
    for name, wanted in PRAGMAS:
        database.execute(f"PRAGMA {name} = {wanted}")
        found = database.execute(f"PRAGMA {name}").fetchone()
        if found is not None and found[0] != wanted:
            database.close()
            raise Refused(
                f"{path}: PRAGMA {name} must read {wanted}, was {found[0]}; the file system or the "
                "SQLite build cannot hold an account",
                ExitCode.UNAVAILABLE,
            )
    return database


def make(database: Connection, starting_cash: Usd, seed: int) -> None:
    """Make the tables and the account in a new file."""
    if database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return
    database.execute("BEGIN IMMEDIATE")
    for statement in TABLES.split(";"):
        database.execute(statement)
    database.execute(
        "INSERT INTO account VALUES (1, ?, ?, ?, ?, -1, 0)",
        (SCHEMA, seed, starting_cash.micros, starting_cash.micros),
    )
    database.execute("COMMIT")


def check(database: Connection, path: Path, starting_cash: Usd, seed: int) -> None:
    """Refuse a store that belongs to something else.

    Raises:
        Refused: another program, seed or starting cash.

    """
    schema, its_seed, its_cash = database.execute(
        "SELECT schema, seed, starting_cash FROM account"
    ).fetchone()
    if schema != SCHEMA:
        raise Refused(f"{path}: schema must be {SCHEMA}, was {schema}; use the newer program")
    for name, ours, theirs in (
        ("seed", seed, its_seed),
        ("paper.cash_usd", starting_cash, Usd(its_cash)),
    ):
        if ours != theirs:
            raise Refused(
                f"{path}: {name} must be {theirs} as in this account, was {ours}; "
                "use the same value or another data directory"
            )
