"""What the paper venue keeps of an order, and what it did: fills, ends, rests, settlements.

A deed is decided once and stored; after a restart it is recalled at its place instead of being
decided again. Nothing here decides.
"""

from dataclasses import dataclass
from typing import Final

from bot.domain.book import Side
from bot.domain.event import OrderEnded, OrderFilled, VenueEvent
from bot.domain.fill import Fill
from bot.domain.market import MarketId, TokenId
from bot.domain.money import Shares, Usd
from bot.domain.order import OrderHash, OrderState, Terms

BEHIND_ALL: Final = 1 << 62
"""A place in a queue of which nothing is known yet."""


@dataclass(slots=True, eq=False)
class PaperOrder:
    """An order received, and how far it has come. `step` is the market event it arrived after."""

    seq: int
    order_hash: OrderHash
    terms: Terms
    step: int
    acts_us: int
    latency_us: int
    filled: int = 0
    """Micros of a share."""
    legs: int = 0
    told: int = 0
    ended: bool = False
    ahead: int = BEHIND_ALL
    """Micros of a share that are displayed before us at our price, while resting."""

    @property
    def remaining(self) -> int:
        """Return micros of a share left of an order counted in shares."""
        return self.terms.quantity.micros - self.filled

    @property
    def is_buy(self) -> bool:
        """Say whether it buys."""
        return self.terms.side is Side.BUY


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A cancel received: acts at `acts_us`, if there is still something to cancel."""

    seq: int
    order_hash: OrderHash
    market_id: MarketId
    step: int
    acts_us: int
    reason: str


Arrival = PaperOrder | CancelRequest


@dataclass(frozen=True, slots=True)
class Filled:
    """Part of an order was executed."""

    fill: Fill


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more happens to an order."""

    state: OrderState
    reason: str


@dataclass(frozen=True, slots=True)
class Rested:
    """What is left of an order stays on the book."""

    size: Shares


@dataclass(frozen=True, slots=True)
class Settled:
    """Shares of a resolved market were paid out, winners at 1 USD."""

    market_id: MarketId
    token: TokenId
    size: Shares
    payout: Usd


Deed = Filled | Ended | Rested | Settled


@dataclass(frozen=True, slots=True)
class Done:
    """A deed where it happened: when, when we hear of it, and of which order (or none)."""

    deed: Deed
    at_us: int
    told_us: int
    order_hash: OrderHash | None


def telling(order_hash: OrderHash, deed: Filled | Ended, frame: int, at_us: int) -> VenueEvent:
    """Return the event by which we hear of a deed."""
    match deed:
        case Filled(fill):
            return OrderFilled(frame, at_us, fill)
        case Ended(state, reason):
            return OrderEnded(frame, at_us, order_hash, state, reason)


def effect(deed: Deed) -> tuple[int, TokenId, int]:
    """Return what a deed does to the account: (cash, token, shares) in micros."""
    match deed:
        case Filled(fill):
            size = fill.size.micros
            return fill.cash.micros, fill.token, size if fill.side is Side.BUY else -size
        case Settled(_, token, size, payout):
            return payout.micros, token, -size.micros
        case Ended() | Rested():
            return 0, TokenId(""), 0
