"""The engine as a child process: born with a pipe to beat on, dead when we are, reaped by us.

Only the main thread calls this: PDEATHSIG follows the thread that forked, not the process.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.watchdog.beat import READY, VARIABLE, Beat, Phase, Pulse, TripAsked

PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36
"""Source: linux/prctl.h, prctl(2)."""
STOPPED_STATES: Final = frozenset("TtZX")
NAMED_SIGNALS: Final = frozenset(int(number) for number in signal.Signals)
RUNBOOKS: Final = {
    0: "",
    2: "runbooks/start-refused.md",
    3: "runbooks/ledger.md",
    4: "runbooks/disk-low.md",
}
"""By exit code; the numbers are those of `poly --help`."""
READ_BYTES: Final = 65_536
FRESH_S: Final = 0.5
"""An older beat is no sign that a SIGTERM would be heard: beats come ten times a second."""

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Have whatever our children leave behind become our own, to be reaped, also when not PID 1."""
    _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _bound_to(parent: int) -> Callable[[], None]:
    def before_exec() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked to die with it
            os._exit(1)

    return before_exec


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: exit code, or minus the signal, as subprocess says it."""

    code: int

    @property
    def how(self) -> str:
        """Return it for a person."""
        if self.code < 0:
            number = -self.code
            return signal.Signals(number).name if number in NAMED_SIGNALS else f"signal {number}"
        return f"exit code {self.code}"

    @property
    def runbook(self) -> str:
        """Return the page for it, empty for an end that is none to worry about."""
        return RUNBOOKS.get(self.code, "runbooks/engine-died.md")


class Child:
    """One life of the engine."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            OSError: it could not be started.

        """
        self.pulse = Pulse()
        self.started_at = self.beat_at = time.monotonic()
        self.last: Beat | None = None
        self.ended: Ended | None = None
        self.term_at: float | None = None
        self.closed = False
        """It can say nothing any more."""
        reading, writing = os.pipe2(os.O_CLOEXEC)
        try:
            self._process = subprocess.Popen(
                command,
                env={**environment, VARIABLE: str(writing)},
                stdin=subprocess.DEVNULL,
                pass_fds=(writing,),
                start_new_session=True,
                preexec_fn=_bound_to(os.getpid()),  # noqa: PLW1509 - nothing in it takes a lock
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        os.set_blocking(reading, False)
        self.pipe = reading
        self.pid = self._process.pid

    @property
    def phase(self) -> Phase:
        """Return what it said it is at."""
        return self.last.phase if self.last else Phase.BOOT

    @property
    def ready(self) -> bool:
        """Say whether it has started and reconciled."""
        return self.phase in READY

    def silent_s(self) -> float:
        """Return how long ago it last proved progress."""
        return time.monotonic() - self.beat_at

    def listen(self) -> list[TripAsked]:
        """Read what it has said; return what it asks for."""
        asked = []
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self.pipe, READ_BYTES)
            self.closed = not piece
            for said in self.pulse.feed(piece):
                if isinstance(said, TripAsked):
                    asked.append(said)
                else:
                    self.last, self.beat_at = said, time.monotonic()
        return asked

    def can_hear(self) -> bool:
        """Say whether a SIGTERM may be heard: it beats, and is not stopped."""
        return self.silent_s() < FRESH_S and state_of(self.pid) not in STOPPED_STATES

    def terminate(self) -> None:
        """Ask for an orderly stop."""
        if self.ended is None and self.term_at is None:
            self.term_at = time.monotonic()
            self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, with whatever it started: SIGKILL needs nobody's consent."""
        if self.ended is None:
            self._signal(signal.SIGKILL)

    def buried(self, status: int) -> None:
        """Take over that it was reaped with this status."""
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code
        self.ended = Ended(code)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # what it left in its group
        os.close(self.pipe)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)


def state_of(pid: int) -> str:
    """Return the state letter of a process, X if it is gone. Source: proc_pid_stat(5)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "X"
    return stat.rpartition(")")[2].split()[0]


def started_ticks(pid: int) -> int:
    """Return when a process started, in ticks since boot; 0 if it is gone.

    With the pid it names one process for ever: pids come back, pairs do not.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[19])
