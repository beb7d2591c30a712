"""The live market feed: everything that arrives, numbered, recorded, decoded, in one order.

A frame gets its number, which is its line in the recording, when it is handed out: so the recording
holds the order in which things were handled, and a replay as recorded decides the same again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Protocol, Self

from typing_extensions import override

from bot.adapters.polymarket.feed.discovery import Discovery
from bot.adapters.polymarket.feed.inbox import Answered, Doubt, Frame, Inbox
from bot.adapters.polymarket.feed.market import MarketStream
from bot.adapters.polymarket.feed.mirror import Mirror, Suspicion
from bot.adapters.polymarket.feed.place import Ground, Notice, Severity
from bot.adapters.polymarket.feed.price import PriceStream
from bot.adapters.polymarket.feed.rest import Rest
from bot.adapters.polymarket.feed.user import Orders, UserStream
from bot.adapters.wire.conflation import Conflation, conflatable
from bot.adapters.wire.decoder import HOLE, Decoder
from bot.domain.event import (
    BookReplaced,
    Event,
    FrameRefused,
    MarketEvent,
    MarketResolved,
    MarketSeen,
    TimerFired,
    Together,
    VenueEvent,
)
from bot.domain.market import TokenId
from bot.ports import Clock, MarketFeed

BATCH_ITEMS: Final = 256
"""Handed out before the sockets are looked at again."""
RUN_FRAMES_MAX: Final = 2_000
"""Conflated into one event at most: also a merged event has to be handled in a while."""
TIMER_S: Final = 1.0
CLOSE_S: Final = 3.0
Before = Callable[[int], Iterable[Event]]
"""What happened, by its own account, up to the time of the next item."""


class Tape(Protocol):
    """Where frames get their numbers, in a recording or not."""

    frames: int
    """The last number given."""

    def write(self, at_us: int, stream: str, payload: bytes, *, conflated: bool = False) -> int:
        """Take a frame as received and return its number, one more than the last."""
        ...

    def write_ours(self, event: FrameRefused) -> int:
        """Take what the feed itself refused and return the number of its line."""
        ...


class Untaped:
    """Numbers without a recording."""

    def __init__(self, after: int = 0) -> None:
        """Go on after a number."""
        self.frames = after

    def write(self, at_us: int, stream: str, payload: bytes, *, conflated: bool = False) -> int:
        """Count a frame."""
        del at_us, stream, payload, conflated
        self.frames += 1
        return self.frames

    def write_ours(self, event: FrameRefused) -> int:
        """Count a line of ours."""
        del event
        self.frames += 1
        return self.frames


def nothing(at_us: int) -> Iterable[Event]:
    """Return that nothing happened."""
    del at_us
    return ()


@dataclass(slots=True)
class Figures:
    """How the feed is doing."""

    frames: int = 0
    conflated: int = 0
    doubts: int = 0
    lag_us: int = 0
    """How long the last frame waited, by market time."""
    lag_us_max: int = 0


class LiveFeed(MarketFeed, Clock):
    """Sockets and polls of one venue as events; `async with` opens and closes it."""

    def __init__(
        self,
        ground: Ground,
        tape: Tape,
        *,
        before: Before = nothing,
        orders: Orders | None = None,
        since_us: int = 0,
    ) -> None:
        """Dial nothing yet.

        Args:
            ground: where, when and whom.
            tape: gives the numbers; its last one is the frame handled last.
            before: asked before each item for what came earlier, so that a paper venue's answers
                find their place in time, and in the recording.
            orders: hears what the user socket says of our own; needs credentials.
            since_us: nothing is stamped earlier, whatever the clock says after a restart.

        """
        self._ground = ground
        self._tape = tape
        self._before = before
        self._orders = orders
        self._inbox = Inbox(ground.clock.now_us)
        self._inbox.at_us = since_us
        self._rest = Rest(ground.places, ground.login)
        self._market = MarketStream(ground, self._rest, self._inbox)
        self._discovery = Discovery(ground, self._rest, self._gamma)
        self._decoder = Decoder()
        self.mirror = Mirror()
        """The books as they were handed out."""
        self._held = Conflation()
        self._run = 0
        self._frame = tape.frames
        self._gamma_said: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        self.figures = Figures()

    @override
    def now_us(self) -> int:
        return self._inbox.stamp()

    async def open(self) -> None:
        """Prove the credentials and begin to listen.

        Raises:
            Refused: the venue does not know the API key.
            Temporary: the venue cannot be asked.

        """
        ground = self._ground
        try:
            await self._rest.prove()
        except BaseException:
            await self._rest.close()
            raise
        self._inbox.put(TimerFired(self._frame, self._inbox.stamp()))
        if self._tape.frames:
            self._inbox.doubt(HOLE, "a session begins: what was said before it is not here")
        self._begin(self._discovery.run())
        self._begin(self._market.run())
        self._begin(self._timer())
        if ground.login is None:
            ground.tell(Notice(Severity.WARNING, "feed.prices_missing", {"why": "no credentials"}))
        else:
            self._begin(PriceStream(ground, ground.login, self._inbox).run())
            if self._orders is not None:
                self._begin(UserStream(ground, ground.login, self._orders, self.offer).run())

    async def close(self) -> None:
        """Stop listening, in a few seconds whatever the peers do; what waits is handed out."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        self._inbox.close()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._rest.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def offer(self, event: VenueEvent) -> None:
        """Let in what is known of an own order, at its place among everything else; never lost."""
        self._inbox.put(replace(event, at_us=self._inbox.stamp()))

    async def audit(self) -> None:
        """Compare every book with REST's now, not only every half minute."""
        await self._market.audit()

    @override
    async def batches(self, first_frame: int) -> AsyncIterator[Iterable[Event]]:
        """Yield what arrives from now on, lazily; ends when the feed is closed.

        What was said before cannot be asked for again: `first_frame` is not looked at, and numbers
        go on after the tape's last.

        Raises:
            BaseException: whatever a part of the feed has died of: a bug, never a lost connection.

        """
        del first_frame
        while True:
            await self._inbox.arrival()
            if self._broken is not None:
                raise self._broken
            if not len(self._inbox):
                return
            yield self._drained()

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = self._broken or error
            self._inbox.close()

    async def _timer(self) -> None:
        """Say that time passes, at least every second of it."""
        while True:
            await asyncio.sleep(self._ground.wall_s(TIMER_S))
            self._inbox.put(TimerFired(self._frame, self._inbox.stamp()))

    def _gamma(self, body: bytes) -> None:
        self._inbox.frame("gamma", body)

    def _drained(self) -> Iterator[Event]:
        """Hand out what waits, each item after what came before it."""
        for _ in range(BATCH_ITEMS):
            if not len(self._inbox):
                return
            item = self._inbox.pop()
            yield from self._before(item.at_us)
            if isinstance(item, Frame):
                yield from self._framed(item)
            elif isinstance(item, Doubt):
                yield self._doubted(item.at_us, (item.kind, item.detail, item.tokens))
            elif isinstance(item, Answered):
                yield from self._whole(item)
            else:
                yield replace(item, frame=self._frame)

    def _framed(self, item: Frame) -> Iterator[Event]:
        """Give a frame its number, record it, and say what it says."""
        figures = self.figures
        figures.frames += 1
        figures.lag_us = self._inbox.at_us - item.at_us
        figures.lag_us_max = max(figures.lag_us_max, figures.lag_us)
        if item.stream == "gamma":
            yield from self._listed(item)
            return
        number = self._tape.frames + 1
        if item.stream == "price":
            events = self._decoder.price(item.payload, frame=number, at_us=item.at_us)
            self._tape.write(item.at_us, item.stream, item.payload)
            yield from self._said(number, item.at_us, events)
            return
        yield from self._market_frame(item, number)

    def _market_frame(self, item: Frame, number: int) -> Iterator[Event]:
        events = self._decoder.market(item.payload, frame=number, at_us=item.at_us)
        suspicion = self.mirror.take(events, item.payload)
        held = suspicion is None and self._holds(events)
        self._tape.write(item.at_us, item.stream, item.payload, conflated=held)
        if held:
            self._run += 1
            self.figures.conflated += 1
            self._held.take(events)
            return
        if self._run:
            self._run = 0
            events = (*self._held.give(number, item.at_us), *events)
        yield from self._said(number, item.at_us, events)
        if suspicion is not None:
            yield self._doubted(item.at_us, suspicion)
            self._mend(suspicion[2])

    def _holds(self, events: Sequence[Event]) -> bool:
        """Say whether the engine can be told of this frame together with the next one."""
        following = self._inbox.next
        return (
            isinstance(following, Frame)
            and following.stream == "market"
            and (len(self._inbox) > self._ground.behind_items or self._run > 0)
            and self._run < RUN_FRAMES_MAX
            and conflatable(events)
        )

    def _listed(self, item: Frame) -> Iterator[Event]:
        """Take Gamma's answer to a poll, and record it if it says anything new."""
        number = self._tape.frames + 1
        events = self._decoder.gamma(item.payload, frame=number, at_us=item.at_us)
        refused = [one for one in events if isinstance(one, FrameRefused)]
        fresh = {f"{one.kind} {one.detail}" for one in refused} - self._gamma_said
        if len(refused) == len(events) and not fresh:
            return
        self._gamma_said = (self._gamma_said | fresh) if len(self._gamma_said) < 1_000 else fresh  # noqa: PLR2004 - kept small
        if any(one.kind == "unknown_version" for one in refused):
            # Recorded as it is, the market would make the whole recording unreadable.
            for one in refused:
                yield self._doubted(item.at_us, (one.kind, one.detail, one.tokens))
            return
        self._tape.write(item.at_us, item.stream, item.payload)
        for event in events:
            self.mirror.take((event,), b"")
            self._learn(event)
        yield from self._said(number, item.at_us, events)

    def _learn(self, event: Event) -> None:
        """Follow a market from its listing to its end."""
        if isinstance(event, MarketSeen):
            self._discovery.listed(event.market.slug)
            self._soon(self._market.follow((event.market.up, event.market.down)))
        elif isinstance(event, MarketResolved):
            market = self.mirror.over(event.market_id)
            if market is not None:
                self._discovery.settled(market.slug)
                self._soon(self._market.leave((market.up, market.down)))

    def _whole(self, item: Answered) -> Iterator[Event]:
        """Take a book that was asked for, unless the socket has said later things of it."""
        book = item.book
        seen = self.mirror.seen(book.token)
        token = TokenId(book.token)
        if seen is None or book.stamp_ms < seen.stamp_ms:
            return
        if book.hash != seen.hash:
            self._market.moved()
        if seen.book.whole:
            if not self.mirror.missed(book):
                self._market.mended(token)
                return
            detail = f"a change was missed below the best price, hash {book.hash[:20]}"
            yield self._doubted(item.at_us, ("book_mismatch", detail, (token,)))
        frame = Frame(item.at_us, "market", book.payload)
        yield from self._market_frame(frame, self._tape.frames + 1)

    def _said(self, number: int, at_us: int, events: Sequence[Event]) -> Iterator[Event]:
        """Hand out what one frame says as one event, and have mended what it spoilt."""
        self._frame = number
        if not events:
            return
        if len(events) == 1:
            yield events[0]
        else:
            parts = tuple(one for one in events if isinstance(one, MarketEvent))
            yield Together(number, at_us, parts)
        for event in events:
            if isinstance(event, FrameRefused):
                self.figures.doubts += 1
                self._mend(event.tokens)
            elif isinstance(event, BookReplaced):
                self._market.mended(event.token)
            elif isinstance(event, MarketSeen) and not event.market.accepting_orders:
                self._discovery.hurry(event.market.slug)

    def _doubted(self, at_us: int, suspicion: Suspicion) -> FrameRefused:
        """Record what the feed itself does not believe, and return it as an event."""
        kind, detail, tokens = suspicion
        self.mirror.doubt(tokens)
        event = FrameRefused(self._frame, at_us, kind, detail, tokens)
        self._tape.write_ours(event)
        self.figures.doubts += 1
        return event

    def _mend(self, tokens: Sequence[TokenId]) -> None:
        if tokens:
            self._soon(self._market.mend(tokens))

    def _soon(self, work: Coroutine[object, object, None]) -> None:
        if self._inbox.closed:
            work.close()
        else:
            self._begin(work)
