"""Commands read quickly, beside a running writer, without SQLAlchemy, and never write."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.ledger import migrate
from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.proof.content import CONTENT, ORDER, content_hash
from bot.adapters.ledger.reader import LedgerReader
from bot.domain import entry as entries
from bot.domain.refusal import ExitCode, Refused
from tests.contract.ledger.story import STARTING_CASH, day

Corrupt = Callable[..., None]
STORY = day(5, windows=6, unsettled=2)
MOVES = entries.FillRecorded | entries.FillReversed | entries.PositionSettled
SAID = [entry for said, _ in STORY for entry in said]
"""What the conftest's ledger was told."""


def of(kind: type) -> list[entries.Entry]:
    return [entry for entry in SAID if isinstance(entry, kind)]


def test_status_is_what_was_told(told: Path) -> None:
    with LedgerReader.open(told.parent) as reader:
        status = reader.status()

    moved = [e for e in SAID if isinstance(e, MOVES)]
    denied = sum(entry.count for entry in SAID if isinstance(entry, entries.IntentDenied))
    assert status.seq == len(SAID)
    assert status.frame == STORY[-1][1].frame
    assert status.decisions == STORY[-1][1].decisions
    assert (status.trading_state, status.trading_cause) == ("active", "all agree")
    assert (status.boots, status.stopped, status.stop_reason) == (1, True, "SIGTERM")
    assert status.intents == status.orders == len(of(entries.IntentRecorded))
    assert status.fills == len(of(entries.FillRecorded))
    assert status.denied == denied
    assert status.open_markets == 2
    assert status.cash_micros == moved[-1].cash.micros
    assert status.equity_micros == moved[-1].equity.micros
    assert status.unknown_orders <= status.open_orders


def test_positions_and_orders_are_the_open_ones_unless_asked(told: Path) -> None:
    with LedgerReader.open(told.parent) as reader:
        status = reader.status()
        opened, closed = reader.positions(), reader.positions(closed=True)
        every = reader.orders(every=True)

        assert len(opened) == status.open_positions
        assert all(row.size_micros > 0 and row.status == "open" for row in opened)
        assert all(row.size_micros == 0 and row.status == "closed" for row in closed)
        assert len(reader.orders()) == status.open_orders
        assert len(every) == status.orders
        assert [row.submitted_us for row in every] == sorted(
            (row.submitted_us for row in every), reverse=True
        )
        assert reader.orders(every=True, limit=2) == every[:2]
        assert all(row.window_id and row.window_id.startswith("btc-updown") for row in every)


def test_trades_carry_what_was_expected(told: Path) -> None:
    with LedgerReader.open(told.parent) as reader:
        trades = reader.trades()
        paid = reader.settlements()

        assert len(trades) == len(of(entries.FillRecorded))
        assert {trade.signal for trade in trades} == {"favourite late in the window"}
        assert all(trade.expected_price_micros == trade.price_micros for trade in trades)
        assert reader.trades(after_seq=trades[0].seq) == []
        assert len(paid) == len(of(entries.PositionSettled))


def test_events_are_followed_by_their_sequence(told: Path) -> None:
    with LedgerReader.open(told.parent) as reader:
        first = reader.events(limit=5)
        rest = reader.events(after_seq=first[-1].seq, limit=10_000)

        assert [event.seq for event in (*first, *rest)] == list(range(1, len(SAID) + 1))
        assert first[0].event_type == "session_started"
        assert json.loads(first[0].content)["boot"] == 1
        assert reader.last_seq() == len(SAID)


def test_summary_adds_up(told: Path) -> None:
    with LedgerReader.open(told.parent) as reader:
        summary = reader.summary()
        status = reader.status()
        positions = reader.positions()

    fees = sum(
        e.fill.fee.micros * (1 if isinstance(e, entries.FillRecorded) else -1)
        for e in SAID
        if isinstance(e, entries.FillRecorded | entries.FillReversed)
    )
    assert summary.windows == 6
    assert summary.fees_micros == fees
    assert summary.frames == status.frame
    assert len(summary.content_hash) == 64
    assert summary.decision_hash == status.decisions
    open_cost = sum(held.cost_micros for held in positions)
    assert summary.realized_pnl_micros == status.cash_micros + open_cost - STARTING_CASH.micros
    assert summary.max_drawdown_micros > 0


