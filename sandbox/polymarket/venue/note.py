"""What happened, as the venue tells its listeners. Who puts it on a wire decides the shape."""

from dataclasses import dataclass
from typing import Literal

from sandbox.polymarket.book.order import Order
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.trade import Trade


@dataclass(frozen=True, slots=True)
class OrderNote:
    """An order was placed, matched or cancelled."""

    order: Order
    kind: Literal["PLACEMENT", "UPDATE", "CANCELLATION"]


@dataclass(frozen=True, slots=True)
class TradeNote:
    """A trade has a new status."""

    trade: Trade


@dataclass(frozen=True, slots=True)
class BookNote:
    """One outcome's whole book is to be told."""

    market: Market
    index: int


@dataclass(frozen=True, slots=True)
class LevelsNote:
    """Sizes changed at these (outcome, side, price)."""

    market: Market
    levels: tuple[tuple[int, str, int], ...]


@dataclass(frozen=True, slots=True)
class PrintNote:
    """Somebody traded: the taker's outcome, side, price and size."""

    market: Market
    index: int
    side: str
    price: int
    size: int
    tx_hash: str


@dataclass(frozen=True, slots=True)
class TickNote:
    """A market's price step changed."""

    market: Market
    before: int


@dataclass(frozen=True, slots=True)
class ListedNote:
    """A market is new."""

    market: Market


@dataclass(frozen=True, slots=True)
class ResolvedNote:
    """A market has a winner."""

    market: Market


@dataclass(frozen=True, slots=True)
class PriceNote:
    """A point of a price stream; value in millionths of a dollar, None where a tick is missing."""

    channel: str
    symbol: str
    at_us: int
    value: int


Note = (
    OrderNote
    | TradeNote
    | BookNote
    | LevelsNote
    | PrintNote
    | TickNote
    | ListedNote
    | ResolvedNote
    | PriceNote
)
