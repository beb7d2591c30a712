"""The metrics: counted as things happen, read when somebody asks.

What is counted costs the loop microseconds; what has to be looked up (the ledger, the disk) is
looked up by who asks, in his thread, at most once a second.
"""

import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from bot.domain.entry import (
    AnomalyCounted,
    DriftFound,
    Entry,
    FillRecorded,
    IntentDenied,
    IntentRecorded,
    OrderChanged,
    Stamp,
)
from bot.services.health.pulse import HeardHeart
from bot.watchdog.beat import Phase

LOOK_S: Final = 1.0
COMMITS: Final = 1_000
"""Commits that the p99 is of."""
SECONDS: Final = (
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
    10.0,
)  # fmt: skip
Facts = Callable[[], dict[str, float]]
"""What the ledger says, by the name of its gauge; raises whatever it raises."""

GAUGES: Final = {
    "poly_boot": "boot epoch: how often this ledger was started",
    "poly_intents_unknown": "orders of which nobody knows whether the venue took them",
    "poly_orders_open": "orders that are not final",
    "poly_positions_open": "positions that are not closed",
    "poly_cash_usd": "cash",
    "poly_equity_usd": "cash and marked positions, at the last change of cash",
    "poly_drawdown_max_usd": "largest fall of equity from its peak",
    "poly_trading_state": "2 active, 1 reduce only, 0 halted or never traded",
    "poly_wal_bytes": "size of the ledger's write-ahead log",
    "poly_ledger_bytes": "size of the ledger",
    "poly_alerts_open": "alerts that are not sent yet",
    "poly_alerts_oldest_seconds": "age of the oldest of them",
}
"""What `Facts` may tell; what it does not tell is not a number."""
WATCHED: Final = {
    "poly_ledger_readable": "1 if the ledger could be read just now",
    "poly_commit_age_seconds": "time since the last durable commit of this process",
    "poly_commit_p99_seconds": "99th percentile of the last 1,000 commits",
    "poly_disk_free_bytes": "free space where the ledger is",
    "poly_heartbeat_age_seconds": "time since the loop's last beat",
    "poly_frame": "last frame handled",
    "poly_event": "last event of the ledger",
    "poly_reconciled_age_seconds": "time since ledger and venue last agreed",
    "poly_replica_age_seconds": "age of the newest object of the second copy",
    "poly_restore_verified_age_seconds": "time since a backup was last restored and compared",
}
PHASES: Final = tuple(Phase)
COUNTED: Final[dict[type[Entry], str]] = {
    IntentRecorded: "intent",
    IntentDenied: "denied",
    FillRecorded: "fill",
    AnomalyCounted: "anomaly",
    DriftFound: "drift",
}


class Figures:
    """Everything that is measured of one process."""

    def __init__(self, heart: HeardHeart, folder: Path) -> None:
        """Measure nothing yet; `folder` is where free space is looked at."""
        self.registry = CollectorRegistry()
        self._heart = heart
        self.folder = folder
        self._committed_s: float | None = None
        self._commits: deque[float] = deque(maxlen=COMMITS)
        self.facts: Facts = dict
        """Set when there is a ledger to ask."""
        self.agreed_age_s: Callable[[], float] = lambda: math.nan
        """Seconds since ledger and venue last agreed."""
        self.replica_s: float | None = None
        self.restored_s: float | None = None
        made = self.registry
        self._commit = Histogram(
            "poly_commit_seconds", "one durable commit", buckets=SECONDS, registry=made
        )
        self._stage = Histogram(
            "poly_order_seconds", "from the signal to a stage of the order", ["stage"],
            buckets=SECONDS, registry=made,
        )  # fmt: skip
        self._events = Counter(
            "poly_events", "durable events of the trade", ["event"], registry=made
        )
        self._scrape = Gauge("poly_scrape_seconds", "what the last scrape cost", registry=made)
        made.register(_Looked(self))

    def observe(self, entries: Sequence[Entry], _: Stamp) -> None:
        """Count what has become durable."""
        for entry in entries:
            name = _counted(entry)
            if name:
                self._events.labels(name).inc()

    def stage(self, stage: str, took_us: int) -> None:
        """Take in how long after the signal an order reached a stage."""
        self._stage.labels(stage).observe(max(took_us, 0) / 1e6)

    def committed(self, took_s: float) -> None:
        """Take in one commit; called by the thread that made it."""
        self._committed_s = time.monotonic()
        self._commits.append(took_s)
        self._commit.observe(took_s)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        begun = time.perf_counter()
        text = generate_latest(self.registry)
        self._scrape.set(time.perf_counter() - begun)
        return text

    def watched(self) -> dict[str, float]:
        """Return what needs no ledger."""
        pulse = self._heart.pulse
        return {
            "poly_commit_age_seconds": _age(self._committed_s),
            "poly_commit_p99_seconds": _p99(list(self._commits)),
            "poly_disk_free_bytes": _free(self.folder),
            "poly_heartbeat_age_seconds": self._heart.silent_s,
            "poly_frame": pulse.frame,
            "poly_event": pulse.seq,
            "poly_reconciled_age_seconds": self.agreed_age_s(),
            "poly_replica_age_seconds": _age(self.replica_s),
            "poly_restore_verified_age_seconds": _age(self.restored_s),
        }

    @property
    def phase(self) -> Phase:
        """Return what the loop is at."""
        return self._heart.pulse.phase


class _Looked(Collector):
    """What is looked up when somebody asks."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._lock = threading.Lock()
        self._facts: dict[str, float] = {}
        self._readable = 0.0
        self._due_s = 0.0

    def _look(self) -> dict[str, float]:
        with self._lock:
            if time.monotonic() >= self._due_s:
                self._due_s = time.monotonic() + LOOK_S
                try:
                    self._facts, self._readable = self._figures.facts(), 1.0
                except Exception:  # noqa: BLE001 - a ledger that cannot be read is a figure too
                    self._facts, self._readable = {}, 0.0
            return {"poly_ledger_readable": self._readable, **self._facts}

    @override
    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = {**self._look(), **self._figures.watched()}
        for name, about in {**GAUGES, **WATCHED}.items():
            yield GaugeMetricFamily(name, about, value=found.get(name, math.nan))
        phases = GaugeMetricFamily("poly_phase", "1 for what the engine is at", labels=["phase"])
        for phase in PHASES:
            phases.add_metric([phase.value], 1.0 if phase is self._figures.phase else 0.0)
        yield phases

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Ask nobody at registration."""
        return iter(())


def _counted(entry: Entry) -> str:
    if isinstance(entry, OrderChanged):
        return f"order_{entry.state.value}"
    return COUNTED.get(type(entry), "")


def _age(at_s: float | None) -> float:
    return math.nan if at_s is None else time.monotonic() - at_s


def _p99(took: list[float]) -> float:
    return sorted(took)[math.ceil(len(took) * 0.99) - 1] if took else math.nan


def _free(folder: Path) -> float:
    try:
        state = os.statvfs(folder)
    except OSError:
        return math.nan
    return 1.0 * state.f_bavail * state.f_frsize
