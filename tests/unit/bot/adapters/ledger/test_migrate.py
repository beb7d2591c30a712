"""A ledger has the old schema or the new one, never one between, and a newer one is refused."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.ledger import driver, migrate
from bot.adapters.ledger.statement import columns
from bot.domain.refusal import Refused

Corrupt = Callable[..., None]
HEAD = migrate.HEAD
NEXT = f"{int(HEAD) + 1:04d}"

STEP = f'''"""A planted step."""
from alembic import op
revision = "{NEXT}"
down_revision = "{HEAD}"
def upgrade():
    op.execute("ALTER TABLE drifts ADD COLUMN severity TEXT")
    {{more}}
'''
REBUILD = """op.execute("CREATE TABLE t2 AS SELECT * FROM trade_intents")
    op.execute("DELETE FROM trade_intents")
    {back}"""


@pytest.fixture
def steps(tmp_path: Path) -> Callable[[str], Path]:
    """Return `steps(code)`: a folder of our steps and a planted next one."""

    def plant(more: str = "pass") -> Path:
        folder = tmp_path / "steps"
        folder.mkdir()
        for step in migrate.STEPS.glob("0*.py"):
            (folder / step.name).write_text(step.read_text())
        (folder / f"{NEXT}_planted.py").write_text(STEP.format(more=more))
        return folder

    return plant


def has_severity(file: Path) -> bool:
    connection = driver.connect(driver.uri(file, "mode=rw"))
    try:
        names = [row[1] for row in connection.execute("PRAGMA table_info(drifts)")]
        return "severity" in names
    finally:
        connection.close()


def test_schema_sql_is_what_the_steps_make() -> None:
    """Else: python -m bot.adapters.ledger.migrate > bot/adapters/ledger/schema.sql."""
    connection = driver.connect("file::memory:")
    migrate.climb(connection, migrate.HEAD, migrate.STEPS)

    assert migrate.SCHEMA.read_text() == migrate.dump(connection)
    connection.close()


def test_the_last_step_is_this_programs_version() -> None:
    numbers = [file.name[:4] for file in migrate.STEPS.glob("0*.py")]

    assert max(numbers) == migrate.HEAD


def test_a_new_ledger_has_the_schema_at_once(tmp_path: Path) -> None:
    """Without Alembic, whose import costs a third of a second."""
    code = (
        "import sys; from pathlib import Path; from bot.adapters.ledger.ledger import SqliteLedger;"
        f"SqliteLedger.open(Path({str(tmp_path)!r}), threaded=False).drop();"
        "sys.exit('alembic' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_table_is_strict() -> None:
    connection = driver.connect("file::memory:")
    migrate.create(connection)
    loose = {
        row[1]
        for row in connection.execute("PRAGMA table_list")
        if row[1] in columns() and not row[5]
    }
    connection.close()

    assert loose == {"alembic_version"}


def test_money_is_integer() -> None:
    connection = driver.connect("file::memory:")
    migrate.create(connection)
    types = {
        (table, row[1]): row[2]
        for table in columns()
        for row in connection.execute(f"PRAGMA table_info({table})")
    }
    connection.close()

    assert {kind for (_, name), kind in types.items() if name.endswith("_micros")} == {"INTEGER"}
    assert not {place for place, kind in types.items() if kind in {"REAL", "NUMERIC", "ANY"}}


def test_a_step_keeps_the_rows_and_leaves_a_backup(
    copied: Path, steps: Callable[..., Path]
) -> None:
    connection = driver.open_writer(copied)
    before = connection.execute("SELECT count(*), max(hash) FROM trade_events").fetchone()

    migrate.bring(connection, copied, head=NEXT, steps=steps())

    assert migrate.version(connection) == NEXT
    assert connection.execute("SELECT count(*), max(hash) FROM trade_events").fetchone() == before
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    connection.close()
    assert has_severity(copied)
    backup = copied.with_name(f"poly.db.{HEAD}-to-{NEXT}.bak")
    assert not has_severity(backup)
    copy = driver.open_reader(backup)
    assert copy.execute("SELECT count(*), max(hash) FROM trade_events").fetchone() == before
    copy.close()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("op.execute('INSERT INTO nowhere VALUES (1)')", "no such table"),
        (REBUILD.format(back="pass"), "foreign keys broken in \\['orders'\\]"),
    ],
)
def test_a_failing_step_changes_nothing(
    copied: Path, steps: Callable[..., Path], more: str, why: str
) -> None:
    connection = driver.open_writer(copied)

    with pytest.raises(Refused, match=f"failed and changed nothing.*{why}"):
        migrate.bring(connection, copied, head=NEXT, steps=steps(more))

    assert migrate.version(connection) == HEAD
    assert connection.execute("SELECT count(*) FROM trade_intents").fetchone() != (0,)
    connection.close()
    assert not has_severity(copied)


def test_a_table_can_be_rebuilt_without_losing_its_children(
    copied: Path, steps: Callable[..., Path]
) -> None:
    """With foreign keys on, the delete would fail or cascade."""
    back = 'op.execute("INSERT INTO trade_intents SELECT * FROM t2"); op.execute("DROP TABLE t2")'
    connection = driver.open_writer(copied)
    before = connection.execute("SELECT count(*) FROM orders").fetchone()

    migrate.bring(connection, copied, head=NEXT, steps=steps(REBUILD.format(back=back)))

    assert connection.execute("SELECT count(*) FROM orders").fetchone() == before
    connection.close()


def test_an_unfinished_backup_is_replaced(copied: Path, steps: Callable[..., Path]) -> None:
    (copied.parent / f"poly.db.{HEAD}-to-{NEXT}.bak.unfinished").write_text("half a copy")
    connection = driver.open_writer(copied)

    migrate.bring(connection, copied, head=NEXT, steps=steps())

    connection.close()
    assert [file.name for file in copied.parent.glob("*.bak*")] == [f"poly.db.{HEAD}-to-{NEXT}.bak"]


@pytest.mark.parametrize("version", [NEXT, "9999", "main"])
def test_a_newer_ledger_is_refused_untouched(copied: Path, corrupt: Corrupt, version: str) -> None:
    corrupt("UPDATE alembic_version SET version_num = ?", version)
    before = copied.read_bytes()
    connection = driver.open_writer(copied)

    with pytest.raises(Refused, match=f"schema version {version} is newer"):
        migrate.bring(connection, copied)

    connection.close()
    assert copied.read_bytes() == before
