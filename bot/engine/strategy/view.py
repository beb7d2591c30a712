"""What a component may look at, and what it may answer. Components keep no state of their own."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from bot.domain.book import Book
from bot.domain.fill import Position
from bot.domain.market import Market, Outcome
from bot.domain.money import MICROS, Price, Shares, Usd

SECOND_US = 1_000_000


@dataclass(slots=True)
class MarketView:
    """One market at one instant, as one strategy sees it. Reused between calls: do not keep it."""

    market: Market
    up: Book
    down: Book
    at_us: int = 0
    clips: int = 0
    """Entries this strategy has sent in this market."""
    clip_us: int = 0
    """When it sent the last one; 0 if none."""
    probability: int = 0
    """Its own estimate that Up wins, in millionths."""

    def believed(self, outcome: Outcome) -> int:
        """Return the estimate that an outcome wins, in millionths."""
        return self.probability if outcome is Outcome.UP else MICROS - self.probability

    def book(self, outcome: Outcome) -> Book:
        """Return the book of an outcome."""
        return self.up if outcome is Outcome.UP else self.down

    @property
    def left_us(self) -> int:
        """Return the time to the end of the window."""
        return self.market.window.end_us - self.at_us


@dataclass(frozen=True, slots=True)
class Proposal:
    """Buy this outcome at this price or better, and why."""

    outcome: Outcome
    price: Price
    reason: str


@dataclass(frozen=True, slots=True)
class Sale:
    """Sell this much at this price or better, and why."""

    price: Price
    size: Shares
    reason: str


class Component(Protocol):
    """What every component says of itself; its parameters are its dataclass fields."""

    KIND: ClassVar[str]
    NAME: ClassVar[str]
    VERSION: ClassVar[int]
    ABOUT: ClassVar[str]


class Probability(Component, Protocol):
    """How likely Up is."""

    def estimate(self, view: MarketView) -> int | None:
        """Return the probability of Up in millionths, or None when there is no basis for one."""
        ...


class Entry(Component, Protocol):
    """When to buy what, at most at which price."""

    def awake(self, left_us: int) -> bool:
        """Say cheaply whether an entry is possible at all with this much time left."""
        ...

    def propose(self, view: MarketView) -> Proposal | None:
        """Return what to buy now, or None."""
        ...


class Sizing(Component, Protocol):
    """How much of it."""

    def amount(self, view: MarketView, proposal: Proposal) -> Usd:
        """Return how much to spend before fees; zero means not at all."""
        ...


class Exit(Component, Protocol):
    """When to sell before the end."""

    def sell(self, view: MarketView, position: Position) -> Sale | None:
        """Return what to sell now, or None to hold."""
        ...


class Filter(Component, Protocol):
    """When not to enter."""

    def passes(self, view: MarketView, proposal: Proposal) -> bool:
        """Say whether the entry may go on to risk."""
        ...
