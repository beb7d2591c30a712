"""The switch is pressed after a commit and while all agree; a digest comes once a day."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.entry import AlertRaised
from bot.services.health import digest
from bot.services.health.alive import Alive

START = datetime(2026, 11, 23, 7, 59, 40, tzinfo=UTC)


class Life:
    """What the switch proves and pings, in virtual time."""

    def __init__(self) -> None:
        self.well = ""
        self.answer = ""
        self.order: list[str] = []
        self.told: list[str] = []

    async def prove(self) -> str:
        self.order.append("commit")
        return self.well

    def ping(self) -> str:
        self.order.append("ping")
        return self.answer

    def tell(self, event: str, level: str, **fields: object) -> None:
        self.told.append(f"{event} {level} {fields.get('why', '')}".strip())


async def lived(work: Awaitable[None], for_s: float) -> None:
    task = asyncio.ensure_future(work)
    await asyncio.sleep(for_s)
    task.cancel()
    await asyncio.wait({task})


async def test_each_ping_follows_a_commit() -> None:
    life = Life()
    await lived(Alive(life.ping, life.prove, every_s=60, tell=life.tell).run(), 150)
    assert life.order == ["commit", "ping"] * 3
    assert life.told == []


async def test_nothing_is_pinged_while_all_is_not_well() -> None:
    life = Life()
    life.well = "ledger and venue have not agreed for 400 s"
    await lived(Alive(life.ping, life.prove, every_s=60, tell=life.tell).run(), 150)
    assert "ping" not in life.order
    assert life.told == [f"alive.silent warning {life.well}"], "told once"


async def test_its_own_failure_is_told_and_its_end_too() -> None:
    life = Life()
    life.answer = "answered 500"
    alive = Alive(life.ping, life.prove, every_s=60, tell=life.tell)
    task = asyncio.ensure_future(alive.run())
    await asyncio.sleep(90)
    life.answer = ""
    await asyncio.sleep(90)
    task.cancel()
    await asyncio.wait({task})
    assert life.told == ["alive.silent warning answered 500", "alive.heard info"]
    assert alive.pings == 1


async def test_a_commit_that_fails_ends_the_task() -> None:
    """The crew hears of it, and the session with it."""

    async def broken() -> str:
        raise RuntimeError("disk")

    life = Life()
    with pytest.raises(RuntimeError, match="disk"):
        await Alive(life.ping, broken, every_s=60, tell=life.tell).run()


async def test_a_digest_comes_once_a_day_at_its_minute() -> None:
    raised: list[AlertRaised] = []

    async def take(alert: AlertRaised) -> None:
        raised.append(alert)

    def now() -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    await lived(digest.run(8 * 60, lambda: {"equity": "12.00 USD"}, take, now), 87_000)
    assert [one.key for one in raised] == [
        "digest 2026-11-23 08:00", "digest 2026-11-24 08:00",
    ]  # fmt: skip
    assert raised[0].detail == "equity: 12.00 USD"


def test_a_digest_of_a_time_before_the_start_is_not_made_up() -> None:
    late = START + timedelta(hours=5)
    assert digest.due(late, 8 * 60) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert digest.due(START, 8 * 60) == datetime(2026, 11, 22, 8, tzinfo=UTC)
