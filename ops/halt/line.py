"""The time line of a command that does several things at once."""

import threading
import time
from collections.abc import Callable

Row = dict[str, object]


class Line:
    """Keeps what happened and when, in milliseconds since it began; tells each as it comes."""

    def __init__(self, tell: Callable[[Row], None]) -> None:
        """Begin now."""
        self._tell = tell
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self.rows: list[Row] = []

    def ms(self) -> float:
        """Return the time since the beginning."""
        return round((time.monotonic() - self._began) * 1000, 1)

    def add(self, step: str, **fields: object) -> None:
        """Keep and tell a step; safe from any thread."""
        row: Row = {"step": step, "ms": self.ms(), **fields}
        with self._lock:
            self.rows.append(row)
            self._tell(row)
