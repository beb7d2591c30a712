"""Looks at a session once a second, and holds trading back for as long as something is wrong.

Beside the loop: nothing here decides a trade, and nothing waits for the disk in the loop's thread.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Protocol

from bot.domain.entry import TradingState
from bot.domain.refusal import ExitCode, Refused
from bot.engine.engine import Engine
from bot.services.guard.vital import JUMP_REST_S, Vitals, judge, orders

LOOK_S: Final = 1.0
CALM_LOOKS: Final = 3
"""So many looks in a row without a cause lift it: no flicker at a bound."""
DISK: Final = "POLY_DISK_MB_MIN"
DISK_MB_MIN: Final = "64"
MB: Final = 1024 * 1024


class Holds(Protocol):
    """What is needed of the hold."""

    async def pause(self, cause: str, detail: str, state: TradingState) -> None:
        """Hold trading back for a cause."""
        ...

    async def lift(self, cause: str) -> None:
        """Take a cause away."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What is measured with; seconds but where a name says otherwise."""

    market_us: Callable[[], int]
    """Market time, which the windows are bound to."""
    frame: Callable[[], int]
    """The last frame handled."""
    disk_mb: Callable[[], int]
    """Free megabytes, -1 where that cannot be had; may take long."""
    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


class Watch:
    """The watcher of one session."""

    def __init__(
        self, engine: Engine, hold: Holds, instruments: Instruments, *, disk_mb_min: int
    ) -> None:
        """Begin with everything well."""
        self._engine = engine
        self._hold = hold
        self._by = instruments
        self._disk_mb_min = disk_mb_min
        self._frame = -1
        self._heard_at = instruments.steady()
        self._apart = instruments.wall() - instruments.steady()
        self._jumps: deque[tuple[float, float]] = deque(maxlen=100)
        self._calm: dict[str, int] = {}
        """By cause that is held for: looks in a row without it."""

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Measure once, pause for what is wrong, and lift what has been well for a while."""
        disk_mb = await asyncio.to_thread(self._by.disk_mb)
        found = judge(self._vitals(disk_mb))
        for cause, (state, detail) in found.items():
            if cause not in self._calm:
                await self._hold.pause(cause, detail, state)
            self._calm[cause] = 0
        for cause in [one for one in self._calm if one not in found]:
            self._calm[cause] += 1
            if self._calm[cause] >= CALM_LOOKS:
                del self._calm[cause]
                await self._hold.lift(cause)

    def _vitals(self, disk_mb: int) -> Vitals:
        at, market_us = self._by.steady(), self._by.market_us()
        if self._by.frame() != self._frame:
            self._frame, self._heard_at = self._by.frame(), at
        sent, failed, unknown = orders(self._engine.portfolio, market_us)
        return Vitals(
            silent_s=at - self._heard_at,
            window_open=any(
                desk.market.window.contains(market_us) for desk in self._engine.desks.values()
            ),
            jump_s=self._jump(at),
            disk_mb=disk_mb,
            disk_mb_min=self._disk_mb_min,
            sent=sent,
            failed=failed,
            unknown=unknown,
        )

    def _jump(self, at: float) -> float:
        apart = self._by.wall() - at
        self._jumps.append((at, apart - self._apart))
        self._apart = apart
        while self._jumps[0][0] < at - JUMP_REST_S:
            self._jumps.popleft()
        return max((jump for _, jump in self._jumps), key=abs)


def free_mb(folder: Path) -> int:
    """Return the free megabytes of a folder's disk, -1 if that cannot be had."""
    try:
        state = os.statvfs(folder)
    except OSError:
        return -1
    return state.f_bavail * state.f_frsize // MB


def disk_bound(environment: Mapping[str, str]) -> int:
    """Return the least free megabytes, as the watchdog reads them.

    Raises:
        Refused: no number from 0 on; USAGE.

    """
    given = environment.get(DISK) or DISK_MB_MIN
    try:
        bound = Decimal(given)
    except InvalidOperation:
        bound = Decimal(-1)
    if not bound.is_finite() or not 0 <= bound <= 1_000_000:  # noqa: PLR2004 - a terabyte
        raise Refused(f"{DISK}: must be a number of megabytes, was {given[:40]!r}", ExitCode.USAGE)
    return int(bound)
