"""Which windows there are: asked of Gamma by slug, before they open until they are settled.

A slug follows from the series and the clock, so the next window is known before it opens; what
Gamma says of it decides everything else. Only Gamma's closed market settles (docs/recording.md).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bot.adapters.polymarket.feed.place import DURATIONS_S, Ground, Notice, Severity
from bot.adapters.wire.gamma import SLUG
from bot.domain.market import SECOND_US
from bot.ports import Temporary

AHEAD: Final = 1
"""Windows followed besides the one that is open."""
LOOK_S: Final = 1.0
NEW_S, LATE_S, KNOWN_S, CLOSING_S, CLOSED_S = 10.0, 2.0, 30.0, 2.0, 15.0
"""Seconds of market time between two questions: not listed yet, listed too late, listed, ended,
ended long ago."""
LONG_AGO_US: Final = 300 * SECOND_US
FORGET_US: Final = 24 * 3_600 * SECOND_US
ASKED_MIN: Final = 3
"""Questions before a window is given up: after a long stop every old one is long over."""
AT_ONCE: Final = 4
"""Questions under way at one time."""
FAILURES_TOLD: Final = 5


class Gazette(Protocol):
    """Where markets are looked up."""

    async def market(self, slug: str) -> bytes | None:
        """Return the market's object, None while there is none; raises Temporary."""
        ...


@dataclass(slots=True)
class Watched:
    """One window and what is known of it."""

    slug: str
    start_us: int
    end_us: int
    due_us: int = 0
    listed: bool = False
    asked: int = 0


class Discovery:
    """Asks for every window of the wanted series, and for those named besides."""

    def __init__(self, ground: Ground, gazette: Gazette, found: Callable[[bytes], None]) -> None:
        """Hand what Gamma says to `found`, as received."""
        self._ground = ground
        self._gazette = gazette
        self._found = found
        self._watched: dict[str, Watched] = {}
        self._over: dict[str, int] = {}
        self._failures = 0
        self._limit = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Look for new windows and ask what is due, until cancelled."""
        for slug in self._ground.slugs:
            self._watch(slug)
            self.listed(slug)
        while True:
            now_us = self._ground.clock.now_us()
            self._expect(now_us)
            due = [one for one in self._watched.values() if one.due_us <= now_us]
            async with asyncio.TaskGroup() as group:
                for one in due:
                    group.create_task(self._ask(one))
            await asyncio.sleep(self._ground.wall_s(LOOK_S))

    def listed(self, slug: str) -> None:
        """Take it that Gamma has listed a window."""
        if (one := self._watched.get(slug)) is not None:
            one.listed = True

    def settled(self, slug: str) -> None:
        """Ask no more about a window."""
        one = self._watched.pop(slug, None)
        if one is not None:
            self._over[slug] = one.end_us

    def hurry(self, slug: str) -> None:
        """Ask about a window now: something was heard of it."""
        if (one := self._watched.get(slug)) is not None:
            one.due_us = 0

    def _expect(self, now_us: int) -> None:
        """Begin to watch the windows that are open or next, and give up the forgotten."""
        for series in self._ground.series:
            asset, _, name = series.partition("-")
            length_s = DURATIONS_S[name]
            first = now_us // SECOND_US // length_s * length_s
            for ahead in range(AHEAD + 1):
                self._watch(f"{asset}-updown-{name}-{first + ahead * length_s}")
        for slug, one in list(self._watched.items()):
            if one.asked < ASKED_MIN:
                continue
            if now_us - one.end_us > FORGET_US:
                del self._watched[slug]
                self._tell(Severity.ERROR, "feed.window_never_settled", slug=slug)
            elif not one.listed and now_us - one.end_us > LONG_AGO_US:
                del self._watched[slug]
                self._tell(Severity.WARNING, "feed.window_never_listed", slug=slug)
        self._over = {slug: end for slug, end in self._over.items() if now_us - end < FORGET_US}

    def _watch(self, slug: str) -> None:
        read = SLUG.fullmatch(slug)
        if slug in self._watched or slug in self._over or read is None or read[2] == "4h":
            return
        start_us = int(read[3]) * SECOND_US
        self._watched[slug] = Watched(slug, start_us, start_us + DURATIONS_S[read[2]] * SECOND_US)

    async def _ask(self, one: Watched) -> None:
        async with self._limit:
            try:
                body = await self._gazette.market(one.slug)
            except Temporary as error:
                self._failed(str(error))
                body = None
            else:
                self._worked()
        one.asked += 1
        now_us = self._ground.clock.now_us()
        one.due_us = now_us + int(_pause_s(one, now_us) * SECOND_US)
        if body is not None:
            self._found(body)

    def _failed(self, why: str) -> None:
        self._failures += 1
        if self._failures == FAILURES_TOLD:
            self._tell(Severity.ERROR, "feed.gamma_unreachable", why=why)

    def _worked(self) -> None:
        if self._failures >= FAILURES_TOLD:
            self._tell(Severity.INFO, "feed.gamma_reachable")
        self._failures = 0

    def _tell(self, severity: Severity, event: str, **fields: str) -> None:
        self._ground.tell(Notice(severity, event, fields))


def _pause_s(one: Watched, now_us: int) -> float:
    if now_us >= one.end_us:
        return CLOSING_S if now_us - one.end_us < LONG_AGO_US else CLOSED_S
    if one.listed:
        return min(KNOWN_S, max((one.end_us - now_us) / SECOND_US, CLOSING_S))
    return LATE_S if now_us >= one.start_us else NEW_S
