"""The null model: the market is right. Every other model has to beat this one."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.money import MICROS
from bot.engine.strategy.view import MarketView


@dataclass(frozen=True, slots=True)
class MarketMid1:
    """The middle of the Up book; without one, one minus the middle of the Down book."""

    KIND: ClassVar = "probability"
    NAME: ClassVar = "market_mid"
    VERSION: ClassVar = 1
    ABOUT: ClassVar = "the middle of the book: what the market believes"

    def estimate(self, view: MarketView) -> int | None:
        """Return the middle of bid and ask, or None where neither book has both."""
        for book, inverse in ((view.up, False), (view.down, True)):
            if book.tradable and book.bid_micros and book.ask_micros < MICROS:
                mid = (book.bid_micros + book.ask_micros) // 2
                return MICROS - mid if inverse else mid
        return None
