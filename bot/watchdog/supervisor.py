"""The container's first process: starts the engine, watches it, and trips the kill switch.

One thread, which never waits for disk or venue: what may hang has threads of its own. SIGTERM and
SIGINT are an orderly stop, SIGUSR1 trips. The ledger is only read.
"""

import json
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from bot.watchdog import answer
from bot.watchdog import child as children
from bot.watchdog.beat import Phase
from bot.watchdog.child import Child, Ended
from bot.watchdog.desk import Asker, Desk, Row
from bot.watchdog.kill import latch as latches
from bot.watchdog.kill.files import write_whole
from bot.watchdog.kill.latch import Cleared, Latch
from bot.watchdog.kill.sweep import Sweep
from bot.watchdog.kill.trip import Trip, arm
from bot.watchdog.say import Exit, now_us, say
from bot.watchdog.settings import WatchdogSettings
from bot.watchdog.venue.client import Venue
from bot.watchdog.vitals import Bounds

RUN_FILE: Final = "watchdog.json"
TICK_S: Final = 0.05
GRACE_S: Final = 2.0
"""What a beating engine gets between SIGTERM and SIGKILL at a trip."""
STOP_S: Final = 20.0
"""What it gets at an orderly stop; with the sweep this stays below the 30 s promised."""
STOP_S_MOST: Final = 29.0
LATCH_LOOK_S: Final = 0.2
RESTART_S: Final = (1.0, 2.0, 4.0)
HALTED_RESTART_S_MOST: Final = 60.0
DEATHS_MOST: Final = 5
HOUR_S: Final = 3600.0
SETTLED_AT_BOOT: Final = frozenset({"POLY_HALT", "POLY_RESUME"})
FINAL_CODES: Final = frozenset({Exit.USAGE, Exit.REFUSED})
"""The engine refused its configuration or its ledger: starting again changes nothing."""
BUG_CODES: Final = frozenset({Exit.NEGATIVE, Exit.BUG})
"""A trace, or a broken assumption: Python ends with 1 on an exception nobody caught."""


