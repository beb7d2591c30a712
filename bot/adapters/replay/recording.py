"""A recording looked through once: what it is called by, how long it is, whether it is one.

Whole-file problems are refused here, before anything is written anywhere: binary or empty, a
stream nobody knows, a market of a protocol version nobody knows. Single bad lines are not looked
for; the feed skips and counts them.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.replay.source import Tail, lines
from bot.adapters.wire import gamma, shape
from bot.adapters.wire.decoder import UnknownStream, envelope, frame_of
from bot.adapters.wire.number import Unbelievable
from bot.domain.refusal import Refused

SHOWN_MAX = 40
OPENING_LINES = 20
"""A live session asks what there is before it hears of any market."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that can be replayed; times are of its first and last readable line."""

    path: Path
    sha256: str
    """Of the decompressed content, so that compressing a recording does not change its name."""
    frames: int
    """Lines, the bad ones among them: frames are numbered by line from 1."""
    first_us: int
    last_us: int
    torn: str
    own_money: bool = False
    """It begins with the cash that the venue showed: a live day from its first start on."""


def open_recording(path: Path) -> Recording:
    """Look a recording through.

    Raises:
        Refused: it is none, or is of something this program cannot trade.

    """
    digest = hashlib.sha256()
    tail = Tail()
    number = readable = first = last = at_us = 0
    line, own_money = b"", False
    for group in lines(path, tail):
        for line in group:
            number += 1
            digest.update(line)
            digest.update(b"\n")
            own_money |= number <= OPENING_LINES and _shows_money(line)
            at_us = _checked(path, number, line)
            if at_us:
                readable += 1
                first = first or at_us
                last = max(last, at_us)
        if not readable and number > 1_000:  # noqa: PLR2004 - no recording begins so
            break
    if not readable:
        _refuse_unreadable(path, tail)
    torn = tail.torn
    if tail.unfinished and not at_us:
        torn = torn or f"the last line has no end, {len(line)} bytes of it are there"
    return Recording(path, digest.hexdigest(), number, first, last, torn, own_money)


def _shows_money(line: bytes) -> bool:
    return b'"capital_moved"' in line and b'"afresh":true' in line


def unknown_stream(path: Path, number: int, stream: str) -> Refused:
    """Return the refusal of a stream nobody knows."""
    known = ", ".join(shape.STREAMS)
    return Refused(
        f"recording {path} line {number}: stream is {stream[:SHOWN_MAX]!r}, known are {known}: "
        "replay it with the version that wrote it, or remove the line"
    )


def _checked(path: Path, number: int, line: bytes) -> int:
    """Return the time of a line, 0 if it cannot be read."""
    try:
        read = envelope(line)
    except UnknownStream as error:
        raise unknown_stream(path, number, error.stream) from error
    except Unbelievable:
        return 0
    if read.stream == "gamma":
        _check_version(path, number, line)
    return read.at_us


def _check_version(path: Path, number: int, line: bytes) -> None:
    try:
        for item in gamma.objects(frame_of(line)):
            gamma.listing(item)
    except Unbelievable as error:
        if error.kind == "unknown_version":
            raise Refused(
                f"recording {path} line {number}: {error.detail}, known are v1 and v2: "
                "remove the market from the recording, or use a poly that knows it"
            ) from error


def _refuse_unreadable(path: Path, tail: Tail) -> None:
    head = b""
    for group in lines(path, Tail()):
        head = group[0][:SHOWN_MAX]
        break
    size = path.stat().st_size
    what = "is empty" if not size else f"is no recording: line 1 is {head!r}"
    if tail.torn and not head:
        what = f"is no recording: {tail.torn}"
    raise Refused(
        f"recording {path} {what}: it must be JSON lines with at_us, stream and frame, plain or "
        "zstd (docs/recording.md)"
    )
