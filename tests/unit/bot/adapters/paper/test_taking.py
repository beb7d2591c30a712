"""Orders that act at once: what they take, what they pay, when they are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.paper.deed import PaperOrder
from bot.adapters.paper.store import Store
from bot.domain.event import FrameRefused, MarketSeen, OrderEnded
from bot.domain.fill import Liquidity
from bot.domain.market import FeeSchedule, MarketId, MarketWindow, Outcome, TokenId
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import Accepted, OrderState, Rejected, Terms
from tests.unit.bot.adapters.paper.desk import (
    BUY,
    DOWN,
    FAK,
    FOK,
    FREE,
    GTC,
    MARKET,
    SECOND,
    SELL,
    UP,
    Desk,
    fills,
    terms,
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A market with two levels on each side of both outcomes."""
    made = Desk(tmp_path)
    made.book("0.50x100 0.49x100", "0.52x30 0.53x50")
    made.book("0.48x30 0.47x50", "0.50x100 0.51x100", DOWN)
    return made


async def cash(desk: Desk) -> Usd:
    """Return what the venue says we have."""
    return (await desk.venue.view([], 0)).cash


async def held(desk: Desk) -> dict[str, str]:
    """Return the venue's positions as text."""
    return {token: str(size) for token, size in (await desk.venue.view([], 0)).positions}


async def test_an_amount_walks_the_displayed_levels_up_to_its_cap(desk: Desk) -> None:
    fills, ended = await desk.trade_now(terms(BUY, FAK, "0.53", "20"))
    assert [(str(fill.price), str(fill.size)) for fill in fills] == [
        ("0.52", "30.00"),
        ("0.53", "8.3018"),
    ]
    assert ended is not None
    assert ended.state is OrderState.FILLED
    assert [str(fill.notional) for fill in fills] == ["15.60", "4.399954"]


async def test_the_fee_of_the_market_comes_on_top_of_a_buy(desk: Desk) -> None:
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"))
    assert [str(fill.fee) for fill in fills] == ["0.17472"]
    assert await cash(desk) == Usd.parse("1000") - Usd.parse("5.20") - Usd.parse("0.17472")


async def test_the_fee_is_taken_from_the_proceeds_of_a_sale(desk: Desk) -> None:
    await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "1")
    before = await cash(desk)
    fills, _ = await desk.trade_now(terms(SELL, FAK, "0.50", "10"), "2")
    assert [(str(fill.notional), str(fill.fee)) for fill in fills] == [("5.00", "0.175")]
    assert await cash(desk) == before + Usd.parse("4.825")
    assert await held(desk) == {}


async def test_what_finds_no_match_is_killed_with_the_amount(desk: Desk) -> None:
    fills, ended = await desk.trade_now(terms(BUY, FAK, "0.52", "20"))
    assert [str(fill.size) for fill in fills] == ["30.00"]
    assert ended is not None
    assert ended.state is OrderState.CANCELLED
    assert ended.reason == "killed: 4.40 of 20.00 USD found no match"


async def test_nothing_to_match_is_a_refusal_in_the_venues_words(desk: Desk) -> None:
    fills, ended = await desk.trade_now(terms(BUY, FAK, "0.51", "20"))
    assert not fills
    assert ended is not None
    assert ended.state is OrderState.REJECTED
    assert ended.reason.startswith("no orders found to match with FAK order.")


async def test_fok_fills_whole_or_not_at_all(desk: Desk) -> None:
    fills, ended = await desk.trade_now(terms(BUY, FOK, "0.53", "42.11"), "1")
    assert not fills
    assert ended is not None
    assert ended.reason.startswith("order couldn't be fully filled.")
    fills, ended = await desk.trade_now(terms(BUY, FOK, "0.53", "42.10"), "2")
    assert [str(fill.size) for fill in fills] == ["30.00", "50.00"]
    assert ended is not None
    assert ended.state is OrderState.FILLED


