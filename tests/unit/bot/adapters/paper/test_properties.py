"""What holds on any day: money is conserved, and nothing is better or more than was displayed.

The audit keeps its own books and counts what was used of each level, beside the venue's.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from bot.adapters.paper.deed import Done, Filled, PaperOrder, Settled
from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.resting import RestingOrders
from bot.adapters.paper.store import Place
from bot.domain.book import Book, Side
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    FrameRefused,
    MarketSeen,
    OrderEnded,
    OrderFilled,
    TickChanged,
    TradePrinted,
)
from bot.domain.fill import Fill, Liquidity
from bot.domain.market import MarketId, TokenId
from bot.domain.money import CENT, MICROS, Price, Shares, Usd
from bot.domain.order import OrderHash, Quantity, Terms, Unit
from tests.unit.bot.adapters.paper.day import (
    CASH,
    Author,
    Day,
    Journal,
    Life,
    MortalStore,
    Tape,
)
from tests.unit.bot.adapters.paper.desk import BUY, GTC, MARKET, UP, terms
from tests.unit.bot.adapters.paper.test_recovery import directory

Level = tuple[TokenId, Side, int]


class Audit:
    """Recorded books, and what was used of each level since its size last changed."""

    def __init__(self) -> None:
        self.books: dict[TokenId, Book] = {}
        self.other: dict[TokenId, TokenId] = {}
        self.used: Counter[Level] = Counter()
        self.printed: TradePrinted | None = None
        self.left = 0

    def see(self, event: Event) -> None:
        """Take an event over before the venue does."""
        self.printed = None
        match event:
            case MarketSeen(market=market):
                for token, other in ((market.up, market.down), (market.down, market.up)):
                    self.books.setdefault(token, Book(market.tick))
                    self.other[token] = other
            case TradePrinted():
                self.printed, self.left = event, event.size.micros
            case BookChanged() | BookReplaced():
                self.show(event)
            case TickChanged(token=token, tick=tick):
                self.books[token].regrid(tick)
            case FrameRefused(tokens=tokens):
                self.books[tokens[0]].whole = False
            case _:
                """Moves no book."""

    def show(self, event: BookChanged | BookReplaced) -> None:
        """Show new levels; what was used of one whose size changes is there again."""
        before = {key: self.books[key[0]].size(*key[1:]) for key in self.used}
        if isinstance(event, BookReplaced):
            self.books[event.token].snapshot(event.bids, event.asks, 0)
        else:
            for token, side, price, size in event.changes:
                self.books[token].change(side, price, size, 0)
        for key, size in before.items():
            if self.books[key[0]].size(*key[1:]) != size:
                del self.used[key]

    def use(self, token: TokenId, side: Side, price: int, size: int) -> None:
        """Count a use of displayed size, here and on the mirror; it must be there."""
        self.used[token, side, price] += size
        self.used[self.other[token], side.opposite, MICROS - price] += size
        assert self.books[token].tradable
        assert self.used[token, side, price] <= self.books[token].size(side, price)

    def check(self, fill: Fill, terms: Terms) -> None:
        """Hold one fill to what was displayed or printed."""
        side, price, size = fill.side.opposite, fill.price.micros, fill.size.micros
        limit = terms.price.micros
        assert price <= limit if fill.side is Side.BUY else price >= limit
        if fill.liquidity is Liquidity.TAKER:
            self.use(fill.token, side, price, size)
        elif self.printed is not None:
            self.left -= size
            assert self.left >= 0
            assert self.printed.side is side
            assert (self.printed.token, price) == (fill.token, limit)
        else:
            self.walk(fill, side)

    def walk(self, fill: Fill, side: Side) -> None:
        """Use up what a crossing book shows at our price or better, best first."""
        left = fill.size.micros
        for price, shown in list(self.books[fill.token].levels(side)):
            ours = fill.price.micros
            if not left or (price > ours if side is Side.SELL else price < ours):
                break
            size = min(left, shown - self.used[fill.token, side, price])
            if size > 0:
                self.use(fill.token, side, price, size)
                left -= size
        assert left == 0


class AuditedStore(MortalStore):
    """A store that shows every deed to the audit before it takes it."""

    audit: Audit

    @override
    def record(
        self, cause: str, done: Sequence[Done], place: Place, *, resolved: MarketId | None = None
    ) -> None:
        super().record(cause, done, place, resolved=resolved)
        for one in done:
            if isinstance(one.deed, Filled):
                order = self.order(one.deed.fill.order_hash)
                assert order is not None
                self.audit.check(one.deed.fill, order.terms)
        assert self.cash >= 0


async def audited(day: Day, path: Path) -> tuple[Life, AuditedStore]:
    """Live a day under audit, driving the venue by hand."""
    life = Life(day, path, Journal(), store_class=AuditedStore)
    store, venue = life.store, life.venue
    assert isinstance(store, AuditedStore)
    store.audit = Audit()
    for event in day.events:
        await due(life, event.at_us)
        store.audit.see(event)
        venue.observe(event)
        await life.see(event)
    await due(life, 10**18)
    return life, store


async def due(life: Life, upto_us: int) -> None:
    """Let what is due happen, one time after the other."""
    while life.venue.next_due_us <= upto_us:
        for told in life.venue.advance(life.venue.next_due_us):
            assert isinstance(told, OrderFilled | OrderEnded)
            await life.hear(told)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_fills_are_never_better_or_more_than_what_was_shown(seed: int) -> None:
    """Each deed is held to the audit's own books when it is stored; cash never goes below 0."""
    with directory() as path:
        _, store = asyncio.run(audited(Author(seed).write(), path))
        store.close()


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_money_is_conserved(seed: int) -> None:
    """Cash is what we came with, plus what the fills moved, plus payouts of what was held."""
    with directory() as path:
        life, store = asyncio.run(audited(Author(seed).write(), path))
        cash, held, payouts = Usd.parse(CASH), Counter[TokenId](), 0
        for done in [done for _, done in store.done_from(-1)]:
            match done.deed:
                case Filled(fill):
                    cash += fill.cash
                    held[fill.token] += fill.size.micros * (1 if fill.side is Side.BUY else -1)
                    assert held[fill.token] >= 0
                case Settled(_, token, size, payout):
                    assert held.pop(token) == size.micros
                    assert payout.micros in {0, size.micros}
                    payouts += payout.micros
                case _:
                    """Moves no money."""
        view = asyncio.run(life.venue.view([], 0))
        assert view.cash == cash + Usd(payouts)
        assert {token: size.micros for token, size in view.positions} == +held
        store.close()


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_every_order_ends_once_and_fills_no_more_than_it_asked(seed: int) -> None:
    with directory() as path:
        life, store = asyncio.run(audited(Author(seed).write(), path))
        ends = Counter(
            one.order_hash for one in life.journal.handled if isinstance(one, OrderEnded)
        )
        sent = [o for o in life.journal.orders if o.order_hash not in life.journal.refused]
        assert ends == Counter(order.order_hash for order in sent)
        for order in sent:
            found = store.order(order.order_hash)
            assert found is not None
            fills = [
                one.deed.fill
                for one in store.done_to(order.order_hash)
                if isinstance(one.deed, Filled)
            ]
            in_usd = found.terms.quantity.unit is Unit.USD
            asked = [fill.notional.micros if in_usd else fill.size.micros for fill in fills]
            assert sum(asked) <= found.terms.quantity.micros
            assert len({fill.fill_id for fill in fills}) == len(fills)
        store.close()


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_what_is_told_never_runs_backwards(seed: int) -> None:
    """Frames and times of the merged feed only grow, and fills come before their order's end."""
    day = Author(seed).write()
    with directory() as path:
        life = Life(day, path, Journal())
        seen: list[Event] = []

        async def listen() -> None:
            async for batch in PaperFeed(Tape(day), life.venue).batches(1):
                for event in batch:
                    seen.append(event)
                    await life.react(event)

        asyncio.run(listen())
        places = [(event.at_us, event.frame) for event in seen]
        assert places == sorted(places)
        over: set[OrderHash] = set()
        for event in seen:
            if isinstance(event, OrderEnded):
                over.add(event.order_hash)
            if isinstance(event, OrderFilled):
                assert event.fill.order_hash not in over
        life.store.close()


