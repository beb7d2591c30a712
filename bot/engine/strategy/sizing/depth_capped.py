"""A fixed amount, but never more than a share of what the book shows."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.book import Side
from bot.domain.money import MICROS, Rounding, Shares, Usd
from bot.engine.strategy.parameter import ratio, usd
from bot.engine.strategy.view import MarketView, Proposal


@dataclass(frozen=True, slots=True)
class DepthCapped1:
    """Spend at most `amount_usd` and at most `depth_share` of the size offered within the price."""

    KIND: ClassVar = "sizing"
    NAME: ClassVar = "depth_capped"
    VERSION: ClassVar = 1
    ABOUT: ClassVar = "a fixed amount, at most a share of the displayed depth"

    amount_usd: Usd = usd("0.01", "1000000", "most to spend, before fees")
    depth_share: int = ratio("0.000001", "1", "most of the displayed size to take")

    def amount(self, view: MarketView, proposal: Proposal) -> Usd:
        """Return the smaller of both bounds in whole cents."""
        shown = view.book(proposal.outcome).depth(Side.SELL, proposal.price)
        size = Shares(shown.micros * self.depth_share // MICROS)
        return min(self.amount_usd, proposal.price.notional(size, Rounding.DOWN)).floor()
