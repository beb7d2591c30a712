"""Every fault of a cancel: it is done and said, or said to be doubtful; and it can be repeated."""

import pytest

from bot.domain.order import Accepted, OrderHash
from bot.ports import Temporary
from tests.contract.live_venue.given import orders, resting, struck
from tests.contract.venue.live import LiveStage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def repeated(stage: LiveStage, order_hash: OrderHash) -> bool:
    """Cancel again; a restart lasts a moment longer."""
    try:
        return await stage.venue.cancel(order_hash)
    except Temporary:
        return False


@pytest.mark.parametrize(
    "fault",
    [
        "timeout-after-cancel", "html-502-after-cancel", "engine-restart", "rate-limited",
        "unauthorized", "cloudflare-403",
    ],
)  # fmt: skip
async def test_a_cancel_without_an_answer_is_temporary_and_repeats(
    stage: LiveStage, fault: str
) -> None:
    prepared = resting(stage)
    assert await stage.venue.submit(prepared) == Accepted("live")
    stage.ground.stand_in.post("faults", name=fault, times=1, for_s=0.05, then_s=0)
    with pytest.raises(Temporary):
        await stage.venue.cancel(prepared.order_hash)
    assert struck(stage, fault)
    stage.ground.stand_in.disarm()
    while not await repeated(stage, prepared.order_hash):
        pass
    assert [order["status"] for order in orders(stage, prepared.order_hash)] == ["CANCELED"]


async def test_an_order_the_venue_keeps_is_still_open(stage: LiveStage) -> None:
    prepared = resting(stage)
    assert await stage.venue.submit(prepared) == Accepted("live")
    stage.ground.stand_in.strike("not-cancelled")
    assert not await stage.venue.cancel(prepared.order_hash)
    assert await stage.venue.cancel(prepared.order_hash)


@pytest.mark.parametrize(
    "fault", ["timeout-after-cancel", "html-502-after-cancel", "not-cancelled"]
)
async def test_cancel_all_never_says_done_where_it_is_not_known(
    stage: LiveStage, fault: str
) -> None:
    for _ in range(3):
        assert await stage.venue.submit(resting(stage)) == Accepted("live")
    stage.ground.stand_in.strike(fault)
    with pytest.raises(Temporary):
        await stage.venue.cancel_all()
    await stage.venue.cancel_all()
    assert (await stage.venue.view([], 0)).open_orders == ()


async def test_cancels_work_while_orders_do_not(stage: LiveStage) -> None:
    prepared = resting(stage)
    assert await stage.venue.submit(prepared) == Accepted("live")
    stage.ground.stand_in.post("faults", name="cancel-only", times=1, for_s=0.5)
    await stage.venue.submit(resting(stage))
    assert await stage.venue.cancel_all() == (prepared.order_hash,)
