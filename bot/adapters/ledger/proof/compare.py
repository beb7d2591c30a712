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
}
"""Every projected table by its primary key."""

OF_A_MARKET: Final = ("markets", "trade_intents", "orders", "fills", "positions", "settlements")
"""Tables whose rows of one market follow from that market's events alone."""


def side_by_side(rebuilt: str, file: Path) -> driver.Connection:
    """Open an empty ledger at the address `rebuilt`, and the stored one beside it, read-only."""
    connection = driver.connect(rebuilt)
    try:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        migrate.create(connection)
        connection.execute("ATTACH DATABASE ? AS stored", (driver.uri(file, "mode=ro"),))
    except BaseException:
        connection.close()
        raise
    return connection


def differences(
    connection: driver.Connection, table: str, *, where: str = "1"
) -> Iterator[Finding]:
    """Yield every row that is missing, inserted or changed; `where` limits both sides alike."""
    key = KEYS[table]
    same = " AND ".join(f"m.{name} IS s.{name}" for name in key)
    keys = ", ".join(key)
    for there, other, stored, expected in (
        ("main", "stored", "no row", "a row"),
        ("stored", "main", "a row", "no row"),
    ):
        rows = connection.execute(
            f"SELECT {keys} FROM {there}.{table} AS m WHERE ({where}) AND NOT EXISTS"  # noqa: S608
            f" (SELECT 1 FROM {other}.{table} AS s WHERE {same})"
        )
        for row in rows:
            yield Finding(table, named(key, row), "", stored, expected)
    yield from _changed(connection, table, where)


def _changed(connection: driver.Connection, table: str, where: str) -> Iterator[Finding]:
    key, columns = KEYS[table], statement.columns()[table]
    same = " AND ".join(f"m.{name} = s.{name}" for name in key)
    every = ", ".join(f"m.{name}, s.{name}" for name in columns)
    left = ", ".join(f"m.{name}" for name in columns)
    right = ", ".join(f"s.{name}" for name in columns)
    inside = where.replace("market_id", "m.market_id")
    rows = connection.execute(
        f"SELECT {every} FROM main.{table} AS m JOIN stored.{table} AS s ON {same}"  # noqa: S608
        f" WHERE ({inside}) AND ({left}) IS NOT ({right})"
    )
    for row in rows:
        expected, stored = row[::2], row[1::2]
        place = named(key, [expected[columns.index(name)] for name in key])
        for index, name in enumerate(columns):
            if stored[index] != expected[index]:
                yield Finding(table, place, name, brief(stored[index]), brief(expected[index]))


def named(key: Sequence[str], row: Sequence[object]) -> str:
    """Return a row's key as `seq=5` or `market_id='0x', outcome='up'`."""
    return ", ".join(f"{name}={value!r}" for name, value in zip(key, row, strict=True))
