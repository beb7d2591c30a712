"""Time as the stand-in sees it, and how long Railway takes over things.

The clock is the system's plus an offset that the control port can push forward: a backup's age or
a deletion's 48 hours need no waiting. Draining, health checks and restarts of real processes are
not scaled: the process has to live through them.
"""

import asyncio
import datetime as dt
from dataclasses import dataclass, field

UTC = dt.UTC


@dataclass(slots=True)
class Clock:
    """The system's clock, moved forward by whoever holds the control token."""

    offset: dt.timedelta = dt.timedelta()
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> dt.datetime:
        """Return the time, in UTC."""
        return dt.datetime.now(UTC) + self.offset  # noqa: TID251 - this is the clock

    def advance(self, seconds: float) -> None:
        """Move forward; whoever sleeps wakes if that was long enough."""
        self.offset += dt.timedelta(seconds=seconds)
        self._moved.set()
        self._moved = asyncio.Event()

    def after(self, seconds: float) -> dt.datetime:
        """Return the time that many seconds from now."""
        return self.now() + dt.timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait until that much of this clock's time has passed."""
        due = self.after(seconds)
        while (left := (due - self.now()).total_seconds()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), left)
            except TimeoutError:
                continue


SECONDS = {
    "service_instance_visible": 1.0,
    "volume_instance_visible": 3.0,
    "volume_resize": 10.0,
    "bucket_credentials": 3.0,
    "workflow_visible": 1.0,
    "backup": 6.0,
    "restore": 20.0,
    "queue": 1.0,
    "build": 45.0,
    "image": 12.0,
    "stop": 1.0,
    "restart": 7.0,
    "create_throttle": 30.0,
    "patch": 2.0,
    "race": 2.0,
    "slow_reply": 100.0,
}
"""What Railway takes over each step, in seconds.

Measured by others in 2026: stop <= 8 s, restart 7 to 8 s, a deployment from an image about 16 s,
one creation of a kind in 30 s. The rest is of the right order, not measured.
Source: public measurements of others, collected 2026-11-22 (docs/sandbox-railway.md).
"""


@dataclass(slots=True)
class Delays:
    """Railway's own delays, made shorter by one factor for all of them."""

    scale: float = 0.02

    def seconds(self, name: str) -> float:
        """Return how long this step takes here."""
        return SECONDS[name] * self.scale
