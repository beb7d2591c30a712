"""The loop of a test: an hour passes in no time, unless the test says that it waits for real."""

import asyncio
import time

import pytest


async def test_an_hour_takes_no_time() -> None:
    began = time.monotonic()
    await asyncio.sleep(3600)
    assert asyncio.get_running_loop().time() == 3600
    assert time.monotonic() - began < 5


@pytest.mark.real_time
async def test_real_time_is_real() -> None:
    before = time.monotonic()
    await asyncio.sleep(0.01)
    assert time.monotonic() - before >= 0.009
    assert asyncio.get_running_loop().time() > 1
