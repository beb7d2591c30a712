"""The venue's dead man's switch over the wire: pressed, lost, or pressed by somebody else."""

import asyncio
from collections.abc import Callable

import pytest

from bot.adapters.polymarket.account.heartbeat import Heartbeat, Loss, Pace, Rival
from bot.domain.order import Accepted
from tests.contract.live_venue.given import orders, resting, struck, until
from tests.contract.polymarket_sdk.standin import Row
from tests.contract.venue.live import LiveStage

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUICK = Pace(every_s=0.1, deadline_s=0.2, fuse_s=0.7, rival_s=0.3)


class Losses:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.causes: list[Loss] = []
        self.first = asyncio.Event()

    def __call__(self, loss: Loss, _: str) -> None:
        self.causes.append(loss)
        self.first.set()


def beats(stage: LiveStage) -> Row:
    told: Row = stage.ground.stand_in.truth()["heartbeats"]
    return told


def beaten(stage: LiveStage, times: int) -> Callable[[], bool]:
    """Return a probe that is true once the venue has taken this many beats more."""
    seen: set[str] = set()

    def probe() -> bool:
        seen.add(beats(stage)[stage.account["api_key"]]["expected"])
        return len(seen) > times

    return probe


@pytest.fixture
async def other(stage: LiveStage) -> LiveStage:
    """A stage whose API key has no heartbeat yet."""
    return await LiveStage.open(stage.ground, timeout_s=1.0)


async def test_beats_are_accepted_one_after_another(other: LiveStage) -> None:
    losses = Losses()
    heart = Heartbeat(other.connection.client, losses, QUICK)
    await heart.start()
    running = asyncio.create_task(heart.run())
    await until(beaten(other, 4))
    running.cancel()
    assert losses.causes == []
    assert heart.age_s < 1
    await other.close()


async def test_another_process_with_this_key_is_found_at_boot(other: LiveStage) -> None:
    rival = Heartbeat(other.connection.client, Losses(), QUICK)
    await rival.start()
    running = asyncio.create_task(rival.run())
    with pytest.raises(Rival, match="another process"):
        await Heartbeat(other.connection.client, Losses(), QUICK).start()
    running.cancel()
    await other.close()


async def test_our_own_last_process_is_no_rival(other: LiveStage) -> None:
    await Heartbeat(other.connection.client, Losses(), QUICK).start()
    losses = Losses()
    heart = Heartbeat(other.connection.client, losses, QUICK)
    await heart.start()
    running = asyncio.create_task(heart.run())
    await until(beaten(other, 3))
    running.cancel()
    assert losses.causes == []
    await other.close()


async def test_an_id_that_somebody_else_took_halts(other: LiveStage) -> None:
    losses = Losses()
    heart = Heartbeat(other.connection.client, losses, QUICK)
    await heart.start()
    other.ground.stand_in.strike("heartbeat-id-taken")
    async with asyncio.timeout(5):
        await heart.run()
    assert losses.causes == [Loss.FOREIGN]
    await other.close()


async def test_a_hanging_call_does_not_eat_the_fuse(other: LiveStage) -> None:
    """One lost answer is made good; the switch stays pressed."""
    losses = Losses()
    heart = Heartbeat(other.connection.client, losses, QUICK)
    await heart.start()
    other.ground.stand_in.strike("heartbeat-hangs")
    running = asyncio.create_task(heart.run())
    await until(beaten(other, 3))
    running.cancel()
    assert struck(other, "heartbeat-hangs")
    assert losses.causes == []
    assert heart.age_s < 1
    await other.close()


async def test_silence_is_told_once(other: LiveStage) -> None:
    losses = Losses()
    heart = Heartbeat(other.connection.client, losses, QUICK)
    await heart.start()
    other.ground.stand_in.post("faults", name="heartbeat-hangs", rate=1)
    running = asyncio.create_task(heart.run())
    async with asyncio.timeout(5):
        await losses.first.wait()
    hung = struck(other, "heartbeat-hangs")
    await until(lambda: struck(other, "heartbeat-hangs") > hung + 2)
    running.cancel()
    other.ground.stand_in.disarm()
    assert losses.causes == [Loss.SILENT]
    await other.close()


async def test_orders_that_the_switch_cancelled_end(stage: LiveStage) -> None:
    prepared = resting(stage)
    assert await stage.venue.submit(prepared) == Accepted("live")
    await stage.look()
    stage.ground.stand_in.strike("heartbeat-expires")
    heart = Heartbeat(stage.connection.client, Losses(), QUICK)
    await heart.start()
    await until(lambda: orders(stage, prepared.order_hash)[0]["status"] != "LIVE")
    ends = [
        one for one in await stage.look() if getattr(one, "order_hash", "") == prepared.order_hash
    ]
    assert len(ends) == 1
