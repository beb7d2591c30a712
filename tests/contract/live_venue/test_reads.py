"""Every fault of a read: the view is the truth, or `Temporary`; never half, never flat."""

import pytest

from bot.domain.money import Usd
from bot.domain.order import Accepted
from bot.ports import Temporary
from tests.contract.live_venue.given import resting, struck, taking, wallet
from tests.contract.venue.live import LiveStage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    "fault",
    [
        "read-502", "read-timeout", "read-trickles", "cloudflare-403", "unauthorized", "data-429",
        "stale-balance", "data-lags", "order-late-visible",
    ],
)  # fmt: skip
async def test_a_view_is_the_truth_or_temporary(stage: LiveStage, fault: str) -> None:
    prepared = resting(stage)
    assert await stage.venue.submit(prepared) == Accepted("live")
    await stage.venue.submit(taking(stage))
    stage.ground.stand_in.step(6)
    stage.ground.stand_in.strike(fault)
    try:
        view = await stage.venue.view([prepared.order_hash], 0)
    except Temporary:
        assert struck(stage, fault)
        stage.ground.stand_in.disarm()
        view = await stage.venue.view([prepared.order_hash], 0)
    truth = wallet(stage)
    assert view.cash == Usd(truth["cash"])
    held = {token: size.micros for token, size in view.positions}
    assert held == truth["tokens"]
    assert [one.order_hash for one in view.open_orders] == [prepared.order_hash]
    assert view.seen == {prepared.order_hash}


async def test_an_order_that_is_not_listed_yet_is_not_proved(stage: LiveStage) -> None:
    prepared = resting(stage)
    stage.ground.stand_in.strike("order-late-visible")
    assert await stage.venue.submit(prepared) == Accepted("live")
    assert (await stage.venue.view([prepared.order_hash], 0)).seen == frozenset()
    stage.ground.stand_in.step(4)
    assert (await stage.venue.view([prepared.order_hash], 0)).seen == {prepared.order_hash}


async def test_a_lost_page_is_never_the_end_of_a_list(stage: LiveStage) -> None:
    stage.ground.stand_in.post("wallets", wallet=stage.connection.settings.wallet, tier="Elite")
    hashes = set()
    for number in range(120):
        prepared = resting(stage, str(5 + number))
        answer = await stage.venue.submit(prepared)
        assert answer == Accepted("live"), answer
        hashes.add(prepared.order_hash)
    stage.ground.stand_in.strike("page-lost")
    with pytest.raises(Temporary, match="page 2"):
        await stage.venue.view([], 0)
    view = await stage.venue.view(sorted(hashes), 0)
    assert {one.order_hash for one in view.open_orders} == hashes
    assert view.seen == hashes
    assert set(await stage.venue.cancel_all()) == hashes


async def test_a_won_window_is_cash_before_it_is_redeemed(stage: LiveStage) -> None:
    """The ledger is paid when a window resolves; the view says the same before the chain does."""
    ground = stage.ground
    other = await LiveStage.open(ground, timeout_s=5.0)
    await other.show((("0.50", "100"),), (("0.52", "100"),))
    await other.venue.submit(taking(other))
    ground.stand_in.step(6)
    before = await other.venue.view([], 0)
    assert [str(size) for _, size in before.positions] == ["10.00"]
    ground.stand_in.post("markets", condition_id=other.market.market_id, winner="Up")
    after = await other.venue.view([], 0)
    assert after.positions == ()
    assert after.cash == before.cash + Usd.parse("10")
    holding = await other.venue.account.holding(other.now_us())
    assert holding.chain_cash == before.cash.micros
    assert [size for _, _, size in holding.redeemable] == [10_000_000]
    await other.close()


async def test_a_lost_window_is_nothing(stage: LiveStage) -> None:
    other = await LiveStage.open(stage.ground, timeout_s=5.0)
    await other.show((("0.50", "100"),), (("0.52", "100"),))
    await other.venue.submit(taking(other))
    other.ground.stand_in.step(6)
    before = await other.venue.view([], 0)
    other.ground.stand_in.post("markets", condition_id=other.market.market_id, winner="Down")
    after = await other.venue.view([], 0)
    assert (after.positions, after.cash) == ((), before.cash)
    await other.close()
