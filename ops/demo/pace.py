"""Waits for what has to become true, with a deadline."""

import time
from collections.abc import Callable
from typing import Final

LOOK_S: Final = 0.02


def until(true: Callable[[], bool], *, within_s: float) -> bool:
    """Look again and again; say whether it became true in time."""
    by = time.monotonic() + within_s
    while not true():
        if time.monotonic() > by:
            return False
        time.sleep(LOOK_S)
    return True