class Supervisor:
    """One life of the container."""

    def __init__(self, settings: WatchdogSettings, command: Sequence[str]) -> None:
        """Get ready to run `command` as the engine."""
        self._settings = settings
        self._command = tuple(command)
        self._selector = selectors.DefaultSelector()
        self._bounds = Bounds(settings)
        self._desk: Desk | None = None
        self._signals: deque[int] = deque()
        self._child: Child | None = None
        self._trip: Trip | None = None
        self._latch: Latch | None = None
        self._next_id = latches.new_id()
        self._deaths: deque[float] = deque(maxlen=DEATHS_MOST)
        self._restart_at: float | None = 0.0
        self._restart_meant = False
        self._sweep: Sweep | None = None
        self._stop_at: float | None = None
        self._latch_due = 0.0
        self._code: int | None = None
        self._final_code: int | None = None

    def run(self) -> int:
        """Watch until the end; return the exit code.

        Raises:
            OSError: the data directory cannot be used.

        """
        children.adopt_orphans()
        self._listen()
        self._boot()
        try:
            while self._code is None:
                for key, _ in self._selector.select(TICK_S):
                    key.data()
                self._hear_signals()
                self._tick()
        finally:
            if self._child is not None:
                self._child.kill()
        say("watchdog.ended", code=self._code)
        return self._code

    # Beginning

    def _listen(self) -> None:
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGCHLD):
            signal.signal(number, lambda heard, _: self._signals.append(heard))
        self._selector.register(reading, selectors.EVENT_READ, lambda: os.read(reading, 4096))

    def _boot(self) -> None:
        folder = self._settings.directory
        folder.mkdir(exist_ok=True)
        self._desk = Desk(folder, self._selector)
        self._desk.open(self._asked)
        try:
            self._latch = latches.at_boot(folder, self._settings.environment, "POLY_RESUME")
        except OSError as error:
            self._latch = Latch(
                id=self._next_id, cause="disk", who="watchdog", at_us=now_us(),
                reason=f"the latch could not be changed: {error.strerror}",
            )  # fmt: skip
        self._arm()
        say("watchdog.started", pid=os.getpid(), mode=self._settings.mode,
            latch=None if self._latch is None else self._latch.told())  # fmt: skip

    def _arm(self) -> None:
        self._next_id = latches.new_id()
        try:
            arm(self._settings.directory, self._next_id)
        except OSError as error:
            say("watchdog.not_armed", "error", why=str(error), runbook="runbooks/kill.md")

    def _start(self) -> None:
        self._restart_at = None
        # What they ask for was done at the boot; a resumed halt must not come back by a variable.
        ours = self._settings.environment.items()
        environment = {name: value for name, value in ours if name not in SETTLED_AT_BOOT}
        if self._latch is not None:
            environment["POLY_HALT"] = self._latch.id
        try:
            self._child = Child(self._command, environment)
        except OSError as error:
            say("engine.not_started", "error", why=str(error), runbook="runbooks/watchdog.md")
            self._restart_at = time.monotonic() + RESTART_S[-1]
            return
        self._selector.register(self._child.pipe, selectors.EVENT_READ, self._hear_child)
        say("engine.started", pid=self._child.pid, halted=self._latch is not None)
        self._write_run_file()
        self._venue()  # loads what a call needs, now that the engine is on its way

    def _write_run_file(self) -> None:
        """Tell `poly kill` whom to kill should we not be able to answer."""
        pids = {"watchdog": os.getpid(), "engine": self._child.pid if self._child else 0}
        row = {
            "format": 1,
            "mode": self._settings.mode,
            "deployment_id": self._settings.deployment_id,
            **{name: {"pid": pid, "ticks": children.started_ticks(pid)}
               for name, pid in pids.items()},
        }  # fmt: skip
        try:
            write_whole(self._settings.directory / RUN_FILE, json.dumps(row).encode() + b"\n")
        except OSError as error:
            say("watchdog.run_file", "warning", why=str(error))

    # What happens

    def _hear_signals(self) -> None:
        while self._signals:
            number = self._signals.popleft()
            if number == signal.SIGUSR1:
                self._pull("person", "SIGUSR1", "signal")
            elif number in {signal.SIGTERM, signal.SIGINT} and self._stop_at is None:
                self._stop_at = time.monotonic()
                say("watchdog.stopping", signal=signal.Signals(number).name)
                if self._child is not None:
                    self._child.terminate()

    def _hear_child(self) -> None:
        child = self._child
        if child is not None:
            self._listen_to(child)
            if child.closed:
                self._selector.unregister(child.pipe)

    def _listen_to(self, child: Child) -> None:
        for asked in child.listen():
            self._pull(asked.cause, asked.detail, "engine")

    def _tick(self) -> None:
        self._bury()
        self._look_at_latch()
        if self._child is not None:
            self._look_at(self._child)
        elif self._stop_at is None and self._may_start():
            self._start()
        self._tell_waiting()
        if self._stop_at is not None:
            self._end_stop(self._stop_at)
        elif self._final_code is not None and (self._sweep is None or self._sweep.over):
            self._code = self._final_code

    def _look_at_latch(self) -> None:
        """Trip on a latch that somebody else has put there: a file is all it takes."""
        if self._latch is not None or time.monotonic() < self._latch_due:
            return
        self._latch_due = time.monotonic() + LATCH_LOOK_S
        if os.path.lexists(self._settings.directory / latches.LATCH):
            self._latch = latches.read(self._settings.directory)
            self._pull("file", "", "")

    def _may_start(self) -> bool:
        if self._trip is not None and not self._trip.settled.is_set():
            return False
        swept = self._sweep is None or self._sweep.over
        due = self._restart_at is not None and time.monotonic() >= self._restart_at
        return due and swept and self._final_code is None

    def _look_at(self, child: Child) -> None:
        at = time.monotonic()
        if self._tripping:
            if child.term_at is not None and (at - child.term_at > GRACE_S or not child.can_hear()):
                child.kill()
            return
        if child.term_at is not None:
            hung = child.phase is not Phase.STOPPING and child.silent_s() > self._settings.silence_s
            if hung or at - child.term_at > STOP_S:
                say("engine.not_stopping", "error", silent_s=round(child.silent_s(), 1))
                child.kill()
            return
        settings = self._settings
        most = settings.silence_s if child.ready else settings.boot_silence_s
        if child.silent_s() > most:
            detail = f"no heartbeat for {child.silent_s():.1f} s in {child.phase.value}"
            self._pull("hung", detail, "watchdog")
        elif self._bounds.judge(child.pid, trading=child.phase is Phase.TRADING):
            say("engine.restarted_for_memory", "error", runbook="runbooks/watchdog.md")
            child.terminate()

    def _bury(self) -> None:
        """Reap every child that has ended, ours and adopted ones."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._child
            if child is not None and pid == child.pid:
                if not child.closed:
                    self._listen_to(child)
                    self._selector.unregister(child.pipe)
                child.buried(status)
                self._child = None
                if child.ended is not None:
                    self._engine_ended(child, child.ended)

    def _engine_ended(self, child: Child, ended: Ended) -> None:
        say("engine.ended", "error" if ended.code else "info", how=ended.how, runbook=ended.runbook)
        venue = self._venue()
        if self._tripping and self._trip is not None:
            self._trip.engine_gone(ended.how)
            self._restart_at = time.monotonic()
        elif self._stop_at is not None:
            self._final_code = Exit.OK if ended.code == 0 else Exit.UNKNOWN_OUTCOME
            self._sweep = Sweep(venue, "stop")
        elif self._restart_meant:
            self._restart_meant = False
            self._restart_at = time.monotonic()
            self._sweep = Sweep(venue, "resume")
        elif ended.code == 0 and not self._settings.live and child.term_at is None:
            self._final_code = Exit.OK if self._latch is None else Exit.NEGATIVE
        elif ended.code in FINAL_CODES and self._latch is None:
            self._final_code = ended.code
            self._sweep = Sweep(venue, "refused")
        elif ended.code in BUG_CODES and self._latch is None:
            self._pull("bug", f"the engine ended with {ended.how}", "watchdog")
        else:
            self._died(ended, venue)

    def _died(self, ended: Ended, venue: Venue | None) -> None:
        at = time.monotonic()
        self._deaths.append(at)
        recent = sum(1 for death in self._deaths if at - death < HOUR_S)
        if recent >= DEATHS_MOST and self._latch is None:
            self._pull("dying", f"{recent} deaths in an hour, the last by {ended.how}", "watchdog")
            return
        wait_s = RESTART_S[min(recent, len(RESTART_S)) - 1]
        if self._latch is not None and recent >= DEATHS_MOST:
            wait_s = HALTED_RESTART_S_MOST
        self._restart_at = at + wait_s
        self._sweep = Sweep(venue, "death")
        say("engine.restarts", "warning", after_s=wait_s, deaths=recent,
            runbook="runbooks/engine-died.md")  # fmt: skip

    # Trip

    @property
    def _tripping(self) -> bool:
        return self._trip is not None and not self._trip.settled.is_set()

    def _venue(self) -> Venue | None:
        place = self._settings.place
        return None if place is None else Venue(place)

    def _pull(self, cause: str, reason: str, who: str) -> Trip:
        """Trip, or join the trip that is under way."""
        if self._trip is not None and not self._trip.final.is_set():
            return self._trip
        if self._latch is None:
            self._latch = Latch(
                id=self._next_id, cause=cause, reason=reason, who=who, at_us=now_us()
            )
        trip = self._trip = Trip(self._settings.directory, self._latch, self._venue())
        trip.begin()
        self._restart_at = time.monotonic()
        child = self._child
        if child is None:
            trip.engine_gone("was not running")
        elif child.can_hear():
            child.terminate()
        else:
            child.kill()
        return trip

    # Control

    def _asked(self, asker: Asker, question: Row) -> None:
        reason, who = str(question.get("reason", "")), str(question.get("who", "unknown"))
        match question.get("ask"):
            case "kill":
                before = self._latch
                trip = self._pull("person", reason, who)
                told: Row = {"said": "accepted", "already": before.told() if before else None}
                if asker.answer({**told, "trip": trip.told()}):
                    asker.waits_for = "trip"
            case "status":
                asker.answer({"said": "status", **self._status()})
            case "resume":
                asker.answer(self._resume(question, reason, who))
            case _:
                asker.answer({"said": "refused", "why": "asks for nothing we know"})

    def _tell_waiting(self) -> None:
        trip, desk = self._trip, self._desk
        if trip is None or desk is None:
            return
        for goal, reached, then in (
            ("trip", trip.settled.is_set(), "final"),
            ("final", trip.final.is_set(), ""),
        ):
            for asker in desk.waiting(goal) if reached else ():
                more = asker.answer({"said": trip.state, "trip": trip.told()})
                asker.waits_for = then if more else ""
                if not asker.waits_for:
                    desk.dismiss(asker)

    def _status(self) -> Row:
        return {
            "mode": self._settings.mode,
            "latch": None if self._latch is None else self._latch.told(),
            "engine": answer.engine(self._child),
            "deaths": len(self._deaths),
            "trip": None if self._trip is None else self._trip.told(),
            "vitals": None if self._bounds.last is None else asdict(self._bounds.last),
        }

    def _resume(self, question: Row, reason: str, who: str) -> Row:
        latch, child = self._latch, self._child
        why = answer.against_resume(question, latch, self._trip, child)
        if why or latch is None or child is None:
            return {"said": "refused", "why": why}
        accepted = question.get("accept_drawdown") is True
        cleared = Cleared(id=latch.id, who=who, reason=reason, at_us=now_us(), accepted=accepted)
        try:
            latches.clear(self._settings.directory, cleared)
        except OSError as error:
            return {"said": "refused", "why": f"the latch stays: {error.strerror}"}
        self._latch, self._trip = None, None
        self._deaths.clear()
        self._arm()
        say("watchdog.resumed", "warning", latch=latch.id, who=who, reason=reason)
        self._restart_meant = True
        child.terminate()
        return {"said": "resumed", "latch": latch.told()}

    # End

    def _end_stop(self, began: float) -> None:
        late = time.monotonic() - began > STOP_S_MOST
        if self._child is not None and not late:
            return
        if self._trip is not None and not self._trip.final.is_set() and not late:
            return
        if self._sweep is None:
            self._sweep = Sweep(self._venue(), "stop")
        if not self._sweep.over and not late:
            return
        proved = self._sweep.proved
        if not proved:
            say("watchdog.stopped_unproved", "error", runbook="runbooks/kill.md")
        code = self._final_code if self._final_code is not None else Exit.OK
        self._code = int(code) if proved or code else int(Exit.OUTSIDE)
