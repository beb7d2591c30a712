"""The latch: a file that keeps trading halted until a person takes it away.

`halt.armed` is made at boot with its full size and is no halt. A trip writes into it and renames it
to `halt.latch`: no new blocks are needed, so a full disk cannot keep it from latching. What is
there and cannot be read, or is of a later format, is a halt like any other. No clock, no venue.
"""

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from bot.watchdog.kill.files import sync_folder, write_whole
from bot.watchdog.say import now_us, utc

LATCH: Final = "halt.latch"
ARMED: Final = "halt.armed"
CLEARED: Final = "halt.cleared"
FORMAT: Final = 1
SIZE: Final = 4096
CLEARED_MAX: Final = 200
TEXT_MAX: Final = 500
DRAWDOWN: Final = "drawdown"
OUTSIDE: Final = "outside"
ACCEPTED: Final = "accept-drawdown"
"""What has to follow the id in POLY_RESUME, after a comma, where the cause is drawdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latch:
    """A halt that holds. `readable` False: something is there, and all we know is that it is."""

    id: str
    cause: str
    reason: str
    who: str
    at_us: int
    readable: bool = True

    def told(self) -> dict[str, object]:
        """Return it for a person or a script."""
        return {**asdict(self), "at": utc(self.at_us)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """A halt that a person took away."""

    id: str
    who: str
    reason: str
    at_us: int
    accepted: bool = False
    """The losses were accepted with it: the engine's limits are measured anew."""


def new_id() -> str:
    """Return an id that was never used: the second, and 32 random bits."""
    return utc(now_us())[:19].replace("-", "").replace(":", "") + "Z-" + secrets.token_hex(4)


def read(folder: Path) -> Latch | None:
    """Return the latch, None only where there is certainly no file."""
    try:
        content = (folder / LATCH).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return _unreadable(b"", f"cannot be read: {error.strerror}")
    try:
        return _decoded(content)
    except (ValueError, TypeError, KeyError) as error:
        return _unreadable(content, " ".join(str(error).split())[:TEXT_MAX])


def arm(folder: Path, latch_id: str) -> None:
    """Make the file that a trip will switch; its content says what is known by then.

    Raises:
        OSError: it could not be made, and a trip will have to write a new one.

    """
    armed = Latch(id=latch_id, cause="unknown", reason="", who="", at_us=0)
    write_whole(folder / ARMED, _encoded(armed))


def pull(folder: Path, latch: Latch) -> None:
    """Switch the latch: write into the armed file, rename, sync. Idempotent; the first one stays.

    Raises:
        OSError: it is not certain that it will be there after a crash.

    """
    if read(folder) is not None:
        sync_folder(folder)
        return
    armed = folder / ARMED
    with contextlib.suppress(OSError):  # the text is worth less than the halt
        _overwrite(armed, _encoded(latch))
    try:
        armed.rename(folder / LATCH)
    except FileNotFoundError:
        write_whole(folder / LATCH, _encoded(latch))
    sync_folder(folder)


def clear(folder: Path, cleared: Cleared) -> None:
    """Take the latch of that id away, for good: an id clears once.

    Raises:
        OSError: it is still there.

    """
    kept = [one for one in history(folder) if one.id != cleared.id][-CLEARED_MAX + 1 :]
    rows = [asdict(one) for one in (*kept, cleared)]
    # Written first: a crash in between leaves the halt, never a halt that cannot be cleared.
    write_whole(folder / CLEARED, json.dumps({"format": FORMAT, "cleared": rows}).encode())
    found = read(folder)
    if found is not None and found.id == cleared.id:
        (folder / LATCH).unlink(missing_ok=True)
        sync_folder(folder)


def history(folder: Path) -> tuple[Cleared, ...]:
    """Return what was cleared, oldest first; what cannot be read was not."""
    try:
        rows = json.loads((folder / CLEARED).read_bytes())["cleared"]
        return tuple(
            Cleared(**{f.name: row[f.name] for f in fields(Cleared) if f.name in row})
            for row in rows
        )
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def at_boot(folder: Path, given: Mapping[str, str], who: str) -> Latch | None:
    """Return the halt a start has to keep, after POLY_RESUME and POLY_HALT had their say.

    POLY_RESUME clears the latch, or the outside halt, of exactly that id, and only once; what
    cannot be read is cleared by the id it is told with.

    Raises:
        OSError: a file could not be changed; the caller stays halted.

    """
    halt = given.get("POLY_HALT", "")
    resume, _, accepted = given.get("POLY_RESUME", "").partition(",")
    done = {one.id for one in history(folder)}
    found = read(folder)
    named = {found.id if found else "", halt} - {""}
    drawdown = found is not None and found.cause == DRAWDOWN
    if resume in named - done and (accepted == ACCEPTED or not drawdown):
        clear(
            folder,
            Cleared(
                id=resume, who=who, reason="POLY_RESUME", at_us=now_us(),
                accepted=accepted == ACCEPTED,
            ),
        )  # fmt: skip
        done.add(resume)
        found = read(folder)
    if found is None and halt and halt not in done:
        reason = "POLY_HALT is set"
        found = Latch(id=halt, cause=OUTSIDE, reason=reason, who="outside", at_us=now_us())
        pull(folder, found)
    return found


def _encoded(latch: Latch) -> bytes:
    row = {key: value[:TEXT_MAX] if isinstance(value, str) else value
           for key, value in asdict(latch).items() if key != "readable"}  # fmt: skip
    return json.dumps({"format": FORMAT, **row}).encode().ljust(SIZE - 1) + b"\n"


def _decoded(content: bytes) -> Latch:
    row = json.loads(content)
    if not isinstance(row, dict) or row.get("format") != FORMAT:
        raise ValueError("a format this program does not know")
    texts = {name: row[name] for name in ("id", "cause", "reason", "who")}
    if not all(isinstance(text, str) for text in texts.values()) or not texts["id"]:
        raise ValueError("a field that is no text")
    at_us = row["at_us"]
    if not isinstance(at_us, int):
        raise TypeError("at_us is no whole number")
    return Latch(**texts, at_us=at_us)


def _unreadable(content: bytes, why: str) -> Latch:
    mark = hashlib.sha256(content).hexdigest()[:8]
    return Latch(
        id=f"unreadable-{mark}", cause="unreadable", reason=why, who="", at_us=0, readable=False
    )


def _overwrite(file: Path, content: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.pwrite(handle, content, 0)
        os.fdatasync(handle)
    finally:
        os.close(handle)
