"""The heartbeat's wire: how an engine proves to its watchdog that its loop goes on.

A pipe that the engine inherits; POLY_HEARTBEAT is the number of its end. One line a beat, ASCII,
shorter than PIPE_BUF, so that a line is written whole or not at all:

    beat <phase> <frame> <seq>
    trip <cause> <detail to the end of the line>

Beats are written by the loop itself, at the places where it makes progress, and never by a thread
or a timer of their own: a thread beats on while the loop hangs.
"""

import contextlib
import os
import select
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

VARIABLE: Final = "POLY_HEARTBEAT"
BEAT_EVERY_S: Final = 0.1
"""More often is not written, so that a beat per event costs a look at the clock."""
LINE_MAX: Final = 500
"""Shorter than PIPE_BUF (at least 512), which makes a write atomic. Source: pipe(7)."""
TRIP_WAIT_S: Final = 1.0


class Phase(StrEnum):
    """What the engine is at."""

    BOOT = "boot"
    WAITING = "waiting"
    """For the lock of the data directory."""
    CHECKING = "checking"
    RECONCILING = "reconciling"
    CATCHING_UP = "catching_up"
    TRADING = "trading"
    HALTED = "halted"
    """Started, reconciled, and not trading."""
    STOPPING = "stopping"


READY: Final = frozenset({Phase.TRADING, Phase.HALTED})
"""From here on silence is a hung engine; before, the longer bound of the boot holds."""


@dataclass(frozen=True, slots=True)
class Beat:
    """Progress: where the loop is."""

    phase: Phase
    frame: int
    seq: int


@dataclass(frozen=True, slots=True)
class TripAsked:
    """The engine itself asks to be stopped for good."""

    cause: str
    detail: str


class Heart:
    """The engine's end; without a watchdog every call does nothing."""

    def __init__(self, pipe: int | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """Write to a pipe, None for nobody."""
        self._pipe = pipe
        self._now = now
        self._due = 0.0
        self._phase = Phase.BOOT
        if pipe is not None:
            os.set_blocking(pipe, False)

    @classmethod
    def inherited(cls, number: str) -> Self:
        """Return the heart for what POLY_HEARTBEAT says; an empty or stale number is nobody."""
        if not number.isdecimal():
            return cls()
        try:
            os.fstat(int(number))
            os.set_inheritable(int(number), False)  # noqa: FBT003 - its one form
        except OSError:
            return cls()
        return cls(int(number))

    @property
    def heard(self) -> bool:
        """Say whether there is anybody to beat for."""
        return self._pipe is not None

    def beat(self, phase: Phase | None = None, *, frame: int = 0, seq: int = 0) -> None:
        """Say that the loop goes on; a new phase is said at once, the same one ten times a second.

        Never waits: a full pipe means that the watchdog does not read, which is its own affair.
        """
        if self._pipe is None:
            return
        at = self._now()
        if at < self._due and phase in {None, self._phase}:
            return
        self._due = at + BEAT_EVERY_S
        self._phase = phase or self._phase
        self._write(f"beat {self._phase.value} {frame} {seq}\n")

    def trip(self, cause: str, detail: str) -> bool:
        """Ask for the kill switch: drawdown, divergence, a bug; say whether the line got out."""
        line = " ".join(f"trip {cause} {detail}".encode("ascii", "replace").decode().split())
        if self._pipe is None:
            return False
        with contextlib.suppress(OSError):
            select.select((), (self._pipe,), (), TRIP_WAIT_S)
        return self._write(line[: LINE_MAX - 1] + "\n")

    def _write(self, line: str) -> bool:
        if self._pipe is None:
            return False
        try:
            os.write(self._pipe, line.encode("ascii"))
        except BlockingIOError:
            return False
        except OSError:  # nobody reads any more: the death of the parent ends us anyway
            self._pipe = None
            return False
        return True


class Pulse:
    """The watchdog's end: puts lines together and understands them."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[Beat | TripAsked]:
        """Yield what complete lines say; a line that is none of ours is no beat."""
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()[-LINE_MAX:]
        for line in lines:
            said = _understood(line.decode("ascii", "replace"))
            if said is not None:
                yield said


def _understood(line: str) -> Beat | TripAsked | None:
    match line.split(" "):
        case ["beat", phase, frame, seq] if phase in set(Phase):
            if frame.isdecimal() and seq.isdecimal():
                return Beat(Phase(phase), int(frame), int(seq))
        case ["trip", cause, *detail] if cause:
            return TripAsked(cause, " ".join(detail))
        case _:
            pass
    return None
