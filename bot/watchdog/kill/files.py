"""Small files that are whole or not there, and the folder entries that make them last."""

import contextlib
import errno
import os
from pathlib import Path
from typing import Final

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable.

    Raises:
        OSError: they are not.

    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(file: Path, content: bytes) -> None:
    """Replace a file by another: written beside it, synced, renamed, folder synced.

    Raises:
        OSError: the old file, or none, is still there.

    """
    beside = file.with_name(f".{file.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        beside.replace(file)
        sync_folder(file.parent)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def reserve(file: Path, size: int) -> None:
    """Take blocks of the disk for a file that may have to be written when there are none left.

    Raises:
        OSError: they are not there.

    """
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(handle, 0, size)
        os.fsync(handle)
    finally:
        os.close(handle)


def write_reserved(file: Path, content: bytes, reserved: Path) -> None:
    """Replace a file without asking the disk for a block: into the reserved one, then renamed.

    Raises:
        OSError: nothing is reserved, or too little; the old file, or none, is still there.

    """
    handle = os.open(reserved, os.O_WRONLY | os.O_CLOEXEC)
    try:
        if os.fstat(handle).st_size < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.pwrite(handle, content, 0)
        os.ftruncate(handle, len(content))
        os.fsync(handle)
    finally:
        os.close(handle)
    reserved.replace(file)
    sync_folder(file.parent)
