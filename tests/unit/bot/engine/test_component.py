"""What each component answers, and when it answers nothing."""

from dataclasses import fields, replace

import pytest

from bot.domain.book import Book
from bot.domain.fill import Position
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import StrategyId
from bot.engine.strategy.entry.late_favourite import LateFavourite1, LateFavourite2
from bot.engine.strategy.exit.hold_to_resolution import HoldToResolution1
from bot.engine.strategy.exit.take_profit import TakeProfit1
from bot.engine.strategy.filters.spread import Spread1
from bot.engine.strategy.probability.market_mid import MarketMid1
from bot.engine.strategy.sizing.depth_capped import DepthCapped1
from bot.engine.strategy.sizing.fixed import Fixed1
from bot.engine.strategy.view import MarketView, Proposal
from tests.unit.bot.given import END, SECOND, levels, market, strategy

BAND = LateFavourite1(
    Price.parse("0.6"), Price.parse("0.9"), left_s_max=300, left_s_min=30, slippage_max=25_000
)
UP = Proposal(Outcome.UP, Price.parse("0.72"), "given")


def view(
    up: tuple[str, str] | None = ("0.69", "0.70"), down: tuple[str, str] | None = None
) -> MarketView:
    books = []
    for prices in (up, down):
        book = Book(Price.parse("0.01"))
        if prices is not None:
            bid, ask = prices
            book.snapshot(levels((bid, "50")) if bid else (), levels((ask, "50")) if ask else (), 1)
        books.append(book)
    made = MarketView(market(), books[0], books[1], at_us=END - 100 * SECOND)
    made.probability = MarketMid1().estimate(made) or 0
    return made


def test_the_market_mid_is_read_from_either_book() -> None:
    assert view().probability == 695_000
    assert view(None, ("0.69", "0.71")).probability == 300_000
    assert view(("0.69", ""), ("", "0.4")).probability == 0
    assert MarketMid1().estimate(view(None, None)) is None
    assert view().believed(Outcome.DOWN) == 305_000
    assert view().left_us == 100 * SECOND


def test_the_favourite_is_bought_at_its_ask_plus_whole_ticks_of_slippage() -> None:
    proposal = BAND.propose(view())
    assert proposal is not None
    assert (proposal.outcome, proposal.price) == (Outcome.UP, Price.parse("0.72"))
    capped = BAND.propose(view(("0.88", "0.89")))
    assert capped is not None
    assert capped.price == Price.parse("0.90")


@pytest.mark.parametrize(
    "up", [("0.58", "0.59"), ("0.90", "0.91"), ("0.50", "0.50"), ("0.49", "0.51")]
)
def test_outside_the_band_or_without_a_favourite_nothing_is_bought(up: tuple[str, str]) -> None:
    assert BAND.propose(view(up)) is None


def test_the_favourite_needs_a_book_of_its_own() -> None:
    """Up is the favourite by the middle of Down's book, and Up's book is not whole."""
    assert BAND.propose(view(None, ("0.29", "0.31"))) is None


def test_an_entry_is_awake_only_between_its_bounds() -> None:
    assert [BAND.awake(left * SECOND) for left in (301, 300, 30, 29)] == [False, True, True, False]


def test_version_two_asks_for_an_edge_after_the_fee() -> None:
    """At 0.72 with a belief of 0.695 the edge is -0.025 less a fee of 0.01411."""
    values = {one.name: getattr(BAND, one.name) for one in fields(BAND)}
    assert LateFavourite2(**values, edge_min=-39_110).propose(view()) is not None
    assert LateFavourite2(**values, edge_min=-39_109).propose(view()) is None
    assert LateFavourite2(**values, edge_min=-39_110).propose(view(("0.50", "0.50"))) is None


def test_sizes_are_whole_cents_and_bounded_by_the_book() -> None:
    assert Fixed1(Usd.parse("10")).amount(view(), UP) == Usd.parse("10")
    quarter = DepthCapped1(Usd.parse("100"), 250_000)
    assert quarter.amount(view(), UP) == Usd.parse("9")
    assert DepthCapped1(Usd.parse("5"), 250_000).amount(view(), UP) == Usd.parse("5")


def test_an_entry_of_no_size_is_no_intent() -> None:
    from tests.unit.bot.given import book, engine  # noqa: PLC0415 - only here

    made = engine(
        strategy(
            sizing={
                "component": "depth_capped",
                "version": 1,
                "amount_usd": 5,
                "depth_share": "0.000001",
            }
        )
    )
    assert made.handle(book("up1", "0.69", "0.70")) == []


def test_exits_hold_or_sell_everything_at_the_bid() -> None:
    held = Position(StrategyId("s"), MarketId("0xm1"), Outcome.UP, Shares.parse("10.555"))
    assert HoldToResolution1().sell(view(), held) is None
    sale = TakeProfit1(Price.parse("0.69")).sell(view(), held)
    assert sale is not None
    assert (sale.price, sale.size) == (Price.parse("0.69"), Shares.parse("10.55"))
    assert TakeProfit1(Price.parse("0.70")).sell(view(), held) is None
    assert TakeProfit1(Price.parse("0.69")).sell(view(), replace(held, size=Shares(1))) is None


def test_a_wide_or_one_sided_book_is_filtered() -> None:
    narrow = Spread1(Price.parse("0.02"))
    assert narrow.passes(view(), UP)
    assert not narrow.passes(view(("0.67", "0.70")), UP)
    assert not narrow.passes(view(("0.69", "")), UP)
