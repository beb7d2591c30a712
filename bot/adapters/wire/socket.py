"""The market socket's frames as events, read against the listed markets.

A frame that cannot be believed becomes `FrameRefused` with the tokens it names: any of their books
may now be wrong. `market_resolved` only stops the trading: it is known to be missing at times, and
money is settled on Gamma's closed market alone.
Source: rs-clob-client #226; docs.polymarket.com/market-data/websocket/market-channel, 2026-11-22.
"""

import re
from collections.abc import Sequence
from typing import Final, assert_never

import msgspec

from bot.adapters.wire import shape
from bot.adapters.wire.number import (
    SIZE_MAX_MICROS,
    Prices,
    Sizes,
    Unbelievable,
    price,
    tick,
)
from bot.adapters.wire.registry import Known, Registry
from bot.domain.book import Side
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    FrameRefused,
    LevelChange,
    MarketEvent,
    MarketSeen,
    TickChanged,
    TradePrinted,
)
from bot.domain.market import TokenId
from bot.domain.money import MICROS, Price, Shares

Events = Sequence[MarketEvent]
NOTHING: Final[Events] = ()
SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL, "buy": Side.BUY, "sell": Side.SELL}
NAMED: Final = re.compile(rb'"(?:asset_id|winning_asset_id)"\s*:\s*"([^"\\]{1,100})"')
NAMED_MARKET: Final = re.compile(rb'"(?:market|conditionId)"\s*:\s*"([^"\\]{1,100})"')
NAMED_MAX: Final = 256

_frames = msgspec.json.Decoder(shape.MarketFrame)
_lists = msgspec.json.Decoder(list[msgspec.Raw])


