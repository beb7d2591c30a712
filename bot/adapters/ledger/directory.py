"""Who may have the data directory: one process, on a local file system with room to write.

Everything that makes a directory unfit is one line and one exit code, before anything is written.
Nothing here knows what is kept in it.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

from bot.domain.refusal import ExitCode, Refused

LOCK_NAME: Final = ".lock"
FREE_BYTES_MIN: Final = 16 * 1024 * 1024
"""Less than this left, and a start refuses: a full disk would stop the day in its middle."""
POLL_S: Final = 0.05
MOUNTS: Final = Path("/proc/self/mountinfo")

NETWORK: Final = (
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "ceph", "glusterfs", "lustre",
    "beegfs", "gpfs", "orangefs", "pvfs2", "ocfs2", "gfs2", "davfs", "fuse.sshfs", "fuse.s3fs",
    "fuse.rclone", "fuse.glusterfs", "fuse.ceph", "fuse.gcsfuse", "fuse.goofys", "fuse.davfs2",
)  # fmt: skip
"""WAL keeps its index in shared memory, which two hosts do not share, and their locks lie."""


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """A data directory this process holds until it closes it or ends."""

    path: Path
    device: int
    """st_dev of the directory: another one after a restart is another volume."""
    handle: int

    @classmethod
    def hold(
        cls,
        path: Path,
        *,
        wait_s: int = 0,
        mounts: Path = MOUNTS,
        waiting: Callable[[], object] = bool,
    ) -> Self:
        """Make the directory if only it is missing, judge it, and lock it for this process.

        Waits at most `wait_s` seconds for another process to let go of it; calls `waiting` at
        each look.

        Raises:
            Refused: missing parent, not a directory, read-only, full, on a network file system,
                or locked by another process.

        """
        path = path.absolute()
        try:
            path.mkdir(exist_ok=True)
            handle = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            refuse(path, error)
        try:
            require_local(path, mounts)
            require_room(path)
            lock(path, handle, wait_s, waiting)
            return cls(path=path, device=path.stat().st_dev, handle=handle)
        except OSError as error:
            os.close(handle)
            refuse(path, error)
        except BaseException:
            os.close(handle)
            raise

    def close(self) -> None:
        """Let go of it; the lock file stays, because removing it would race with a waiter."""
        os.close(self.handle)

    def __enter__(self) -> Self:
        """Hold it for a `with` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        self.close()


def refuse(path: Path, error: OSError) -> NoReturn:
    """Say in one line why the directory cannot be used.

    Raises:
        Refused: always.

    """
    why = {
        errno.ENOENT: f"its parent {path.parent} is missing: create it, or name another directory",
        errno.ENOTDIR: "is not a directory: name another one",
        errno.EEXIST: "is a file, not a directory: name another one",
        errno.EROFS: "is on a read-only file system: mount it writable, or name another directory",
        errno.EACCES: "may not be written to: give its owner, or name another directory",
        errno.EPERM: "may not be written to: give its owner, or name another directory",
        errno.ENOSPC: "is on a full disk: free some space, or grow the volume",
        errno.EDQUOT: "is over its quota: free some space, or grow the volume",
    }.get(error.errno or 0, f"cannot be used: {error.strerror}")
    raise Refused(f"data directory {path}: {why}", ExitCode.UNAVAILABLE) from error


def require_room(path: Path, *, needed: int = FREE_BYTES_MIN) -> None:
    """Refuse a disk that is nearly full.

    Raises:
        Refused: fewer than `needed` bytes are free.

    """
    state = os.statvfs(path)
    free = state.f_bavail * state.f_frsize
    if free < needed:
        raise Refused(
            f"data directory {path}: {free // 1024} KB free, needs {needed // 1024} KB:"
            " free some space, or grow the volume",
            ExitCode.UNAVAILABLE,
        )


def require_local(path: Path, mounts: Path = MOUNTS) -> None:
    """Refuse a network file system.

    Raises:
        Refused: the directory's mount is of a kind in `NETWORK`.

    """
    try:
        text = mounts.read_text(errors="replace")
    except OSError:  # not Linux: nothing to judge by
        return
    kind = filesystem(path.resolve(), text)
    if kind in NETWORK:
        raise Refused(
            f"data directory {path}: is on a network file system ({kind}), where a commit is not"
            " safe: use a local disk or a volume",
            ExitCode.UNAVAILABLE,
        )


def filesystem(path: Path, mountinfo: str) -> str:
    """Return the kind of the last mount whose point is the longest one above `path`.

    Source: proc_pid_mountinfo(5): field 5 is the mount point, octal escapes for blanks, and the
    kind follows a lone hyphen.
    """
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        columns = fields.split()
        if len(columns) < 5 or not rest:  # noqa: PLR2004 - the mount point is the fifth
            continue
        point = Path(columns[4].encode().decode("unicode_escape"))
        if (path == point or point in path.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), rest.split()[0]
    return kind


def lock(path: Path, handle: int, wait_s: int, waiting: Callable[[], object] = bool) -> None:
    """Take the directory's lock and write our process id into it.

    Raises:
        Refused: another process keeps it longer than `wait_s`.

    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                waiting()
                time.sleep(POLL_S)
                continue
            raise Refused(
                f"data directory {path}: locked by process {holder(handle)}: stop it, or let"
                " POLY_LOCK_WAIT_S wait for it",
                ExitCode.UNAVAILABLE,
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        return


def holder(handle: int) -> str:
    """Return the process id in the lock file, as the holder wrote it."""
    written = os.pread(handle, 20, 0).decode(errors="replace").strip()
    return written if written.isdigit() else "(unknown)"
