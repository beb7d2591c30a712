"""A stand-in for all tests of a worker, each with projects of its own; no delays, no limits."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.contract.railway_stand_in.railway import Railway, running


@pytest.fixture(scope="session")
def shared() -> Iterator[Railway]:
    """One stand-in on the larger plan, without delays."""
    with running("--plan", "pro", "--delay-scale", "0", "--budget", "1000000") as railway:
        yield railway


@pytest.fixture
def railway(shared: Railway) -> Iterator[Railway]:
    """Return the shared stand-in without faults; it must have had no bug of its own."""
    before = len(shared.truth()["bugs"])
    yield shared
    shared.control("faults", "DELETE")
    assert shared.truth()["bugs"][before:] == []


@pytest.fixture
def start() -> Iterator[Callable[..., Railway]]:
    """Return `start(*options)`: a stand-in of the test's own, ended with it."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(running(*options))
