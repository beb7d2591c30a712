"""Only an SQLite that keeps its word is used, and what it was told is read back."""

from pathlib import Path

import pytest

from bot.adapters.ledger import driver
from bot.domain.refusal import ExitCode, Refused


@pytest.mark.parametrize(
    "version", [(3, 51, 3), (3, 53, 4), (3, 50, 7), (3, 50, 9), (3, 44, 6), (4, 0, 0)]
)
def test_a_version_with_the_fix_is_taken(version: tuple[int, ...]) -> None:
    driver.require_version(version)


@pytest.mark.parametrize(
    "version", [(3, 51, 2), (3, 50, 6), (3, 44, 5), (3, 40, 1), (3, 45, 9), (3, 7, 0)]
)
def test_a_version_that_can_lose_a_commit_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(Refused, match="can lose commits") as refused:
        driver.require_version(version)

    assert refused.value.code == ExitCode.UNAVAILABLE


def test_the_driver_of_this_installation_is_fit() -> None:
    driver.require_version()


def test_the_writer_has_every_pragma(tmp_path: Path) -> None:
    connection = driver.open_writer(tmp_path / "poly.db")

    read = {name: connection.execute(f"PRAGMA {name}").fetchone() for name, _, _ in driver.WRITER}
    connection.close()
    assert read["journal_mode"] == ("wal",)
    assert read["synchronous"] == (2,)
    assert read["foreign_keys"] == (1,)
    assert read["mmap_size"] == (0,)


def test_a_pragma_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    """In memory there is no WAL, as on a file system without shared memory."""
    connection = driver.connect("file::memory:")

    with pytest.raises(Refused, match="PRAGMA journal_mode must read WAL, was memory"):
        driver.settle(connection, driver.WRITER, tmp_path)
    connection.close()


def test_the_reader_cannot_write(told: Path) -> None:
    connection = driver.open_reader(told)

    with pytest.raises(driver.OperationalError, match="readonly"):
        connection.execute("DELETE FROM cash")
    connection.close()


def test_a_file_name_is_no_address(tmp_path: Path) -> None:
    """`?` and `#` and `%` in a path are part of the path."""
    odd = tmp_path / "50%?mode=memory#x"
    odd.mkdir()

    driver.open_writer(odd / "poly.db").close()

    assert (odd / "poly.db").is_file()


def test_a_missing_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file") as refused:
        driver.open_reader(tmp_path / "poly.db")

    assert refused.value.code == ExitCode.UNAVAILABLE
