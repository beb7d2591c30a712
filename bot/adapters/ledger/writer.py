"""One thread, one writing connection: whatever is queued is committed as one group, in order.

A commit that raised is an unknown outcome: nothing more is accepted, and the connection is never
touched again, because its next commit could overwrite what may be on disk. Nothing here reads.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bot.adapters.ledger import driver, projection, statement
from bot.adapters.ledger.codec import Event, event_of
from bot.adapters.ledger.outbox import store
from bot.adapters.ledger.outbox.rule import alert_of
from bot.domain.entry import Entry, Stamp, TradingState, TradingStateSet
from bot.ports import CommitUnknown, Head, Permanent, Posting

GROUP_MAX: Final = 256
"""Transactions in one commit; more wait for the next."""
QUEUE_MAX: Final = 10_000
"""Transactions that may wait; the trading loop awaits each, so this many is a bug."""

LAST_STATE: Final = "SELECT state FROM trading_states ORDER BY seq DESC LIMIT 1"

_ABANDONED: Final[list[driver.Connection]] = []
"""Connections whose commit failed: closing one would write to the file."""

Faults = Callable[[str], None]
"""Called with the name of each boundary of a commit; a simulation raises there."""


def unmeasured(took_s: float) -> None:
    """Measure nothing."""


def no_fault(boundary: str) -> None:
    """Let every boundary pass."""


@dataclass(slots=True)
class Job:
    """One transaction and whom to tell: entries of the ledger, or postings of the outbox."""

    entries: Sequence[Entry]
    stamp: Stamp
    loop: asyncio.AbstractEventLoop | None = None
    done: "asyncio.Future[Head] | None" = None
    outcome: Head | BaseException | None = field(default=None)
    postings: Sequence[Posting] = ()
    over: threading.Event | None = None


class Writer:
    """Commits groups on one connection; used by one thread at a time."""

    def __init__(self, connection: driver.Connection, head: Head, fault: Faults) -> None:
        """Take over the connection; nobody else may use it."""
        self._connection = connection
        self._fault = fault
        self.head = head
        self.failed: BaseException | None = None
        self.committed: Callable[[float], object] = unmeasured
        """Hears how long each durable commit took, in seconds, in the committing thread."""
        row = connection.execute(LAST_STATE).fetchone()
        self._state = TradingState(row[0]) if row else None

    def commit(self, group: Sequence[Job]) -> None:
        """Give every job of the group its outcome."""
        if self.failed is None and not self._together(group):
            # One of them cannot be written: the others before it still are, each by itself.
            for job in group:
                if self.failed is None:
                    self._together([job], alone=True)
        for job in group:
            if job.outcome is None:
                job.outcome = self.refusal()

    def refusal(self) -> BaseException:
        """Return what a closed ledger says."""
        if isinstance(self.failed, CommitUnknown):
            return CommitUnknown(f"an earlier commit failed: {self.failed}")
        return Permanent(f"ledger is closed: {self.failed}")

    def _together(self, group: Sequence[Job], *, alone: bool = False) -> bool:
        heads: list[Head] = []
        connection, begun_s = self._connection, time.perf_counter()
        try:
            connection.execute("BEGIN IMMEDIATE")
            state = self._write(group, heads)
            self._fault("before commit")
        except Exception as error:  # noqa: BLE001 - the thread's guard: whoever waits is told
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if alone or len(group) == 1:
                if not group[
                    0
                ].postings:  # what was sent is no truth: the ledger goes on without it
                    self.failed = error
                group[0].outcome = Permanent(f"nothing was written: {error}")
                group[0].outcome.__cause__ = error
                return True
            return False
        try:
            connection.execute("COMMIT")
            self._fault("after commit")
        except Exception as error:  # noqa: BLE001 - whatever COMMIT raises, its outcome is unknown
            self.failed = CommitUnknown(f"COMMIT raised {type(error).__name__}: {error}")
            _ABANDONED.append(connection)
            for job in group:
                job.outcome = CommitUnknown(str(self.failed))
            return True
        for job, head in zip(group, heads, strict=True):
            job.outcome = head
        self.head, self._state = heads[-1], state
        self.committed(time.perf_counter() - begun_s)
        return True

    def _write(self, group: Sequence[Job], heads: list[Head]) -> TradingState | None:
        """Write the group's rows; return the trading state after them."""
        execute = self._connection.execute
        add = statement.ADD_EVENT
        head, last, seq = self.head, self.head.hash, self.head.seq
        state = self._state
        total = [0, 0, 0, 0]
        for job in group:
            if job.postings:
                store.note(self._connection, job.postings)
            for entry in job.entries:
                seq += 1
                event = event_of(entry, job.stamp, seq=seq, prev_hash=last)
                last = event.hash
                execute(add.sql, event)
                projection.apply(self._connection, event, entry)
                state = self._alert(event, entry, state)
                for index, more in enumerate(projection.counts(entry)):
                    total[index] += more
            if job.entries:
                head = Head(seq=seq, stamp=job.stamp, hash=last)
            heads.append(head)
        if head is not self.head:
            projection.set_head(self._connection, head, projection.Counts(*total))
        return state

    def _alert(self, event: Event, entry: Entry, state: TradingState | None) -> TradingState | None:
        """Put what a person is to be told into the outbox; return the trading state after it."""
        alert = alert_of(entry, state)
        if alert is not None:
            store.add(self._connection, event, alert)
        return entry.state if isinstance(entry, TradingStateSet) else state

    def close(self) -> None:
        """Let go of the file; the last one to do so empties the WAL."""
        if isinstance(self.failed, CommitUnknown):
            return
        self.failed = self.failed or Permanent("it was closed in order")
        self._connection.close()


class WriterThread:
    """Runs a `Writer` in a thread of its own and tells the event loop what became of each job."""

    def __init__(self, writer: Writer) -> None:
        """Start the thread; it lives until `close`."""
        self._writer = writer
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue one transaction; its future is resolved by the loop it belongs to.

        Raises:
            Permanent: too many wait, or the thread has ended.

        """
        if self._closing or self._queue.qsize() >= QUEUE_MAX:
            raise Permanent(f"ledger takes nothing: closed, or {QUEUE_MAX} transactions wait")
        self._queue.put(job)

    def _run(self) -> None:
        going = True
        while going:
            group: list[Job] = []
            job = self._queue.get()
            while job is not None:
                group.append(job)
                if self._queue.empty() or len(group) == GROUP_MAX:
                    break
                job = self._queue.get()
            going = job is not None
            if group:
                self._writer.commit(group)
                tell(group)

    def close(self) -> None:
        """Commit what is queued and end the thread; waits for it."""
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        self._thread.join()


def tell(group: Sequence[Job]) -> None:
    """Wake whoever waits, once for each loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in group:
        if job.over is not None:
            job.over.set()
        if job.loop is not None:
            loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        # A loop that is closed has nobody left who waits; the entries are on disk all the same.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(resolve, jobs)


def resolve(jobs: Sequence[Job]) -> None:
    """Set every future that nobody has given up; runs in the loop."""
    for job in jobs:
        if job.done is None or job.done.done():
            continue
        if isinstance(job.outcome, Head):
            job.done.set_result(job.outcome)
        else:
            assert isinstance(job.outcome, BaseException)  # noqa: S101 - commit gives each one
            job.done.set_exception(job.outcome)
