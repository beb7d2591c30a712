"""The engine as a process of its own: how it is started, listened to, and asked to stop.

`python -m bot` is configured by environment variables alone and speaks JSON lines on stdout, its
last word on stderr. Nothing here imports the engine or opens the ledger.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from bot.domain.refusal import ExitCode, Refused

COMMAND = (sys.executable, "-m", "bot")
LAST_LINES = 40
Line = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Run:
    """What one engine is to do."""

    recording: str
    strategy: Path
    data_dir: Path
    seed: int = 0
    speed: float = 0.0
    as_recorded: bool = False
    """Take answers and fills from the recording instead of the paper venue."""

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return the process's environment: ours, with what it is to do."""
        made = {name: value for name, value in base.items() if name != "PYTHONDONTWRITEBYTECODE"}
        made |= {
            "POLY_MODE": "replay",
            "POLY_RECORDING": self.recording,
            "POLY_STRATEGY": str(self.strategy),
            "POLY_DATA_DIR": str(self.data_dir),
            "POLY_SEED": str(self.seed),
            "POLY_SPEED": f"{self.speed:g}",
            "POLY_AS_RECORDED": str(int(self.as_recorded)),
        }
        return made


def spoken(stream: Iterable[bytes]) -> Iterator[Line]:
    """Yield the JSON objects of a stream's lines; what is none is not the engine speaking."""
    for raw in stream:
        with contextlib.suppress(ValueError):
            line = json.loads(raw)
            if isinstance(line, dict):
                yield line


def carry_out(run: Run, hear: Callable[[Line], None]) -> None:
    """Run the engine to its end and tell `hear` each line; pass SIGINT and SIGTERM on to it.

    The first signal asks for an orderly stop, the second one kills.

    Raises:
        Refused: with the engine's own line and exit code, or that it was killed.

    """
    process = subprocess.Popen(
        COMMAND,
        env=run.environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    assert process.stderr is not None  # noqa: S101 - a pipe was asked for
    last: deque[str] = deque(maxlen=LAST_LINES)
    reading = threading.Thread(target=collect, args=(process.stderr, last), daemon=True)
    reading.start()
    with passed_on(process):
        for line in spoken(process.stdout):
            hear(line)
        code = process.wait()
        reading.join()
    if code:
        raise ended_badly(code, last)


def collect(stream: IO[bytes], last: deque[str]) -> None:
    """Keep the last lines of a stream."""
    for raw in stream:
        last.append(raw.decode(errors="replace").rstrip())


@contextlib.contextmanager
def passed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass SIGINT and SIGTERM on while the process runs; leave nothing of it behind."""
    asked = 0

    def pass_on(_: int, __: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM if asked == 1 else signal.SIGKILL)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        for number, handler in before.items():
            signal.signal(number, handler)


def ended_badly(code: int, last: deque[str]) -> Refused:
    """Return why the engine did not end well."""
    if code < 0:
        name = signal.Signals(-code).name
        return Refused(
            f"the engine was killed ({name}); nothing committed is lost, repeat to go on",
            ExitCode.UNKNOWN_OUTCOME,
        )
    known = {meaning.value for meaning in ExitCode} - {ExitCode.OK, ExitCode.NEGATIVE}
    line = next((said for said in reversed(last) if said.startswith("poly: ")), "")
    if code in known and line:
        return Refused(line.removeprefix("poly: "), ExitCode(code))
    for said in last:
        print(said, file=sys.stderr)  # noqa: T201 - a bug's trace is all there is to show
    return Refused(f"the engine failed with exit code {code}; this is a bug", ExitCode.BUG)
