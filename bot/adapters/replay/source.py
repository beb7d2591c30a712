"""The lines of a recording, plain or zstd, in bounded memory.

A file that ends in the middle of a line or of a zstd frame is readable up to there: the recorder
was killed, and that is told as a warning. Nothing here looks into a line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import zstandard

from bot.domain.refusal import ExitCode, Refused

READ_BYTES: Final = 1 << 20
ZSTD_READ_BYTES: Final = 1 << 14
"""Small, since a few kilobytes of zstd can hold megabytes."""
LINE_BYTES_MAX: Final = 1 << 24
ZSTD_MAGICS: Final = (
    b"\x28\xb5\x2f\xfd",
    *(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16)),
)
"""Of a frame, and of the frames a reader skips. Source: RFC 8878 section 3.1."""
BOM: Final = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Tail:
    """How the reading ended; filled in when it has."""

    torn: str = ""
    """What is missing of the last zstd frame, empty if nothing is."""
    unfinished: bool = False
    """Whether the last line has no end."""


def lines(path: Path, tail: Tail) -> Iterator[list[bytes]]:
    """Yield the lines of a recording in groups, without their ends; an empty line stays one.

    A line longer than `LINE_BYTES_MAX` is yielded cut, which no JSON survives. The last line is
    yielded although its end is missing; `tail` says so.

    Raises:
        Refused: no such file, or it cannot be read.

    """
    rest = b""
    skipping = False
    start = True
    for chunk in _chunks(path, tail):
        text = chunk.removeprefix(BOM) if start else chunk
        start = False
        if skipping:
            _, found, text = text.partition(b"\n")
            if not found:
                continue
            skipping = False
        *whole, rest = (rest + text).split(b"\n")
        if len(rest) > LINE_BYTES_MAX:
            whole.append(rest[:LINE_BYTES_MAX])
            rest, skipping = b"", True
        if whole:
            yield whole
    if rest:
        tail.unfinished = True
        yield [rest]


def _chunks(path: Path, tail: Tail) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0)
            if head not in ZSTD_MAGICS:
                while chunk := file.read(READ_BYTES):
                    yield chunk
                return
            compressed = iter(lambda: file.read(ZSTD_READ_BYTES), b"")
            yield from _decompressed(compressed, tail)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refused(
            f"recording {path} cannot be read ({why}): name a file that exists and is readable",
            ExitCode.USAGE,
        ) from error


def _decompressed(compressed: Iterator[bytes], tail: Tail) -> Iterator[bytes]:
    """Yield the content of frame after frame, up to where it ends or breaks."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    read = begun = 0
    for piece in compressed:
        waiting = piece
        while waiting:
            try:
                content = frame.decompress(waiting)
            except zstandard.ZstdError as error:
                tail.torn = f"zstd data is unreadable after byte {read} ({error})"
                return
            begun += len(waiting)
            if content:
                yield content
            waiting = frame.unused_data if frame.eof else b""
            if frame.eof:
                frame, begun = zstandard.ZstdDecompressor().decompressobj(), 0
        read += len(piece)
    if begun:
        tail.torn = f"the last zstd frame has no end, {begun} bytes of it are there"