async def test_a_new_commit_is_seen_at_once(copied: Path) -> None:
    ledger = SqliteLedger.open(copied.parent, threaded=False)
    with LedgerReader.open(copied.parent) as reader:
        before = reader.last_seq()
        await ledger.append([entries.FrameReached()], STORY[-1][1])

        assert reader.last_seq() == before + 1
    ledger.drop()


def test_an_empty_ledger_has_a_status(tmp_path: Path) -> None:
    SqliteLedger.open(tmp_path, threaded=False).drop()

    with LedgerReader.open(tmp_path) as reader:
        assert reader.status().seq == 0
        assert reader.summary().windows == 0


def test_it_needs_neither_sqlalchemy_nor_alembic() -> None:
    code = (
        "import sys, bot.adapters.ledger.reader, bot.adapters.ledger.directory;"
        "sys.exit(bool({'sqlalchemy', 'alembic', 'msgspec', 'asyncio'} & sys.modules.keys()))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_ledger_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file") as refused:
        LedgerReader.open(tmp_path)

    assert refused.value.code == ExitCode.UNAVAILABLE


def test_another_schema_is_refused(copied: Path, corrupt: Corrupt) -> None:
    corrupt("UPDATE alembic_version SET version_num = '0000'")

    with pytest.raises(Refused, match=f"schema version is 0000, this program reads {migrate.HEAD}"):
        LedgerReader.open(copied.parent)


def test_the_content_hash_follows_the_books_and_nothing_else(
    copied: Path, corrupt: Corrupt
) -> None:
    def now() -> str:
        with LedgerReader.open(copied.parent) as reader:
            return content_hash(reader._connection)  # noqa: SLF001 - the reader's own

    before = now()
    for path_only in (
        "UPDATE orders SET reason = 'adopted', acked_us = 1, latency_us = 2, closed_us = 3",
        "UPDATE orders SET changed_seq = changed_seq + 9, seq = seq + 100000",
        "UPDATE boots SET started_us = 1, deployment_id = 'another'",
        "UPDATE cash SET seq = seq + 100000, at_us = 1, equity_micros = 0",
        "DELETE FROM trade_events",
    ):
        corrupt(path_only)
        assert now() == before, path_only
    for books in (
        "UPDATE cash SET cash_micros = cash_micros + 1",
        "UPDATE orders SET filled_size_micros = filled_size_micros + 1",
        "DELETE FROM fills WHERE seq = (SELECT max(seq) FROM fills)",
        "UPDATE settlements SET winner = 'x'",
        "UPDATE trade_intents SET price_micros = 1",
    ):
        corrupt(books)
        after = now()
        assert after != before, books
        before = after


def test_two_runs_of_one_day_have_one_content_hash(told: Path, tmp_path: Path) -> None:
    """One of them was stopped and started in between: more events, the same books."""
    ledger = SqliteLedger.open(tmp_path, threaded=False)

    async def tell() -> None:
        for number, (said, stamp) in enumerate(STORY):
            await ledger.append(said, stamp)
            if number % 7 == 0:
                await ledger.append([entries.FrameReached()], stamp)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(tell())
    loop.close()
    ledger.drop()

    with LedgerReader.open(told.parent) as one, LedgerReader.open(tmp_path) as other:
        assert one.status().hash != other.status().hash
        assert one.summary().content_hash == other.summary().content_hash


def test_the_fields_of_the_content_hash_are_documented() -> None:
    page = (Path(__file__).parents[5] / "docs" / "ledger.md").read_text()

    for table, columns in CONTENT.items():
        fields = ", ".join(name.strip() for name in columns.split(","))
        assert f"| `{table}`, `{ORDER[table]}` | {fields} |" in page
