"""The merged feed: what the venue says stands where it belongs in time."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from bot.adapters.paper.feed import PaperFeed
from bot.domain.event import BookReplaced, Event, OrderEnded, OrderFilled, TimerFired
from tests.unit.bot.adapters.paper.desk import BUY, FAK, GTC, SECOND, SELL, UP, Desk, levels, terms

BOOK = (levels("0.50x100"), levels("0.52x100"))


class Tape:
    """Events as a market feed of one batch."""

    def __init__(self, *events: Event) -> None:
        self.events = events

    async def batches(self, first_frame: int) -> AsyncIterator[Iterable[Event]]:
        """Yield the events from a frame on."""
        yield [event for event in self.events if event.frame >= first_frame]


def timer(frame: int, at_us: int) -> TimerFired:
    """Return an event without effect."""
    return TimerFired(frame, at_us)


async def test_ties_go_to_the_venue(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.book("0.50x100", "0.52x100")
    await desk.send(terms(BUY, FAK, "0.52", "5.20"))
    told_us = desk.now_us + 2 * (desk.venue.next_due_us - desk.now_us)
    events = [
        event
        async for batch in PaperFeed(
            Tape(timer(2, told_us - 1), timer(3, told_us), timer(4, told_us)), desk.venue
        ).batches(2)
        for event in batch
    ]
    assert [(type(event).__name__, event.frame, event.at_us) for event in events] == [
        ("TimerFired", 2, told_us - 1),
        ("OrderFilled", 2, told_us),
        ("OrderEnded", 2, told_us),
        ("TimerFired", 3, told_us),
        ("TimerFired", 4, told_us),
    ]


async def test_what_is_sent_in_answer_finds_its_place_before_the_next_event(tmp_path: Path) -> None:
    """A sale sent when the purchase is told is done and told within one long silence."""
    desk = Desk(tmp_path)
    book = BookReplaced(1, SECOND, UP, *BOOK)
    names: list[str] = []
    sold = False
    async for batch in PaperFeed(Tape(book, timer(2, 10 * SECOND)), desk.venue).batches(1):
        for event in batch:
            names.append(type(event).__name__)
            desk.now_us = event.at_us
            if isinstance(event, BookReplaced):
                await desk.send(terms(BUY, FAK, "0.52", "5.20"), "buy")
            if isinstance(event, OrderFilled) and not sold:
                sold = True
                await desk.send(terms(SELL, FAK, "0.50", "10"), "sell")
    assert names == [
        "BookReplaced", "OrderFilled", "OrderEnded", "OrderFilled", "OrderEnded", "TimerFired",
    ]  # fmt: skip


async def test_what_is_still_due_at_the_end_of_the_feed_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    told: list[Event] = []
    async for batch in PaperFeed(Tape(BookReplaced(1, SECOND, UP, *BOOK)), desk.venue).batches(1):
        for event in batch:
            told.append(event)
            desk.now_us = event.at_us
            if isinstance(event, BookReplaced):
                await desk.send(terms(BUY, GTC, "0.52", "10"), "buy")
            if isinstance(event, OrderEnded) and len(told) == 3:
                await desk.send(terms(SELL, GTC, "0.50", "10"), "sell")
    assert [type(event).__name__ for event in told] == [
        "BookReplaced", "OrderFilled", "OrderEnded", "OrderFilled", "OrderEnded",
    ]  # fmt: skip
    assert desk.venue.idle


async def test_the_ports_own_events_are_none_so_nothing_is_told_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.book("0.50x100", "0.52x100")
    assert (await desk.trade_now(terms(BUY, FAK, "0.52", "5.20")))[0]
    assert [event async for event in desk.venue.events()] == []
