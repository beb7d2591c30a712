"""Memory, disk and the ledger's age: measured from outside, told when a bound is crossed.

Crossing one trips nothing. A bound is told once when it is crossed and once when it is kept again.
"""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.watchdog.kill.record import FILE_NAME
from bot.watchdog.say import say
from bot.watchdog.settings import WatchdogSettings

MB: Final = 1024 * 1024
LOOK_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """One look; -1 where a figure cannot be had."""

    engine_mb: float
    watchdog_mb: float
    disk_free_mb: float
    ledger_age_s: float


def look(directory: Path, engine_pid: int) -> Vitals:
    """Measure everything; raises nothing."""
    free = -1.0
    with contextlib.suppress(OSError):
        state = os.statvfs(directory)
        free = state.f_bavail * state.f_frsize / MB
    return Vitals(
        engine_mb=memory_mb(engine_pid),
        watchdog_mb=memory_mb(os.getpid()),
        disk_free_mb=round(free, 1),
        ledger_age_s=_age_s(directory),
    )


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process, -1 if it is gone. Source: proc_pid_statm(5)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return -1.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / MB, 1)


def _age_s(directory: Path) -> float:
    """Return how long ago anything was written to the ledger."""
    ages = [-1.0]
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        with contextlib.suppress(OSError):
            ages.append(time.time() - (directory / name).stat().st_mtime)
    return round(min((age for age in ages if age >= 0), default=-1.0), 1)


class Bounds:
    """Remembers which bound is crossed, so that each crossing is told once."""

    def __init__(self, settings: WatchdogSettings) -> None:
        """Take the bounds over; 0 is no bound."""
        self._settings = settings
        self._crossed: set[str] = set()
        self._due = 0.0
        self.last: Vitals | None = None

    def judge(self, engine_pid: int, *, trading: bool) -> bool:
        """Look once a second; True if the engine takes too much memory."""
        at = time.monotonic()
        if at < self._due:
            return False
        self._due = at + LOOK_S
        self.last = seen = look(self._settings.directory, engine_pid)
        most, least = self._settings.memory_mb_max, self._settings.disk_mb_min
        self._tell("disk_low", crossed=0 <= seen.disk_free_mb < least, value=seen.disk_free_mb)
        old = trading and seen.ledger_age_s > self._settings.ledger_age_s_max
        self._tell("ledger_old", crossed=old, value=seen.ledger_age_s)
        high = 0 < most < seen.engine_mb
        self._tell("memory_high", crossed=high, value=seen.engine_mb)
        return high

    def _tell(self, name: str, *, crossed: bool, value: float) -> None:
        if crossed == (name in self._crossed):
            return
        if crossed:
            self._crossed.add(name)
            say(f"watchdog.{name}", "warning", value=value, runbook="runbooks/watchdog.md")
        else:
            self._crossed.discard(name)
            say(f"watchdog.{name}_over", value=value)
