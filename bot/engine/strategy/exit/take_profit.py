"""Sell everything once the bid is high enough."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.fill import Position
from bot.domain.money import Price
from bot.engine.strategy.parameter import price
from bot.engine.strategy.view import MarketView, Sale


@dataclass(frozen=True, slots=True)
class TakeProfit1:
    """Sell the whole position at the bid when that reaches `price_min`."""

    KIND: ClassVar = "exit"
    NAME: ClassVar = "take_profit"
    VERSION: ClassVar = 1
    ABOUT: ClassVar = "sell all when the bid reaches a price"

    price_min: Price = price("0.01", "0.9999", "lowest bid to sell at")

    def sell(self, view: MarketView, position: Position) -> Sale | None:
        """Return the bid as floor and what can be sold in hundredths of a share."""
        book = view.book(position.outcome)
        size = position.size.floor()
        if not book.tradable or book.bid_micros < self.price_min.micros or not size.micros:
            return None
        bid = Price(book.bid_micros)
        return Sale(bid, size, f"bid {bid} reached {self.price_min}")
