"""Read the project's recording format: JSON lines, plain or zstd, in the order they were received.

Each line is `{"at_us", "stream", "frame"}`; `docs/recording.md` documents it. The stand-in has a
reader of its own so that it shares no mistake with the bot. `own` and `timer` lines are somebody's
private past and are skipped. A line that cannot be read is counted and skipped, never guessed.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import zstandard

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
STREAMS = frozenset({"gamma", "market", "price"})
LINE_BYTES_MOST = 16 * 2**20


class UnreadableRecordingError(ValueError):
    """The file as a whole cannot be used; one line of text with the remedy."""


class Line(msgspec.Struct):
    """One received frame."""

    at_us: int
    stream: str
    frame: object


@dataclass(slots=True)
class Recording:
    """A recording on disk; iterating reads it once, line by line."""

    path: Path
    skipped: int = 0
    torn: bool = False
    _decode: msgspec.json.Decoder[Line] = field(
        default_factory=lambda: msgspec.json.Decoder(Line), repr=False
    )

    def __iter__(self) -> Iterator[Line]:
        """Yield the frames of the streams a venue sends, time never running backwards."""
        last_us = 0
        for raw in self._lines():
            try:
                line = self._decode.decode(raw)
            except msgspec.DecodeError:
                self._count(raw)
                continue
            if line.stream in STREAMS:
                last_us = line.at_us = max(last_us, line.at_us)
                yield line

    def first(self) -> Line:
        """Return the first frame.

        Raises:
            UnreadableRecordingError: there is none.

        """
        for line in self:
            return line
        raise UnreadableRecordingError(
            f"--recording {self.path}: no gamma, market or price line in it; "
            "give a file in the format of docs/recording.md"
        )

    def _count(self, raw: bytes) -> None:
        """Count a bad line; one without its line feed is the torn end of a killed recorder."""
        if raw.endswith(b"\n"):
            self.skipped += 1
        else:
            self.torn = True

    def _lines(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as raw:
                packed = raw.peek(4)[:4] == _ZSTD_MAGIC
                source: io.BufferedIOBase = raw
                if packed:
                    unpack = zstandard.ZstdDecompressor()
                    stream = unpack.stream_reader(raw, read_across_frames=True)
                    source = io.BufferedReader(stream)
                yield from self._split(source)
        except OSError as error:
            raise UnreadableRecordingError(
                f"--recording {self.path}: {error.strerror or error}; give a readable file"
            ) from error

    def _split(self, source: io.BufferedIOBase) -> Iterator[bytes]:
        while True:
            try:
                line = source.readline(LINE_BYTES_MOST)
            except zstandard.ZstdError:
                self.torn = True
                return
            if not line:
                return
            if line.strip():
                yield line
