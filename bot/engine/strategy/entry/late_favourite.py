"""Buy the favourite late in the window while its price is inside a band.

No claim that it earns: it trades often enough to exercise everything else.
"""

from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from bot.domain.market import Outcome
from bot.domain.money import MICROS, Price, Shares
from bot.engine.strategy.parameter import count, price, ratio, seconds
from bot.engine.strategy.view import SECOND_US, MarketView, Proposal


@dataclass(frozen=True, slots=True)
class LateFavourite1:
    """The outcome above one half, at its ask plus at most `slippage_max`."""

    KIND: ClassVar = "entry"
    NAME: ClassVar = "late_favourite"
    VERSION: ClassVar = 1
    ABOUT: ClassVar = "buy the favourite late in the window, inside a price band"

    price_min: Price = price("0.5", "0.99", "lowest ask to buy at")
    price_max: Price = price("0.5", "0.99", "highest price to pay")
    left_s_max: int = seconds("1", "86400", "earliest entry, in seconds before the end")
    left_s_min: int = seconds("0", "86400", "latest entry, in seconds before the end")
    clips_max: int = count("1", "100", "most entries in one market", "1")
    clip_pause_s: int = seconds("0", "86400", "shortest time between two entries", "30")
    slippage_max: int = ratio("0", "0.1", "how far above the ask to pay, USD a share", "0")

    def awake(self, left_us: int) -> bool:
        """Say whether the time to the end is between the two bounds."""
        return self.left_s_min * SECOND_US <= left_us <= self.left_s_max * SECOND_US

    def propose(self, view: MarketView) -> Proposal | None:
        """Return the favourite at its ask if that is inside the band and no clip is too fresh."""
        fresh = view.clip_us and view.at_us - view.clip_us < self.clip_pause_s * SECOND_US
        if view.clips >= self.clips_max or fresh or 2 * view.probability == MICROS:
            return None
        outcome = Outcome.UP if 2 * view.probability > MICROS else Outcome.DOWN
        book = view.book(outcome)
        ask = book.ask_micros
        if not book.tradable or not self.price_min.micros <= ask <= self.price_max.micros:
            return None
        step = book.tick_micros
        cap = min(ask + self.slippage_max // step * step, self.price_max.micros // step * step)
        likely = view.believed(outcome)
        left_s = view.left_us // SECOND_US
        reason = f"favourite at {Price(ask)}, believed {likely / MICROS:.3f}, {left_s} s left"
        return Proposal(outcome, Price(cap), reason)


@dataclass(frozen=True, slots=True)
class LateFavourite2(LateFavourite1):
    """As version 1, but only if the belief is worth the price with its fee."""

    VERSION: ClassVar = 2
    ABOUT: ClassVar = "as version 1, and only if belief minus price and fee reaches edge_min"

    edge_min: int = ratio("-1", "1", "least belief minus price minus fee, per share", "0")

    @override
    def propose(self, view: MarketView) -> Proposal | None:
        """Return version 1's proposal if its edge after the fee is large enough."""
        proposal = LateFavourite1.propose(self, view)
        if proposal is None:
            return None
        likely = view.believed(proposal.outcome)
        fee = view.market.fees.fee(proposal.price, Shares(MICROS), taker=True)
        edge = likely - proposal.price.micros - fee.micros
        return proposal if edge >= self.edge_min else None
