"""Two ledgers side by side: `main`, rebuilt from the events, and `stored`, the file as it is.

Compares in SQL, so that memory does not grow with the ledger. Changes nothing in `stored`, which
is attached read-only.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bot.adapters.ledger import driver, migrate, statement
from bot.adapters.ledger.proof.finding import Finding, brief

Row = tuple[object, ...]

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "ledger_head": ("id",),
    "markets": ("market_id",),
    "trade_intents": ("seq",),
    "orders": ("seq",),
    "fills": ("seq",),
    "positions": ("market_id", "strategy_id", "outcome"),
    "settlements": ("seq",),
    "cash": ("seq",),
    "strategy_instances": ("strategy_id", "strategy_hash"),
    "daily_performance": ("date",),
    "boots": ("boot",),
    "denials": ("market_id", "strategy_id", "limit_name"),
    "anomalies": ("kind", "detail"),
    "drifts": ("seq",),
    "trading_states": ("seq",),
    "equity_marks": ("seq",),
    "chain_actions": ("action",),
}
"""Every projected table by its primary key."""


CACHE_KB: Final = 64 * 1024
"""Most memory for the pages of each side; order hashes lie all over an index."""


def side_by_side(rebuilt: str, file: Path) -> driver.Connection:
    """Open an empty ledger at the address `rebuilt`, and the stored one beside it, read-only."""
    connection = driver.connect(rebuilt)
    try:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"PRAGMA main.cache_size=-{CACHE_KB}")
        migrate.create(connection)
        connection.execute("ATTACH DATABASE ? AS stored", (driver.uri(file, "mode=ro"),))
        connection.execute(f"PRAGMA stored.cache_size=-{CACHE_KB}")
    except BaseException:
        connection.close()
        raise
    return connection


def questions(table: str, inserted: str = "1") -> tuple[str, str, str]:
    """Return what finds missing, inserted and changed rows; names are of our own."""
    key, columns = KEYS[table], statement.columns()[table]
    keys = ", ".join(key)
    same = " AND ".join(f"m.{name} = s.{name}" for name in key)
    every = ", ".join(f"m.{name}, s.{name}" for name in columns)
    left = ", ".join(f"m.{name}" for name in columns)
    right = ", ".join(f"s.{name}" for name in columns)
    missing = (
        f"SELECT {keys} FROM main.{table} AS m"  # noqa: S608
        f" WHERE NOT EXISTS (SELECT 1 FROM stored.{table} AS s WHERE {same})"
    )
    extra = (
        f"SELECT {keys} FROM stored.{table} AS s WHERE ({inserted})"  # noqa: S608
        f" AND NOT EXISTS (SELECT 1 FROM main.{table} AS m WHERE {same})"
    )
    # CROSS JOIN keeps the order: the rebuilt side may be small, the stored one never is.
    changed = (
        f"SELECT {every} FROM main.{table} AS m CROSS JOIN stored.{table} AS s"  # noqa: S608
        f" WHERE {same} AND ({left}) IS NOT ({right})"
    )
    return missing, extra, changed


def differences(
    connection: driver.Connection, table: str, *, inserted: str = "1"
) -> Iterator[Finding]:
    """Yield every row that is missing, inserted or changed.

    `inserted` is a condition on stored rows: where to look for one that no event made.
    """
    key, columns = KEYS[table], statement.columns()[table]
    missing, extra, changed = questions(table, inserted)
    for row in connection.execute(missing):
        yield Finding(table, named(key, row), "", "no row", "a row")
    for row in connection.execute(extra):
        yield Finding(table, named(key, row), "", "a row", "no row")
    for row in connection.execute(changed):
        expected, stored = row[::2], row[1::2]
        place = named(key, [expected[columns.index(name)] for name in key])
        for index, name in enumerate(columns):
            if stored[index] != expected[index]:
                yield Finding(table, place, name, brief(stored[index]), brief(expected[index]))


def named(key: Sequence[str], row: Sequence[object]) -> str:
    """Return a row's key as `seq=5` or `market_id='0x', outcome='up'`."""
    return ", ".join(f"{name}={value!r}" for name, value in zip(key, row, strict=True))
