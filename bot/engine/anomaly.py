"""What could not be believed, counted: said once a block of frames, and how often it came again.

Reading a day again from the start of any block counts the same.
"""

from typing import Final

from bot.domain.entry import AnomalyCounted

BLOCK_FRAMES: Final = 1_000


class Anomalies:
    """Counts of the block of frames that is under way."""

    def __init__(self) -> None:
        """Begin with the first block."""
        self.block_end = 0
        self._repeats: dict[str, int] = {}

    def seen(self, kind: str, detail: str) -> list[AnomalyCounted]:
        """Return what to record of it: it is said the first time, counted afterwards."""
        if kind in self._repeats:
            self._repeats[kind] += 1
            return []
        self._repeats[kind] = 0
        return [AnomalyCounted(kind, detail, 1)]

    def told(self, entry: AnomalyCounted) -> None:
        """Count no repeats again that are on disk: the end of the feed closed the block early."""
        if not entry.detail and self._repeats.get(entry.kind) == entry.count:
            self._repeats[entry.kind] = 0

    def close(self, frame: int) -> list[AnomalyCounted]:
        """Begin the block of this frame; return how often each repeated itself in the last one."""
        said = [AnomalyCounted(kind, "", n) for kind, n in self._repeats.items() if n]
        self._repeats = {}
        self.block_end = frame - frame % BLOCK_FRAMES + BLOCK_FRAMES
        return said
