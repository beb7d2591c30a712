"""The whole kill without a watchdog: by whoever runs it, with the watchdog's own parts.

For a watchdog that is dead, stopped or hung. What is latched, killed, cancelled and proved is the
same; only the restart (halted, by the latch) is left to whoever starts the container again.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.watchdog.child import started_ticks, state_of
from bot.watchdog.kill import latch as latches
from bot.watchdog.kill.latch import Latch
from bot.watchdog.kill.proof import REFUSALS_MOST
from bot.watchdog.kill.record import Row
from bot.watchdog.kill.trip import Trip, wait_for
from bot.watchdog.say import now_us
from bot.watchdog.venue.client import Venue

RUN_FILE: Final = "watchdog.json"
LOCK: Final = ".lock"
DEAD: Final = frozenset("ZX")
DEATH_S: Final = 5.0
LOOK_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Running:
    """What was last started in a data directory, as far as it can be told."""

    mode: str
    """Empty where nobody knows: then the venue is asked if there is anything to ask it with."""
    engine: int
    """0 where no engine runs."""


def running(folder: Path) -> Running:
    """Return what runs here: as the watchdog wrote it, else the holder of the ledger's lock."""
    mode, engine = "", 0
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        row = json.loads((folder / RUN_FILE).read_bytes())
        mode, own = str(row["mode"]), row["engine"]
        if started_ticks(int(own["pid"])) == int(own["ticks"]) != 0:
            engine = int(own["pid"])
    return Running(mode, engine or _holder(folder))


def _holder(folder: Path) -> int:
    """Return the process that holds the ledger's lock, 0 for none. Source: proc_locks(5)."""
    try:
        inode = (folder / LOCK).stat().st_ino
        held = Path("/proc/locks").read_text()
    except OSError:
        return 0
    for line in held.splitlines():
        fields = line.split()
        if "FLOCK" in fields and "->" not in fields and fields[-3].endswith(f":{inode}"):
            return max(int(fields[-4]), 0)
    return 0


def begin(folder: Path, venue: Venue | None, *, reason: str, who: str, watch_s: float) -> Trip:
    """Latch, cancel and kill at once, each beside the others; return the trip under way."""
    before = latches.read(folder)
    latch = before or Latch(
        id=latches.new_id(), cause="person", reason=reason, who=who, at_us=now_us()
    )
    trip = Trip(folder, latch, venue, watch_s=watch_s)
    trip.begin()
    how = _end(running(folder).engine)
    if how:
        trip.engine_gone(how)
    else:
        trip.tell("engine_alive", {"why": "killed, but not dead: it may be waiting for a disk"})
    return trip


def _end(pid: int) -> str:
    """Kill the engine; nobody here hears its heartbeat, so it is not asked. Empty: it lives."""
    if pid == 0:
        return "was not running"
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + DEATH_S
    while state_of(pid) not in DEAD:
        if time.monotonic() > deadline:
            return ""
        time.sleep(LOOK_S)
    return "SIGKILL"


def finish(trip: Trip, tell: Callable[[Row], None], *, proof_s: float, final_s: float) -> Row:
    """Wait for proof and end, tell each, and return how it stands.

    Credentials that the venue does not know are not tried to the end of the time: whoever waits
    has to be told, and can come back with others.
    """

    def refused() -> bool:
        return trip.refusals >= REFUSALS_MOST

    wait_for(trip, lambda: trip.settled.is_set() or refused(), proof_s)
    if refused():
        trip.given_up.set()
        wait_for(trip, trip.final.is_set, final_s)
    tell(trip.told())
    wait_for(trip, trip.final.is_set, final_s)
    if not trip.final.is_set():
        trip.given_up.set()
    return trip.told()
