"""The book of one market: orders of accounts and the recorded book, matched by price and time.

Both outcomes share it: buying Up at p meets sellers of Up at p and buyers of Down at 1 - p (a
mint), selling Up meets sellers of Down (a merge).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.polymarket.book.ladder import Ladder, Level
from sandbox.polymarket.book.order import DUST, Cross, Order, Plan, Want
from sandbox.polymarket.book.units import ONE, usd_of


def other_side(side: str) -> str:
    """Return the side a taker meets."""
    return "SELL" if side == "BUY" else "BUY"


@dataclass(slots=True)
class Book:
    """One market's book. Orders keep the time of their arrival by their place in `resting`."""

    outside: tuple[Ladder, Ladder] = field(default_factory=lambda: (Ladder(), Ladder()))
    resting: dict[str, Order] = field(default_factory=dict)

    def plan(self, want: Want) -> Plan:
        """Say what an order would match now, best price first, changing nothing."""
        left, money, crosses = want.shares, want.budget, list[Cross]()
        for price, available, maker in self._offers(want):
            size = min(available, left)
            if want.budget:
                size = min(available, money * ONE // price)
            if size > 0:
                crosses.append(Cross(price, size, maker))
            left, money = left - size, money - usd_of(size, price)
            if size < available or (not want.budget and left == 0):
                return Plan(tuple(crosses), complete=True)
        spent = want.budget > 0 and money * ONE // want.limit == 0
        return Plan(tuple(crosses), complete=spent or (not want.budget and left == 0))

    def take(self, want: Want, cross: Cross) -> None:
        """Carry out one match on the resting side."""
        if cross.maker is not None:
            self.fill(cross.maker, cross.size)
            return
        side = other_side(want.side)
        self.outside[want.index].take(side, cross.price, cross.size)
        self.outside[1 - want.index].take(want.side, ONE - cross.price, cross.size)

    def fill(self, order: Order, size: int) -> None:
        """Match part of a resting order and take it off when only dust is left."""
        order.matched += size
        if order.remaining < DUST:
            self.resting.pop(order.id, None)

    def rest(self, order: Order) -> None:
        """Put an order behind everything that is displayed at its price."""
        order.ahead = self.outside[order.index].shown(order.side, order.price)
        self.resting[order.id] = order

    def record(self, index: int, side: str, price: int, size: int) -> None:
        """Take a recorded level over; a queue can only get shorter by it."""
        self.outside[index].put(side, price, size)
        self._shorten(index)

    def record_side(self, index: int, side: str, sizes: dict[int, int]) -> None:
        """Take a recorded side over."""
        self.outside[index].replace(side, sizes)
        self._shorten(index)

    def crossed(self, index: int) -> Iterator[tuple[Order, int]]:
        """Yield resting orders that the recorded book now trades through, with the size.

        The caller fills each before asking for the next.
        """
        ladder = self.outside[index]
        for order in [o for o in self.resting.values() if o.index == index]:
            levels = ladder.of(other_side(order.side))
            for price in sorted(levels, reverse=order.side == "SELL"):
                beyond = price > order.price if order.side == "BUY" else price < order.price
                size = min(levels[price].shown, order.remaining)
                if beyond or order.remaining < DUST:
                    break
                if size > 0:
                    ladder.take(other_side(order.side), price, size)
                    self.outside[1 - index].take(order.side, ONE - price, size)
                    yield order, size

    def hit(self, want: Want) -> Iterator[tuple[Order, int]]:
        """Yield the resting orders that a recorded trade reaches, behind their queues."""
        left = want.shares
        for price, makers in self._makers(want):
            for maker in makers:
                waits = maker.ahead if price == want.limit else 0
                queue = min(left, waits)
                maker.ahead, left = maker.ahead - queue, left - queue
                size = min(left, maker.remaining)
                if size > 0:
                    left -= size
                    yield maker, size

    def levels(self, index: int, side: str) -> dict[int, int]:
        """Return shares by price on one side of one outcome's book, recorded and ours."""
        shown = {
            price: level.shown for price, level in self.outside[index].of(side).items()
            if level.shown
        }  # fmt: skip
        for order in self.resting.values():
            if order.side_seen_from(index) == side and order.remaining:
                price = order.price_seen_from(index)
                shown[price] = shown.get(price, 0) + order.remaining
        return shown

    def best(self, index: int, side: str) -> int | None:
        """Return the best price of a side, or None where it is empty."""
        prices = self.levels(index, side)
        if not prices:
            return None
        return max(prices) if side == "BUY" else min(prices)

    def _offers(self, want: Want) -> Iterator[tuple[int, int, Order | None]]:
        """Yield price, shares and maker of what an order may meet, in the order it meets it."""
        side = other_side(want.side)
        makers = dict(self._makers(want))
        levels = self.outside[want.index].of(side)
        prices = {price for price in levels if _within(price, want)} | set(makers)
        for price in sorted(prices, reverse=want.side == "SELL"):
            yield from _queue(price, levels.get(price), makers.get(price, []))

    def _makers(self, want: Want) -> Iterator[tuple[int, list[Order]]]:
        by_price: dict[int, list[Order]] = {}
        for order in self.resting.values():
            if order.side_seen_from(want.index) == want.side:
                continue
            price = order.price_seen_from(want.index)
            if _within(price, want):
                by_price.setdefault(price, []).append(order)
        for price in sorted(by_price, reverse=want.side == "SELL"):
            yield price, by_price[price]

    def _shorten(self, index: int) -> None:
        for order in self.resting.values():
            if order.index == index and order.ahead:
                shown = self.outside[index].shown(order.side, order.price)
                order.ahead = min(order.ahead, shown)


def _within(price: int, want: Want) -> bool:
    return price <= want.limit if want.side == "BUY" else price >= want.limit


def _queue(
    price: int, level: Level | None, makers: list[Order]
) -> Iterator[tuple[int, int, Order | None]]:
    """Interleave recorded shares and our orders at one price by who came first."""
    shown = level.shown if level else 0
    passed = 0
    for maker in makers:
        before = min(max(0, maker.ahead - passed), shown - passed)
        if before > 0:
            passed += before
            yield price, before, None
        yield price, maker.remaining, maker
    if shown > passed:
        yield price, shown - passed, None
