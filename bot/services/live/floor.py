"""The one place where anybody beside the loop changes something: one event at a time.

The market's next event is made and handled under the same lock, so that the recording holds the
order in which things were handled, whoever brought them.
"""

import asyncio

from bot.domain.entry import Entry
from bot.domain.event import Event
from bot.services.loop import Loop


class Floor:
    """The loop for others. Whoever holds `lock` already must use the loop itself."""

    def __init__(self, loop: Loop) -> None:
        """Stand before a loop."""
        self._loop = loop
        self.lock = asyncio.Lock()

    @property
    def frame(self) -> int:
        """Return the last frame handled."""
        return self._loop.frame

    @property
    def at_us(self) -> int:
        """Return the time of the last event handled."""
        return self._loop.at_us

    async def carry(self, event: Event) -> None:
        """Take one event all the way; waits for the one under way."""
        async with self.lock:
            await self._loop.carry(event)

    async def record(self, *entries: Entry) -> None:
        """Make entries durable that decide nothing."""
        async with self.lock:
            await self._loop.record(*entries)

    async def checkpoint(self) -> None:
        """Say durably how far frames were handled, unless that is on disk already."""
        async with self.lock:
            await self._loop.checkpoint()
