"""Orders that rest: their place in the queue, what executes them, what cancels them."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.event import MarketSeen, OrderEnded
from bot.domain.fill import Liquidity
from bot.domain.market import FeeSchedule, Outcome
from bot.domain.money import Usd
from bot.domain.order import OrderState
from tests.unit.bot.adapters.paper.desk import (
    BUY,
    FAK,
    GTC,
    MARKET,
    SELL,
    Desk,
    fills,
    terms,
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A market of one tick with 100 shares on each side."""
    made = Desk(tmp_path)
    made.book("0.50x100 0.49x100", "0.52x100")
    return made


def executed(desk: Desk) -> list[tuple[str, str]]:
    """Return (price, size) of the fills told within a second."""
    return [(str(fill.price), str(fill.size)) for fill in fills(desk.wait())]


async def test_a_crossing_part_takes_and_the_rest_rests(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.52", "150"))
    assert executed(desk) == [("0.52", "100.00")]
    desk.trade(SELL, "0.52", "50")
    [fill] = fills(desk.wait())
    assert (str(fill.size), fill.liquidity, fill.fee) == ("50.00", Liquidity.MAKER, Usd(0))
    ended = desk.told[-1]
    assert isinstance(ended, OrderEnded)
    assert ended.state is OrderState.FILLED


async def test_a_marketable_buy_of_less_than_a_dollar_is_refused(desk: Desk) -> None:
    desk.book("0.01x1", "0.10x100")
    fills, ended = await desk.trade_now(terms(BUY, GTC, "0.10", "5"))
    assert not fills
    assert ended is not None
    assert ended.reason == "invalid amount for a marketable BUY order ($0.50), min size: $1"


async def test_trades_at_the_price_serve_the_displayed_queue_first(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.trade(SELL, "0.50", "60")
    desk.trade(SELL, "0.50", "39")
    assert executed(desk) == []
    desk.trade(SELL, "0.50", "6")
    assert executed(desk) == [("0.50", "5.00")]
    desk.trade(SELL, "0.50", "100")
    assert executed(desk) == [("0.50", "15.00")]


async def test_trades_of_buyers_do_not_serve_bids(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.trade(BUY, "0.50", "1000")
    assert executed(desk) == []


async def test_a_smaller_level_shortens_the_queue_only_below_our_place(desk: Desk) -> None:
    """A decrease is taken for cancels behind us until less is shown than was ahead of us."""
    await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.level(BUY, "0.50", "300")
    desk.level(BUY, "0.50", "110")
    desk.trade(SELL, "0.50", "100")
    assert executed(desk) == []
    desk.level(BUY, "0.50", "0")
    desk.trade(SELL, "0.50", "7")
    assert executed(desk) == [("0.50", "7.00")]


async def test_a_trade_and_the_smaller_level_it_leaves_count_once(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.trade(SELL, "0.50", "40")
    desk.level(BUY, "0.50", "60")
    desk.trade(SELL, "0.50", "60")
    assert executed(desk) == []
    desk.trade(SELL, "0.50", "1")
    assert executed(desk) == [("0.50", "1.00")]


async def test_a_snapshot_shortens_the_queue_too(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.book("0.50x10", "0.52x100")
    desk.trade(SELL, "0.50", "12")
    assert executed(desk) == [("0.50", "2.00")]


async def test_a_trade_through_the_price_executes_at_our_price_up_to_its_size(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.trade(SELL, "0.49", "8")
    assert executed(desk) == [("0.50", "8.00")]


async def test_an_opposite_best_at_the_price_executes_up_to_what_it_shows(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.51", "20"))
    desk.wait()
    desk.level(SELL, "0.51", "8")
    assert executed(desk) == [("0.51", "8.00")]
    desk.level(SELL, "0.51", "8")
    assert executed(desk) == []
    desk.level(SELL, "0.51", "5")
    assert executed(desk) == [("0.51", "5.00")]


async def test_a_resting_sale_mirrors_a_resting_buy(desk: Desk) -> None:
    await desk.trade_now(terms(BUY, FAK, "0.52", "20.80"), "1")
    await desk.send(terms(SELL, GTC, "0.53", "40"), "2")
    desk.wait()
    desk.trade(BUY, "0.53", "10")
    assert executed(desk) == [("0.53", "10.00")]
    desk.trade(BUY, "0.54", "10")
    assert executed(desk) == [("0.53", "10.00")]
    desk.book("0.53x5", "0.55x10")
    assert executed(desk) == [("0.53", "5.00")]


async def test_better_prices_are_served_before_earlier_orders(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.50", "10"), "early")
    desk.wait()
    _, better = await desk.send(terms(BUY, GTC, "0.51", "10"), "better")
    desk.wait()
    desk.trade(SELL, "0.49", "10")
    assert [fill.order_hash for fill in fills(desk.wait())] == [better]


async def test_earlier_orders_are_served_first_at_one_price(desk: Desk) -> None:
    hashes = []
    for name in ("1", "2", "3"):
        hashes.append((await desk.send(terms(BUY, GTC, "0.51", "10"), name))[1])
        desk.wait()
    desk.trade(SELL, "0.51", "15")
    assert {one.order_hash: str(one.size) for one in fills(desk.wait())} == {
        hashes[0]: "10.00",
        hashes[1]: "5.00",
    }


async def test_a_cancel_acts_after_its_latency_and_can_come_too_late(desk: Desk) -> None:
    _, order_hash = await desk.send(terms(BUY, GTC, "0.51", "20"))
    desk.wait()
    assert not await desk.venue.cancel(order_hash)
    desk.trade(SELL, "0.51", "5")
    news = desk.wait()
    assert [str(fill.size) for fill in fills(news)] == ["5.00"]
    ended = news[-1]
    assert isinstance(ended, OrderEnded)
    assert (ended.state, ended.reason) == (OrderState.CANCELLED, "cancelled")
    assert await desk.venue.cancel(order_hash)
    desk.trade(SELL, "0.51", "50")
    assert executed(desk) == []


async def test_an_order_on_its_way_can_be_cancelled_at_once(desk: Desk) -> None:
    _, order_hash = await desk.send(terms(BUY, FAK, "0.52", "10"))
    assert await desk.venue.cancel_all() == (order_hash,)
    news = desk.wait()
    assert not fills(news)
    [ended] = news
    assert isinstance(ended, OrderEnded)
    assert ended.state is OrderState.CANCELLED
    assert await desk.venue.cancel_all() == ()


async def test_resolution_cancels_what_rests(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.resolve(Outcome.UP)
    [ended] = desk.wait()
    assert isinstance(ended, OrderEnded)
    assert (ended.state, ended.reason) == (OrderState.CANCELLED, "market resolved")


async def test_money_of_resting_buys_is_held_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path, cash="20")
    desk.book("0.50x100", "0.52x100")
    await desk.send(terms(BUY, GTC, "0.50", "30"), "1")
    desk.wait()
    _, ended = await desk.trade_now(terms(BUY, FAK, "0.52", "5"), "2")
    assert ended is not None
    assert "balance: 5.00" in ended.reason


async def test_shares_of_resting_sales_are_held_back(desk: Desk) -> None:
    await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "1")
    await desk.send(terms(SELL, GTC, "0.60", "8"), "2")
    desk.wait()
    _, ended = await desk.trade_now(terms(SELL, FAK, "0.50", "3"), "3")
    assert ended is not None
    assert "balance: 2.00" in ended.reason


async def test_makers_pay_where_the_market_says_so_and_never_more_than_held_back(
    tmp_path: Path,
) -> None:
    fees = FeeSchedule(70_000, 1, taker_only=False)
    desk = Desk(tmp_path, cash="5.175", market=replace(MARKET, fees=fees))
    desk.book("0.49x100", "0.52x100")
    await desk.send(terms(BUY, GTC, "0.50", "10"))
    desk.wait()
    for _ in range(10):
        desk.trade(SELL, "0.50", "1")
    assert sum(fill.fee.micros for fill in fills(desk.wait())) == 175_000
    assert (await desk.venue.view([], 0)).cash == Usd(0)


async def test_a_resting_order_survives_a_gap_at_the_end_of_the_queue(desk: Desk) -> None:
    """A live feed cannot be read again: nothing is known of the queue until a book is seen."""
    await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.trade(SELL, "0.49", "5")
    desk.wait()
    desk.venue.close()
    desk.open()
    desk.frame += 100
    desk.see(MarketSeen(*desk.stamp(), MARKET))
    desk.trade(SELL, "0.50", "1000")
    assert executed(desk) == []
    desk.book("0.50x30", "0.52x100")
    desk.trade(SELL, "0.50", "31")
    assert executed(desk) == [("0.50", "1.00")]
    desk.trade(SELL, "0.50", "31")
    assert executed(desk) == [("0.50", "14.00")]


async def test_an_order_on_its_way_through_a_gap_still_acts(desk: Desk) -> None:
    await desk.send(terms(BUY, FAK, "0.52", "5.20"))
    desk.venue.close()
    desk.open()
    desk.frame += 100
    desk.book("0.50x100", "0.52x100")
    assert executed(desk) == [("0.52", "10.00")]
