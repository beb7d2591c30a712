"""Keeps memory, ledger and venue equal while a session lives; what nothing explains stops trading.

A round asks the venue for one complete view, has `bot.engine.agreement` judge it, and does what
that says: an event through the loop, an order followed or cancelled, trading paused. Nothing here
guesses: an answer that is not complete is no answer, and no order is ever sent from here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.entry import Entry
from bot.domain.event import Event
from bot.domain.fill import Fill
from bot.domain.order import Answer, OrderHash, Prepared
from bot.engine.engine import Engine
from bot.ports import Ledger, Venue
from bot.watchdog.beat import Heart


class Floor(Protocol):
    """What is needed of the loop. Whoever gives it keeps one event at a time in hand."""

    @property
    def frame(self) -> int:
        """Return the last frame handled."""
        ...

    @property
    def at_us(self) -> int:
        """Return the time of the last event handled."""
        ...

    async def carry(self, event: Event) -> None:
        """Take one event all the way; never while another one is under way."""
        ...

    async def record(self, *entries: Entry) -> None:
        """Make entries durable that decide nothing."""
        ...


class Following(Protocol):
    """Who follows our orders at the venue and tells what becomes of them: `LiveVenue`."""

    def adopt(self, prepared: Prepared, answer: Answer) -> None:
        """Follow an order of an earlier process, or again."""
        ...

    def adopt_fill(self, fill: Fill) -> None:
        """Know a fill that is recorded; a provisional one is followed until it is final."""
        ...

    def release(self, order_hash: OrderHash) -> None:
        """Follow an order no more."""
        ...


class Hold(Protocol):
    """Keeps trading HALTED as long as any cause stands; nothing resumes while another one does."""

    async def pause(self, cause: str, detail: str) -> None:
        """Halt for a cause; again with the same cause changes nothing."""
        ...

    async def lift(self, cause: str) -> None:
        """Take a cause away; trading resumes when none is left."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The three that are compared, and the loop that changes the first two."""

    engine: Engine
    ledger: Ledger
    venue: Venue
    floor: Floor
    following: Following | None = None
    """None where the feed itself tells everything: the paper venue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Time and whom to tell. `now_us` is market time, `wall_s` only ever grows."""

    now_us: Callable[[], int]
    wall_s: Callable[[], float]
    hold: Hold
    diverged: Callable[[str], None]
    """Latches the halt: `lambda detail: heart.trip("divergence", detail)`."""
    tell: Callable[[str, Mapping[str, str]], None]
    """Hears what changed, once: event name and texts, for the log."""
    heart: Heart = field(default_factory=Heart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds of the wall between rounds, and how long what may still explain itself is given."""

    every_s: float = 30.0
    again_s: float = 1.0
    """Between a difference and the view that has to show it again."""
    silent_s: float = 60.0
    """Without a complete view: trading pauses."""
    start_s: float = 60.0
    """A start waits so long for a first complete view."""
    absent_s: float = 60.0
    """A doubted order is expired when complete views lacked it so long and its window is over."""
    settle_s: float = 30.0
    """What the venue shows and nobody told yet is told from here."""


class Reconciler:
    """Compares and repairs; `at_start` once, then `run` as a task beside the loop.

    ```
    reconciler = Reconciler(
        Views(engine=engine, ledger=ledger, venue=venue, floor=loop, following=venue),
        Outside(now_us=clock.now_us, wall_s=asyncio.get_running_loop().time, hold=hold,
                diverged=lambda detail: heart.trip("divergence", detail), tell=tell, heart=heart),
    )
    agreed = await reconciler.at_start(first=ledger_was_empty)   # engine holds the ledger; HALTED
    task = asyncio.create_task(reconciler.run())
    reconciler.ask("reconnect")          # wake it: a socket was away, an answer was Unknown
    reconciler.observe(event)            # every event the loop has handled
    ```
    """

    def __init__(self, views: Views, outside: Outside, pace: Pace | None = None) -> None:
        """Compare nothing yet."""
        self._views = views
        self._outside = outside
        self._pace = pace or Pace()

    async def at_start(self, *, first: bool) -> bool:
        """Bring the three together before trading; True if they agree.

        The engine must hold what the ledger says and be HALTED. With `first` the venue's cash
        becomes the first deposit. Orders without an answer are Unknown from here on and are never
        sent again; what rests at the venue is cancelled. If the three do not agree, or the venue
        gives no complete view, a cause is held (`Hold.pause`) that `run` lifts when they do.

        Raises:
            Refused: the wallet holds what nothing of ours bought, at the first start.
            CommitUnknown: the process must end.

        """
        raise NotImplementedError

    def ask(self, cause: str) -> None:
        """Have a round made now."""
        raise NotImplementedError

    def observe(self, event: Event) -> None:
        """Take note of an event that was handled: prices for the cross-check, answers in doubt."""
        raise NotImplementedError

    async def run(self) -> None:
        """Compare for ever: every 30 s, when asked, and soon again after a difference.

        Raises:
            CommitUnknown: the process must end.

        """
        raise NotImplementedError
