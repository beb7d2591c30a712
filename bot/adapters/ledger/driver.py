"""The SQLite that commits: which driver, which version, which pragmas, read back.

The only file that names a driver. Nothing here knows a table.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bot.domain.refusal import ExitCode, Refused

try:
    import pysqlite3 as module
except ImportError:  # no wheel for this platform: the standard library's, if it is new enough
    import sqlite3 as module  # type: ignore[no-redef,unused-ignore]

Connection = sqlite3.Connection
"""For annotations; pysqlite3's has the same methods."""
Error: Final[type[sqlite3.Error]] = module.Error
DatabaseError: Final[type[sqlite3.DatabaseError]] = module.DatabaseError
Damaged: Final = (module.DatabaseError, UnicodeError, OverflowError)
"""What reading a damaged file may raise; a damaged schema has names that are no UTF-8."""
OperationalError: Final[type[sqlite3.OperationalError]] = module.OperationalError
MODULE: Final = module
"""What SQLAlchemy is to take."""
VERSION: Final[tuple[int, ...]] = module.sqlite_version_info
NAME: Final[str] = module.__name__

VERSION_MIN: Final = (3, 51, 3)
"""First release without the WAL-reset race, by which a commit can be lost.

Source: sqlite.org/wal.html#walresetbug, read 2026-11-22; fixed also in 3.50.7 and 3.44.6.
"""
BACKPORTS: Final = ((3, 50, 7), (3, 44, 6))
BUSY_MS: Final = 5_000
WAL_LIMIT: Final = 64 * 1024 * 1024

Pragma = tuple[str, str, Sequence[object]]
"""(name, what to set, what may be read back; None where the build does not answer)."""

WRITER: Final[tuple[Pragma, ...]] = (
    ("busy_timeout", str(BUSY_MS), (BUSY_MS,)),
    ("journal_mode", "WAL", ("wal",)),
    ("synchronous", "FULL", (2,)),
    ("foreign_keys", "ON", (1,)),
    ("wal_autocheckpoint", "1000", (1000,)),
    # A mapped file turned one field report of the WAL-reset bug into corruption.
    ("mmap_size", "0", (0, None)),
    ("trusted_schema", "OFF", (0,)),
    ("cell_size_check", "ON", (1,)),
    ("journal_size_limit", str(WAL_LIMIT), (WAL_LIMIT,)),
)
READER: Final[tuple[Pragma, ...]] = (
    ("busy_timeout", str(BUSY_MS), (BUSY_MS,)),
    ("query_only", "ON", (1,)),
    ("mmap_size", "0", (0, None)),
    ("trusted_schema", "OFF", (0,)),
)


def require_version(version: tuple[int, ...] = VERSION) -> None:
    """Refuse an SQLite that can lose a commit.

    Raises:
        Refused: older than 3.51.3 and no backport of its fix.

    """
    for backport in BACKPORTS:
        if version[:2] == backport[:2] and version >= backport:
            return
    if version < VERSION_MIN:
        found = ".".join(map(str, version))
        raise Refused(
            f"SQLite {found} (driver {NAME}) can lose commits (WAL-reset bug); needs 3.51.3 or"
            " newer, 3.50.7 or 3.44.6: install the wheel of pysqlite3",
            ExitCode.UNAVAILABLE,
        )


def settle(connection: Connection, pragmas: Sequence[Pragma], file: Path | str) -> None:
    """Set every pragma and read it back.

    Raises:
        Refused: one does not hold what was set.

    """
    for name, wanted, accepted in pragmas:
        connection.execute(f"PRAGMA {name}={wanted}").fetchall()
        row = connection.execute(f"PRAGMA {name}").fetchone()
        found = None if row is None else row[0]
        if found not in accepted:
            raise Refused(
                f"ledger {file}: PRAGMA {name} must read {wanted}, was {found};"
                " the file system or the SQLite build cannot hold a ledger",
                ExitCode.UNAVAILABLE,
            )


def uri(file: Path, options: str) -> str:
    """Return the `file:` address of a path with its options."""
    return f"file:{quote(str(file.absolute()))}?{options}"


def connect(target: str, *, cached_statements: int = 256) -> Connection:
    """Open a `file:` address without any transaction of the driver's own."""
    connection: Connection = module.connect(
        target,
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=cached_statements,
        timeout=BUSY_MS / 1000,
    )
    connection.text_factory = text
    return connection


def text(stored: bytes) -> str:
    """Return a stored text; bytes that are no UTF-8 survive as surrogates and can be named."""
    return stored.decode("utf-8", "surrogateescape")


def guarded(file: Path, opening: Callable[[], Connection]) -> Connection:
    """Turn what SQLite says of an unusable file into one line.

    Raises:
        Refused: not a database, unreadable, or it cannot be opened.

    """
    try:
        return opening()
    except OperationalError as error:
        raise Refused(
            f"ledger {file}: cannot be opened: {one_line(error)}", ExitCode.UNAVAILABLE
        ) from error
    except Damaged as error:
        raise Refused(
            f"ledger {file}: {one_line(error)}; restore the last backup, or choose another data"
            " directory"
        ) from error


def one_line(error: BaseException) -> str:
    """Return what went wrong without line feeds; SQLite quotes what is in the file."""
    return " ".join(ascii(str(error))[1:-1].replace("\\n", " ").split())


def open_writer(file: Path) -> Connection:
    """Open the one connection that writes, creating an empty file where there is none.

    Raises:
        Refused: an old SQLite, an unusable file, or a pragma that does not hold.

    """
    require_version()

    def opening() -> Connection:
        connection = connect(uri(file, "mode=rwc"))
        try:
            settle(connection, WRITER, file)
        except BaseException:
            connection.close()
            raise
        return connection

    return guarded(file, opening)


def open_reader(file: Path) -> Connection:
    """Open a connection that cannot write, also beside a running writer.

    A file in WAL mode on a read-only file system cannot be opened at all, but for one whose
    writer closed it in order: that is read as immutable.

    Raises:
        Refused: no such file, or an unusable one.

    """
    if not file.is_file():
        raise Refused(
            f"ledger {file}: no such file; name its folder with --data-dir, or run `poly replay`"
            " to make one",
            ExitCode.UNAVAILABLE,
        )

    def opening() -> Connection:
        try:
            return _read(file, "mode=ro")
        except OperationalError:
            wal = file.with_name(file.name + "-wal")
            if wal.exists() and wal.stat().st_size:
                raise
            return _read(file, "mode=ro&immutable=1")

    return guarded(file, opening)


def _read(file: Path, options: str) -> Connection:
    connection = connect(uri(file, options))
    try:
        settle(connection, READER, file)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
