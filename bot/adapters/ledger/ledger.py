"""The port `Ledger` on one SQLite file: `poly.db` in the data directory.

Opening checks, creates or migrates it. One connection writes, in a thread of its own or, for a
simulation in virtual time, in the caller's; an engine that can only read answers questions.
Whoever opens a ledger holds the data directory's lock (`directory`).
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, Select, and_, create_engine, func, or_, select
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.expression import TableClause

from bot.adapters.ledger import driver, migrate
from bot.adapters.ledger.codec import EMPTY_STAMP, Event, recorded
from bot.adapters.ledger.outbox import store
from bot.adapters.ledger.proof.start import start_findings
from bot.adapters.ledger.statement import BOOTS, CASH, CHAIN, EVENTS, FILLS, MARKETS, MARKS, STATES
from bot.adapters.ledger.writer import Faults, Job, Writer, WriterThread, no_fault
from bot.domain.entry import ChainStepTaken, Entry, Recorded, Stamp
from bot.domain.fill import ChainPhase, ChainStep, FillId
from bot.domain.money import ZERO_USD, Usd
from bot.domain.refusal import Refused
from bot.ports import GENESIS, CommitUnknown, Head, Posting, Waiting

FILE_NAME: Final = "poly.db"
VARIABLES_MAX: Final = 10_000
"""Values in one question; SQLite takes 32,766."""
COMMIT_S_MAX: Final = 30
"""Longest wait for a commit; a disk that hangs longer leaves an unknown outcome."""
EMPTY: Final = Head(seq=0, stamp=EMPTY_STAMP, hash=GENESIS)


class SqliteLedger:
    """The durable ordered record; see the port for what each method promises."""

    def __init__(
        self, writer: Writer, reader: Engine, *, threaded: bool, commit_s_max: int
    ) -> None:
        """Take over the connections; use `open`."""
        self._commit_s_max = commit_s_max
        self._writer = writer
        self._reader = reader
        self._thread = WriterThread(writer) if threaded else None
        self._hung = False

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        threaded: bool = True,
        fault: Faults = no_fault,
        commit_s_max: int = COMMIT_S_MAX,
    ) -> Self:
        """Open, create or migrate the ledger of a data directory and check it.

        `threaded=False` commits in the calling thread: for a simulation in virtual time. `fault`
        is called at "before commit" and "after commit". `commit_s_max` bounds a commit in seconds
        where a thread makes it.

        Raises:
            Refused: an unusable or foreign file, a newer ledger, or a failed check.

        """
        file = directory / FILE_NAME
        connection = driver.open_writer(file)
        try:
            prepare(connection, file)
            head = read_head(connection)
        except BaseException:
            connection.close()
            raise
        reader = create_engine(
            "sqlite://",
            module=driver.MODULE,
            creator=lambda: driver.open_reader(file),
            poolclass=QueuePool,
            pool_size=2,
            max_overflow=2,
        )
        return cls(
            Writer(connection, head, fault), reader, threaded=threaded, commit_s_max=commit_s_max
        )

    @property
    def head(self) -> Head:
        """Return the last durable entry's place."""
        return self._writer.head

    def measure(self, committed: Callable[[float], object]) -> None:
        """Have every durable commit told, in seconds, in the thread that made it."""
        self._writer.committed = committed

    async def append(self, entries: Sequence[Entry], stamp: Stamp) -> Head:
        """Make the entries durable as one transaction, in order, and return the new head.

        Raises:
            CommitUnknown: the outcome is not known; nothing more is accepted by this ledger.
            Permanent: nothing of it was written, and nothing more is accepted.

        """
        if self._hung:
            raise CommitUnknown("an earlier commit hangs")
        if self._thread is None:
            job = Job(entries, stamp)
            self._writer.commit([job])
            if isinstance(job.outcome, Head):
                return job.outcome
            assert isinstance(job.outcome, BaseException)  # noqa: S101 - commit gives each one
            raise job.outcome
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Head] = loop.create_future()
        self._thread.submit(Job(entries, stamp, loop, done))
        try:
            async with asyncio.timeout(self._commit_s_max):
                return await done
        except TimeoutError as error:
            self._hung = True
            raise CommitUnknown(f"COMMIT took longer than {self._commit_s_max} s") from error

    def entries(self, *, after_seq: int = 0, upto_seq: int | None = None) -> Sequence[Recorded]:
        """Return the entries with after_seq < seq <= upto_seq, in order."""
        wanted = [EVENTS.c.seq > after_seq]
        if upto_seq is not None:
            wanted.append(EVENTS.c.seq <= upto_seq)
        return self._recorded(select(EVENTS).where(*wanted).order_by(EVENTS.c.seq))

    def recent(self, count: int) -> Sequence[Recorded]:
        """Return the last `count` entries, in order."""
        return self.entries(after_seq=self.head.seq - count)

    def unsettled(self, *, upto_seq: int | None = None) -> Sequence[Recorded]:
        """Return all entries of markets listed but not settled by `upto_seq`, in order."""
        upto = self.head.seq if upto_seq is None else upto_seq
        open_then = and_(
            MARKETS.c.listed_seq <= upto,
            or_(MARKETS.c.settled_seq.is_(None), MARKETS.c.settled_seq > upto),
        )
        markets = select(MARKETS.c.market_id).where(open_then)
        wanted = select(EVENTS).where(EVENTS.c.market_id.in_(markets), EVENTS.c.seq <= upto)
        return self._recorded(wanted.order_by(EVENTS.c.seq))

    def known_fills(self, fills: Sequence[FillId]) -> frozenset[FillId]:
        """Return which of these are recorded, of settled markets too."""
        known: set[FillId] = set()
        with self._reader.connect() as connection:
            for first in range(0, len(fills), VARIABLES_MAX):
                wanted = FILLS.c.fill_id.in_(fills[first : first + VARIABLES_MAX])
                known.update(connection.execute(select(FILLS.c.fill_id).where(wanted)).scalars())
        return frozenset(known)

    def seq_before(self, frame: int) -> int:
        """Return the last sequence whose frame is smaller, 0 if there is none.

        Frames never fall from one event to the next, so this reads back from the head only.
        """
        wanted = select(EVENTS.c.seq).where(EVENTS.c.frame < frame)
        with self._reader.connect() as connection:
            last = wanted.order_by(EVENTS.c.seq.desc()).limit(1)
            return connection.execute(last).scalar_one_or_none() or 0

    def cash(self, *, upto_seq: int | None = None) -> Usd:
        """Return cash after `upto_seq`."""
        upto = self.head.seq if upto_seq is None else upto_seq
        last = select(func.max(CASH.c.seq)).where(CASH.c.seq <= upto).scalar_subquery()
        with self._reader.connect() as connection:
            found = connection.execute(
                select(CASH.c.cash_micros).where(CASH.c.seq == last)
            ).scalar_one_or_none()
        return ZERO_USD if found is None else Usd(int(found))

    def started(self, *, upto_seq: int | None = None) -> Recorded | None:
        """Return the last `SessionStarted`."""
        return self._last(BOOTS, upto_seq)

    def trading_state(self, *, upto_seq: int | None = None) -> Recorded | None:
        """Return the last `TradingStateSet`."""
        return self._last(STATES, upto_seq)

    def waiting(self, *, after: int = 0, limit: int = 100) -> Sequence[Waiting]:
        """Return alerts that are not done; see the port `Outbox`."""
        with self._reader.connect() as connection:
            return store.waiting(raw(connection), after=after, limit=limit)

    def taken(self, channel: str) -> frozenset[int]:
        """Return which of them a channel has taken."""
        with self._reader.connect() as connection:
            return store.taken(raw(connection), channel)

    def note(self, postings: Sequence[Posting]) -> None:
        """Write durably what became of alerts, in a commit of its own or with whatever waits.

        Raises:
            Permanent: the ledger takes nothing any more, or these postings.
            CommitUnknown: it hangs.

        """
        job = Job((), self.head.stamp, postings=postings, over=threading.Event())
        if self._thread is None:
            self._writer.commit([job])
        else:
            self._thread.submit(job)
            assert job.over is not None  # noqa: S101 - made above
            if not job.over.wait(self._commit_s_max):
                raise CommitUnknown(f"COMMIT took longer than {self._commit_s_max} s")
        if isinstance(job.outcome, BaseException):
            raise job.outcome

    def equity_marked(self, *, upto_seq: int | None = None) -> Recorded | None:
        """Return the last `EquityMarked`."""
        return self._last(MARKS, upto_seq)

    def deposited(self, *, after_seq: int, upto_seq: int | None = None) -> Usd:
        """Return what came from outside, less what went there, with after_seq < seq <= upto_seq."""
        upto = self.head.seq if upto_seq is None else upto_seq
        wanted = select(func.coalesce(func.sum(CASH.c.change_micros), 0)).where(
            CASH.c.kind == "deposit", CASH.c.seq > after_seq, CASH.c.seq <= upto
        )
        with self._reader.connect() as connection:
            return Usd(int(connection.execute(wanted).scalar_one()))

    def unfinished(self) -> Sequence[ChainStep]:
        """Return the last step of every action on the chain that has no end, the oldest first."""
        is_open = CHAIN.c.phase.not_in((ChainPhase.DONE, ChainPhase.FAILED))
        last = select(CHAIN.c.changed_seq).where(is_open)
        found = self._recorded(select(EVENTS).where(EVENTS.c.seq.in_(last)).order_by(EVENTS.c.seq))
        return [one.entry.step for one in found if isinstance(one.entry, ChainStepTaken)]

    def deposits(self) -> Sequence[Recorded]:
        """Return every `CapitalDeposited`, in order."""
        seqs = select(CASH.c.seq).where(CASH.c.kind == "deposit")
        return self._recorded(select(EVENTS).where(EVENTS.c.seq.in_(seqs)).order_by(EVENTS.c.seq))

    def _last(self, table: TableClause, upto_seq: int | None) -> Recorded | None:
        upto = self.head.seq if upto_seq is None else upto_seq
        seq = select(func.max(table.c.seq)).where(table.c.seq <= upto).scalar_subquery()
        found = self._recorded(select(EVENTS).where(EVENTS.c.seq == seq))
        return found[0] if found else None

    def _recorded(self, wanted: Select[Any]) -> Sequence[Recorded]:
        with self._reader.connect() as connection:
            rows: Iterable[Sequence[Any]] = connection.execute(wanted)
            return [recorded(Event(*row)) for row in rows]

    async def close(self) -> None:
        """Commit what is queued and let go of the file. May be called twice."""
        self.drop()

    def drop(self) -> None:
        """Do what `close` does, from outside a loop."""
        self._reader.dispose()
        if self._thread is not None and not self._hung:
            self._thread.close()
        if not self._hung:
            self._writer.close()


def raw(connection: Connection) -> driver.Connection:
    """Return the driver's connection below SQLAlchemy's."""
    below: driver.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return below


def prepare(connection: driver.Connection, file: Path) -> None:
    """Create, migrate and check.

    Raises:
        Refused: the first of what the checks of a start found.

    """
    try:
        migrate.bring(connection, file)
        for finding in start_findings(connection, file):
            raise Refused(
                f"ledger {file}: {finding}; run `poly ledger verify` for all of it, then restore"
                " the last backup"
            )
    except driver.Damaged as error:
        raise Refused(
            f"ledger {file}: {driver.one_line(error)}; restore the last backup"
        ) from error


def read_head(connection: driver.Connection) -> Head:
    """Return the place of the last event."""
    row = connection.execute(
        "SELECT seq, frame, at_us, decisions, hash FROM trade_events ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return EMPTY
    seq, frame, at_us, decisions, link = row
    return Head(seq=seq, stamp=Stamp(frame=frame, at_us=at_us, decisions=decisions), hash=link)
