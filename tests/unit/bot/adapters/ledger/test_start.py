"""A start refuses a ledger whose head, last events or open rows are not what was written."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.ledger import codec, driver, migrate, statement
from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.proof import chain, compare, start
from bot.adapters.ledger.proof.start import start_findings
from bot.adapters.ledger.reader import LedgerReader
from bot.adapters.ledger.statement import Statement
from bot.domain.refusal import ExitCode, Refused
from tests.contract.ledger.story import day
from tests.unit.bot.adapters.ledger.conftest import write

Corrupt = Callable[..., None]

CHANGES = [
    ("UPDATE ledger_head SET seq = seq - 1", "ledger_head id=1 seq"),
    ("UPDATE ledger_head SET frame = frame + 1", "ledger_head id=1 frame"),
    ("DELETE FROM ledger_head", "ledger_head id=1: stored NULL"),
    ("DELETE FROM trade_events WHERE seq = (SELECT max(seq) FROM trade_events)", "ledger_head"),
    ("UPDATE trade_events SET content = '{}' WHERE seq = 12", "trade_events seq=12"),
    ("UPDATE trade_events SET strategy_id = 'x' WHERE seq = 12", "trade_events seq=12 strategy_id"),
    ("DELETE FROM trade_events WHERE seq = 12", "trade_events seq=12: stored no row"),
    (
        "UPDATE cash SET cash_micros = cash_micros + 1 WHERE seq = (SELECT max(seq) FROM cash)",
        "cash",
    ),
    ("DELETE FROM cash WHERE seq = (SELECT max(seq) FROM cash)", "cash seq="),
    ("INSERT INTO cash VALUES (9, 0, 'fill', 0, 0, 0, NULL) ON CONFLICT DO NOTHING", ""),
    ("INSERT INTO cash VALUES (1000000, 0, 'fill', 0, 0, 0, NULL)", "cash seq=1000000"),
    ("UPDATE positions SET size_micros = size_micros + 1 WHERE size_micros > 0", "positions"),
    ("DELETE FROM positions WHERE size_micros > 0", "positions"),
    ("UPDATE orders SET status = 'open' WHERE seq = (SELECT max(seq) FROM orders)", "orders seq="),
    ("UPDATE markets SET settled_seq = 5 WHERE settled_seq IS NULL", "markets"),
    ("UPDATE trade_intents SET status = 'pending'", "trade_intents"),
]


@pytest.mark.parametrize(("sql", "place"), CHANGES)
def test_a_change_is_found_and_named(copied: Path, corrupt: Corrupt, sql: str, place: str) -> None:
    corrupt(sql)

    connection = driver.open_writer(copied)
    found = [str(finding) for finding in start_findings(connection, copied)]
    connection.close()

    assert any(line.startswith(place) for line in found) if place else not found, found


def test_an_open_row_of_long_ago_is_checked(tmp_path: Path) -> None:
    """Its market is 1,000 events and more behind the head, but it is not settled."""
    story = day(2, windows=2, unsettled=2)
    frames = [story[-2]] * 1_100
    file = write(tmp_path, [*story[:-2], *frames])
    connection = driver.connect(driver.uri(file, "mode=rw"))
    changed = connection.execute("UPDATE positions SET cost_micros = 1 WHERE size_micros > 0")
    assert changed.rowcount
    connection.close()

    with pytest.raises(Refused, match=r"positions market_id='0x\w+', .* cost_micros: stored 1"):
        SqliteLedger.open(tmp_path, threaded=False)


def test_the_refusal_is_one_line_with_its_remedy(copied: Path, corrupt: Corrupt) -> None:
    corrupt("UPDATE ledger_head SET frame = 7")

    with pytest.raises(Refused) as refused:
        SqliteLedger.open(copied.parent, threaded=False)

    line = str(refused.value)
    assert refused.value.code == ExitCode.REFUSED
    assert "\n" not in line
    assert f"ledger {copied}: ledger_head id=1 frame: stored 7, expected" in line
    assert "poly ledger verify" in line


def test_a_whole_ledger_is_opened(told: Path) -> None:
    connection = driver.open_reader(told)

    assert not list(start_findings(connection, told))
    connection.close()


def test_an_empty_ledger_is_opened(tmp_path: Path) -> None:
    SqliteLedger.open(tmp_path, threaded=False).drop()
    SqliteLedger.open(tmp_path, threaded=False).drop()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"this is not a database, but it is long enough" * 50, "file is not a database"),
        (b"SQLite format 3\x00" + b"\xff" * 8176, "not a database"),
    ],
)
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "poly.db").write_bytes(content)

    with pytest.raises(Refused, match=line):
        SqliteLedger.open(tmp_path, threaded=False)


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    connection = driver.connect(driver.uri(tmp_path / "poly.db", "mode=rwc"))
    connection.execute("CREATE TABLE orders (order_id TEXT)")
    connection.close()

    with pytest.raises(Refused, match="no schema version"):
        SqliteLedger.open(tmp_path, threaded=False)


LARGE = re.compile(r"SCAN (s|e|trade_\w+|orders|fills|positions|settlements|cash)\b(?! USING)")


def whole_tables_read(statements: list[str], file: Path) -> set[str]:
    """Return the plan lines of statements that read a whole trading table."""
    connection = driver.connect("file::memory:")
    migrate.create(connection)
    connection.execute("ATTACH DATABASE ? AS stored", (driver.uri(file, "mode=ro"),))
    connection.execute("CREATE TEMP TABLE scope (market_id TEXT PRIMARY KEY) WITHOUT ROWID")
    found = set()
    for sql in statements:
        if not sql.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE")):
            continue
        for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")):
            scanned = LARGE.match(row[3])
            # The last rows by their number are read backwards and no further than the limit.
            if scanned and f"FROM {scanned[1]} ORDER BY seq DESC LIMIT" not in sql:
                found.add(f"{row[3]} in {sql[:80]}")
    connection.close()
    return found


def test_no_step_of_the_writer_reads_a_whole_table(told: Path) -> None:
    every = [each.sql for each in vars(statement).values() if isinstance(each, Statement)]

    assert len(every) > 20
    assert not whole_tables_read(every, told)


def test_neither_a_start_nor_a_status_reads_a_whole_table(told: Path) -> None:
    """So that both take as long on a million trades as on none."""
    connection = driver.open_reader(told)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    list(start_findings(connection, told))
    LedgerReader(connection, told).status()
    connection.close()
    for table, inserted in start.OF_A_MARKET.items():
        seen += compare.questions(table, inserted.replace(":first", "9"))

    assert len(seen) > 10
    assert not whole_tables_read(seen, told)


def test_reading_a_whole_table_would_be_noticed(told: Path) -> None:
    assert whole_tables_read(["SELECT * FROM orders WHERE reason = 'x'"], told)


def test_every_entry_that_carries_cash_moves_it_for_the_check_too() -> None:
    """A kind that is forgotten here would make a sound ledger look damaged at its next start."""
    carrying = {
        name for name, kind in codec.EVENT_TYPES.items() if "cash" in kind.__dataclass_fields__
    }
    assert set(chain.MOVES_CASH) == carrying
