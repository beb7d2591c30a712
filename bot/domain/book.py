"""The resting bids and asks of one token, as arrays of sizes by integer tick.

A level is `sizes[price / tick]`; the best of each side is kept, so reading it costs nothing and a
change costs a list access, or a short walk when the best level empties. A book is `whole` from a
snapshot until something says that changes may have been missed; only a whole book is traded on.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from bot.domain.money import MICROS, Price, Shares

Level = tuple[int, int]
"""(price, size), both in micros."""


class Side(StrEnum):
    """Of an order or of a book level: BUY is a bid, SELL an ask."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """Return the other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OffGrid(ValueError):  # noqa: N818 - what the level is
    """A level whose price is outside (0, 1) or not a multiple of the tick."""


def _off(price_micros: int) -> str:
    return f"price {price_micros / MICROS:g} is outside (0, 1) or off the tick"


class Book:
    """Resting sizes of one token by price; mutable, owned by one engine or venue."""

    __slots__ = (
        "_ask", "_asks", "_bid", "_bids", "_ticks", "at_us", "seen", "tick_micros", "whole",
    )  # fmt: skip

    def __init__(self, tick: Price) -> None:
        """Start empty and not whole on the grid of `tick`, which must divide 1 USD.

        Raises:
            ValueError: a tick that does not divide 1 USD.

        """
        self.tick_micros = tick.micros
        self.at_us = 0
        self.seen = False
        self.clear()

    def clear(self) -> None:
        """Forget all levels; the book is not whole until the next snapshot."""
        if MICROS % self.tick_micros:
            raise ValueError(f"tick must divide 1 USD, was {Price(self.tick_micros)}")
        self._ticks = MICROS // self.tick_micros
        self._bids = [0] * (self._ticks + 1)
        self._asks = [0] * (self._ticks + 1)
        self._bid = 0
        self._ask = self._ticks
        self.whole = False

    def snapshot(self, bids: Iterable[Level], asks: Iterable[Level], at_us: int) -> None:
        """Replace all levels; the book is whole afterwards.

        Raises:
            OffGrid: a level that cannot be; the book is then empty and not whole.

        """
        self.clear()
        try:
            self._bid = self._lay(self._bids, bids, max, 0)
            self._ask = self._lay(self._asks, asks, min, self._ticks)
        except OffGrid:
            self.clear()
            raise
        self.at_us = at_us
        self.whole = self.seen = True

    def _lay(
        self, sizes: list[int], levels: Iterable[Level], best: Callable[..., int], none: int
    ) -> int:
        """Lay out the levels of one side and return the index of its best one."""
        tick, ticks = self.tick_micros, self._ticks
        laid = [none]
        for price, size in levels:
            index, rest = divmod(price, tick)
            if rest or not 0 < index < ticks:
                raise OffGrid(_off(price))
            sizes[index] = size
            if size:
                laid.append(index)
        return best(laid)

    def change(self, side: Side, price_micros: int, size_micros: int, at_us: int) -> None:
        """Set the total size resting at a price; 0 removes the level.

        Raises:
            OffGrid: price outside (0, 1) or off the tick; nothing is changed.

        """
        index, rest = divmod(price_micros, self.tick_micros)
        if rest or not 0 < index < self._ticks:
            raise OffGrid(_off(price_micros))
        self.at_us = at_us
        if side is Side.BUY:
            self._bids[index] = size_micros
            if index >= self._bid:
                self._bid = index if size_micros else self._next_bid(index)
        else:
            self._asks[index] = size_micros
            if index <= self._ask:
                self._ask = index if size_micros else self._next_ask(index)

    def _next_bid(self, index: int) -> int:
        bids = self._bids
        while index and not bids[index]:
            index -= 1
        return index

    def _next_ask(self, index: int) -> int:
        asks, none = self._asks, self._ticks
        while index < none and not asks[index]:
            index += 1
        return index

    def regrid(self, tick: Price) -> None:
        """Move to another tick; levels that stay on the grid are kept, else the book is cleared.

        Orders on the old grid still rest after a change to a finer one.
        Source: docs.polymarket.com/market-data/websocket/market-channel, read 2026-11-22.
        """
        kept = (list(self.levels(Side.BUY)), list(self.levels(Side.SELL)))
        whole = self.whole
        self.tick_micros = tick.micros
        self.clear()
        if all(price % tick.micros == 0 for side in kept for price, _ in side):
            self.snapshot(*kept, self.at_us)
            self.whole = whole

    @property
    def bid_micros(self) -> int:
        """Return the best bid in micros, 0 if there is none."""
        return self._bid * self.tick_micros

    @property
    def ask_micros(self) -> int:
        """Return the best ask in micros, 1 USD if there is none."""
        return self._ask * self.tick_micros

    @property
    def bid(self) -> Price | None:
        """Return the best bid."""
        return Price(self.bid_micros) if self._bid else None

    @property
    def ask(self) -> Price | None:
        """Return the best ask."""
        return Price(self.ask_micros) if self._ask < self._ticks else None

    @property
    def crossed(self) -> bool:
        """Say whether a bid is at or above an ask: what is shown cannot be true."""
        return self._bid >= self._ask

    @property
    def doubted(self) -> bool:
        """Say whether the book was whole once and is not now."""
        return self.seen and not self.whole

    @property
    def tradable(self) -> bool:
        """Say whether the book is whole and not crossed."""
        return self.whole and self._bid < self._ask

    def size(self, side: Side, price_micros: int) -> int:
        """Return the size resting at a price in micros; 0 off the grid."""
        index, rest = divmod(price_micros, self.tick_micros)
        if rest or not 0 < index < self._ticks:
            return 0
        return (self._bids if side is Side.BUY else self._asks)[index]

    def levels(self, side: Side) -> Iterator[Level]:
        """Yield (price, size) in micros from the best to the worst."""
        tick = self.tick_micros
        if side is Side.BUY:
            for index in range(self._bid, 0, -1):
                if size := self._bids[index]:
                    yield index * tick, size
        else:
            for index in range(self._ask, self._ticks):
                if size := self._asks[index]:
                    yield index * tick, size

    def proceeds(self, size_micros: int) -> int:
        """Return the micro USD that selling so many micro shares into the bids would bring.

        What no bid takes brings nothing; rounded down level by level.
        """
        bids, index, brought = self._bids, self._bid, 0
        while size_micros > 0 and index > 0:
            taken = min(bids[index], size_micros)
            if taken:
                brought += taken * index * self.tick_micros // MICROS
                size_micros -= taken
            index -= 1
        return brought

    def depth(self, side: Side, limit: Price) -> Shares:
        """Return what rests on `side` at the limit or better for who takes it."""
        total = 0
        for price, size in self.levels(side):
            if price < limit.micros if side is Side.BUY else price > limit.micros:
                break
            total += size
        return Shares(total)
