"""A market feed that the live venue listens to as well: ticks, resolutions, and new markets.

What orders in a market need is fetched when the market is first seen, by a task beside the trading,
so that nothing is fetched between a tick and an order.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from bot.adapters.polymarket.venue import LiveVenue
from bot.domain.event import Event, MarketSeen, Together
from bot.domain.market import Market
from bot.ports import MarketFeed


def unheard(event: Event) -> None:
    """Let nobody hear."""
    del event


class AttendedFeed:
    """What the feed says, after the venue has heard it; a `MarketFeed`."""

    def __init__(self, feed: MarketFeed, venue: LiveVenue) -> None:
        """Put the venue beside the feed."""
        self._feed = feed
        self._venue = venue
        self.heard: Callable[[Event], object] = unheard
        """Hears every event too, part by part."""
        self._seen: list[Market] = []
        self._news = asyncio.Event()

    async def batches(self, first_frame: int) -> AsyncIterator[Iterable[Event]]:
        """Yield the feed's batches."""
        async for batch in self._feed.batches(first_frame):
            yield self._attended(batch)

    def want(self, markets: Iterable[Market]) -> None:
        """Have the facts of these markets fetched and kept."""
        self._seen += markets
        self._news.set()

    async def warm(self) -> None:
        """Fetch what orders need for ever; run it as a task. `renew` tries what failed again."""
        while True:
            await self._news.wait()
            self._news.clear()
            seen, self._seen = self._seen, []
            await self._venue.warm(seen)

    def _attended(self, batch: Iterable[Event]) -> Iterator[Event]:
        for event in batch:
            if isinstance(event, Together):
                for part in event.parts:
                    self._attend(part)
            else:
                self._attend(event)
            yield event

    def _attend(self, event: Event) -> None:
        self._venue.observe(event)
        self.heard(event)
        if isinstance(event, MarketSeen):
            self.want((event.market,))
