"""What the engine's shell needs from outside, as Protocols at the consumer.

Times are UTC microseconds. An adapter raises `Temporary` when the same call may work later and
`Permanent` when it cannot; nobody outside the adapter sees a library's own exception.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.entry import Entry, Recorded, Severity, Stamp
from bot.domain.event import Event, VenueEvent
from bot.domain.fill import ChainStep, Fill, FillId
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Shares, Usd
from bot.domain.order import Answer, ApprovedOrder, OrderHash, Prepared


class Temporary(Exception):  # noqa: N818 - what the failure is
    """The outside failed for now; the same idempotent call may work later."""


class Permanent(Exception):  # noqa: N818 - what the failure is
    """The outside refused for good; repeating the call cannot help."""


class CommitUnknown(Exception):  # noqa: N818 - what is known of it
    """COMMIT raised: the transaction may or may not be on disk. Stop the process and recover."""


class Clock(Protocol):
    """The only source of time."""

    def now_us(self) -> int:
        """Return UTC now in microseconds."""
        ...


class MarketFeed(Protocol):
    """What happens outside, as domain events in the order received."""

    def batches(self, first_frame: int) -> AsyncIterator[Iterable[Event]]:
        """Yield what has arrived from frame number `first_frame` on; ends when the feed ends.

        A batch may be lazy: its next event is made only after the one before it was handled and
        its effects were carried out, so that a paper venue's answers find their place in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order resting at the venue, by its own account."""

    order_hash: OrderHash
    market_id: MarketId
    token: TokenId
    filled: Shares


@dataclass(frozen=True, slots=True)
class VenueView:
    """Everything the venue says of us, asked at one time; complete pages only.

    `answers` are those it gave, for every order hash asked about that it can prove to have
    received; a hash without one was never seen. A market of `resolved` has no positions any more:
    what it paid is cash. A venue that tells neither `failed` nor `resolved` tells them elsewhere.
    """

    at_us: int
    open_orders: tuple[OpenOrder, ...]
    fills: tuple[Fill, ...]
    cash: Usd
    positions: tuple[tuple[TokenId, Shares], ...]
    answers: tuple[tuple[OrderHash, Answer], ...]
    failed: tuple[FillId, ...] = ()
    """Executions since then that failed on the chain."""
    resolved: tuple[tuple[MarketId, Outcome], ...] = ()
    """Markets of ours that have paid out, and the winners."""

    @property
    def seen(self) -> frozenset[OrderHash]:
        """Return the order hashes that were received."""
        return frozenset(order_hash for order_hash, _ in self.answers)


class Venue(Protocol):
    """Where orders go. One contract suite holds paper and live to this."""

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        """Return hash and body of the order; pure, no I/O; the same inputs give the same hash."""
        ...

    async def submit(self, prepared: Prepared) -> Answer:
        """Send the order once; never retries; raises nothing: what is not known is `Unknown`."""
        ...

    async def cancel(self, order_hash: OrderHash) -> bool:
        """Ask for a cancel; True if the order is not open any more. Idempotent.

        Raises:
            Temporary: no answer; the order may still be open.

        """
        ...

    async def cancel_all(self) -> tuple[OrderHash, ...]:
        """Cancel everything open and return what was cancelled. Idempotent.

        Raises:
            Temporary: no answer; orders may still be open.

        """
        ...

    async def view(self, hashes: Sequence[OrderHash], since_us: int) -> VenueView:
        """Return open orders, fills since `since_us`, cash, positions, and which hashes it knows.

        Raises:
            Temporary: any page is missing; an incomplete answer is never "flat".

        """
        ...

    def events(self) -> AsyncIterator[VenueEvent]:
        """Yield what happens to our orders; states may come in any order, twice, or never."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the ledger: an empty one has seq 0, frame 0 and hash and decisions `GENESIS`."""

    seq: int
    stamp: Stamp
    hash: str


GENESIS = "0" * 64