def resting(price: int, size: int, ahead: int, number: int) -> PaperOrder:
    """Return a buy that rests."""
    quantity = Quantity(Unit.SHARES, size * CENT)
    asked = Terms(
        MARKET.market_id,
        UP,
        terms(BUY, GTC, "0.5", "5").outcome,
        BUY,
        GTC,
        Price(price * CENT),
        quantity,
    )
    return PaperOrder(number, OrderHash(str(number)), asked, 0, 0, 0, ahead=ahead * CENT)


@given(
    orders=st.lists(
        st.tuples(st.integers(40, 60), st.integers(1, 500), st.integers(0, 500)), max_size=8
    ),
    price=st.integers(40, 60),
    size=st.integers(1, 2000),
)
def test_a_trade_serves_price_then_time(
    orders: list[tuple[int, int, int]], price: int, size: int
) -> None:
    """Never more than was traded; nobody is served while a better or earlier one wants more."""
    book = RestingOrders()
    made = [resting(*one, number) for number, one in enumerate(orders)]
    for order in made:
        book.rest(order, order.ahead)
    print_ = TradePrinted(1, 1, UP, Side.SELL, Price(price * CENT), Shares(size * CENT))
    served = {order.seq: got for order, got in book.traded(print_)}
    assert sum(served.values()) <= size * CENT
    assert all(order.terms.price.micros >= price * CENT for order in made if order.seq in served)
    for order in made:
        for other in made:
            better = order.terms.price > other.terms.price
            earlier = order.terms.price == other.terms.price and order.seq < other.seq
            through = order.terms.price.micros > price * CENT
            if (better or (earlier and through)) and other.seq in served:
                assert served.get(order.seq) == order.remaining