async def test_an_order_acts_one_latency_later_and_is_heard_of_one_more_later(desk: Desk) -> None:
    _, order_hash = await desk.send(terms(BUY, FAK, "0.52", "5.20"))
    assert 200_000 <= desk.venue.next_due_us - desk.now_us <= 300_000
    acts_us = desk.venue.next_due_us
    assert not desk.venue.advance(acts_us - 1)
    assert not desk.venue.advance(acts_us)
    told_us = desk.venue.next_due_us
    assert told_us - acts_us == acts_us - desk.now_us
    filled, ended = desk.venue.advance(told_us)
    assert (filled.at_us, filled.frame) == (told_us, desk.frame)
    assert isinstance(ended, OrderEnded)
    assert ended.order_hash == order_hash


async def test_an_order_meets_the_book_of_when_it_acts(desk: Desk) -> None:
    """Not the book it was decided on: that is what the latency is for."""
    await desk.send(terms(BUY, FAK, "0.53", "5.30"))
    desk.now_us += 100_000
    desk.book("0.50x100", "0.53x100")
    fills = [one for one in desk.wait() if not isinstance(one, OrderEnded)]
    assert [str(one.fill.price) for one in fills if hasattr(one, "fill")] == ["0.53"]


async def test_what_was_taken_stays_taken_until_the_recorded_size_changes(desk: Desk) -> None:
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "10.40"), "1")
    desk.level(SELL, "0.52", "30")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "10.40"), "2")
    assert [str(fill.size) for fill in fills] == ["10.00"]
    desk.level(SELL, "0.52", "31")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "10.40"), "3")
    assert [str(fill.size) for fill in fills] == ["20.00"]


async def test_what_was_taken_stays_taken_through_a_snapshot_of_the_same_size(desk: Desk) -> None:
    await desk.trade_now(terms(BUY, FAK, "0.52", "15.60"), "1")
    desk.book("0.50x100 0.49x100", "0.52x30 0.53x40")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.53", "30"), "2")
    assert [(str(fill.price), str(fill.size)) for fill in fills] == [("0.53", "40.00")]


async def test_what_was_taken_is_gone_from_the_other_outcomes_book(desk: Desk) -> None:
    """An ask of Up at 0.52 is a bid for Down at 0.48: there is only one of it."""
    await desk.trade_now(terms(BUY, FAK, "0.50", "20", DOWN), "1")
    await desk.trade_now(terms(BUY, FAK, "0.52", "10.40"), "2")
    fills, _ = await desk.trade_now(terms(SELL, FAK, "0.48", "40", DOWN), "3")
    assert [(str(fill.price), str(fill.size)) for fill in fills] == [("0.48", "10.00")]


async def test_what_was_taken_stays_taken_while_the_book_is_lost(desk: Desk) -> None:
    """A book that was cleared and comes back the same says nothing new about a level."""
    await desk.trade_now(terms(BUY, FAK, "0.52", "15.60"), "1")
    desk.tick("0.05")
    desk.tick("0.01")
    desk.book("0.50x100", "0.525x30")
    desk.book("0.50x100", "0.52x30 0.53x50")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "2")
    assert not fills
    desk.book("0.50x100", "0.52x29 0.53x50")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "3")
    assert [str(fill.size) for fill in fills] == ["10.00"]


async def test_a_grid_that_does_not_divide_a_dollar_is_not_believed(desk: Desk) -> None:
    desk.tick("0.03")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "1")
    assert not fills
    desk.book("0.50x100", "0.52x30")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "2")
    assert fills


async def test_a_market_listed_again_with_another_grid_moves_to_it(desk: Desk) -> None:
    desk.see(MarketSeen(*desk.stamp(), replace(MARKET, tick=Price.parse("0.001"))))
    desk.level(SELL, "0.515", "10")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.515", "5.15"))
    assert fills


async def test_books_of_tokens_nobody_listed_are_left_alone(desk: Desk) -> None:
    other = TokenId("other")
    desk.book("0.50x1", "0.52x1", other)
    desk.level(SELL, "0.52", "1", other)
    desk.tick("0.001", other)
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"))
    assert fills


