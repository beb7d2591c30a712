"""Fills walk as their trades do: told once, confirmed or taken back once, in whatever order."""

import pytest

from bot.adapters.polymarket.account.follow import News
from bot.domain.event import FillConfirmed, FillVoided, OrderEnded, OrderFilled
from bot.domain.fill import Liquidity
from bot.domain.money import Usd
from bot.domain.order import Accepted, OrderState
from tests.contract.live_venue.given import SELL, resting, struck, taking, wallet
from tests.contract.venue.live import LiveStage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def told(stage: LiveStage, *, steps: int = 6) -> list[News]:
    """Take 10 shares, and return everything that is told over some market seconds."""
    assert isinstance(await stage.venue.submit(taking(stage)), Accepted)
    news = await stage.look()
    for _ in range(steps):
        stage.ground.stand_in.step(1.5)
        news += await stage.look()
    return news


def kinds(news: list[News]) -> list[type[News]]:
    return [type(one) for one in news if not isinstance(one, OrderEnded)]


@pytest.mark.parametrize("fault", ["", "trade-retry-mines", "phantom-lock"])
async def test_a_fill_is_provisional_until_it_is_confirmed(stage: LiveStage, fault: str) -> None:
    if fault:
        stage.ground.stand_in.strike(fault)
    news = await told(stage)
    assert kinds(news) == [OrderFilled, FillConfirmed]
    filled = news[0]
    assert isinstance(filled, OrderFilled)
    assert filled.fill.provisional
    assert filled.fill.liquidity is Liquidity.TAKER
    assert stage.venue.follower.idle


@pytest.mark.parametrize("fault", ["trade-fails", "trade-retry-fails", "trade-mined-then-fails"])
async def test_a_fill_that_fails_is_taken_back_once(stage: LiveStage, fault: str) -> None:
    before, chain = await stage.venue.view([], 0), wallet(stage)["cash"]
    stage.ground.stand_in.strike(fault)
    news = await told(stage)
    assert kinds(news) == [OrderFilled, FillVoided]
    assert struck(stage, fault)
    assert wallet(stage)["cash"] == chain
    assert stage.venue.follower.idle
    view = await stage.venue.view([], 0)
    assert (view.cash, view.positions) == (before.cash, before.positions)


async def test_a_fill_that_is_never_confirmed_stays_provisional_and_counts(
    stage: LiveStage,
) -> None:
    before = await stage.venue.view([], 0)
    stage.ground.stand_in.strike("trade-never-confirmed")
    news = await told(stage)
    assert kinds(news) == [OrderFilled]
    assert not stage.venue.follower.idle
    view = await stage.venue.view([], 0)
    filled = news[0]
    assert isinstance(filled, OrderFilled)
    assert view.cash == before.cash + filled.fill.cash


async def test_a_view_counts_a_match_before_the_chain_does(stage: LiveStage) -> None:
    before = await stage.venue.view([], 0)
    chain = wallet(stage)["cash"]
    await stage.venue.submit(taking(stage))
    assert wallet(stage)["cash"] == chain
    early = await stage.venue.view([], 0)
    stage.ground.stand_in.step(6)
    assert wallet(stage)["cash"] < chain
    late = await stage.venue.view([], 0)
    assert early.cash == late.cash < before.cash
    assert early.positions == late.positions
    assert [fill.provisional for fill in late.fills[-1:]] == [False]


async def test_a_maker_pays_no_fee_and_its_leg_is_its_own(stage: LiveStage) -> None:
    """Half of the strangers take by buying the other outcome: the trade's own side is not ours."""
    for number in range(6):
        prepared = resting(stage, str(20 + number))
        assert await stage.venue.submit(prepared) == Accepted("live")
        await stage.trade(SELL, "0.40", "5")
        stage.ground.stand_in.step(6)
        news = await stage.look()
        fills = [one.fill for one in news if isinstance(one, OrderFilled)]
        assert [(f.order_hash, str(f.price), str(f.size)) for f in fills] == [
            (prepared.order_hash, "0.40", "5.00")
        ]
        assert fills[0].fee == Usd(0)
        assert fills[0].token == stage.market.up
        assert fills[0].liquidity is Liquidity.MAKER
        await stage.venue.cancel(prepared.order_hash)
        ends = [one for one in await stage.look() if isinstance(one, OrderEnded)]
        assert [(e.state, e.reason) for e in ends] == [(OrderState.CANCELLED, "cancelled")]


async def test_what_the_engine_hears_adds_up_to_the_venues_truth(stage: LiveStage) -> None:
    """To the micro: cash by our fills is cash by the chain."""
    before = wallet(stage)["cash"]
    news = list[News]()
    for usd in ("3.33", "7.77", "1.01"):
        await stage.venue.submit(taking(stage, usd))
        news += await stage.look()
    stage.ground.stand_in.step(6)
    news += await stage.look()
    spent = sum(one.fill.cash.micros for one in news if isinstance(one, OrderFilled))
    assert wallet(stage)["cash"] == before + spent
