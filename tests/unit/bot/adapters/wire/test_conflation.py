"""Many book updates as one leave every book where the many would have left it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.wire.conflation import Conflation, conflatable
from bot.domain.book import Book, Side
from bot.domain.event import BookChanged, BookReplaced, Event, TickChanged
from bot.domain.market import TokenId
from bot.domain.money import MICROS, Price

TICK = Price(10_000)
MARKETS = (("u1", "d1"), ("u2", "d2"))
prices = st.integers(1, 99).map(lambda cents: cents * 10_000)
sizes = st.integers(0, 5).map(lambda lots: lots * MICROS)
sides = st.sampled_from(Side)


@st.composite
def updates(draw: st.DrawFn) -> Event:
    market = draw(st.sampled_from(MARKETS))
    if draw(st.booleans()):
        levels = st.dictionaries(prices, sizes, max_size=4).map(lambda side: tuple(side.items()))
        return BookReplaced(
            1, 1, TokenId(draw(st.sampled_from(market))), draw(levels), draw(levels)
        )
    change = st.tuples(st.sampled_from(market).map(TokenId), sides, prices, sizes)
    return BookChanged(1, 1, tuple(draw(st.lists(change, min_size=1, max_size=4))))


def lived(events: list[Event]) -> dict[str, object]:
    """Return where the books are after these events, by the engine's own rules."""
    books = {token: Book(TICK) for market in MARKETS for token in market}
    for event in events:
        if isinstance(event, BookReplaced):
            books[event.token].snapshot(event.bids, event.asks, event.at_us)
        elif isinstance(event, BookChanged):
            for token, side, price, size in event.changes:
                if books[token].whole:
                    books[token].change(side, price, size, event.at_us)
    return {
        token: (book.whole, *(tuple(book.levels(side)) for side in Side), book.bid, book.ask)
        for token, book in books.items()
    }


@given(st.lists(updates(), max_size=12), st.lists(updates(), max_size=12))
def test_the_sum_leaves_the_books_where_the_parts_do(
    before: list[Event], events: list[Event]
) -> None:
    conflation = Conflation()
    for event in events:
        conflation.take((event,))
    merged = list(conflation.give(7, 9))
    assert not conflation
    assert lived([*before, *merged]) == lived([*before, *events])
    assert {(one.frame, one.at_us) for one in merged} <= {(7, 9)}


@given(st.lists(updates(), max_size=12))
def test_one_event_of_changes_is_of_one_market(events: list[Event]) -> None:
    """The engine looks at one market after each event."""
    conflation = Conflation()
    conflation.take(events)
    for one in conflation.give(7, 9):
        if isinstance(one, BookChanged):
            assert len({token[-1] for token, *_ in one.changes}) == 1


def test_only_books_are_conflated() -> None:
    assert conflatable(())
    assert not conflatable((TickChanged(1, 1, TokenId("u1"), TICK),))
