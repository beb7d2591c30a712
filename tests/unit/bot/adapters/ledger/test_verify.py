"""A verification finds and names whatever was changed behind the ledger's back."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.ledger import driver
from bot.adapters.ledger.proof.compare import KEYS
from bot.adapters.ledger.proof.finding import Finding
from bot.adapters.ledger.proof.verify import verify
from bot.adapters.ledger.statement import columns
from bot.domain.refusal import Refused

TABLES = (*KEYS, "trade_events")
Corrupt = Callable[..., None]


def key_of(table: str) -> tuple[str, ...]:
    return KEYS.get(table, ("seq",))


def other(value: object) -> object:
    """Return another value that the column's type takes."""
    match value:
        case int():
            return value + 1
        case str():
            return value + "x"
        case _:
            return "7"


def names(finding: Finding, table: str, key: str, column: str) -> bool:
    """Say whether the finding is about this value."""
    in_row = finding.table == table and (finding.key == key or not finding.column)
    return in_row and (not finding.column or column in finding.column)


def named(table: str, row: tuple[object, ...]) -> str:
    position = [columns()[table].index(name) for name in key_of(table)]
    return ", ".join(f"{n}={row[i]!r}" for n, i in zip(key_of(table), position, strict=True))


def where(table: str) -> str:
    return " AND ".join(f"{name} IS ?" for name in key_of(table))


class Copy:
    """A copy of a ledger, to be changed once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.connection = driver.connect(driver.uri(self.file, "mode=rw"))
        self.connection.execute("PRAGMA ignore_check_constraints=ON")
        self.connection.execute("PRAGMA foreign_keys=OFF")

    def rows(self, table: str) -> list[tuple[object, ...]]:
        return self.connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608

    def key(self, table: str, row: tuple[object, ...]) -> list[object]:
        return [row[columns()[table].index(name)] for name in key_of(table)]

    def findings(self) -> tuple[Finding, ...]:
        self.connection.close()
        return verify(self.file).findings


@contextmanager
def copy_of(file: Path) -> Iterator[Copy]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(shutil.copy(file, folder)))
        try:
            yield copy
        finally:
            copy.connection.close()


def test_a_ledger_as_written_is_whole(told: Path) -> None:
    verdict = verify(told)

    assert verdict.ok, verdict.findings
    assert verdict.events > 50
    assert not verdict.more


def test_the_story_has_rows_in_every_table(told: Path) -> None:
    """Or the properties below would prove nothing of the empty ones."""
    with copy_of(told) as copy:
        empty = [table for table in TABLES if not copy.rows(table)]

    assert not empty


@settings(max_examples=150)
@given(choice=st.data())
def test_any_changed_value_is_named(told: Path, choice: st.DataObject) -> None:
    with copy_of(told) as copy:
        table = choice.draw(st.sampled_from(TABLES))
        row = choice.draw(st.sampled_from(copy.rows(table)))
        column = choice.draw(st.sampled_from(columns()[table]))
        changed = other(row[columns()[table].index(column)])
        sql = f"UPDATE {table} SET {column} = ? WHERE {where(table)}"  # noqa: S608
        try:
            copy.connection.execute(sql, (changed, *copy.key(table, row)))
        except driver.MODULE.IntegrityError:  # the key of another row: SQLite itself refuses
            return

        found = copy.findings()

    assert any(names(f, table, named(table, row), column) for f in found), (table, column, found)


@settings(max_examples=60)
@given(choice=st.data())
def test_any_missing_row_is_named(told: Path, choice: st.DataObject) -> None:
    with copy_of(told) as copy:
        table = choice.draw(st.sampled_from(TABLES))
        row = choice.draw(st.sampled_from(copy.rows(table)))
        sql = f"DELETE FROM {table} WHERE {where(table)}"  # noqa: S608
        copy.connection.execute(sql, copy.key(table, row))

        found = copy.findings()

    assert any(f.table == table and f.key == named(table, row) for f in found), (table, found)


@settings(max_examples=60)
@given(choice=st.data())
def test_any_inserted_row_is_named(told: Path, choice: st.DataObject) -> None:
    with copy_of(told) as copy:
        table = choice.draw(st.sampled_from(TABLES))
        row = list(choice.draw(st.sampled_from(copy.rows(table))))
        unique = {"intent_id", "order_hash", "fill_id", "market_id", *key_of(table)}
        for index, name in enumerate(columns()[table]):
            value = row[index]
            if name in unique:
                row[index] = value + 100_000 if isinstance(value, int) else f"{value}x"
        marks = ", ".join("?" * len(row))
        copy.connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608

        found = copy.findings()

    assert any(f.table == table and f.key == named(table, tuple(row)) for f in found), found


@pytest.mark.parametrize(
    ("sql", "table", "column"),
    [
        ("UPDATE trade_events SET content = replace(content, 'ACTIVE', 'ACTIVF')", "", ""),
        ("UPDATE trade_events SET hash = prev_hash WHERE seq = 9", "trade_events", "hash"),
        (
            "UPDATE trade_events SET event_type = 'frame_reached' WHERE seq = 1",
            "trade_events",
            "event_type",
        ),
        ("UPDATE trade_events SET at_us = at_us + 1 WHERE seq = 9", "trade_events", "at_us"),
        ("UPDATE trade_events SET prev_hash = hash WHERE seq = 9", "trade_events", "prev_hash"),
        ("UPDATE alembic_version SET version_num = '0'", "alembic_version", "version_num"),
        ("CREATE TRIGGER spy AFTER INSERT ON cash BEGIN SELECT 1; END", "sqlite_schema", "sql"),
        ("DROP INDEX orders_open", "sqlite_schema", "sql"),
        ("DROP TABLE denials", "sqlite_schema", "sql"),
    ],
)
def test_a_change_is_named_by_its_column(
    copied: Path, corrupt: Corrupt, sql: str, table: str, column: str
) -> None:
    corrupt(sql)

    found = verify(copied).findings

    assert (not table and not found) or any(
        f.table == table and column in f.column for f in found
    ), found


def test_tables_kept_from_an_old_bot_are_not_judged(copied: Path, corrupt: Corrupt) -> None:
    corrupt("CREATE TABLE legacy_calibration (a, b)")
    corrupt("INSERT INTO legacy_calibration VALUES (1.5, NULL)")

    assert verify(copied).ok


def test_findings_are_bounded(copied: Path, corrupt: Corrupt) -> None:
    corrupt("UPDATE trade_events SET content = '{}'")

    verdict = verify(copied)

    assert verdict.more
    assert len(verdict.findings) == 200


def test_a_damaged_page_is_named(copied: Path) -> None:
    raw = bytearray(copied.read_bytes())
    page = 4096 * 30
    raw[page : page + 4096] = b"\xff" * 4096
    copied.write_bytes(raw)

    found = verify(copied).findings

    assert any(finding.table == "(file)" for finding in found)


def test_progress_reaches_its_end(told: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def note(what: str, done: int, of: int) -> None:
        seen[what] = (done, of)

    verify(told, progress=note)

    assert set(seen) == {"file", "events", "tables"}
    assert all(done == of for done, of in seen.values())


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"poly\.db: no such file"):
        verify(tmp_path / "poly.db")


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "poly.db"
    file.write_bytes(b"not a database at all" * 100)

    with pytest.raises(Refused, match="not a database"):
        verify(file)
