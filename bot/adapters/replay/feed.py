"""A recording as the market feed: its lines in order, by their own clock.

The recorded time is the only time: `now_us` is that of the event last handed out. Real time is
looked at only to pace a replay that was asked to be slow. The engine's answers change nothing here.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from typing_extensions import override

from bot.adapters.replay.recording import Recording, open_recording, unknown_stream
from bot.adapters.replay.source import Tail, lines
from bot.adapters.wire.decoder import Decoder, UnknownStream
from bot.domain.event import Event, FrameRefused, MarketEvent, Together
from bot.domain.money import MICROS
from bot.domain.refusal import ExitCode, Refused
from bot.ports import Clock, MarketFeed

BATCH_LINES: Final = 1_000
PACE_STEP_S: Final = 0.001
"""Shorter waits are not worth a turn of the loop."""


class ReplayFeed(MarketFeed, Clock):
    """Hands out the events of a recording; one replay at a time."""

    def __init__(self, recording: Recording, *, speed: float = 0, ours: bool = False) -> None:
        """Replay `speed` times as fast as it was recorded, 0 for as fast as it can.

        `ours` also hands out the streams `own` and `timer` (`--as-recorded`).
        """
        if not 0 <= speed < float("inf"):
            raise Refused(f"speed must be 0 or more, was {speed}", ExitCode.USAGE)
        self.recording = recording
        self._speed = speed
        self._ours = ours
        self._decoder = Decoder(ours=ours)
        self._number = 0
        self._now_us = recording.first_us

    @classmethod
    def open(cls, path: Path, *, speed: float = 0, ours: bool = False) -> "ReplayFeed":
        """Look the recording through and return its feed; raises Refused as `open_recording`."""
        return cls(open_recording(path), speed=speed, ours=ours)

    @property
    def recording_hash(self) -> str:
        """Return what a ledger knows the recording by."""
        return self.recording.sha256

    @property
    def own_money(self) -> bool:
        """Say whether the day was lived with the venue's cash, which stands in the recording."""
        return self._ours and self.recording.own_money

    @property
    def frames_total(self) -> int:
        """Return the number of the last frame."""
        return self.recording.frames

    @property
    def ignored(self) -> int:
        """Return how many frames so far were read and say nothing to the engine."""
        return self._decoder.ignored

    @override
    def now_us(self) -> int:
        return self._now_us

    @override
    async def batches(self, first_frame: int) -> AsyncIterator[Iterable[Event]]:
        """Yield the events of frame `first_frame` and all later ones.

        Earlier lines are read only for what later ones depend on (listings, ticks, time), so the
        events are the same wherever a replay begins. Each batch has to be used up.

        Raises:
            Refused: the file cannot be read any more.

        """
        self._decoder = Decoder(ours=self._ours)
        self._number = 0
        self._now_us = self.recording.first_us
        pace = Pace(self._speed) if self._speed else None
        torn = self.recording.torn
        for group in lines(self.recording.path, Tail()):
            left = self.recording.frames - self._number
            waiting = self._skipped(group[:left], first_frame)
            while chunk := list(islice(waiting, BATCH_LINES)):
                if pace is None:
                    yield self._events(chunk)
                else:
                    async for batch in self._paced(chunk, pace):
                        yield batch
        if torn and self._number >= first_frame:
            yield (FrameRefused(self._number, self._decoder.at_us, "torn_tail", torn),)

    def _skipped(self, group: list[bytes], first_frame: int) -> Iterator[bytes]:
        """Take the lines before `first_frame` as read and return the others."""
        waiting = iter(group)
        before = max(first_frame - 1 - self._number, 0)
        for line in islice(waiting, before):
            self._number += 1
            try:
                self._decoder.skip(line, self._number)
            except UnknownStream as error:
                raise unknown_stream(self.recording.path, self._number, error.stream) from error
        self._now_us = max(self._now_us, self._decoder.at_us)
        return waiting

    def _events(self, chunk: list[bytes]) -> Iterator[Event]:
        read = self._decoder.line
        number = self._number
        last = self.recording.frames if self.recording.torn else 0
        try:
            for line in chunk:
                number += 1
                self._number = number
                events = read(line, number)
                if number == last:
                    events = [one for one in events if not isinstance(one, FrameRefused)]
                if events:
                    event = events[0] if len(events) == 1 else together(events)
                    self._now_us = event.at_us
                    yield event
        except UnknownStream as error:
            raise unknown_stream(self.recording.path, number, error.stream) from error

    async def _paced(self, chunk: list[bytes], pace: "Pace") -> AsyncIterator[Iterable[Event]]:
        """Yield the events of each line when its time has come."""
        for line in chunk:
            events = list(self._events([line]))
            if events:
                await pace.wait(events[0].at_us)
                yield events


def together(events: Sequence[Event]) -> Together:
    """Return the several events of one line as one: a frame is handled whole or not at all."""
    first = events[0]
    parts = tuple(one for one in events if isinstance(one, MarketEvent))
    return Together(first.frame, first.at_us, parts)


class Pace:
    """Real time since the first event, against recorded time."""

    def __init__(self, speed: float) -> None:
        """Let `speed` recorded seconds pass in a real one."""
        self._speed = speed
        self._first: tuple[int, float] | None = None

    async def wait(self, at_us: int) -> None:
        """Return when the recorded time has come; at once if it is late."""
        now = asyncio.get_running_loop().time()
        first_us, first = self._first = self._first or (at_us, now)
        left = (at_us - first_us) / MICROS / self._speed - (now - first)
        if left > PACE_STEP_S:
            await asyncio.sleep(left)
