"""A market feed with the paper venue's answers at their place in time.

Lazy: the next event is made only after the one before it was handled and its effects carried out,
so that an order sent in answer to one finds its place among those that follow. Ties go to the
venue. It decides nothing.
"""

from collections.abc import AsyncIterator, Iterable, Iterator

from bot.adapters.paper.venue import PaperVenue
from bot.domain.event import Event, Together, VenueEvent
from bot.ports import MarketFeed


class PaperFeed:
    """What happens outside, and to our orders; a `MarketFeed`."""

    def __init__(self, feed: MarketFeed, venue: PaperVenue) -> None:
        """Put `venue` behind `feed`."""
        self._feed = feed
        self._venue = venue

    async def batches(self, first_frame: int) -> AsyncIterator[Iterable[Event]]:
        """Yield the feed's batches with the venue's events before what they precede.

        After the feed has ended, what is still due comes in one more batch.

        Raises:
            CommitUnknown: the venue's store failed; stop.

        """
        async for batch in self._feed.batches(first_frame):
            yield self._merged(batch)
        yield self._rest()

    def _merged(self, batch: Iterable[Event]) -> Iterator[Event]:
        machine = self._venue.machine
        observe = machine.observe
        for event in batch:
            if isinstance(event, VenueEvent):  # a live feed has asked the venue itself
                yield event
                continue
            if machine.next_due_us <= event.at_us:
                yield from self._venue.told(event.at_us)
            if isinstance(event, Together):
                for part in event.parts:
                    observe(part)
            else:
                observe(event)
            yield event

    def _rest(self) -> Iterator[Event]:
        while not self._venue.idle:
            yield from self._venue.told(self._venue.next_due_us)
