"""Bring a ledger's schema to this program's: at once when it is new, by Alembic when it is older.

A step runs in one transaction with foreign keys off (a rebuilt table would cascade its deletes
otherwise) and a foreign key check before COMMIT, after a backup of the whole file. Killed at any
instant it leaves the old schema or the new one. Alembic is imported only when there is a step to
take, because that costs a third of a second. Must not change a row of the events.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.adapters.ledger import driver
from bot.domain.refusal import Refused

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

HEAD: Final = "0004"
STEPS: Final = Path(__file__).with_name("migrations")
SCHEMA: Final = Path(__file__).with_name("schema.sql")


def version(connection: driver.Connection) -> str | None:
    """Return the schema version, None of an empty file.

    Raises:
        Refused: tables, but no version: not a ledger.

    """
    names = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if not names:
        return None
    rows = (
        connection.execute("SELECT version_num FROM alembic_version").fetchall()
        if "alembic_version" in names
        else []
    )
    if len(rows) != 1:
        raise Refused(
            "ledger poly.db: has tables but no schema version, so it is not a ledger of poly;"
            " choose another data directory, or `poly migrate` to import an old bot's database"
        )
    return str(rows[0][0])


def bring(
    connection: driver.Connection, file: Path, *, head: str = HEAD, steps: Path = STEPS
) -> None:
    """Make the schema this program's.

    Raises:
        Refused: a ledger newer than the program, or no ledger at all, or a step that failed.

    """
    found = version(connection)
    if found == head:
        return
    if found is None:
        create(connection)
        sync_folder(file.parent)
        found = HEAD
    if found == head:
        return
    if not found.isdigit() or int(found) > int(head):
        raise Refused(
            f"ledger {file}: schema version {found} is newer than this program's {head};"
            " run the newer program, or restore the backup made before its migration"
        )
    back_up(connection, file, f"{found}-to-{head}")
    try:
        climb(connection, head, steps)
    except driver.DatabaseError as error:
        raise Refused(
            f"ledger {file}: migration {found} to {head} failed and changed nothing: {error};"
            " run the older program, and report this"
        ) from error


def create(connection: driver.Connection) -> None:
    """Write the whole schema into an empty file, in one transaction."""
    text = SCHEMA.read_text()
    connection.executescript(f"BEGIN IMMEDIATE;\n{text}\nCOMMIT;")


def back_up(connection: driver.Connection, file: Path, label: str) -> Path:
    """Copy the whole ledger beside itself and return where; an unfinished copy is replaced."""
    target = file.with_name(f"{file.name}.{label}.bak")
    unfinished = target.with_name(target.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(unfinished),))
    with unfinished.open("rb") as copy:
        os.fsync(copy.fileno())
    unfinished.replace(target)
    sync_folder(file.parent)
    return target


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def climb(connection: driver.Connection, head: str, steps: Path) -> None:
    """Run every step up to `head` in one transaction."""
    connection.execute("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
    try:
        _upgrade(connection, head, steps)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA foreign_keys=ON")


def _finish(connection: driver.Connection) -> None:
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise driver.DatabaseError(f"foreign keys broken in {sorted({row[0] for row in broken})}")
    connection.execute("COMMIT")


def _upgrade(connection: driver.Connection, head: str, steps: Path) -> None:
    from alembic.config import Config  # noqa: PLC0415 - see the module's docstring
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.pool import StaticPool  # noqa: PLC0415

    folder = ScriptDirectory(str(steps), version_locations=[str(steps)])

    def revisions(found: tuple[str, ...], _: "MigrationContext") -> Sequence["RevisionStep"]:
        return folder._upgrade_revs(head, found)  # type: ignore[arg-type]  # noqa: SLF001 - what `alembic upgrade` calls

    engine = create_engine(
        "sqlite://", module=driver.MODULE, creator=lambda: connection, poolclass=StaticPool
    )
    try:
        with (
            engine.connect() as bound,
            bound.begin(),
            EnvironmentContext(Config(), folder, fn=revisions) as environment,
        ):
            # The real transaction begins after SQLAlchemy's own roll-back at its first connection
            # and ends before it lets go; Alembic ends none that it finds begun.
            connection.execute("BEGIN IMMEDIATE")
            environment.configure(connection=bound, transactional_ddl=False)
            environment.run_migrations()
            _finish(connection)
    except DBAPIError as error:
        raise driver.DatabaseError(str(error.orig)) from error


def dump(connection: driver.Connection) -> str:
    """Return the schema as the text that schema.sql has to hold."""
    rows = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name = 'alembic_version', rowid"
    )
    lines = [f"{sql};" for (sql,) in rows]
    # S608: the version is a number of our own.
    lines.append(f"INSERT INTO alembic_version (version_num) VALUES ('{version(connection)}');")  # noqa: S608
    return "\n\n".join(lines) + "\n"


def main() -> None:
    """Print what schema.sql has to hold: `python -m bot.adapters.ledger.migrate > schema.sql`."""
    connection = driver.connect("file::memory:")
    climb(connection, HEAD, STEPS)
    sys.stdout.write(dump(connection))


if __name__ == "__main__":
    main()