class MarketSocket:
    """Reads the frames of one connection, or of a recording of some."""

    def __init__(self, registry: Registry) -> None:
        """Read against these markets."""
        self._registry = registry
        self._known = registry.tokens
        self._sizes = Sizes()
        self.ignored = 0
        """Frames that were read and say nothing to the engine."""

    def payload(self, payload: bytes, number: int, at_us: int) -> Events:
        """Return the events of one message; what is broken in an array leaves the rest whole."""
        try:
            if payload.lstrip()[:1] != b"[":
                return self.frame(_frames.decode(payload), number, at_us)
            elements = _lists.decode(payload)
        except shape.BROKEN as error:
            if payload.strip().strip(b'"') == b"PONG":
                return NOTHING
            return (self.refusal(kind_of(error), str(error), payload, (number, at_us)),)
        return tuple(
            event for element in elements for event in self._element(bytes(element), number, at_us)
        )

    def frames(self, frames: list[shape.MarketFrame], number: int, at_us: int) -> Events:
        """Return the events of an array of frames."""
        return tuple(event for read in frames for event in self.frame(read, number, at_us))

    def _element(self, element: bytes, number: int, at_us: int) -> Events:
        if element[:1] != b"{":
            refused = self.refusal("bad_frame", "array of no objects", element, (number, at_us))
            return (refused,)
        return self.payload(element, number, at_us)

    def frame(self, read: shape.MarketFrame, number: int, at_us: int) -> Events:
        """Return the events of one frame."""
        if type(read) is shape.PriceChange:
            return self.price_change(read, number, at_us)
        tokens: tuple[TokenId, ...] = ()
        try:
            if isinstance(read, shape.WholeBook | shape.LastTrade | shape.TickSize):
                known = self._token(read.asset_id)
                if known is None:
                    return self._ignore()
                tokens = (known.token,)
                return self._of_token(read, known, number, at_us)
            if isinstance(read, shape.Resolved):
                return self._resolved(read, number, at_us)
            return self._ignore()
        except Unbelievable as error:
            return (FrameRefused(number, at_us, error.kind, error.detail, tokens),)

    def price_change(self, read: shape.PriceChange, number: int, at_us: int) -> Events:
        """Return the event of changed levels: all of them, or a refusal and none."""
        known, sizes, sides = self._known, self._sizes, SIDES
        changes: list[LevelChange] = []
        try:
            for change in read.price_changes:
                token = known[change.asset_id]
                at, size = token.prices[change.price], sizes[change.size]
                changes.append((token.token, sides[change.side], at, size))
        except (KeyError, Unbelievable) as error:
            return self._price_change_refused(read, error, number, at_us)
        return (BookChanged(number, at_us, tuple(changes)),) if changes else self._ignore()

    def _price_change_refused(
        self, read: shape.PriceChange, error: Exception, number: int, at_us: int
    ) -> Events:
        named = {change.asset_id: None for change in read.price_changes}
        tokens = tuple(self._known[name].token for name in named if name in self._known)
        if isinstance(error, Unbelievable):
            return (FrameRefused(number, at_us, error.kind, error.detail, tokens),)
        strange = [name for name in named if name not in self._known]
        if strange and all(self._registry.over(name) for name in named):
            return self._ignore()
        if strange:
            kind, detail = "unknown_token", f"asset_id {strange[0][:20]} is of no listed market"
        else:
            wrong = next(change.side for change in read.price_changes if change.side not in SIDES)
            kind, detail = "bad_frame", f"side must be BUY or SELL, was {wrong[:20]!r}"
        return (FrameRefused(number, at_us, kind, detail, tokens),)

    def _token(self, asset_id: str) -> Known | None:
        """Return the token, None if its market is over.

        Raises:
            Unbelievable: "unknown_token".

        """
        known = self._known.get(asset_id)
        if known is None and not self._registry.over(asset_id):
            raise Unbelievable("unknown_token", f"asset_id {asset_id[:20]} is of no listed market")
        return known

    def _of_token(
        self,
        read: shape.WholeBook | shape.LastTrade | shape.TickSize,
        known: Known,
        number: int,
        at_us: int,
    ) -> Events:
        match read:
            case shape.WholeBook():
                return self._book(read, known, number, at_us)
            case shape.LastTrade():
                return self._trade(read, known, number, at_us)
            case shape.TickSize():
                micros = tick(read.new_tick_size, "new_tick_size")
                return self._regrid(known, micros, number, at_us) or self._ignore()
            case _ as never:
                assert_never(never)

    def regrid(self, token: TokenId, tick_micros: int, number: int, at_us: int) -> Events:
        """Move a token to a tick that Gamma tells, and return the event unless it is there."""
        return self._regrid(self._known[token], tick_micros, number, at_us)

    def _regrid(self, known: Known, micros: int, number: int, at_us: int) -> Events:
        if micros == known.prices.tick_micros:
            return NOTHING
        known.prices = self._registry.grid(micros)
        return (TickChanged(number, at_us, known.token, Price(micros)),)

    def _book(self, read: shape.WholeBook, known: Known, number: int, at_us: int) -> Events:
        """Return a whole book; it may say itself that the tick has changed."""
        prices = known.prices
        if read.tick_size not in {None, ""}:
            prices = self._registry.grid(tick(read.tick_size or "", "tick_size"))
        bids = self._levels(read.bids, prices, "bids")
        asks = self._levels(read.asks, prices, "asks")
        bid, ask = max(bids, default=0), min(asks, default=MICROS)
        if bid >= ask:
            detail = f"bid {bid / MICROS:g} is not below ask {ask / MICROS:g}"
            raise Unbelievable("crossed", detail)
        return (
            *self._regrid(known, prices.tick_micros, number, at_us),
            BookReplaced(number, at_us, known.token, tuple(bids.items()), tuple(asks.items())),
        )

    def _levels(self, levels: list[shape.Level], prices: Prices, field: str) -> dict[int, int]:
        """Return size by price of the levels that hold something; one price twice is no book."""
        sizes = self._sizes
        read = {prices[level.price]: sizes[level.size] for level in levels}
        if len(read) != len(levels):
            raise Unbelievable("bad_frame", f"{field} name one price twice")
        held = read.values()
        if sum(held) > SIZE_MAX_MICROS:
            raise Unbelievable("bad_size", f"{field} hold more than 1e9 shares")
        return {price: size for price, size in read.items() if size} if 0 in held else read

    def _trade(self, read: shape.LastTrade, known: Known, number: int, at_us: int) -> Events:
        """Return a trade; it may be on an older tick. Without side or size it tells nothing."""
        side = SIDES.get(read.side)
        if read.side == "" or read.size is None:
            return self._ignore()
        if side is None:
            raise Unbelievable("bad_frame", f"side must be BUY or SELL, was {read.side[:20]!r}")
        at = Price(price(read.price))
        size = Shares(self._sizes[read.size])
        return (TradePrinted(number, at_us, known.token, side, at, size),)

    def _resolved(self, read: shape.Resolved, number: int, at_us: int) -> Events:
        market = self._registry.market(read.market)
        if market is None or not market.accepting_orders:
            return self._ignore()
        return (MarketSeen(number, at_us, self._registry.stop(market, read.winning_asset_id)),)

    def _ignore(self) -> Events:
        self.ignored += 1
        return NOTHING

    def refusal(
        self, kind: str, detail: str, payload: bytes, place: tuple[int, int]
    ) -> FrameRefused:
        """Refuse a frame that could not be read, with the tokens its text still names."""
        refused = Unbelievable(kind, detail)
        tokens = () if kind == "unknown_event" else self.named(payload)
        return FrameRefused(*place, refused.kind, refused.detail, tokens)

    def named(self, payload: bytes) -> tuple[TokenId, ...]:
        """Return the live tokens that a text names, or those of the markets it names.

        A text that names nobody may have been about anybody: then all live tokens.
        """
        found = [name.decode(errors="replace") for name in NAMED.findall(payload)[:NAMED_MAX]]
        markets = NAMED_MARKET.findall(payload)[:NAMED_MAX]
        if not found:
            for name in markets:
                market = self._registry.market(name.decode(errors="replace"))
                found += (market.up, market.down) if market else ()
        if not found and not markets:
            return self._registry.live()
        return tuple(
            self._known[name].token for name in dict.fromkeys(found) if name in self._known
        )


def kind_of(error: Exception) -> str:
    """Return the anomaly that an error of msgspec stands for."""
    if isinstance(error, msgspec.ValidationError):
        unknown = "Invalid value" in str(error) and "event_type" in str(error)
        return "unknown_event" if unknown else "bad_frame"
    return "not_json"
