"""Recording while the day goes on: numbered at once, compressed and written by a thread beside it.

Never in the way: a slow or full disk costs lines of the recording and is told, and neither the
numbers nor the caller wait for it. Parts are named by their first line; put one behind the other
they are one recording, whose line numbers are the frames' numbers.
"""

import fcntl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from bot.adapters.replay.source import Tail, lines
from bot.adapters.replay.writer import line_of
from bot.adapters.wire.decoder import HOLE
from bot.adapters.wire.own import Ours, encode
from bot.domain.event import FrameRefused
from bot.domain.refusal import ExitCode, Refused

LEVEL: Final = 3
FLUSH_S: Final = 0.5
PIECE_BYTES: Final = 1 << 20
RETRY_S: Final = 10.0
JOIN_S: Final = 10.0
SUFFIX: Final = ".jsonl.zst"
LOCK: Final = "recorder.lock"
Told = Callable[[str, str], None]
"""Is told what happened to the recording, and the detail, when a person should know."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept where: what waits in memory, one part (both as text), all parts on disk."""

    waiting_bytes: int = 64 << 20
    part_bytes: int = 512 << 20
    part_s: float = 3_600.0
    total_bytes: int = 8 << 30


class Recorder:
    """Appends lines to parts in a folder; `close` when done."""

    def __init__(
        self, folder: Path, told: Told, *, after: int = 0, bounds: Bounds | None = None
    ) -> None:
        """Go on after line `after`, or after the last one that is there already.

        Raises:
            Refused: the folder cannot be made or read, or another process records there.

        """
        self._guard = _guarded(folder)
        self._told = told
        self._bounds = bounds or Bounds()
        self.frames = max(after, _last_line(folder))
        """The number of the last line."""
        self.lost = 0
        """Lines that are not in the recording: a blank stands for each."""
        self.at_us = 0
        self._losing = False
        self._holes = 0
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._closing = False
        self._parts = Parts(folder, self._bounds, self.frames + 1, told)
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def write(self, at_us: int, stream: str, payload: bytes, *, conflated: bool = False) -> int:
        """Append a frame as received and return its number; on disk within `FLUSH_S`."""
        return self._append(at_us, line_of(at_us, stream, payload, conflated=conflated))

    def write_ours(self, event: Ours) -> int:
        """Append an event of ours and return its line's number."""
        stream, frame = encode(event)
        at_us = max(event.at_us, self.at_us, 1)  # the shell asks to trade before any time has come
        return self._append(at_us, line_of(at_us, stream, frame))

    def settle(self, within_s: float = JOIN_S) -> bool:
        """Wait until what was written so far is on disk; say whether it is."""
        self._wake.set()
        return self._idle.wait(within_s)

    def close(self) -> None:
        """Write what waits and end the thread; repeating it changes nothing."""
        self._closing = True
        self._wake.set()
        self._thread.join(JOIN_S)
        self._guard.close()

    def _append(self, at_us: int, line: bytes) -> int:
        if at_us < self.at_us:
            raise AssertionError(f"a line of {at_us} after one of {self.at_us}")
        self.at_us = at_us
        with self._lock:
            if len(self._waiting) < self._bounds.waiting_bytes:
                if self._losing:
                    self._found_again(at_us)
                self._waiting += line
            else:
                self._lose()
            self.frames += 1
            self._idle.clear()
            if len(self._waiting) >= PIECE_BYTES:
                self._wake.set()
            return self.frames

    def _lose(self) -> None:
        """Let a blank line stand for one that there is no room for, once there is room again."""
        self.lost += 1
        self._holes += 1
        if not self._losing:
            self._losing = True
            self._told("recording.losing", f"{len(self._waiting)} bytes wait for the disk")

    def _found_again(self, at_us: int) -> None:
        """Fill a hole with blank lines, its last one with a mark: no number moves."""
        self._losing = False
        detail = f"{self._holes} lines found no room"
        stream, frame = encode(FrameRefused(self.frames - 1, at_us, HOLE, detail))
        self._waiting += b"\n" * (self._holes - 1) + line_of(at_us, stream, frame)
        self._holes = 0
        self._told("recording.resumed", detail)

    def _work(self) -> None:
        while not (self._closing and not self._waiting):
            self._wake.wait(FLUSH_S)
            self._wake.clear()
            with self._lock:
                piece, self._waiting = self._waiting, bytearray()
            if piece:
                self._parts.write(bytes(piece))
            with self._lock:
                if not self._waiting:
                    self._idle.set()
        self._parts.close()


class Parts:
    """The files, of the thread alone: one open, the oldest removed when all are too much."""

    def __init__(self, folder: Path, bounds: Bounds, first: int, told: Told) -> None:
        """Open nothing until there is something to write."""
        self._folder = folder
        self._bounds = bounds
        self._next = first
        self._told = told
        self._file: BinaryIO | None = None
        self._bytes = 0
        self._opened_s = 0.0
        self._retry_s = 0.0
        self._compressor = zstandard.ZstdCompressor(level=LEVEL)

    def write(self, piece: bytes) -> None:
        """Append whole lines as one zstd frame; a failing disk loses them, and is told."""
        number = piece.count(b"\n")
        try:
            if time.monotonic() >= self._retry_s:
                file = self._part()
                file.write(self._compressor.compress(piece))
                file.flush()
                self._bytes += len(piece)
        except OSError as error:
            self.close()
            self._retry_s = time.monotonic() + RETRY_S
            self._told("recording.stopped", f"{self._folder}: {error.strerror or error}")
        self._next += number

    def close(self) -> None:
        """Let go of the open part."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _part(self) -> BinaryIO:
        """Return the open part; after a failure or at a bound a new one, never one that exists."""
        old = time.monotonic() - self._opened_s > self._bounds.part_s
        if self._file is not None and (old or self._bytes >= self._bounds.part_bytes):
            self.close()
        if self._file is None:
            self._prune()
            path = self._folder / f"{self._next:012d}{SUFFIX}"
            self._file = path.open("xb")
            self._bytes, self._opened_s = 0, time.monotonic()
        return self._file

    def _prune(self) -> None:
        """Make room for one more part by removing the oldest ones."""
        kept = parts(self._folder)
        sizes = {path: path.stat().st_size for path in kept}
        while kept and sum(sizes[path] for path in kept) > self._bounds.total_bytes:
            oldest = kept.pop(0)
            oldest.unlink()
            self._told("recording.removed", f"{oldest.name}: the recordings were over their bound")


def parts(folder: Path) -> list[Path]:
    """Return the parts of a folder in their order."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.name[:12].isdecimal())


def _guarded(folder: Path) -> BinaryIO:
    """Return the folder's lock file, locked: two recorders would give one number twice."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("ab")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refused(
            f"recording folder {folder}: {why}; name a directory that can be written to",
            ExitCode.UNAVAILABLE,
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Refused(
            f"recording folder {folder}: another process records there; stop it, or name another",
            ExitCode.UNAVAILABLE,
        ) from None
    return file


def _last_line(folder: Path) -> int:
    """Return the number of the last line of the last part, 0 without any."""
    last = parts(folder)
    if not last:
        return 0
    count = sum(len(group) for group in lines(last[-1], Tail()))
    return int(last[-1].name[:12]) - 1 + max(count, 1)