async def test_nothing_is_taken_from_a_book_that_is_not_whole_or_crossed(desk: Desk) -> None:
    desk.see(FrameRefused(*desk.stamp(), "gap", "", (UP,)))
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.53", "5.30"), "1")
    assert not fills
    desk.book("0.54x100", "0.52x100")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.53", "5.30"), "2")
    assert not fills


async def test_a_level_off_the_grid_makes_the_book_untrue_until_the_next_snapshot(
    desk: Desk,
) -> None:
    desk.level(SELL, "0.525", "10")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.53", "5.30"), "1")
    assert not fills
    desk.book("0.50x1", "0.525x10")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.53", "5.30"), "2")
    assert not fills
    desk.book("0.50x1", "0.52x10")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.53", "5.30"), "3")
    assert fills


async def test_never_more_money_is_spent_than_there_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path, cash="10")
    desk.book("0.50x100", "0.52x100")
    fills, ended = await desk.trade_now(terms(BUY, FAK, "0.52", "10"), "1")
    assert not fills
    assert ended is not None
    assert ended.state is OrderState.REJECTED
    assert ended.reason.startswith("not enough balance / allowance: the balance is not enough")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "9.50"), "2")
    assert fills


async def test_never_more_shares_are_sold_than_are_held(desk: Desk) -> None:
    await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "1")
    fills, ended = await desk.trade_now(terms(SELL, FAK, "0.50", "10.01"), "2")
    assert not fills
    assert ended is not None
    assert "balance: 10.00, order amount: 10.01" in ended.reason


async def test_a_sale_that_would_not_pay_its_own_fee_needs_the_cash_for_it(tmp_path: Path) -> None:
    dear = replace(MARKET, fees=FeeSchedule(3_000_000, 1, taker_only=True))
    desk = Desk(tmp_path, cash="12.70", market=dear)
    desk.book("0.50x100", "0.52x100")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "1")
    assert fills
    fills, ended = await desk.trade_now(terms(SELL, FAK, "0.50", "10"), "2")
    assert not fills
    assert ended is not None
    assert ended.reason.startswith("not enough balance")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (terms(BUY, FAK, "0.525", "5"), "Price (0.525) breaks minimum tick size rule: 0.01"),
        (terms(BUY, FAK, "0.52", "0.99"), "invalid amount for a marketable BUY order ($0.99)"),
        (terms(BUY, GTC, "0.40", "4.99"), "Size (4.99) lower than the minimum: 5.00"),
        (replace(terms(BUY, GTC, "0.40", "5"), token=DOWN), "token down is not up of"),
        (
            replace(terms(BUY, GTC, "0.40", "5"), market_id=MarketId("other")),
            "market other is not known",
        ),
    ],
)
async def test_what_is_wrong_on_sight_is_rejected_and_leaves_no_trace(
    desk: Desk, asked: Terms, text: str
) -> None:
    answer, order_hash = await desk.send(asked)
    assert isinstance(answer, Rejected)
    assert text in answer.reason
    view = await desk.venue.view([order_hash], 0)
    assert (view.seen, view.open_orders) == (frozenset(), ())
    assert desk.venue.idle


async def test_a_body_that_is_not_ours_is_rejected(desk: Desk) -> None:
    prepared = desk.prepare(terms(BUY, FAK, "0.52", "5"))
    for broken in (
        replace(prepared, body="{}"),
        replace(prepared, body=prepared.body.replace('"salt":1', '"salt":2')),
        replace(prepared, body=prepared.body.replace('"price":520000', '"price":0')),
    ):
        answer = await desk.venue.submit(broken)
        assert isinstance(answer, Rejected)
        assert answer.reason.startswith("Invalid order payload")


async def test_a_closed_market_takes_no_order(desk: Desk) -> None:
    desk.see(MarketSeen(*desk.stamp(), replace(MARKET, accepting_orders=False)))
    answer, _ = await desk.send(terms(BUY, FAK, "0.52", "5"))
    assert isinstance(answer, Rejected)
    assert answer.reason.endswith("is closed for orders")


