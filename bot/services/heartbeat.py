"""Beats while the loop waits: for a commit, for the venue, for whatever comes next.

Only what the loop itself awaits may beat, and no longer than that may take: a wait without a bound
beside a beat without a bound would look like work for ever.
"""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from bot.watchdog.beat import BEAT_EVERY_S, Heart

COMMIT_S_MAX: Final = 10.0
"""A commit that takes longer is a hung disk: beats end, and the watchdog acts."""
VENUE_S_MAX: Final = 60.0
"""Longer than any call to the venue may take, answers of several pages included."""
Result = TypeVar("Result")


async def beating(
    heart: Heart, awaited: Awaitable[Result], *, most_s: float = COMMIT_S_MAX
) -> Result:
    """Await something, beating for at most `most_s` seconds of it; without a watchdog just await.

    Raises:
        Exception: whatever is awaited raises.

    """
    if not heart.heard:
        return await awaited
    task = asyncio.ensure_future(awaited)
    looks = int(most_s / BEAT_EVERY_S)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=BEAT_EVERY_S)
            looks -= 1
            if looks > 0:
                heart.beat()
    finally:
        if not task.done():
            task.cancel()
    return task.result()
