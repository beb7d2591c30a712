"""A book says what a plain dictionary of levels would say, only faster."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.book import Book, OffGrid, Side
from bot.domain.money import MICROS, Price, Shares
from tests.unit.bot.given import levels

CENT = Price.parse("0.01")
changes = st.lists(
    st.tuples(st.sampled_from(list(Side)), st.integers(1, 99), st.integers(0, 3)), max_size=60
)


@given(changes)
def test_best_prices_and_levels_equal_those_of_a_dictionary(
    steps: list[tuple[Side, int, int]],
) -> None:
    book = Book(CENT)
    book.snapshot((), (), 0)
    plain: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for side, cents, size in steps:
        book.change(side, cents * CENT.micros, size, 1)
        plain[side][cents * CENT.micros] = size
        bids = {p: s for p, s in plain[Side.BUY].items() if s}
        asks = {p: s for p, s in plain[Side.SELL].items() if s}
        assert book.bid_micros == max(bids, default=0)
        assert book.ask_micros == min(asks, default=MICROS)
        assert list(book.levels(Side.BUY)) == sorted(bids.items(), reverse=True)
        assert list(book.levels(Side.SELL)) == sorted(asks.items())
        assert book.crossed == (max(bids, default=0) >= min(asks, default=MICROS))


def test_a_book_is_whole_only_after_a_snapshot() -> None:
    book = Book(CENT)
    book.change(Side.BUY, 500_000, 1, 1)
    assert not book.tradable
    book.snapshot(levels(("0.48", "10")), levels(("0.52", "20")), 7)
    assert book.tradable
    assert (book.bid, book.ask, book.at_us) == (Price.parse("0.48"), Price.parse("0.52"), 7)
    book.clear()
    assert (book.bid, book.ask, book.whole) == (None, None, False)


@pytest.mark.parametrize("price", [0, MICROS, 505_000, -10_000])
def test_a_level_that_cannot_be_is_refused_and_changes_nothing(price: int) -> None:
    book = Book(CENT)
    book.snapshot(levels(("0.48", "10")), (), 1)
    with pytest.raises(OffGrid):
        book.change(Side.BUY, price, 5, 2)
    assert list(book.levels(Side.BUY)) == [(480_000, 10_000_000)]
    assert book.size(Side.BUY, price) == 0


def test_a_snapshot_with_one_bad_level_leaves_nothing_to_trade_on() -> None:
    book = Book(CENT)
    with pytest.raises(OffGrid):
        book.snapshot(levels(("0.48", "10")), levels(("0.525", "1")), 1)
    assert not book.whole
    assert book.bid is None


def test_a_finer_grid_keeps_the_resting_levels() -> None:
    """Orders on the old grid still rest after tick_size_change."""
    book = Book(CENT)
    book.snapshot(levels(("0.96", "10")), levels(("0.98", "20")), 1)
    book.regrid(Price.parse("0.001"))
    assert book.whole
    book.change(Side.BUY, 961_000, 7, 2)
    assert book.bid == Price.parse("0.961")
    assert book.size(Side.SELL, 980_000) == 20_000_000


def test_a_coarser_grid_that_loses_levels_waits_for_a_snapshot() -> None:
    book = Book(Price.parse("0.001"))
    book.snapshot(levels(("0.961", "10")), (), 1)
    book.regrid(CENT)
    assert not book.whole


def test_regridding_an_incomplete_book_does_not_make_it_whole() -> None:
    book = Book(CENT)
    book.regrid(Price.parse("0.001"))
    assert not book.whole


def test_a_tick_must_divide_one_dollar() -> None:
    with pytest.raises(ValueError, match="must divide"):
        Book(Price.parse("0.3"))


def test_depth_counts_what_a_taker_could_have_within_the_limit() -> None:
    book = Book(CENT)
    book.snapshot(
        levels(("0.48", "10"), ("0.47", "5")),
        levels(("0.52", "20"), ("0.53", "1"), ("0.6", "9")),
        1,
    )
    assert book.depth(Side.SELL, Price.parse("0.53")) == Shares.parse("21")
    assert book.depth(Side.SELL, Price.parse("0.99")) == Shares.parse("30")
    assert book.depth(Side.BUY, Price.parse("0.48")) == Shares.parse("10")
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.opposite is Side.BUY


def test_an_empty_level_of_a_snapshot_is_no_best_price() -> None:
    book = Book(CENT)
    book.snapshot(levels(("0.48", "10"), ("0.49", "0")), (), 1)
    assert book.bid == Price.parse("0.48")
    assert not book.doubted
    book.clear()
    assert book.doubted
