"""The shapes of a recording's lines and of the market socket's frames, typed for msgspec.

Only the fields that are used are named, so that the others cost nothing and may change. Shapes say
nothing of ranges: `decoder.py` and `number.py` judge the values.
Source: docs.polymarket.com/market-data/websocket/market-channel, read 2026-11-22.
"""

from typing import Final, TypeVar

import msgspec

from bot.adapters.wire.number import Number, Unbelievable

T = TypeVar("T")

STREAMS: Final = ("gamma", "market", "price", "own", "timer")
BROKEN: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What msgspec raises on bytes that are not the shape: also for bad UTF-8 and endless nesting."""


def decoded(
    decoder: msgspec.json.Decoder[T], payload: bytes | msgspec.Raw | str, kind: str, what: str
) -> T:
    """Return what the decoder makes of a payload.

    Raises:
        Unbelievable: of `kind`, saying `what` it was and what is wrong with it.

    """
    try:
        return decoder.decode(payload)
    except BROKEN as error:
        raise Unbelievable(kind, f"{what}: {error}") from error


class Change(msgspec.Struct, gc=False):
    """The new total at one level of one token's book."""

    asset_id: str
    price: Number
    size: Number
    side: str


class Level(msgspec.Struct, gc=False):
    """One level of a whole book."""

    price: Number
    size: Number


class PriceChange(msgspec.Struct, tag_field="event_type", tag="price_change", gc=False):
    """Changed levels; one order shows on both outcomes, in the same frame."""

    price_changes: list[Change]


class WholeBook(msgspec.Struct, tag_field="event_type", tag="book", gc=False):
    """All levels of one token; bids ascend, asks descend, but no order is relied upon."""

    asset_id: str
    bids: list[Level]
    asks: list[Level]
    tick_size: Number | None = None


class LastTrade(msgspec.Struct, tag_field="event_type", tag="last_trade_price", gc=False):
    """Somebody traded; side and size are not always there."""

    asset_id: str
    price: Number
    side: str = ""
    size: Number | None = None


class TickSize(msgspec.Struct, tag_field="event_type", tag="tick_size_change", gc=False):
    """The price grid of one token has changed."""

    asset_id: str
    new_tick_size: Number


class Resolved(msgspec.Struct, tag_field="event_type", tag="market_resolved", gc=False):
    """The socket says that a market is resolved; it is not relied upon to settle."""

    market: str = ""
    winning_asset_id: str = ""


class BestBidAsk(msgspec.Struct, tag_field="event_type", tag="best_bid_ask", gc=False):
    """What the book says already."""


class NewMarket(msgspec.Struct, tag_field="event_type", tag="new_market", gc=False):
    """What Gamma says better."""


MarketFrame = PriceChange | WholeBook | LastTrade | TickSize | Resolved | BestBidAsk | NewMarket


class MarketLine(msgspec.Struct, tag_field="stream", tag="market", gc=False):
    """What the market socket sent: one frame, or several in an array."""

    at_us: int
    frame: MarketFrame | list[MarketFrame]
    conflated: bool = False
    """The engine was behind and was not told of this frame alone, but with a later one."""


class GammaLine(msgspec.Struct, tag_field="stream", tag="gamma", gc=False):
    """A market object, or something that contains some."""

    at_us: int
    frame: msgspec.Raw


class PriceLine(msgspec.Struct, tag_field="stream", tag="price", gc=False):
    """A frame of the price socket."""

    at_us: int
    frame: msgspec.Raw


class OwnLine(msgspec.Struct, tag_field="stream", tag="own", gc=False):
    """What the venue said of our own orders, in our own words."""

    at_us: int
    frame: msgspec.Raw


class TimerLine(msgspec.Struct, tag_field="stream", tag="timer", gc=False):
    """What else the engine handled, in our own words."""

    at_us: int
    frame: msgspec.Raw


Line = MarketLine | GammaLine | PriceLine | OwnLine | TimerLine


class Envelope(msgspec.Struct, gc=False):
    """A line without its frame."""

    at_us: int
    stream: str


class RawLine(msgspec.Struct, gc=False):
    """A line with its frame unread."""

    frame: msgspec.Raw
