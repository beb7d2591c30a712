"""A power cut at any statement of a migration changes nothing of the day that goes on after it.

The older ledger is this program's own, taken back to the first schema: every later step only adds
tables. What a power cut leaves is a copy of the files, taken as the statement begins.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.adapters.ledger import driver, migrate
from bot.adapters.ledger.ledger import FILE_NAME
from bot.domain.entry import Entry, Stamp
from bot.engine.engine import Engine
from tests.simulation.test_crash import fast, world
from tests.simulation.world import Crash, Dice, World

FIRST = "0001"
SEED = 3
HALF = 40
"""Boundaries passed before the older program stops."""

__all__ = ["fast"]


def unwatched(engine: Engine, entries: Sequence[Entry], stamp: Stamp) -> None:
    """Hold nothing to rules: the books at the end are what counts here."""


def names(connection: driver.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {str(name) for (name,) in rows if not str(name).startswith("sqlite_")}


def take_back(file: Path) -> None:
    """Leave what the first program would have left: its tables and its version."""
    first = driver.connect("file::memory:")
    migrate.climb(first, FIRST, migrate.STEPS)
    kept = names(first)
    first.close()
    connection = driver.open_writer(file)
    for name in sorted(names(connection) - kept, reverse=True):
        connection.execute(f"DROP TABLE {name}")
    connection.execute("UPDATE alembic_version SET version_num = ?", (FIRST,))
    connection.close()


def cuts(older: Path, root: Path) -> Iterator[Path]:
    """Migrate a ledger, and yield a copy of its files for each statement that was begun."""
    file = older / FILE_NAME
    made: list[Path] = []

    def cut(statement: str) -> None:
        del statement
        copy = root / f"cut-{len(made)}"
        shutil.copytree(older, copy, ignore=shutil.ignore_patterns("*-shm"))
        made.append(copy)

    connection = driver.open_writer(file)
    connection.set_trace_callback(cut)
    migrate.bring(connection, file)
    connection.set_trace_callback(None)
    assert migrate.version(connection) == migrate.HEAD
    connection.close()
    yield from made


@pytest.mark.timeout(300)
async def test_a_power_cut_at_any_statement_of_a_migration_changes_nothing(fast: Path) -> None:
    calm = world(fast, "calm", SEED)
    await calm.live(Dice())
    day = world(fast, "older", SEED)
    with pytest.raises(Crash):
        await day.live(Dice(after=HALF))
    assert day.summary().orders > 0
    take_back(day.file)
    versions = set[str | None]()
    for copy in cuts(day.directory, fast):
        connection = driver.open_writer(copy / FILE_NAME)
        versions.add(migrate.version(connection))
        connection.close()
        after = World(copy, day.recording, day.strategy, unwatched)
        await after.live(Dice())
        assert after.summary().content_hash == calm.summary().content_hash, copy.name
        assert after.summary().decision_hash == calm.summary().decision_hash, copy.name
    assert versions == {FIRST, migrate.HEAD}
