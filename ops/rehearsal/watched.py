"""A bot under its watchdog, as the container starts it: by variables alone, asked by its socket."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.domain.refusal import ExitCode, Refused
from bot.watchdog.desk import NoAnswer, ask
from bot.watchdog.kill.snapshot import NAME as SNAPSHOT
from ops.rehearsal.standin import Starter

WATCHDOG: Final = (sys.executable, "-m", "bot.watchdog")
LOOK_S: Final = 0.02
WAIT_S: Final = 90.0
Row = dict[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Watched:
    """One watchdog at work in a data directory of its own."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(
        cls,
        folder: Path,
        starter: Starter,
        environment: Mapping[str, str],
        command: Sequence[str] = WATCHDOG,
    ) -> "Watched":
        """Start one; what it says stays in the folder. The caller ends its process."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "said.log").open("ab") as said:
            process = starter(
                command,
                environment={**environment, "POLY_DATA_DIR": str(folder)},
                output=said,
                errors=said,
            )
        return cls(folder, process)

    def status(self) -> Row:
        """Return what it says of itself, nothing while it does not answer."""
        try:
            (row,) = ask(self.folder, {"ask": "status"}, first_s=5, whole_s=5)
        except (NoAnswer, OSError, ValueError):
            return {}
        return dict(row)

    def reaches(self, phase: str) -> int:
        """Wait until its engine is in a phase; return that engine's process id.

        Raises:
            Refused: it did not get there; the line says what it said last.

        """
        return self.until(lambda: self._engine_in(phase), f"the engine is not {phase}")

    def _engine_in(self, phase: str) -> int:
        engine = self.status().get("engine") or {}
        return int(engine["pid"]) if engine.get("phase") == phase else 0

    def trip(self) -> Row:
        """Wait for the end of a trip and return it; raises as `reaches`."""

        def ended() -> Row | None:
            trip = self.status().get("trip") or {}
            return trip if trip.get("state") in {"final", "unproved"} else None

        return self.until(ended, "the trip does not end")

    def snapshot(self) -> Row:
        """Return the snapshot as it lies there."""
        found: Row = json.loads((self.folder / SNAPSHOT).read_bytes())
        return found

    def until(self, probe: Callable[[], Found | None], why_not: str) -> Found:
        """Wait for something of it; raises as `reaches`."""
        deadline = time.monotonic() + WAIT_S
        while not (found := probe()):
            if time.monotonic() > deadline or self.process.poll() is not None:
                said = (self.folder / "said.log").read_text(errors="replace").splitlines()
                last = said[-1][:300] if said else "it said nothing"
                raise Refused(f"{why_not}: {last}", ExitCode.BUG)
            time.sleep(LOOK_S)
        return found

    def stop(self) -> int:
        """Ask for an orderly stop and return its exit code."""
        self.process.terminate()
        return self.process.wait(WAIT_S)
