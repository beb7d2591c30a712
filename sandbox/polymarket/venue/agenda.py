"""What is due when, in market time: settlements, window ends, delayed orders."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Agenda:
    """A heap of callbacks by time; those due at one time run in the order they were noted."""

    _heap: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _noted: int = 0

    def note(self, due_us: int, what: Callable[[], None]) -> None:
        """Run `what` when market time reaches `due_us`."""
        self._noted += 1
        heapq.heappush(self._heap, (due_us, self._noted, what))

    def next_us(self) -> int | None:
        """Return when the next callback is due."""
        return self._heap[0][0] if self._heap else None

    def run_next(self) -> None:
        """Run the callback that is due first."""
        heapq.heappop(self._heap)[2]()
