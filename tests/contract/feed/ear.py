"""A listener beside a live feed: keeps what it hands out, and waits for what a test claims."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from bot.adapters.polymarket.feed.feed import LiveFeed, Tape, Untaped
from bot.adapters.polymarket.feed.place import Notice
from bot.adapters.polymarket.feed.user import Orders
from bot.domain.event import Event, FrameRefused, Together
from tests.contract.feed.standin import StandIn

Kind = TypeVar("Kind", bound=Event)
WITHIN_S = 40.0
KEPT = 200_000


class Ear:
    """Everything heard so far, taken apart where one frame says several things."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.notices: list[Notice] = []
        self._news = asyncio.Event()

    def tell(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._news.set()

    async def listen(self, feed: LiveFeed) -> None:
        async for batch in feed.batches(1):
            for event in batch:
                self.events += event.parts if isinstance(event, Together) else (event,)
            self._news.set()
            assert len(self.events) < KEPT
            await asyncio.sleep(0)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    def refused(self, kind: str) -> list[FrameRefused]:
        return [event for event in self.of(FrameRefused) if event.kind == kind]

    def told(self, event: str) -> list[Notice]:
        return [notice for notice in self.notices if notice.event == event]

    async def until(self, probe: Callable[[], object], what: str) -> None:
        """Wait for a claim to be true, looked at after everything that is heard."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while not probe():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            heard = [notice.event for notice in self.notices[-20:]]
            refused = [f"{one.kind} {one.detail}" for one in self.of(FrameRefused)[-20:]]
            raise AssertionError(f"{what}: not within {WITHIN_S} s; {heard} {refused}") from None


@contextlib.asynccontextmanager
async def hearing(
    stand_in: StandIn, *, tape: Tape | None = None, orders: Orders | None = None, **changes: Any
) -> AsyncIterator[tuple[LiveFeed, Ear]]:
    """Listen to a stand-in until the end of the block."""
    ear = Ear()
    ground = stand_in.ground(ear.tell, **changes)
    async with LiveFeed(ground, tape or Untaped(), orders=orders) as feed:
        listening = asyncio.create_task(ear.listen(feed))
        try:
            yield feed, ear
        finally:
            await feed.close()
            await listening
