"""Books of our own, beside the engine's, to notice what a socket without numbers does not say.

Every price_change tells the best prices that follow from it: where they are not those of our book,
a change was missed. Nothing here mends; it names the tokens and why.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from bot.adapters.polymarket.feed.rest import WholeBook
from bot.adapters.wire import shape
from bot.adapters.wire.number import Number, Unbelievable, micros
from bot.domain.book import Book, OffGrid, Side
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    TickChanged,
)
from bot.domain.market import Market, MarketId, TokenId
from bot.domain.money import MICROS

Suspicion = tuple[str, str, tuple[TokenId, ...]]
"""Kind and detail of an anomaly, and the tokens whose books are in doubt."""


class _Change(msgspec.Struct, gc=False):
    asset_id: str
    best_bid: Number | None = None
    best_ask: Number | None = None
    hash: str = ""


class _Told(msgspec.Struct, gc=False):
    """What a frame says of the state of its books, beside their levels."""

    event_type: str
    asset_id: str = ""
    timestamp: str | int = ""
    hash: str = ""
    price_changes: list[_Change] = []


_books: Final = msgspec.json.Decoder(shape.WholeBook)
_told: Final = msgspec.json.Decoder(_Told | list[_Told])
STATED: Final = frozenset({"book", "price_change"})
OVER_MAX: Final = 1_000


class Seen:
    """One token: its book, and the vendor's time and hash of its present state."""

    __slots__ = ("asked_hash", "book", "hash", "stamp_ms")

    def __init__(self, market: Market) -> None:
        """Start without a book."""
        self.book = Book(market.tick)
        self.asked_hash = ""
        self.hash = ""
        self.stamp_ms = 0


class Mirror:
    """The books of every market that is listed and not over."""

    def __init__(self) -> None:
        """Start empty."""
        self.markets: dict[MarketId, Market] = {}
        self._over: dict[MarketId, Market] = {}
        self._seen: dict[str, Seen] = {}

    def seen(self, token: str) -> Seen | None:
        """Return what is known of a token, None of one that is not followed."""
        return self._seen.get(token)

    def over(self, market_id: MarketId) -> Market | None:
        """Return a market that is resolved, as it was."""
        return self._over.get(market_id)

    @property
    def tokens(self) -> tuple[TokenId, ...]:
        """Return every token that is followed."""
        return tuple(TokenId(token) for token in self._seen)

    def broken(self) -> tuple[TokenId, ...]:
        """Return the tokens without a whole book."""
        return tuple(TokenId(one) for one, seen in self._seen.items() if not seen.book.whole)

    def doubt(self, tokens: Sequence[TokenId]) -> None:
        """Take it that these books may be wrong."""
        for token in tokens:
            if (seen := self._seen.get(token)) is not None:
                seen.book.clear()

    def take(self, events: Sequence[Event], payload: bytes) -> Suspicion | None:
        """Follow one frame; return what it shows to be wrong, if anything."""
        for event in events:
            if isinstance(event, BookChanged):
                self._change(event)
            elif isinstance(event, BookReplaced):
                self._replace(event)
            else:
                self._other(event)
        return self._compare(payload)

    def missed(self, book: WholeBook) -> bool:
        """Say whether a book by REST proves that a change below the best price was missed.

        Its hash is that of our last frame, or has been the same at two questions and never ours;
        and its levels are not ours.
        """
        seen = self._seen.get(book.token)
        if seen is None or not seen.book.whole:
            return False
        settled = book.hash in {seen.hash, seen.asked_hash}
        seen.asked_hash = book.hash
        return settled and self._differs(seen.book, book.payload)

    def _differs(self, ours: Book, payload: bytes) -> bool:
        try:
            told = _books.decode(payload)
            sides = [
                {_micros(level.price): _micros(level.size) for level in side if level.size != "0"}
                for side in (told.bids, told.asks)
            ]
        except shape.BROKEN:
            return False
        return sides != [dict(ours.levels(Side.BUY)), dict(ours.levels(Side.SELL))]

    def _change(self, event: BookChanged) -> None:
        for token, side, price, size in event.changes:
            seen = self._seen.get(token)
            if seen is not None and seen.book.whole:
                try:
                    seen.book.change(side, price, size, event.at_us)
                except OffGrid:
                    seen.book.clear()

    def _replace(self, event: BookReplaced) -> None:
        seen = self._seen.get(event.token)
        if seen is not None:
            try:
                seen.book.snapshot(event.bids, event.asks, event.at_us)
            except OffGrid:
                seen.book.clear()

    def _other(self, event: Event) -> None:
        if isinstance(event, MarketSeen):
            self._list(event.market)
        elif isinstance(event, MarketResolved):
            self._drop(event.market_id)
        elif isinstance(event, FrameRefused):
            self.doubt(event.tokens)
        elif isinstance(event, TickChanged) and event.token in self._seen:
            self._seen[event.token].book.regrid(event.tick)

    def _list(self, market: Market) -> None:
        self.markets[market.market_id] = market
        for token in (market.up, market.down):
            if token not in self._seen:
                self._seen[token] = Seen(market)

    def _drop(self, market_id: MarketId) -> None:
        market = self.markets.pop(market_id, None)
        if market is not None:
            self._seen.pop(market.up, None)
            self._seen.pop(market.down, None)
            self._over[market_id] = market
            if len(self._over) > OVER_MAX:
                del self._over[next(iter(self._over))]

    def _compare(self, payload: bytes) -> Suspicion | None:
        """Note where the vendor says its books are, and whether ours are there too."""
        try:
            told = _told.decode(payload)
        except shape.BROKEN:
            return None
        for one in told if isinstance(told, list) else (told,):
            if one.event_type in STATED:
                suspicion = self._stated(one)
                if suspicion is not None:
                    return suspicion
        return None

    def _stated(self, told: _Told) -> Suspicion | None:
        stamp = _whole(told.timestamp)
        if told.asset_id:
            self._place(told.asset_id, stamp, told.hash)
        last = {change.asset_id: change for change in told.price_changes}
        wrong: list[tuple[TokenId, str]] = []
        for token, change in last.items():
            self._place(token, stamp, change.hash)
            wrong += self._best(token, change)
        if not wrong:
            return None
        tokens = tuple(dict.fromkeys(token for token, _ in wrong))
        return "best_mismatch", wrong[0][1], tokens

    def _place(self, token: str, stamp_ms: int, hashed: str) -> None:
        seen = self._seen.get(token)
        if seen is not None:
            seen.stamp_ms = max(seen.stamp_ms, stamp_ms)
            seen.hash = hashed

    def _best(self, token: str, change: _Change) -> Iterator[tuple[TokenId, str]]:
        seen = self._seen.get(token)
        if seen is None or not seen.book.whole:
            return
        book = seen.book
        for name, told, ours in (
            ("best_bid", change.best_bid, book.bid_micros),
            ("best_ask", change.best_ask, book.ask_micros),
        ):
            if told is not None and _micros(told) != ours:
                yield TokenId(token), f"{name} is {told!s:.20}, the book says {ours / MICROS:g}"


@lru_cache(maxsize=1 << 14)
def _micros(value: Number) -> int:
    try:
        return micros(value, "best_mismatch", "best")
    except Unbelievable:
        return -1


def _whole(text: str | int) -> int:
    if isinstance(text, int):
        return text
    return int(text) if text.isdecimal() and len(text) < 18 else 0  # noqa: PLR2004 - 64 bits
