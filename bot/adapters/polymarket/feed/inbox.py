"""What has arrived and was not handed out yet, in the order received.

Bounded by frames and by bytes: a reader that finds it full waits, so that TCP and at last the
venue push back. What concerns our own orders is always let in.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.adapters.polymarket.feed.rest import WholeBook
from bot.domain.event import TimerFired, VenueEvent
from bot.domain.market import TokenId

FRAMES_MAX: Final = 50_000
BYTES_MAX: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Frame:
    """What a vendor sent, as received."""

    at_us: int
    stream: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Doubt:
    """What the feed itself cannot believe any more; no tokens: no book is concerned."""

    at_us: int
    kind: str
    detail: str
    tokens: tuple[TokenId, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole book that was asked for."""

    at_us: int
    book: WholeBook


Item = Frame | Doubt | Answered | TimerFired | VenueEvent


class Inbox:
    """First in, first out; stamps what comes in, and its time never runs backwards."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        """Start empty."""
        self._now_us = now_us
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.at_us = 0
        """The time of what came in last."""
        self.closed = False

    def __len__(self) -> int:
        return len(self._items)

    def stamp(self) -> int:
        """Return now, or the time of the last item if the clock has stepped back."""
        self.at_us = max(self.at_us, self._now_us())
        return self.at_us

    def put(self, item: Item) -> None:
        """Let an item in; its time must be a fresh `stamp`."""
        self._items.append(item)
        if isinstance(item, Frame):
            self._bytes += len(item.payload)
            if len(self._items) >= FRAMES_MAX or self._bytes >= BYTES_MAX:
                self._room.clear()
        self._arrived.set()

    def frame(self, stream: str, payload: bytes) -> None:
        """Let a vendor's frame in."""
        self.put(Frame(self.stamp(), stream, payload))

    def doubt(self, kind: str, detail: str, tokens: tuple[TokenId, ...] = ()) -> None:
        """Let in that something cannot be believed."""
        self.put(Doubt(self.stamp(), kind, detail, tokens))

    async def room(self) -> None:
        """Return when a vendor's frame may come in."""
        await self._room.wait()

    async def arrival(self) -> None:
        """Return when there is something to hand out, or never will be again."""
        if not self._items and not self.closed:
            self._arrived.clear()
            await self._arrived.wait()

    def pop(self) -> Item:
        """Hand out the oldest item."""
        item = self._items.popleft()
        if isinstance(item, Frame):
            self._bytes -= len(item.payload)
            if len(self._items) < FRAMES_MAX // 2 and self._bytes < BYTES_MAX // 2:
                self._room.set()
        return item

    @property
    def next(self) -> Item | None:
        """Return the oldest item and leave it there."""
        return self._items[0] if self._items else None

    def close(self) -> None:
        """Let nobody wait any more."""
        self.closed = True
        self._arrived.set()
        self._room.set()
