"""What the tests of crashes share."""

from collections.abc import Iterator

import pytest

from tests.e2e.ledger.victim import Victim, a_victim


@pytest.fixture
def victim() -> Iterator[Victim]:
    """Return a process that forks writers."""
    with a_victim() as victim:
        yield victim
