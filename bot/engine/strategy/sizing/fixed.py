"""The same amount every time."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.money import Usd
from bot.engine.strategy.parameter import usd
from bot.engine.strategy.view import MarketView, Proposal


@dataclass(frozen=True, slots=True)
class Fixed1:
    """Spend `amount_usd`, whatever the book shows."""

    KIND: ClassVar = "sizing"
    NAME: ClassVar = "fixed"
    VERSION: ClassVar = 1
    ABOUT: ClassVar = "the same amount every time"

    amount_usd: Usd = usd("0.01", "1000000", "how much to spend, before fees")

    def amount(self, view: MarketView, proposal: Proposal) -> Usd:  # noqa: ARG002 - one signature
        """Return the amount in whole cents."""
        return self.amount_usd.floor()