async def test_an_order_that_arrives_after_the_window_is_refused(tmp_path: Path) -> None:
    short = replace(MARKET, window=MarketWindow(0, SECOND + 100_000))
    desk = Desk(tmp_path, market=short)
    desk.book("0.50x100", "0.52x100")
    answer, _ = await desk.send(terms(BUY, FAK, "0.52", "5"))
    assert isinstance(answer, Accepted)
    ended = desk.wait()[-1]
    assert isinstance(ended, OrderEnded)
    assert (ended.state, ended.reason) == (
        OrderState.REJECTED,
        "market btc-updown-15m-0 is closed for orders",
    )


async def test_an_order_on_its_way_is_refused_when_the_market_resolves_before_it(
    desk: Desk,
) -> None:
    await desk.send(terms(BUY, FAK, "0.52", "5"))
    desk.resolve(Outcome.UP)
    ended = desk.wait()[-1]
    assert isinstance(ended, OrderEnded)
    assert ended.reason == "market market is not known or already resolved"


async def test_an_order_on_its_way_is_refused_when_the_grid_changes_before_it(desk: Desk) -> None:
    await desk.send(terms(BUY, FAK, "0.52", "5"))
    desk.tick("0.05")
    ended = desk.wait()[-1]
    assert isinstance(ended, OrderEnded)
    assert "breaks minimum tick size rule: 0.05" in ended.reason


async def test_a_finer_grid_takes_finer_prices(desk: Desk) -> None:
    desk.tick("0.001")
    desk.level(SELL, "0.515", "10")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.515", "5.15"))
    assert [(fill.price, fill.size) for fill in fills] == [
        (Price.parse("0.515"), Shares.parse("10"))
    ]


async def test_a_resolved_market_pays_one_for_a_winner_and_nothing_for_a_loser(desk: Desk) -> None:
    await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "1")
    await desk.trade_now(terms(BUY, FAK, "0.50", "5", DOWN), "2")
    before = await cash(desk)
    assert await held(desk) == {UP: "10.00", DOWN: "10.00"}
    desk.resolve(Outcome.DOWN)
    assert await cash(desk) == before + Usd.parse("10")
    assert await held(desk) == {}


async def test_a_market_resolves_once(desk: Desk) -> None:
    await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"))
    desk.resolve(Outcome.UP)
    before = await cash(desk)
    desk.see(MarketSeen(*desk.stamp(), MARKET))
    desk.resolve(Outcome.UP)
    assert await cash(desk) == before
    answer, _ = await desk.send(terms(BUY, FAK, "0.52", "5"), "late")
    assert isinstance(answer, Rejected)


async def test_takers_pay_and_are_called_takers(desk: Desk) -> None:
    fills, _ = await desk.trade_now(terms(BUY, GTC, "0.52", "10"))
    assert [(fill.liquidity, str(fill.fee)) for fill in fills] == [(Liquidity.TAKER, "0.17472")]


async def test_a_market_without_fees_charges_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path, market=replace(MARKET, fees=FREE))
    desk.book("0.50x100", "0.52x100")
    fills, _ = await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"))
    assert [fill.fee for fill in fills] == [Usd(0)]


async def test_what_happened_first_is_told_first_whatever_the_latencies(desk: Desk) -> None:
    """Else a view could show a sale and not the purchase it sold from."""
    for number in range(20):
        await desk.send(terms(BUY, FAK, "0.52", "1"), str(number))
        desk.now_us += 5_000
    told = fills(desk.wait())
    assert len(told) >= 10
    assert [fill.filled_us for fill in told] == sorted(fill.filled_us for fill in told)
    latencies = {order.latency_us for order in sent(desk)}
    assert len(latencies) == 20


def sent(desk: Desk) -> list[PaperOrder]:
    """Return the orders as the account has them."""
    store = Store.open(desk.directory, starting_cash=Usd.parse(desk.cash), seed=7)
    orders = [one for one in store.arrivals_from(-1) if isinstance(one, PaperOrder)]
    store.close()
    return orders