class Ledger(Protocol):
    """The durable ordered record. One contract suite holds every adapter to this."""

    @property
    def head(self) -> Head:
        """Return the last durable entry's place."""
        ...

    async def append(self, entries: Sequence[Entry], stamp: Stamp) -> Head:
        """Make the entries durable as one transaction, in order, and return the new head.

        Concurrent appends are committed in the order of the calls, possibly together.

        Raises:
            CommitUnknown: the outcome is not known; nothing more is accepted by this ledger.
            Permanent: nothing of it was written, and nothing more is accepted: an entry about
                what is not in the ledger (a bug), a full disk, or a closed ledger.

        """
        ...

    def entries(self, *, after_seq: int = 0, upto_seq: int | None = None) -> Sequence[Recorded]:
        """Return the entries with after_seq < seq <= upto_seq, in order."""
        ...

    def unsettled(self, *, upto_seq: int | None = None) -> Sequence[Recorded]:
        """Return all entries of markets that were listed but not settled by `upto_seq`, in order.

        With the last cash and the last trading state this is all that an engine needs to know.
        """
        ...

    def recent(self, count: int) -> Sequence[Recorded]:
        """Return the last `count` entries, in order."""
        ...

    def known_fills(self, fills: Sequence[FillId]) -> frozenset[FillId]:
        """Return which of these are recorded, of settled markets too."""
        ...

    def seq_before(self, frame: int) -> int:
        """Return the last sequence whose frame is smaller, 0 if there is none."""
        ...

    def cash(self, *, upto_seq: int | None = None) -> Usd:
        """Return cash after `upto_seq`."""
        ...

    def started(self, *, upto_seq: int | None = None) -> Recorded | None:
        """Return the last `SessionStarted` by `upto_seq`, None in an empty ledger."""
        ...

    def trading_state(self, *, upto_seq: int | None = None) -> Recorded | None:
        """Return the last `TradingStateSet` by `upto_seq`, None if there was none."""
        ...

    def equity_marked(self, *, upto_seq: int | None = None) -> Recorded | None:
        """Return the last `EquityMarked` by `upto_seq`, None if there was none."""
        ...

    def deposited(self, *, after_seq: int, upto_seq: int | None = None) -> Usd:
        """Return the sum of deposits with after_seq < seq <= upto_seq; withdrawals count less."""
        ...

    def unfinished(self) -> Sequence[ChainStep]:
        """Return the last step of every action on the chain that has no end, the oldest first."""
        ...

    def deposits(self) -> Sequence[Recorded]:
        """Return every `CapitalDeposited`, in order."""
        ...

    async def close(self) -> None:
        """Commit what is queued and let go of the file."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that is not done: `at_us` and `seq` of its event, `repeats` since, until `last_us`.

    Its `number` is its place in the outbox and never given twice.
    """

    number: int
    seq: int
    at_us: int
    kind: str
    severity: Severity
    title: str
    detail: str
    runbook: str
    repeats: int
    last_us: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What became of an alert: a channel took it, or it is done (`sent, muted, given_up`)."""

    number: int
    channel: str = ""
    at_us: int = 0
    state: str = ""


class Outbox(Protocol):
    """Alerts on their way out: delivery state beside the ledger's truth, lost by nobody's crash.

    For a thread of its own, never for the loop's: each call reads or writes the disk.
    """

    def waiting(self, *, after: int = 0, limit: int = 100) -> Sequence[Waiting]:
        """Return alerts that are not done and have a number above `after`, oldest first."""
        ...

    def taken(self, channel: str) -> frozenset[int]:
        """Return the numbers of those that are not done and that a channel has taken."""
        ...

    def note(self, postings: Sequence[Posting]) -> None:
        """Write durably what became of alerts; idempotent.

        Raises:
            Permanent: the ledger takes nothing any more; what was not marked is sent again.
            CommitUnknown: the same, and it may be marked.

        """
        ...
