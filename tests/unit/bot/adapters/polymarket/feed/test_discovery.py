"""Windows follow from series and clock: asked for in time, until settled, and no longer."""

import asyncio
from collections import Counter
from decimal import Decimal

from typing_extensions import override

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.feed.discovery import Discovery, Gazette
from bot.adapters.polymarket.feed.place import Ground, Notice, Places, Severity
from bot.ports import Temporary

START_S = 1_790_586_000
"""Divisible by a quarter of an hour."""


class Gamma(Gazette):
    """Lists what is in `listed` and counts the questions."""

    def __init__(self) -> None:
        self.listed: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.down = False

    @override
    async def market(self, slug: str) -> bytes | None:
        self.asked[slug] += 1
        if self.down:
            raise Temporary("no answer")
        return slug.encode() if slug in self.listed else None


class World:
    """A discovery on virtual time."""

    def __init__(self, *series: str, slugs: tuple[str, ...] = ()) -> None:
        self.gamma = Gamma()
        self.notices: list[Notice] = []
        self.found: list[str] = []
        loop = asyncio.get_running_loop()
        clock = MarketClock(0, 0, Decimal(1), lambda: int((START_S + loop.time()) * 1e6))
        ground = Ground(Places(), clock, self.notices.append, series, slugs=slugs)
        self.discovery = Discovery(ground, self.gamma, self.take)
        self.task = asyncio.create_task(self.discovery.run())

    def take(self, body: bytes) -> None:
        slug = body.decode()
        self.found.append(slug)
        self.discovery.listed(slug)

    async def until(self, second: float) -> None:
        await asyncio.sleep(second - asyncio.get_running_loop().time())

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


def slug(start_s: int, series: str = "btc-5m") -> str:
    asset, _, name = series.partition("-")
    return f"{asset}-updown-{name}-{START_S + start_s}"


async def test_the_open_window_and_the_next_are_asked_for_at_once() -> None:
    world = World("btc-5m", "eth-15m")
    await world.until(0.5)
    assert set(world.gamma.asked) == {
        slug(0), slug(300), slug(0, "eth-15m"), slug(900, "eth-15m"),
    }  # fmt: skip
    await world.end()


async def test_the_next_window_is_known_before_it_opens() -> None:
    world = World("btc-5m")
    await world.until(100)
    world.gamma.listed.add(slug(300))
    await world.until(115)
    assert slug(300) in world.found
    await world.end()


async def test_an_ended_window_is_asked_for_often_until_it_is_settled() -> None:
    world = World("btc-5m")
    world.gamma.listed.add(slug(0))
    await world.until(299)
    before = world.gamma.asked[slug(0)]
    assert before < 20
    await world.until(360)
    assert world.gamma.asked[slug(0)] - before > 20
    world.discovery.settled(slug(0))
    count = world.gamma.asked[slug(0)]
    await world.until(500)
    assert world.gamma.asked[slug(0)] == count
    await world.end()


async def test_a_window_of_an_earlier_session_is_followed_besides() -> None:
    """Also one of days ago: its position is still there."""
    old, older = slug(-3_600, "sol-15m"), slug(-259_200, "eth-5m")
    world = World("btc-5m", slugs=(old, older, "no window"))
    world.gamma.listed |= {old, older}
    await world.until(5)
    assert {old, older} <= set(world.found)
    await world.end()


async def test_a_window_that_was_never_listed_is_given_up_and_told() -> None:
    world = World("btc-5m")
    await world.until(700)
    told = [notice for notice in world.notices if notice.event == "feed.window_never_listed"]
    assert [notice.fields["slug"] for notice in told] == [slug(0)]
    assert told[0].severity is Severity.WARNING
    await world.end()


async def test_a_window_that_is_never_settled_is_told_after_a_day() -> None:
    world = World("btc-15m")
    world.gamma.listed.add(slug(0, "btc-15m"))
    await world.until(900 + 86_500)
    told = [notice for notice in world.notices if notice.event == "feed.window_never_settled"]
    assert [notice.fields["slug"] for notice in told] == [slug(0, "btc-15m")]
    assert told[0].severity is Severity.ERROR
    await world.end()


async def test_gamma_out_of_reach_is_told_once_and_so_is_its_return() -> None:
    world = World("btc-5m")
    world.gamma.down = True
    await world.until(60)
    world.gamma.down = False
    await world.until(120)
    told = [notice.event for notice in world.notices]
    assert told == ["feed.gamma_unreachable", "feed.gamma_reachable"]
    await world.end()


async def test_what_is_heard_of_a_window_is_a_reason_to_ask_now() -> None:
    world = World("btc-5m")
    world.gamma.listed.add(slug(0))
    await world.until(10)
    before = world.gamma.asked[slug(0)]
    world.discovery.hurry(slug(0))
    await world.until(12)
    assert world.gamma.asked[slug(0)] == before + 1
    await world.end()
