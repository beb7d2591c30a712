"""One trip: latch, cancel and proof side by side, then the snapshot; told step by step.

Nothing here waits for the engine or touches its process: the caller stops it and says when it is
reaped (`engine_gone`). Nothing waits for the disk but the thread that writes to it.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bot.watchdog.kill import latch as latches
from bot.watchdog.kill import record as records
from bot.watchdog.kill import snapshot
from bot.watchdog.kill.latch import Latch
from bot.watchdog.kill.proof import WATCH_S, Emptied, Emptying
from bot.watchdog.kill.record import Record, Row
from bot.watchdog.say import now_us, say, utc
from bot.watchdog.venue.client import Venue

LATCH_S: Final = 0.5
"""How long anything waits for the latch to be on disk."""
RECORD_S: Final = 2.0
UNPROVED_S: Final = 30.0
"""After this long without a proof the snapshot is written as it is, and says so."""
LINE_MAX: Final = 400
RUNBOOK: Final = "runbooks/kill.md"


def arm(folder: Path, latch_id: str) -> None:
    """Make at boot what a trip must not have to ask a full disk for: the latch and the snapshot.

    Raises:
        OSError: it could not be made; a trip will have to find the blocks.

    """
    latches.arm(folder, latch_id)
    snapshot.arm(folder)


class Trip:
    """A kill under way; `state` goes from tripping to proved to final, or to unproved."""

    def __init__(
        self, folder: Path, latch: Latch, venue: Venue | None, *, watch_s: float = WATCH_S
    ) -> None:
        """Get ready; `venue` None where no order of ours can rest anywhere (replay, paper)."""
        self.latch = latch
        self.latched = ""
        """Empty until it is known; then `durable`, or what kept it from being so."""
        self.state = "tripping"
        self.settled = threading.Event()
        """The first snapshot was tried: the engine may be started again, halted."""
        self.final = threading.Event()
        self.given_up = threading.Event()
        self._folder = folder
        self._gone = threading.Event()
        self._latching = threading.Event()
        self._line: list[Row] = []
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._watch_s = watch_s
        self._snapshot_problem = ""
        self._record = Record(problem="not read yet")
        self._emptying = (
            None if venue is None
            else Emptying(venue, self._gone, self.tell, until=self.given_up.is_set)
        )  # fmt: skip

    @property
    def refusals(self) -> int:
        """Return how often in a row the venue did not know our credentials."""
        return 0 if self._emptying is None else self._emptying.done.refusals

    def begin(self) -> None:
        """Start everything at once; returns at once."""
        self.tell("tripped", {"cause": self.latch.cause, "reason": self.latch.reason})
        for name, work in (("latch", self._latch), ("trip", self._run)):
            threading.Thread(target=work, name=name, daemon=True).start()

    def engine_gone(self, how: str) -> None:
        """Say that the engine is reaped: from here on answers count as proof."""
        if not self._gone.is_set():
            self.tell("engine_gone", {"how": how})
            self._gone.set()

    def tell(self, step: str, fields: Row) -> None:
        """Keep a step of the time line and say it."""
        ms = round((time.monotonic() - self._began) * 1000, 1)
        with self._lock:
            if len(self._line) < LINE_MAX:
                self._line.append({"step": step, "ms": ms, "at": utc(now_us()), **fields})
        level = "error" if step in {"tripped", "unproved"} else "info"
        say(f"kill.{step}", level, ms=ms, trip=self.latch.id, runbook=RUNBOOK, **fields)

    def told(self) -> Row:
        """Return how far it is, for a person or a script."""
        with self._lock:
            line = list(self._line)
        emptied = self._emptied
        return {
            "id": self.latch.id,
            "cause": self.latch.cause,
            "state": self.state,
            "latched": self.latched,
            "open_orders": None if emptied is None or emptied.resting is None
            else len(emptied.resting),
            "cancelled": 0 if emptied is None else len(emptied.cancelled),
            "problem": self._problem(),
            "snapshot": self._snapshot_problem or str(self._folder / snapshot.NAME),
            "first_proof_ms": next((row["ms"] for row in line if row["step"] == "proof"), None),
            "time_line": line,
        }  # fmt: skip

    @property
    def _emptied(self) -> Emptied | None:
        return None if self._emptying is None else self._emptying.done

    def _problem(self) -> str:
        parts = []
        if self.latched not in {"", "durable"}:
            parts.append(f"latch: {self.latched}")
        if self._emptied is not None and self._emptied.problem:
            parts.append(f"venue: {self._emptied.problem}")
        if self._snapshot_problem:
            parts.append(f"snapshot: {self._snapshot_problem}")
        return "; ".join(parts)

    def _latch(self) -> None:
        try:
            latches.pull(self._folder, self.latch)
            self.latched = "durable"
        except OSError as error:
            self.latched = f"not durable: {error.strerror or error}"
        self._latching.set()
        self.tell("latched", {"latch": self.latched})

    def _run(self) -> None:
        reading = threading.Thread(target=self._read, name="ledger", daemon=True)
        reading.start()
        alarm = threading.Timer(UNPROVED_S, self._unproved)
        alarm.daemon = True
        alarm.start()
        proved = self._proved()
        alarm.cancel()
        self._latching.wait(LATCH_S)
        reading.join(RECORD_S)
        if not proved:
            self._unproved()
            self.final.set()
            return
        self.state = "proved"
        self.tell("proved", {"open_orders": 0 if self._emptying else None})
        self._snapshot()
        self.settled.set()
        self._end()

    def _proved(self) -> bool:
        if self._emptying is not None:
            return self._emptying.prove()
        return self._wait_for_engine()

    def _wait_for_engine(self) -> bool:
        while not self._gone.wait(0.5):
            if self.given_up.is_set():
                return False
        return True

    def _end(self) -> None:
        # A ledger that could not be read may hold intents without an answer.
        doubtful = self._record.unanswered or self._record.problem not in {"", records.ABSENT}
        if self._emptying is not None and doubtful:
            self.tell("watching", {"for_s": self._watch_s, "hashes": self._record.unanswered})
            if not self._emptying.watch(self._watch_s):
                self._unproved()
                self.final.set()
                return
        self.state = "final"
        self.tell("final", {"late": list(self._emptied.late) if self._emptied else []})
        self._snapshot()
        self.final.set()

    def _unproved(self) -> None:
        if self.state == "tripping":
            self.state = "unproved"
        self.tell("unproved", {"problem": self._problem() or "the engine has not ended"})
        self._snapshot()
        self.settled.set()

    def _read(self) -> None:
        self._record = records.read(self._folder)

    def _snapshot(self) -> None:
        """Write it from a thread of its own: a disk that hangs must not hold the proof up."""
        writing = threading.Thread(target=self._write, name="snapshot", daemon=True)
        writing.start()
        writing.join(RECORD_S)
        if writing.is_alive():
            self._snapshot_problem = f"not written within {RECORD_S:.0f} s"

    def _write(self) -> None:
        with self._lock:
            line = list(self._line)
        trip: Row = {"state": self.state, "latch": self.latched, "problem": self._problem() or None}
        try:
            made = snapshot.document(self.latch, self._record, self._emptied, trip, line)
            snapshot.write(self._folder, made)
            self._snapshot_problem = ""
        except OSError as error:
            self._snapshot_problem = f"not written: {error.strerror or error}"
            self.tell("snapshot_failed", {"why": self._snapshot_problem})


def wait_for(trip: Trip, done: Callable[[], bool], within_s: float) -> bool:
    """Wait until a step of the trip is done; False when the time is over."""
    deadline = time.monotonic() + within_s
    while not done():
        if time.monotonic() > deadline:
            return False
        trip.final.wait(0.02)
    return True
