"""The listed markets and their displayed books, less what we have taken out of them.

The recorded market does not know of our trades. What we took at a price stays taken, on the book
of the token and as its mirror on the other outcome's, until the recorded size at that price
changes. Nothing here knows an order.
"""

from collections.abc import Iterator
from typing import Final

from bot.domain.book import Book, Level, OffGrid, Side
from bot.domain.event import BookChanged, BookReplaced
from bot.domain.market import Market, MarketId, TokenId
from bot.domain.money import MICROS, Price

RESOLVED_KEPT: Final = 10_000
"""Resolved markets that are still refused a second life; older ones do not come again."""

Taken = tuple[int, int]
"""(the recorded size it was taken from, what was taken of it), in micros of a share."""


class Depth:
    """Books by token; mutable, owned by one venue."""

    __slots__ = ("_other", "books", "taken")

    def __init__(self) -> None:
        """Start without markets."""
        self.books: dict[TokenId, Book] = {}
        self.taken: dict[TokenId, dict[tuple[Side, int], Taken]] = {}
        self._other: dict[TokenId, TokenId] = {}

    def open(self, market: Market) -> None:
        """Start empty books for a market's tokens, unless they are there."""
        for token, other in ((market.up, market.down), (market.down, market.up)):
            if token not in self.books:
                self.books[token] = Book(market.tick)
                self._other[token] = other

    def close(self, market: Market) -> None:
        """Forget a market's books and what was taken from them."""
        for token in (market.up, market.down):
            self.books.pop(token, None)
            self.taken.pop(token, None)
            self._other.pop(token, None)

    def regrid(self, token: TokenId, tick: Price) -> None:
        """Move a token to another tick; one that does not divide 1 USD makes the book untrue."""
        book = self.books.get(token)
        if book is None:
            return
        if MICROS % tick.micros:
            book.whole = False
        elif tick.micros != book.tick_micros:
            book.regrid(tick)

    def distrust(self, tokens: tuple[TokenId, ...]) -> None:
        """Hold these books for untrue until their next snapshot."""
        for token in tokens:
            if (book := self.books.get(token)) is not None:
                book.whole = False

    def change(self, event: BookChanged) -> None:
        """Take over changed levels; what was taken at a level ends when its size changes."""
        books, taken, at_us = self.books, self.taken, event.at_us
        for token, side, price, size in event.changes:
            book = books.get(token)
            if book is None:
                continue
            ours = taken.get(token)
            if ours and (side, price) in ours and ours[side, price][0] != size:
                self._give_back(token, (side, price))
            try:
                book.change(side, price, size, at_us)
            except OffGrid:
                book.whole = False

    def replace(self, event: BookReplaced) -> None:
        """Take over a whole book."""
        book = self.books.get(event.token)
        if book is None:
            return
        try:
            book.snapshot(event.bids, event.asks, event.at_us)
        except OffGrid:
            return
        for key, (size, _) in list(self.taken.get(event.token, {}).items()):
            if book.size(*key) != size:
                self._give_back(event.token, key)

    def displayed(self, token: TokenId, side: Side, price: int) -> int:
        """Return the recorded size at a price."""
        book = self.books.get(token)
        return 0 if book is None else book.size(side, price)

    def offers(self, token: TokenId, side: Side, limit: int) -> Iterator[Level]:
        """Yield what can still be taken from `side`, best first, at the limit or better.

        Nothing is taken from a book that is not whole or is crossed: what it shows is not true.
        """
        book = self.books.get(token)
        if book is None or not book.tradable:
            return
        ours = self.taken.get(token, {})
        for price, size in book.levels(side):
            if price < limit if side is Side.BUY else price > limit:
                return
            if (left := size - ours.get((side, price), (0, 0))[1]) > 0:
                yield price, left

    def take(self, token: TokenId, side: Side, price: int, size: int) -> None:
        """Remember that we took `size` from a level, and from its mirror."""
        if (other := self._other.get(token)) is not None:
            self._take(token, (side, price), size)
            self._take(other, (side.opposite, MICROS - price), size)

    def _take(self, token: TokenId, key: tuple[Side, int], size: int) -> None:
        ours = self.taken.setdefault(token, {})
        shown, before = ours.get(key, (self.books[token].size(*key), 0))
        ours[key] = (shown, before + size)

    def _give_back(self, token: TokenId, key: tuple[Side, int]) -> None:
        ours = self.taken[token]
        del ours[key]
        if not ours:
            del self.taken[token]


class Markets:
    """What is listed and not resolved; opens and closes its books."""

    __slots__ = ("_depth", "_market_of", "_markets", "_resolved")

    def __init__(self, depth: Depth) -> None:
        """Start with nothing listed."""
        self._depth = depth
        self._markets: dict[MarketId, Market] = {}
        self._market_of: dict[TokenId, MarketId] = {}
        self._resolved: dict[MarketId, None] = {}

    def listed(self, market_id: MarketId) -> Market | None:
        """Return a market that is listed and not resolved."""
        return self._markets.get(market_id)

    def tick_micros(self, token: TokenId) -> int:
        """Return the grid of a listed token."""
        return self._depth.books[token].tick_micros

    def see(self, market: Market) -> Market | None:
        """List a market and return it if it is new or has changed."""
        before = self._markets.get(market.market_id)
        if market == before or market.market_id in self._resolved:
            return None
        self._markets[market.market_id] = market
        self._market_of[market.up] = self._market_of[market.down] = market.market_id
        self._depth.open(market)
        if before is not None and before.tick != market.tick:
            self._depth.regrid(market.up, market.tick)
            self._depth.regrid(market.down, market.tick)
        return market

    def regrid(self, token: TokenId, tick: Price) -> Market | None:
        """Move a token to another tick and return its market, if it is listed."""
        self._depth.regrid(token, tick)
        market_id = self._market_of.get(token)
        return None if market_id is None else self._markets[market_id]

    def resolve(self, market: Market) -> None:
        """Take a market off for good."""
        self._unlist(market)
        self._resolved[market.market_id] = None
        if len(self._resolved) > RESOLVED_KEPT:
            del self._resolved[next(iter(self._resolved))]

    def clear(self) -> None:
        """Forget everything: a feed begins that lists it anew."""
        for market in list(self._markets.values()):
            self._unlist(market)

    def _unlist(self, market: Market) -> None:
        del self._markets[market.market_id]
        for token in (market.up, market.down):
            self._market_of.pop(token, None)
        self._depth.close(market)
