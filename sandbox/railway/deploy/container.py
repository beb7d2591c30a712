"""One running container: a process group, its output, its end."""

import asyncio
import contextlib
import json
import os
import shlex
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
CHUNK = 65_536
DEFAULT_COMMAND = "python -m bot"
"""What the image would run of itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a container lives: its own directory, and a volume's at a mount path."""

    directory: Path
    volume: Path | None = None
    at: str | None = None
    own_mounts: bool = True


def command_of(text: str | None) -> list[str]:
    """Split a start command in exec form; a leading `python` is the interpreter that runs us.

    Raises:
        ValueError: quotes that do not close.

    """
    words = shlex.split(text or DEFAULT_COMMAND) or shlex.split(DEFAULT_COMMAND)
    if words[0] in {"python", "python3"}:
        words[0] = sys.executable
    return words


class Container:
    """A process in its own session, started by `launch.py`."""

    def __init__(self, place: Place, mark: str, on_line: Callable[[str, str], None]) -> None:
        """Run in `place`; `mark` is in the environment of all its processes and finds them."""
        self._place = place
        self._mark = mark.encode()
        self._on_line = on_line
        self._child: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self.mounted = ""

    @property
    def pid(self) -> int | None:
        """The first process, as the system numbers it."""
        return self._child.pid if self._child is not None else None

    async def start(self, command: list[str], environment: dict[str, str]) -> None:
        """Start the command and learn how its volume was given to it."""
        app, root = self._place.directory / "app", self._place.directory / "root"
        app.mkdir(parents=True, exist_ok=True)
        root.mkdir(exist_ok=True)
        reading, writing = os.pipe()
        spec = {
            "parent": os.getpid(),
            "report": writing,
            "root": str(root) if self._place.own_mounts else "",
            "app": str(app),
            "volume": str(self._place.volume) if self._place.volume else None,
            "at": self._place.at,
        }
        launcher = [sys.executable, "-I", "-S", str(LAUNCH), json.dumps(spec), *command]
        try:
            self._child = await asyncio.create_subprocess_exec(
                *launcher,
                env=environment,
                pass_fds=(writing,),
                start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        finally:
            os.close(writing)
        self.mounted = await asyncio.to_thread(_read_line, reading)
        for stream, severity in ((self._child.stdout, "info"), (self._child.stderr, "error")):
            if stream is not None:
                self._readers.append(asyncio.create_task(self._read(stream, severity)))

    async def _read(self, stream: asyncio.StreamReader, severity: str) -> None:
        rest = b""
        while chunk := await stream.read(CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > CHUNK:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._on_line(line.decode(errors="replace").rstrip("\r"), severity)
        if rest:
            self._on_line(rest.decode(errors="replace"), severity)

    async def wait(self) -> int:
        """Wait for the first process to end; then everything in the container is killed.

        Returns:
            The exit code; 128 and the signal's number if a signal ended it.

        """
        if self._child is None:
            return 127
        code = await self._child.wait()
        self.kill()
        for reader in self._readers:
            # whoever escaped with the pipe open must not hold us
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader, 2)
        return code if code >= 0 else 128 - code

    async def stop(self, draining_s: float) -> None:
        """Ask the first process to end, wait for that so long, then kill all of it."""
        if self._child is None or self._child.returncode is not None:
            return
        if draining_s > 0:
            self._signal_first(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._child.wait(), draining_s)
        else:
            self._signal_first(signal.SIGTERM)  # sent, and followed at once by the kill
        self.kill()
        await self._child.wait()

    def kill(self) -> None:
        """Kill every process of the container, those too that left its group."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
        for pid in processes(self._mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to every process of the container."""
        for pid in processes(self._mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def _signal_first(self, number: signal.Signals) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(number)


def processes(mark: bytes) -> list[int]:
    """Return the processes whose environment holds this mark: a whole container, or none."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # ended, or not ours
        if mark in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def _read_line(descriptor: int) -> str:
    with os.fdopen(descriptor) as pipe:
        return pipe.readline().strip()
