"""The account on disk: who may open it, and what a failing one does."""

import sqlite3
from pathlib import Path

import pytest
from typing_extensions import override

from bot.adapters.paper.deed import Arrival
from bot.adapters.paper.store import FILE, Store
from bot.adapters.paper.venue import PaperVenue
from bot.domain.money import Usd
from bot.domain.order import Unknown
from bot.domain.refusal import ExitCode, Refused
from bot.ports import CommitUnknown
from tests.unit.bot.adapters.paper.desk import BUY, FAK, Desk, terms


def opened(directory: Path, *, cash: str = "1000", seed: int = 7) -> Store:
    """Open a store."""
    return Store.open(directory, starting_cash=Usd.parse(cash), seed=seed)


def test_a_store_belongs_to_one_seed_and_one_starting_cash(tmp_path: Path) -> None:
    opened(tmp_path).close()
    for cash, seed, text in (
        ("999", 7, "paper.cash_usd must be 1000.00"),
        ("1000", 8, "seed must be 7"),
    ):
        with pytest.raises(Refused, match=text) as refused:
            opened(tmp_path, cash=cash, seed=seed)
        assert refused.value.code is ExitCode.REFUSED
        assert "\n" not in str(refused.value)


def test_a_file_that_is_no_account_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(Refused, match=FILE) as refused:
        opened(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_missing_directory_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=FILE) as refused:
        opened(tmp_path / "absent")
    assert refused.value.code is ExitCode.UNAVAILABLE


def test_an_account_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE account SET schema = 2")
    database.close()
    with pytest.raises(Refused, match="schema must be 1, was 2"):
        opened(tmp_path)


class FullDisk(Store):
    """A store whose disk is full from some time on."""

    full = False

    @override
    def arrive(self, arrival: Arrival, at_us: int, text: str = "") -> None:
        """Fail at the limit of pages, as SQLite does on a full disk."""
        if self.full:
            self._database.execute("PRAGMA max_page_count = 1")
            text += " " * 100_000
        super().arrive(arrival, at_us, text)


async def test_a_store_that_fails_leaves_the_outcome_unknown_and_takes_nothing_more(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    desk.book("0.50x100", "0.52x100")
    desk.venue.close()
    store = FullDisk.open(tmp_path, starting_cash=Usd.parse("1000"), seed=7)
    assert isinstance(store, FullDisk)
    desk.venue = PaperVenue(store, latency_us=250_000)
    store.full = True
    answer, _ = await desk.send(terms(BUY, FAK, "0.52", "5"))
    assert isinstance(answer, Unknown)
    assert FILE in answer.reason
    store.full = False
    answer, _ = await desk.send(terms(BUY, FAK, "0.52", "5"))
    assert isinstance(answer, Unknown)
    desk.frame += 1
    with pytest.raises(CommitUnknown):
        desk.tick("0.001")


def test_cash_and_positions_are_held_positive_by_the_file_itself(tmp_path: Path) -> None:
    opened(tmp_path).close()
    database = sqlite3.connect(tmp_path / FILE)
    for statement in (
        "UPDATE account SET cash = -1",
        "INSERT INTO positions VALUES ('up', 0)",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(statement)
    database.close()
