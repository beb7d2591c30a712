"""What reconciling is made of and held to: the three views, the world outside, and its pace."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.entry import Entry
from bot.domain.event import Event
from bot.domain.fill import Fill
from bot.domain.market import MarketId, Outcome
from bot.domain.order import Answer, OrderHash, Prepared
from bot.engine.agreement.look import Announced
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

    @property
    def lock(self) -> AbstractAsyncContextManager[None]:
        """Return what keeps the loop still: nothing is handled or committed while it is held."""
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

    def settled(self, market_id: MarketId, winner: Outcome) -> None:
        """Know how a market ended."""
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
    announced: tuple[Announced, ...] = ()
    """Money that a person says was put in or taken out (`POLY_CAPITAL`)."""


def silent(event: str, fields: Mapping[str, str]) -> None:
    """Tell nobody."""
    del event, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Time and whom to tell. `now_us` is market time, `wall_s` only ever grows."""

    now_us: Callable[[], int]
    wall_s: Callable[[], float]
    hold: Hold
    diverged: Callable[[str], object]
    """Latches the halt: `lambda detail: heart.trip("divergence", detail)`."""
    tell: Callable[[str, Mapping[str, str]], None] = silent
    """Hears what changed, once: event name and texts, for the log."""
    heart: Heart = field(default_factory=Heart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds of the wall between rounds, and how long what may still explain itself is given."""

    every_s: float = 30.0
    again_s: float = 1.0
    """Between a difference and the view that has to show it again; doubled while it stays."""
    doubt_s: float = 5.0
    """While an order is in doubt."""
    silent_s: float = 60.0
    """Without a complete view: trading pauses."""
    start_s: float = 60.0
    """A start waits so long for agreement."""
    settle_s: float = 10.0
    """What the venue shows and nobody told yet is told from here."""
    absent_s: float = 60.0
    """A doubted order is expired when complete views lacked it so long and its window is over."""
    margin_s: int = 15
    """How much further back than our oldest open business executions are asked for, in market
    time: the venue's clock may be behind ours."""
    latch_s: float = 20.0
    """What nothing explains halts at its second view, and asks for the latch after so long: a
    venue's own parts may disagree for a while."""
    flight_s: float = 60.0
    """An order whose answer has not come by then is in doubt."""
