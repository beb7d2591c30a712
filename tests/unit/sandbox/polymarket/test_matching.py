"""The book matches by price, then time, across both outcomes, and never invents a share."""

import pytest
from hypothesis import given as with_any
from hypothesis import strategies as st

from sandbox.polymarket.book.matching import Book
from sandbox.polymarket.book.order import Want
from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.venue.note import TradeNote
from sandbox.polymarket.venue.state import RefusedError
from tests.unit.sandbox.polymarket.given import Desk, desk


def crosses(book: Book, want: Want) -> list[tuple[int, int]]:
    return [(cross.price // 10_000, cross.size // ONE) for cross in book.plan(want).crosses]


def buy(limit: int, shares: int) -> Want:
    return Want(0, "BUY", limit * 10_000, shares * ONE)


def test_the_best_price_goes_first() -> None:
    book = Book()
    for price in (53, 51, 52):
        book.record(0, "SELL", price * 10_000, 10 * ONE)
    assert crosses(book, buy(52, 25)) == [(51, 10), (52, 10)]


def test_planning_changes_nothing() -> None:
    book = Book()
    book.record(0, "SELL", 510_000, 10 * ONE)
    assert crosses(book, buy(52, 5)) == crosses(book, buy(52, 5))


def test_at_one_price_who_came_first_goes_first() -> None:
    """40 shares stood there before our order, 20 came after it."""
    made = desk()
    made.level("SELL", 60, 40)
    first = made.order("SELL", 60, 10)
    made.market.book.rest(first)
    made.level("SELL", 60, 60)
    plan = made.market.book.plan(buy(60, 70))
    assert [(c.size // ONE, c.maker) for c in plan.crosses] == [(40, None), (10, first), (20, None)]


def test_a_bid_on_one_outcome_is_an_ask_on_the_other() -> None:
    made = desk()
    order = made.order("BUY", 30, 10, index=1)
    made.post(order)
    plan = made.market.book.plan(buy(70, 4))
    assert [(c.price, c.maker) for c in plan.crosses] == [(700_000, order)]
    assert made.market.book.levels(0, "SELL") == {700_000: 10 * ONE}
    assert made.market.book.levels(1, "BUY") == {300_000: 10 * ONE}


def test_what_was_taken_stays_taken_on_both_books_until_the_record_changes() -> None:
    made = desk()
    made.level("SELL", 60, 10)
    made.level("BUY", 40, 10, index=1)
    made.post(made.order("BUY", 60, 10))
    assert made.market.book.levels(0, "SELL") == {}
    assert made.market.book.levels(1, "BUY") == {}
    made.level("SELL", 60, 10)
    assert made.market.book.levels(0, "SELL") == {}
    made.level("SELL", 60, 11)
    assert made.market.book.levels(0, "SELL") == {600_000: 11 * ONE}


def test_a_resting_order_waits_for_the_queue_before_it() -> None:
    made = desk()
    made.level("BUY", 40, 25)
    order = made.order("BUY", 40, 10)
    made.post(order)
    hits = list(made.market.book.hit(Want(0, "SELL", 400_000, 20 * ONE)))
    assert hits == []
    assert order.ahead == 5 * ONE
    hits = list(made.market.book.hit(Want(0, "SELL", 400_000, 8 * ONE)))
    assert hits == [(order, 3 * ONE)]


def test_a_trade_through_our_price_skips_the_queue() -> None:
    made = desk()
    made.level("BUY", 40, 25)
    order = made.order("BUY", 40, 10)
    made.post(order)
    assert list(made.market.book.hit(Want(0, "SELL", 390_000, 20 * ONE))) == [(order, 10 * ONE)]


def test_a_shrinking_level_shortens_the_queue() -> None:
    made = desk()
    made.level("BUY", 40, 25)
    order = made.order("BUY", 40, 10)
    made.post(order)
    made.level("BUY", 40, 3)
    assert order.ahead == 3 * ONE
    made.level("BUY", 40, 99)
    assert order.ahead == 3 * ONE


def test_a_recorded_book_that_crosses_us_fills_us_at_our_price() -> None:
    made = desk()
    order = made.order("BUY", 40, 10)
    made.post(order)
    made.level("SELL", 38, 4)
    assert list(made.market.book.crossed(0)) == [(order, 4 * ONE)]
    assert list(made.market.book.crossed(0)) == []


def test_a_dollar_budget_buys_what_it_can() -> None:
    book = Book()
    book.record(0, "SELL", 500_000, 4 * ONE)
    book.record(0, "SELL", 600_000, 100 * ONE)
    plan = book.plan(Want(0, "BUY", 600_000, 0, budget=5 * ONE))
    assert [(c.price, c.size) for c in plan.crosses] == [(500_000, 4 * ONE), (600_000, 5 * ONE)]
    assert plan.complete


def test_a_budget_that_finds_too_little_is_not_complete() -> None:
    book = Book()
    book.record(0, "SELL", 500_000, 4 * ONE)
    assert not book.plan(Want(0, "BUY", 600_000, 0, budget=5 * ONE)).complete


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("FOK", "couldn't be fully filled"),
        ("FAK", "no orders found to match with FAK order"),
    ],
)
def test_an_immediate_order_without_a_match_is_killed(kind: str, text: str) -> None:
    made = desk()
    with pytest.raises(RefusedError, match=text):
        made.post(made.order("BUY", 60, 10, order_type=kind))
    assert made.venue.orders == {}


def test_a_fak_keeps_what_it_got_and_ends() -> None:
    made = desk()
    made.level("SELL", 60, 4)
    order = made.order("BUY", 60, 10, order_type="FAK")
    made.post(order)
    assert (order.matched, order.status) == (4 * ONE, "CANCELED")
    assert order.id not in made.market.book.resting


def test_a_partly_matched_order_rests_with_its_rest() -> None:
    made = desk()
    made.level("SELL", 60, 4)
    order = made.order("BUY", 60, 10)
    outcome = made.post(order)
    assert outcome.status == "matched"
    assert made.market.book.levels(0, "BUY") == {600_000: 6 * ONE}


def test_dust_closes_an_order() -> None:
    made = desk()
    order = made.order("BUY", 40, 10)
    made.post(order)
    made.market.book.fill(order, 10 * ONE - 9_999)
    assert order.id not in made.market.book.resting


Posted = tuple[str, int, int, int]
POSTED = st.lists(
    st.tuples(
        st.sampled_from(["BUY", "SELL"]), st.integers(1, 99), st.integers(5, 40), st.integers(0, 1)
    ),
    max_size=25,
)


def run(made: Desk, posted: list[Posted]) -> None:
    for side, price, size, index in posted:
        made.post(made.order(side, price, size, index=index))


@with_any(POSTED)
def test_no_book_is_ever_left_crossed(posted: list[Posted]) -> None:
    made = desk()
    run(made, posted)
    for index in (0, 1):
        bid, ask = (made.market.book.best(index, side) for side in ("BUY", "SELL"))
        assert bid is None or ask is None or bid < ask


@with_any(POSTED)
def test_both_outcomes_show_the_same_book_mirrored(posted: list[Posted]) -> None:
    made = desk()
    run(made, posted)
    book = made.market.book
    for mine, other in (("BUY", "SELL"), ("SELL", "BUY")):
        mirrored = {ONE - price: size for price, size in book.levels(1, other).items()}
        assert book.levels(0, mine) == mirrored


@with_any(POSTED)
def test_every_match_has_as_much_on_one_side_as_on_the_other(posted: list[Posted]) -> None:
    """One account trades with itself here, so cash moves by fees and dust only."""
    made = desk()
    run(made, posted)
    trades = list(made.venue.trades.values())
    for trade in trades:
        assert sum(leg.size for leg in trade.legs) == trade.size
        for leg in trade.legs:
            same = leg.index == trade.index
            assert leg.price == (trade.price if same else ONE - trade.price)
            assert (leg.side == trade.side) is not same
    matched = sum(order.matched for order in made.venue.orders.values())
    assert matched == 2 * sum(trade.size for trade in trades)
    assert len([n for n in made.heard if isinstance(n, TradeNote)]) == len(trades)
