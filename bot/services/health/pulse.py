"""The engine's heartbeat, heard inside its own process: where the loop is, and since when.

Written by the loop, read by the health server's threads; each value is replaced whole. Nothing
here opens the ledger: health must be told while it cannot be opened.
"""

import time
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from bot.watchdog.beat import READY, Heart, Phase

HUNG_S: Final = 10.0
"""So long without a beat is no loop any more; the watchdog acts sooner."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Where the loop was at its last beat; `at_s` is monotonic."""

    phase: Phase
    frame: int
    seq: int
    at_s: float


class HeardHeart(Heart):
    """A heart that beats for the health server too, with or without a watchdog."""

    listened_to = False
    """Somebody asks for it: then the loop beats while it waits, with or without a watchdog."""
    _last = Pulse(Phase.BOOT, 0, 0, 0.0)

    @property
    @override
    def heard(self) -> bool:
        return self.listened_to or super().heard

    @override
    def beat(self, phase: Phase | None = None, *, frame: int = 0, seq: int = 0) -> None:
        last = self._last
        self._last = Pulse(
            phase or last.phase, frame or last.frame, seq or last.seq, time.monotonic()
        )
        super().beat(phase, frame=frame, seq=seq)

    @property
    def pulse(self) -> Pulse:
        """Return the last beat."""
        return self._last

    @property
    def silent_s(self) -> float:
        """Return the time since the last beat."""
        return time.monotonic() - self._last.at_s

    @property
    def hung(self) -> bool:
        """Say whether a loop that should beat does not; a start may be silent for longer."""
        return self.heard and self._last.phase in READY and self.silent_s > HUNG_S
