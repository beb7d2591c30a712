"""What every test gets: virtual time, or a bounded wait for what is real.

Nothing here knows the product. A test under tests/e2e and tests/contract, or one marked
`real_time`, runs on the ordinary loop, because it waits for real processes and sockets; every
other asynchronous test runs on a loop whose clock jumps to the next timer.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import hypothesis
import looptime
import pytest

REAL = ("e2e", "contract")
POLL_S = 0.02

hypothesis.settings.register_profile("poly", deadline=None, print_blob=True)
hypothesis.settings.load_profile("poly")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give a test its loop: virtual time unless it waits for something real."""
    inside = Path(item.path).relative_to(Path(__file__).parent).parts[0]
    if inside in REAL or item.get_closest_marker("real_time") is not None:
        return {"real": asyncio.new_event_loop}
    return {"virtual": lambda: looptime.new_event_loop(start=0)}


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Return `wait(probe, within_s=10, what="it")`: poll until true, or fail and name it.

    The only place of the tests that sleeps: for what another process does and no pipe tells.
    """

    def wait(probe: Callable[[], object], *, within_s: float = 10, what: str = "it") -> None:
        deadline = time.monotonic() + within_s
        while not probe():
            if time.monotonic() > deadline:
                pytest.fail(f"{what} did not happen within {within_s} s")
            time.sleep(POLL_S)

    return wait
