"""Orders that rest behind the displayed queue at their price, and what the market does to them.

A queue gets shorter by trades printed at its price, and when less is displayed than was ahead of
us; a decrease behind that is taken for cancels behind us, the doubt being ours. A trade through
the price, or an opposite best at or through it, executes us; never more than was traded or shown.
"""

from bot.adapters.paper.deed import PaperOrder
from bot.adapters.paper.depth import Depth
from bot.domain.book import Side
from bot.domain.event import BookChanged, BookReplaced, TradePrinted
from bot.domain.market import MarketId, TokenId
from bot.domain.money import CENT
from bot.domain.order import OrderHash

Execution = tuple[PaperOrder, int]
"""(order, micros of a share executed as maker)."""


class RestingOrders:
    """All orders on our side of the books; mutable, owned by one venue."""

    __slots__ = ("_by_token",)

    def __init__(self) -> None:
        """Start with none."""
        self._by_token: dict[TokenId, dict[OrderHash, PaperOrder]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_token)

    def rest(self, order: PaperOrder, ahead: int) -> None:
        """Put an order behind `ahead` micros of a share."""
        order.ahead = ahead
        self._by_token.setdefault(order.terms.token, {})[order.order_hash] = order

    def remove(self, order: PaperOrder) -> None:
        """Take an order off, if it rests."""
        token = order.terms.token
        if (orders := self._by_token.get(token)) is None:
            return
        orders.pop(order.order_hash, None)
        if not orders:
            del self._by_token[token]

    def of(self, market_id: MarketId) -> list[PaperOrder]:
        """Return what rests in a market, in the order of arrival."""
        found = [
            order
            for orders in self._by_token.values()
            for order in orders.values()
            if order.terms.market_id == market_id
        ]
        return sorted(found, key=lambda order: order.seq)

    def all(self) -> list[PaperOrder]:
        """Return everything that rests."""
        return [order for orders in self._by_token.values() for order in orders.values()]

    def traded(self, event: TradePrinted) -> list[Execution]:
        """Return who is executed by a trade; its size serves better prices first, then time."""
        left, executed = event.size.micros, list[Execution]()
        side = event.side.opposite
        for order in self._in_priority(event.token, side):
            price, printed = order.terms.price.micros, event.price.micros
            through = printed < price if side is Side.BUY else printed > price
            if not through and printed != price:
                continue
            before = 0 if through else min(order.ahead, left)
            order.ahead -= before
            size = whole(min(order.remaining, left - before))
            if size:
                executed.append((order, size))
                left -= size
        return executed

    def changed(self, event: BookChanged, depth: Depth) -> list[Execution]:
        """Shorten queues by smaller levels and return who is executed by the new best prices."""
        touched = list[TokenId]()
        for token, side, price, size in event.changes:
            if (orders := self._by_token.get(token)) is None:
                continue
            if token not in touched:
                touched.append(token)
            for order in orders.values():
                if order.terms.side is side and order.terms.price.micros == price:
                    order.ahead = min(order.ahead, size)
        return [done for token in touched for done in self._crossed(token, depth)]

    def replaced(self, event: BookReplaced, depth: Depth) -> list[Execution]:
        """Do the same for a whole book."""
        book = depth.books.get(event.token)
        if book is None or not book.whole:
            return []
        for order in self._by_token.get(event.token, {}).values():
            size = book.size(order.terms.side, order.terms.price.micros)
            order.ahead = min(order.ahead, size)
        return self._crossed(event.token, depth)

    def _crossed(self, token: TokenId, depth: Depth) -> list[Execution]:
        """Execute against what the book shows at our prices, once they meet the opposite best."""
        book, executed = depth.books.get(token), list[Execution]()
        if book is None or not book.tradable:
            return executed
        for side, best in ((Side.BUY, book.ask_micros), (Side.SELL, -book.bid_micros)):
            sign = 1 if side is Side.BUY else -1
            for order in self._in_priority(token, side):
                if sign * order.terms.price.micros < best:
                    break
                if size := _shown(order, depth):
                    executed.append((order, size))
        return executed

    def _in_priority(self, token: TokenId, side: Side) -> list[PaperOrder]:
        """Return the best price first, then who rested first: dicts and sorts keep that order."""
        orders = [o for o in self._by_token.get(token, {}).values() if o.terms.side is side]
        if len(orders) <= 1:
            return orders
        sign = -1 if side is Side.BUY else 1
        return sorted(orders, key=lambda order: sign * order.terms.price.micros)


def _shown(order: PaperOrder, depth: Depth) -> int:
    """Take what is shown at an order's price or better, best first; return how much."""
    token, side, left = order.terms.token, order.terms.side.opposite, order.remaining
    for price, offered in list(depth.offers(token, side, order.terms.price.micros)):
        if size := whole(min(left, offered)):
            depth.take(token, side, price, size)
            left -= size
    return order.remaining - left


def whole(size: int) -> int:
    """Return micros of a share rounded down to 2 decimals."""
    return size - size % CENT
