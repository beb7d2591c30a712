"""What the operating system says: the time, and what a directory is mounted on."""

import time
from dataclasses import dataclass
from pathlib import Path

MICRO_NS = 1_000
MOUNTS = Path("/proc/self/mountinfo")


class SystemClock:
    """UTC by the machine's clock; the port `Clock`."""

    def now_us(self) -> int:
        """Return UTC now in microseconds."""
        return time.time_ns() // MICRO_NS


def memory_mb_max(status: Path = Path("/proc/self/status")) -> int:
    """Return the most memory this process has held so far, 0 where the system does not say."""
    try:
        lines = status.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(one.split()[1]) // 1024 for one in lines if one.startswith("VmHWM:")), 0)


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount point and the device (major:minor) behind it."""

    point: str
    device: str


def mount_at(directory: Path, mounts: Path = MOUNTS) -> Mount | None:
    """Return the mount whose point is the directory itself, None if it lies inside another one.

    A bind mount shares its device with what it was taken from, so only the point is a proof.
    """
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    wanted = str(directory.resolve())
    for line in lines:
        fields = line.split(" ")
        point = fields[4].encode().decode("unicode_escape")
        if point == wanted:
            return Mount(point, fields[2])
    return None
