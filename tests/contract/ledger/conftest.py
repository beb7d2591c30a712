"""The adapters held to the contract of the port `Ledger`.

Another adapter is put under it by one more line in `ADAPTERS`: how to open a place again and again.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.ports import Ledger

Open = Callable[[], Ledger]


def threaded(place: Path) -> Ledger:
    return SqliteLedger.open(place)


def inline(place: Path) -> Ledger:
    return SqliteLedger.open(place, threaded=False)


ADAPTERS: tuple[Callable[[Path], Ledger], ...] = (threaded, inline)


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Return `open_ledger()`: the one ledger of this test, opened once more."""
    adapter: Callable[[Path], Ledger] = request.param
    return lambda: adapter(tmp_path)
