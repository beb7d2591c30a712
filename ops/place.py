"""Where a command looks for the ledger, and whether an engine is at work there.

Nothing here opens the ledger or takes a lock: looking can never make a start fail.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from bot.settings import data_directory

Function = TypeVar("Function", bound=Callable[..., object])

data_dir: Callable[[Function], Function] = click.option(
    "--data-dir",
    metavar="DIR",
    help="Directory of the ledger; else POLY_DATA_DIR, RAILWAY_VOLUME_MOUNT_PATH, ./data.",
)


def directory(given: str | None) -> Path:
    """Return the data directory: the option, POLY_DATA_DIR, the volume's mount, ./data."""
    return data_directory(os.environ, given)


def engine_at(place: Path) -> int | None:
    """Return the process id that holds the directory, 0 if it cannot be told, None if nobody does.

    Source: proc_locks(5): kind, advisory, access, pid, major:minor:inode, start, end.
    """
    try:
        inode = (place / ".lock").stat().st_ino
        held = Path("/proc/locks").read_text()
    except OSError:
        return None if Path("/proc/locks").exists() else 0
    for line in held.splitlines():
        fields = line.split()
        if "FLOCK" in fields and fields[-3].endswith(f":{inode}") and "->" not in fields:
            return max(int(fields[-4]), 0)
    return None
