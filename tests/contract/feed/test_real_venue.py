"""The same claims of the real venue, read-only: only where somebody asks for it.

REAL_POLYMARKET=1 pytest tests/contract/feed/test_real_venue.py
"""

import asyncio
import os
from pathlib import Path

import pytest

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.feed.feed import LiveFeed
from bot.adapters.polymarket.feed.place import Ground, Places
from bot.adapters.replay.inspection import inspect_recording
from bot.adapters.replay.recorder import Recorder, parts
from bot.domain.event import BookChanged, BookReplaced, MarketSeen
from tests.contract.feed.ear import Ear
from tests.contract.feed.standin import wall_us

pytestmark = [
    pytest.mark.skipif("REAL_POLYMARKET" not in os.environ, reason="REAL_POLYMARKET is not set"),
    pytest.mark.enable_socket,
]


async def test_the_real_venue_is_heard_and_recorded_without_an_account(tmp_path: Path) -> None:
    ear = Ear()
    tape = Recorder(tmp_path, lambda event, detail: pytest.fail(f"{event} {detail}"))
    ground = Ground(Places(), MarketClock.real(wall_us), ear.tell, ("btc-15m", "btc-5m"))
    async with LiveFeed(ground, tape) as feed:
        listening = asyncio.create_task(ear.listen(feed))
        await ear.until(lambda: len(ear.of(MarketSeen)) >= 4, "open and next windows")
        await ear.until(lambda: len(ear.of(BookReplaced)) >= 8, "their books")
        await ear.until(lambda: len(ear.of(BookChanged)) > 100, "changes")
        await feed.close()
        await listening
    tape.close()
    [part] = parts(tmp_path)
    report = inspect_recording(part)
    assert not [one for one in report.anomalies if one.kind in {"bad_frame", "unknown_event"}]
