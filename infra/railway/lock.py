"""One writer at a time for each Railway environment, in this process and on this machine.

Railway loses one of two changes of an environment that are in flight together (railway facts
1.13), Pulumi works in parallel, and two stacks may share an environment.
"""

import fcntl
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.railway.errors import Busy
from infra.railway.pace import Pace

_guard = threading.Lock()
_locks: dict[str, threading.Lock] = {}


@contextmanager
def only_writer(scope: str, pace: Pace) -> Iterator[None]:
    """Hold the lock of an environment (or project) id; not reentrant.

    Raises:
        Busy: another writer has held it for `pace.lock_s_max`.
        Cancelled: told to stop while waiting.

    """
    with _guard:
        lock = _locks.setdefault(scope, threading.Lock())
    if pace.until(lambda: lock.acquire(blocking=False) or None, pace.lock_s_max) is None:
        raise Busy(f"environment {scope} has been busy for {pace.lock_s_max:.0f} s in this process")
    try:
        with _file_lock(scope, pace):
            yield
    finally:
        lock.release()


def lock_file(scope: str) -> Path:
    """Return the file whose lock stands for a scope on this machine; its folder is made."""
    folder = Path(tempfile.gettempdir()) / f"poly-railway-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / (re.sub(r"[^A-Za-z0-9-]", "_", scope) + ".lock")


@contextmanager
def _file_lock(scope: str, pace: Pace) -> Iterator[None]:
    path = lock_file(scope)
    with path.open("w") as file:

        def taken() -> bool | None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
            return True

        if pace.until(taken, pace.lock_s_max) is None:
            raise Busy(
                f"environment {scope} is being changed by another process on this machine "
                f"(lock {path}): wait for it to end, then run again"
            )
        yield
