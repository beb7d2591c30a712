"""Do not enter while the book is wide."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.money import MICROS, Price
from bot.engine.strategy.parameter import price
from bot.engine.strategy.view import MarketView, Proposal


@dataclass(frozen=True, slots=True)
class Spread1:
    """Pass only while ask minus bid of the outcome is at most `spread_max`."""

    KIND: ClassVar = "filters"
    NAME: ClassVar = "spread"
    VERSION: ClassVar = 1
    ABOUT: ClassVar = "no entry while the spread is wide"

    spread_max: Price = price("0.0001", "0.9999", "widest spread to enter at")

    def passes(self, view: MarketView, proposal: Proposal) -> bool:
        """Say whether both sides are there and close enough."""
        book = view.book(proposal.outcome)
        both = book.bid_micros > 0 and book.ask_micros < MICROS
        return both and book.ask_micros - book.bid_micros <= self.spread_max.micros
