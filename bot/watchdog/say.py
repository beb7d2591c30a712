"""What the watchdog says: one JSON object a line on stdout, like the engine's, and its codes.

Saying never fails and never waits for a person: a closed or full stdout is no reason to stop.
"""

import contextlib
import json
import os
import sys
import threading
import time
from enum import IntEnum

_LOCK = threading.Lock()
_silent = threading.Event()


class Exit(IntEnum):
    """What `python -m bot.watchdog` ends with; the numbers are those of `poly --help`."""

    OK = 0
    NEGATIVE = 1
    USAGE = 2
    REFUSED = 3
    UNAVAILABLE = 4
    OUTSIDE = 5
    UNKNOWN_OUTCOME = 6
    BUG = 70


class Unfit(Exception):  # noqa: N818 - what the configuration is
    """A variable that cannot be used: one line, naming it and the remedy."""


def utc(at_us: int) -> str:
    """Return an instant as RFC 3339 with milliseconds."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_us // 1_000_000))
    return f"{whole}.{at_us // 1_000 % 1_000:03d}Z"


def now_us() -> int:
    """Return the wall's time in UTC microseconds."""
    return time.time_ns() // 1_000


def be_silent() -> None:
    """Say nothing from here on: a command of `poly` speaks for itself."""
    _silent.set()


def say(event: str, level: str = "info", **fields: object) -> None:
    """Print one line; `message` repeats `event`, because Railway's filter looks there."""
    if _silent.is_set():
        return
    line = json.dumps(
        {"event": event, "message": event, "level": level, "at": utc(now_us()), **fields},
        separators=(",", ":"),
        default=str,
    )
    # One write a line, with a bound on the wait for the lock: a stdout that nobody reads may hold
    # one thread, and the trip has others.
    if not _LOCK.acquire(timeout=1.0):
        return
    try:
        with contextlib.suppress(OSError, ValueError):
            os.write(sys.stdout.fileno(), line.encode() + b"\n")
    finally:
        _LOCK.release()
