"""What the watchdog reads of a ledger that the product's own code has written."""

import ast
import sqlite3
import sys
from pathlib import Path

import pytest

import bot.watchdog
from bot.adapters.ledger import driver
from bot.adapters.ledger.codec import compact
from bot.domain.entry import Mark
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Shares, Usd
from bot.watchdog.kill import record, snapshot
from bot.watchdog.kill.latch import Latch

SCHEMA = Path(bot.watchdog.__file__).parents[1] / "adapters" / "ledger" / "schema.sql"


def test_every_query_fits_the_schema() -> None:
    """A column that is renamed must not be found out at a kill."""
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(SCHEMA.read_text())
        for sql in (
            record.HEAD, record.STATE, record.BOOT, record.CASH, record.ORDERS, record.POSITIONS,
            record.STRATEGIES, record.MARK,
        ):  # fmt: skip
            connection.execute(sql)
        connection.execute(record.CHAIN, (1,))
    connection.close()


def test_orders_without_a_final_answer_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "poly.db"
    writer = driver.open_writer(file)
    writer.executescript(SCHEMA.read_text())
    writer.execute("PRAGMA foreign_keys=OFF")
    columns = [row[1:3] for row in writer.execute("PRAGMA table_info(orders)")]
    for number, status in enumerate(("in_flight", "open", "unknown", "filled")):
        given = {"order_hash": f"0x{number}", "status": status, "seq": number}
        row = [given.get(name, 1 if kind == "INTEGER" else "x") for name, kind in columns]
        marks = ", ".join("?" * len(row))
        writer.execute(f"INSERT INTO orders VALUES ({marks})", row)  # noqa: S608 - marks
    found = record.read(tmp_path)
    writer.close()
    assert found.problem == ""
    assert found.unanswered == ("0x0", "0x2")
    assert len(found.orders) == 3


def marked(file: Path, marks: tuple[Mark, ...]) -> None:
    """Write a ledger with one position and one valuation."""
    writer = driver.open_writer(file)
    writer.executescript(SCHEMA.read_text())
    writer.execute("PRAGMA foreign_keys=OFF")
    for table, given in (
        (
            "positions",
            {
                "market_id": "m",
                "outcome": "up",
                "size_micros": 5,
                "cost_micros": 3,
                "status": "open",
            },
        ),
        ("equity_marks", {"marks": compact(marks), "broken": "[]", "equity_micros": 70, "seq": 9}),
        ("cash", {"cash_micros": 60, "equity_micros": 63, "seq": 8, "kind": "fill"}),
    ):
        columns = [row[1:3] for row in writer.execute(f"PRAGMA table_info({table})")]
        row = [given.get(name, 1 if kind == "INTEGER" else "x") for name, kind in columns]
        places = ", ".join("?" * len(row))
        writer.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608 - marks
    writer.close()


@pytest.mark.parametrize(
    ("marks", "worth", "source"),
    [
        ((Mark(MarketId("m"), Outcome.UP, Shares(5), Usd(7), "bids"),), 7, "bids"),
        ((), 3, "cost"),
    ],
)
def test_a_position_is_told_at_its_last_mark_else_at_its_cost(
    tmp_path: Path, marks: tuple[Mark, ...], worth: int, source: str
) -> None:
    marked(tmp_path / "poly.db", marks)
    found = record.read(tmp_path)
    assert found.problem == ""
    latch = Latch(id="a", cause="drawdown", reason="", who="", at_us=0)
    told = snapshot.document(latch, found, None, {}, [])
    assert told["marks"] == [
        {"market_id": "m", "outcome": "up", "size_micros": 5, "worth_micros": worth,
         "source": source}
    ]  # fmt: skip
    assert (told["cash_micros"], told["equity_micros"], told["equity_as_of_seq"]) == (60, 70, 9)


def test_a_ledger_before_valuations_is_read(tmp_path: Path) -> None:
    """A kill during a migration finds the schema of before."""
    marked(tmp_path / "poly.db", ())
    with sqlite3.connect(tmp_path / "poly.db") as connection:
        connection.execute("DROP TABLE equity_marks")
    connection.close()
    found = record.read(tmp_path)
    assert (found.problem, found.mark) == ("", None)
    assert len(found.positions) == 1


def test_no_ledger_and_no_database_are_said(tmp_path: Path) -> None:
    assert record.read(tmp_path).problem == record.ABSENT
    (tmp_path / "poly.db").write_bytes(b"no database at all, but long enough to be looked at" * 50)
    assert "not a database" in record.read(tmp_path).problem


def test_the_watchdog_imports_the_standard_library_and_itself_only() -> None:
    allowed = set(sys.stdlib_module_names)
    for file in Path(bot.watchdog.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                own = name == "bot.watchdog" or name.startswith("bot.watchdog.")
                assert own or name.split(".")[0] in allowed, (file, name)
