"""What the engine's shell may rely on, whatever feed it is given.

One more parameter of the fixture puts a further feed under it.
"""

import json
from pathlib import Path

import pytest

from bot.adapters.replay.feed import ReplayFeed
from bot.domain.event import (
    BookReplaced,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    Together,
)
from bot.ports import MarketFeed

AT_US = 1_790_586_000_000_000
UP, DOWN = "5" * 77, "7" * 77
LISTED = {
    "conditionId": "0xaa",
    "slug": "btc-updown-15m-1790586000",
    "version": "v1",
    "outcomes": '["Up","Down"]',
    "clobTokenIds": json.dumps([UP, DOWN]),
    "active": True,
    "closed": False,
    "acceptingOrders": True,
    "orderPriceMinTickSize": 0.01,
    "orderMinSize": 5,
    "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True},
}
BOOK = {
    "event_type": "book",
    "asset_id": UP,
    "bids": [{"price": ".48", "size": "30"}],
    "asks": [{"price": ".52", "size": "25"}],
}
BAD = BOOK | {"bids": [{"price": "-1", "size": "1"}]}
SAID: tuple[tuple[str, object, int], ...] = (
    ("gamma", LISTED, 0),
    ("market", [BOOK, BOOK | {"asset_id": DOWN}], 1),
    ("market", BAD, 2),
    ("market", BOOK, 3),
    ("market", BOOK, 1),
    ("market", BOOK, 4),
    ("gamma", LISTED | {"closed": True, "outcomePrices": '["0", "1"]'}, 5),
)
"""What the vendor said and when it was received; one frame is bad, one runs backwards."""


@pytest.fixture(params=["replay of plain", "replay of zstd"])
def feed(request: pytest.FixtureRequest, tmp_path: Path) -> MarketFeed:
    """Return a feed that says `SAID`."""
    lines = [
        json.dumps({"at_us": AT_US + at, "stream": stream, "frame": frame}) + "\n"
        for stream, frame, at in SAID
    ]
    path = tmp_path / "said.jsonl"
    content = "".join(lines).encode()
    if request.param == "replay of zstd":
        import zstandard  # noqa: PLC0415 - of one parameter

        content = zstandard.compress(content)
    path.write_bytes(content)
    return ReplayFeed.open(path)


async def everything(feed: MarketFeed, first_frame: int = 1) -> list[Event]:
    """Return all a feed says, taken apart where one frame says several things."""
    events: list[Event] = []
    async for batch in feed.batches(first_frame):
        for event in batch:
            events += event.parts if isinstance(event, Together) else (event,)
    return events


async def test_everything_said_is_handed_out_in_order(feed: MarketFeed) -> None:
    assert [(type(event), event.frame) for event in await everything(feed)] == [
        (MarketSeen, 1),
        (BookReplaced, 2),
        (BookReplaced, 2),
        (FrameRefused, 3),
        (BookReplaced, 4),
        (FrameRefused, 5),
        (BookReplaced, 6),
        (MarketResolved, 7),
    ]


async def test_neither_frame_nor_time_runs_backwards(feed: MarketFeed) -> None:
    events = await everything(feed)
    frames = [event.frame for event in events]
    times = [event.at_us for event in events]
    assert frames == sorted(frames)
    assert times == sorted(times)


async def test_what_cannot_be_believed_names_the_books_it_may_have_changed(
    feed: MarketFeed,
) -> None:
    for event in await everything(feed):
        if isinstance(event, FrameRefused):
            assert event.tokens == (UP,)
            assert event.kind
            assert event.detail


@pytest.mark.parametrize("first_frame", range(1, 9))
async def test_a_later_start_hands_out_the_same_from_there(
    feed: MarketFeed, first_frame: int
) -> None:
    """Recovery begins at the oldest unsettled window and compares with what was decided."""
    whole = [event for event in await everything(feed) if event.frame >= first_frame]
    assert await everything(feed, first_frame) == whole
