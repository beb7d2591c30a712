"""What containers use, measured from the system every few seconds."""

import datetime as dt
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from sandbox.railway.deploy.injected import region_of
from sandbox.railway.deploy.run import Run
from sandbox.railway.model.world import World
from sandbox.railway.rules import volumes

EVERY_S = 5.0
SAMPLES_MAX = 20_000
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_GB = os.sysconf("SC_PAGE_SIZE") / 1e9


@dataclass(frozen=True, slots=True)
class Sample:
    """What one deployment used over the last seconds."""

    at: dt.datetime
    covers_s: float
    tags: dict[str, str]
    values: dict[str, float]


class Meter:
    """Takes samples of everything that runs."""

    def __init__(self, world: World) -> None:
        """Nothing measured yet."""
        self._world = world
        self._cpu: dict[str, float] = {}
        self.samples: deque[Sample] = deque(maxlen=SAMPLES_MAX)

    def measure(self, runs: list[Run], covers_s: float) -> None:
        """Take one sample of each container that runs."""
        sessions = _sessions()
        for run in runs:
            pid = run.container.pid if run.container else None
            if pid is None or run.over.is_set():
                continue
            used, memory_gb = sessions.get(pid, (0.0, 0.0))
            before = self._cpu.get(run.deployment.id, used)
            self._cpu[run.deployment.id] = used
            self.samples.append(self._sample(run, max(0.0, used - before), memory_gb, covers_s))

    def _sample(self, run: Run, cpu_s: float, memory_gb: float, covers_s: float) -> Sample:
        one, volume = run.deployment, run.volume
        disk_gb = volumes.used_mb(self._world, volume) / 1e3 if volume else 0.0
        tags = {
            "projectId": one.project_id,
            "environmentId": one.environment_id,
            "serviceId": one.service_id,
            "deploymentId": one.id,
            "volumeId": volume.volume_id if volume else "",
            "region": region_of(one),
        }
        values = {
            "CPU_USAGE": cpu_s / covers_s,
            "MEMORY_USAGE_GB": memory_gb,
            "DISK_USAGE_GB": disk_gb,
            "NETWORK_TX_GB": 0.0,
            "NETWORK_RX_GB": 0.0,
            "BACKUP_USAGE_GB": self._backups_gb(volume.id if volume else ""),
            "EPHEMERAL_DISK_USAGE_GB": 0.0,
        }
        return Sample(self._world.now(), covers_s, tags, values)

    def _backups_gb(self, volume_instance_id: str) -> float:
        kept = self._world.estate.backups.values()
        return sum(b.used_mb for b in kept if b.volume_instance_id == volume_instance_id) / 1e3


def _sessions() -> dict[int, tuple[float, float]]:
    """Return CPU seconds and resident GB by session, of all processes that can be read."""
    totals: dict[int, tuple[float, float]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        session, cpu = int(fields[3]), (int(fields[11]) + int(fields[12])) / TICKS
        used, held = totals.get(session, (0.0, 0.0))
        totals[session] = (used + cpu, held + int(fields[21]) * PAGE_GB)
    return totals
