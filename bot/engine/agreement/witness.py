"""Our own answer to a window's question, from the settlement prices we heard ourselves.

A window asks whether the 60 s average at its end is at least that at its start. What we heard
around both instants gives a range each; where the ranges overlap there is no answer of ours. It
settles nothing: it only says where the venue's answer cannot be what we heard.
Source: polymarket.md 5.2.
"""

from dataclasses import dataclass, field
from typing import Final

from typing_extensions import override

from bot.domain.event import (
    Event,
    MarketResolved,
    MarketSeen,
    PriceTicked,
    ResolutionFound,
    Together,
)
from bot.domain.market import SECOND_US, Market, MarketId, Outcome
from bot.domain.money import Usd

WINDOW_S: Final = 60
EARLY_US: Final = 2 * SECOND_US
"""A price is its own time's mean, and reaches us a little later."""
LATE_US: Final = 6 * SECOND_US
MARKETS_MAX: Final = 2_000


@dataclass(slots=True)
class Range:
    """The least and the most that was heard around an instant; nothing heard is no range."""

    low: int = 0
    high: int = 0
    heard: int = 0

    def take(self, value: int) -> None:
        """Take one more price in."""
        self.low = value if not self.heard else min(self.low, value)
        self.high = max(self.high, value)
        self.heard += 1


@dataclass(slots=True)
class Question:
    """One window and what was heard around its ends."""

    market: Market
    start: Range = field(default_factory=Range)
    end: Range = field(default_factory=Range)

    @property
    def answer(self) -> Outcome | None:
        """Return the outcome that everything heard agrees on, if there is one."""
        if not self.start.heard or not self.end.heard:
            return None
        if self.end.low >= self.start.high:
            return Outcome.UP
        return Outcome.DOWN if self.end.high < self.start.low else None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The venue says one thing, and all we heard says the other."""

    market_id: MarketId
    slug: str
    venue: Outcome
    heard: str

    @override
    def __str__(self) -> str:
        return f"{self.slug}: the venue says {self.venue}, we heard {self.heard}"


class Witness:
    """Listens to prices, and holds every resolution to them."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._questions: dict[MarketId, Question] = {}
        self.agreed = 0
        """Resolutions that our own prices confirm."""

    def hear(self, event: Event) -> list[Disagreement]:
        """Take an event in; return where a resolution contradicts what was heard."""
        if isinstance(event, Together):
            return [found for part in event.parts for found in self.hear(part)]
        match event:
            case PriceTicked() if event.window_s == WINDOW_S:
                self._price(event)
            case MarketSeen(market=market):
                self._ask(market)
            case MarketResolved() | ResolutionFound():
                return self._resolved(event.market_id, event.winner)
            case _:
                pass
        return []

    def _ask(self, market: Market) -> None:
        if market.market_id not in self._questions:
            self._questions[market.market_id] = Question(market)
        while len(self._questions) > MARKETS_MAX:
            del self._questions[next(iter(self._questions))]

    def _price(self, event: PriceTicked) -> None:
        for question in self._questions.values():
            market = question.market
            if event.symbol != f"{market.asset}usd":
                continue
            for instant, heard in (
                (market.window.start_us, question.start),
                (market.window.end_us, question.end),
            ):
                if instant - EARLY_US <= event.at_us <= instant + LATE_US:
                    heard.take(event.value_micros)

    def _resolved(self, market_id: MarketId, winner: Outcome) -> list[Disagreement]:
        question = self._questions.pop(market_id, None)
        answer = question.answer if question is not None else None
        if question is None or answer is None:
            return []
        if answer is winner:
            self.agreed += 1
            return []
        start, end = question.start, question.end
        heard = f"{_range(start)} at its start and {_range(end)} at its end"
        return [Disagreement(market_id, question.market.slug, winner, heard)]


def _range(heard: Range) -> str:
    return f"{Usd(heard.low)} to {Usd(heard.high)} USD"
