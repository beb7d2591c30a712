"""Never sell: the market pays at the end, and an early exit pays the fee twice."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain.fill import Position
from bot.engine.strategy.view import MarketView, Sale


@dataclass(frozen=True, slots=True)
class HoldToResolution1:
    """Hold until the market resolves."""

    KIND: ClassVar = "exit"
    NAME: ClassVar = "hold_to_resolution"
    VERSION: ClassVar = 1
    ABOUT: ClassVar = "never sell before the end"

    def sell(self, view: MarketView, position: Position) -> Sale | None:  # noqa: ARG002
        """Return None: nothing is sold."""
        return None
