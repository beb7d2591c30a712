"""The user socket beside REST: sooner where it works, and nothing is lost or twice where not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.feed.place import Ground as FeedGround
from bot.adapters.polymarket.feed.place import Login, Notice, Places
from bot.adapters.polymarket.feed.user import Orders, UserStream
from bot.domain.book import Side
from bot.domain.event import FillConfirmed, FillVoided, OrderFilled, VenueEvent
from bot.domain.fill import Liquidity
from bot.domain.order import Accepted
from tests.contract.feed.standin import wall_us
from tests.contract.live_venue.given import resting, taking
from tests.contract.venue.ground import Ground
from tests.contract.venue.live import SETTLED_S, LiveStage

WITHIN_S = 20.0


class Heard:
    """What the socket offered, and what was told of the connection."""

    def __init__(self) -> None:
        self.events: list[VenueEvent] = []
        self.notices: list[Notice] = []
        self._news = asyncio.Event()

    def offer(self, event: VenueEvent) -> None:
        self.events.append(event)
        self._news.set()

    def tell(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._news.set()

    def of(self, *kinds: type[VenueEvent]) -> list[VenueEvent]:
        return [one for one in self.events if isinstance(one, kinds)]

    async def until(self, probe: Callable[[], object]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not probe():
                self._news.clear()
                await self._news.wait()


class Woken:
    """The live venue, and whether it was told to look; a look is the test's to make."""

    def __init__(self, stage: LiveStage) -> None:
        self.hear = stage.venue.hear
        self.wakes = 0
        self.woken = asyncio.Event()

    def wake(self) -> None:
        self.wakes += 1
        self.woken.set()


@pytest.fixture
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveStage]:
    ground = Ground(tmp_path_factory.mktemp("ground"))
    made = await LiveStage.open(ground)
    await made.show((("0.50", "100"),), (("0.52", "100"),))
    yield made
    await made.close()
    ground.close()


@contextlib.asynccontextmanager
async def listening(stage: LiveStage) -> AsyncIterator[tuple[UserStream, Heard, Woken]]:
    """Listen until the end of the block, once the socket is there."""
    heard, orders = Heard(), Woken(stage)
    known: Orders = orders
    settings = stage.connection.settings
    own, at = settings.with_credentials(), settings.endpoints
    places = Places(at.gamma, at.clob, at.market_ws, at.user_ws, at.price_ws)
    ground = FeedGround(places, MarketClock.real(wall_us), heard.tell)
    login = Login(settings.address, own.key, own.secret, own.passphrase)
    stream = UserStream(ground, login, known, heard.offer)
    task = asyncio.create_task(stream.run())
    async with asyncio.timeout(WITHIN_S):
        await orders.woken.wait()
    try:
        yield stream, heard, orders
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()


async def test_a_taken_order_is_filled_and_confirmed(stage: LiveStage) -> None:
    async with listening(stage) as (_, heard, __):
        assert isinstance(await stage.venue.submit(taking(stage)), Accepted)
        await heard.until(lambda: heard.of(OrderFilled))
        stage.ground.stand_in.step(SETTLED_S)
        await heard.until(lambda: heard.of(FillConfirmed))
    [filled] = heard.of(OrderFilled)
    [confirmed] = heard.of(FillConfirmed)
    assert isinstance(filled, OrderFilled)
    assert isinstance(confirmed, FillConfirmed)
    assert filled.fill.liquidity is Liquidity.TAKER
    assert confirmed.fill_id == filled.fill.fill_id
    assert not await stage.look() or not heard.of(FillVoided)


async def test_a_resting_order_is_filled_as_a_maker(stage: LiveStage) -> None:
    async with listening(stage) as (_, heard, __):
        await stage.venue.submit(resting(stage))
        await stage.trade(Side.SELL, "0.40", "200")
        await heard.until(lambda: heard.of(OrderFilled))
    fills = [one.fill for one in heard.events if isinstance(one, OrderFilled)]
    assert {fill.liquidity for fill in fills} == {Liquidity.MAKER}
    assert sum(fill.size.micros for fill in fills) == 10_000_000


@pytest.mark.parametrize("fault", ["trade-fails", "trade-retry-fails", "trade-mined-then-fails"])
async def test_a_failed_trade_voids_its_fill(stage: LiveStage, fault: str) -> None:
    async with listening(stage) as (_, heard, __):
        stage.ground.stand_in.strike(fault)
        await stage.venue.submit(taking(stage))
        stage.ground.stand_in.step(SETTLED_S)
        await heard.until(lambda: heard.of(FillVoided))
    kinds = [type(one) for one in heard.events]
    assert kinds == [OrderFilled, FillVoided]


@pytest.mark.parametrize(
    "fault",
    ["user-frame-lost", "user-frame-twice", "user-frames-swapped", "user-frame-malformed",
     "socket-cut", "socket-frozen"],
)  # fmt: skip
async def test_what_the_socket_spoils_reading_finds_once(stage: LiveStage, fault: str) -> None:
    async with listening(stage) as (_, heard, __):
        stage.ground.stand_in.post("faults", name=fault, times=2)
        for _again in range(3):
            await stage.venue.submit(taking(stage))
        stage.ground.stand_in.step(SETTLED_S)
        found: list[VenueEvent] = list(await stage.look())
        told = [*heard.events, *found]
    fills = [one.fill.fill_id for one in told if isinstance(one, OrderFilled)]
    assert len(fills) == len(set(fills)) == 3
    confirmed = [one.fill_id for one in told if isinstance(one, FillConfirmed)]
    assert sorted(confirmed) == sorted(fills)


async def test_an_unreadable_frame_is_a_reason_to_look(stage: LiveStage) -> None:
    async with listening(stage) as (stream, _, orders):
        before = orders.wakes
        orders.woken.clear()
        stage.ground.stand_in.strike("user-frame-malformed")
        await stage.venue.submit(resting(stage))
        async with asyncio.timeout(WITHIN_S):
            await orders.woken.wait()
        assert stream.unread > 0
        assert orders.wakes > before


async def test_a_lost_connection_is_told_once_and_looked_up(stage: LiveStage) -> None:
    async with listening(stage) as (_, heard, orders):
        wakes = orders.wakes
        stage.ground.stand_in.strike("socket-cut")
        await stage.venue.submit(resting(stage))
        await heard.until(lambda: any(n.event == "feed.user_connected" for n in heard.notices))
        assert [n.event for n in heard.notices] == ["feed.user_lost", "feed.user_connected"]
        assert orders.wakes > wakes


async def test_credentials_that_are_dropped_again_and_again_are_told(stage: LiveStage) -> None:
    """The venue closes without a word; who trusts the socket alone waits for ever."""
    async with listening(stage) as (stream, heard, _):
        stage.ground.stand_in.post("faults", name="user-auth-refused")
        stream.drop()
        await heard.until(lambda: any(n.event == "feed.user_refused" for n in heard.notices))
