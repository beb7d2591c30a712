"""Small recordings to start a claim from."""

from collections.abc import Iterable
from pathlib import Path

import zstandard

from bot.adapters.replay.feed import ReplayFeed
from bot.domain.event import Event, Together
from tests.unit.bot.adapters.wire.frames import (
    AT_US,
    DOWN,
    book,
    change,
    gamma,
    line,
    price_change,
)

SECOND_US = 1_000_000


def day(changes: int = 6) -> list[bytes]:
    """Return the lines of one window: listed, two books, changes, the price feed, the end."""
    lines = [
        line(gamma(), "gamma"),
        line([book(DOWN), book()], at_us=AT_US + 1),
        *(
            line(price_change(change(size=str(n))), at_us=AT_US + n * SECOND_US)
            for n in range(1, changes + 1)
        ),
    ]
    closed = gamma(closed=True, outcomePrices='["1", "0"]')
    return [*lines, line(closed, "gamma", AT_US + 900 * SECOND_US)]


def write(path: Path, lines: Iterable[bytes]) -> Path:
    """Write lines, compressed in several zstd frames if the name ends so."""
    if path.suffix == ".zst":
        compressor = zstandard.ZstdCompressor()
        path.write_bytes(b"".join(compressor.compress(each + b"\n") for each in lines))
    else:
        path.write_bytes(b"".join(each + b"\n" for each in lines))
    return path


def apart(event: Event) -> tuple[Event, ...]:
    """Return what one event says, part by part."""
    return event.parts if isinstance(event, Together) else (event,)


async def events_of(feed: ReplayFeed, first_frame: int = 1) -> list[Event]:
    """Use a feed up, and take apart what frames say together."""
    return [
        part
        async for batch in feed.batches(first_frame)
        for event in batch
        for part in apart(event)
    ]
