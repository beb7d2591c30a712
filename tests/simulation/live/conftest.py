"""Only one test of the campaign at a time, whatever runs beside it.

Each lives several whole bots and exchanges at once; three such tests together on two cores would
measure the machine, not the bot.
"""

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    path = Path(tempfile.gettempdir()) / "poly-campaign.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
