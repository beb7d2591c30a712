"""Ledgers to try things on: one made from a story, copied for each test that changes it."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.adapters.ledger import driver
from bot.adapters.ledger.ledger import FILE_NAME, SqliteLedger
from tests.contract.ledger.story import Transaction, day


def write(directory: Path, transactions: Sequence[Transaction]) -> Path:
    """Append the transactions to the ledger of a directory and return its file."""
    ledger = SqliteLedger.open(directory, threaded=False)

    async def append() -> None:
        for entries, stamp in transactions:
            await ledger.append(entries, stamp)

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(append())
    finally:
        loop.close()
        ledger.drop()
    return directory / FILE_NAME


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a ledger of one day, closed in order; do not change it."""
    return write(tmp_path_factory.mktemp("told"), day(5, windows=6, unsettled=2))


@pytest.fixture
def copied(told: Path, tmp_path: Path) -> Path:
    """Return a copy of the day's ledger to change."""
    return Path(shutil.copy(told, tmp_path / FILE_NAME))


@pytest.fixture
def corrupt(copied: Path) -> Callable[..., None]:
    """Return `corrupt(sql, *values)`: change the copy behind the ledger's back."""

    def change(sql: str, *values: object) -> None:
        connection = driver.connect(driver.uri(copied, "mode=rw"))
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute(sql, values)
        connection.close()

    return change
