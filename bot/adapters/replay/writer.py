"""Writing a recording, plain or zstd by the name of the file, so that a kill costs only its tail.

Payloads go in verbatim; one that is no JSON goes in as a JSON text, which no reader takes for a
frame. Nothing here decides what is worth recording.
"""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
import zstandard

from bot.adapters.wire.own import Ours, encode
from bot.adapters.wire.shape import BROKEN, STREAMS

LEVEL: Final = 6
FLUSH_BYTES: Final = 1 << 20

_raw: Final = msgspec.json.Decoder(msgspec.Raw)


def line_of(at_us: int, stream: str, payload: bytes, *, conflated: bool = False) -> bytes:
    """Return the line of a frame; `conflated`: the engine was not told of it alone."""
    if stream not in STREAMS:
        raise AssertionError(f"stream {stream!r} is not of the format")
    try:
        frame = msgspec.json.format(payload, indent=-1) if b"\n" in payload else payload
        _raw.decode(frame)
    except BROKEN:
        frame = msgspec.json.encode(payload.decode(errors="replace"))
    mark = b',"conflated":true' if conflated else b""
    return b'{"at_us":%d,"stream":"%s"%s,"frame":%s}\n' % (at_us, stream.encode(), mark, frame)


class RecordingWriter:
    """Appends lines to a new file and numbers them; `close` or leave the `with` when done."""

    def __init__(self, path: Path) -> None:
        """Create the file; it must not exist, since a recording is never changed.

        Raises:
            OSError: it exists, or cannot be created.

        """
        self._file = path.open("xb")
        compressed = path.suffix == ".zst"
        self._compressor = zstandard.ZstdCompressor(level=LEVEL) if compressed else None
        self._waiting = bytearray()
        self.frames = 0
        """Lines so far: the number of the last frame."""

    def write(self, at_us: int, stream: str, payload: bytes) -> int:
        """Append a frame and return its number; durable only after `flush`."""
        self._waiting += line_of(at_us, stream, payload)
        self.frames += 1
        if len(self._waiting) >= FLUSH_BYTES:
            self.flush()
        return self.frames

    def write_ours(self, event: Ours) -> int:
        """Append an event of ours and return its number."""
        stream, frame = encode(event)
        return self.write(event.at_us, stream, frame)

    def flush(self) -> None:
        """Hand what waits to the file, as a zstd frame of its own: what is before it can be read.

        The operating system has it then; a power cut may still take it.
        """
        if self._waiting:
            text = bytes(self._waiting)
            self._waiting.clear()
            self._file.write(self._compressor.compress(text) if self._compressor else text)
            self._file.flush()

    def close(self) -> None:
        """Flush and let go of the file; repeating it changes nothing."""
        if not self._file.closed:
            self.flush()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
