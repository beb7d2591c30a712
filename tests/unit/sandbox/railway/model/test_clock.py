"""The clock: real, but for what it was pushed forward; and one factor for all delays."""

import asyncio
import datetime as dt

import pytest

from sandbox.railway.model.clock import SECONDS, Clock, Delays

pytestmark = pytest.mark.real_time


async def test_a_sleeper_wakes_when_time_is_pushed_past_it() -> None:
    clock = Clock()
    sleeper = asyncio.create_task(clock.sleep(48 * 3600))
    await asyncio.sleep(0)
    clock.advance(24 * 3600)
    done, _ = await asyncio.wait({sleeper}, timeout=0.05)
    assert not done
    clock.advance(24 * 3600)
    await asyncio.wait_for(sleeper, 1)


async def test_time_only_goes_forward_by_what_was_asked() -> None:
    clock = Clock()
    before = clock.now()
    clock.advance(60)
    gone = clock.now() - before
    assert dt.timedelta(seconds=60) <= gone < dt.timedelta(seconds=61)


def test_every_delay_is_scaled_by_one_factor() -> None:
    delays = Delays(scale=0.5)
    assert {name: delays.seconds(name) for name in SECONDS} == {
        name: seconds / 2 for name, seconds in SECONDS.items()
    }
