"""The tables say what the entries say, and saying it twice changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ledger import codec, driver
from bot.adapters.ledger.statement import columns
from bot.domain import entry as entries
from bot.domain.entry import Entry, Stamp
from tests.contract.ledger.story import START_US, STARTING_CASH, Transaction, day
from tests.unit.bot.adapters.ledger.conftest import write

DAY_US = 86_400_000_000
SUMS = ("trades_count", "fees_micros", "realized_pnl_micros", "wins", "losses")


def rows(file: Path, sql: str) -> list[dict[str, Any]]:
    connection = driver.open_reader(file)
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor]
    connection.close()
    return found


def twice(story: Sequence[Transaction]) -> list[Transaction]:
    """Say everything twice that may be said twice."""
    once = entries.SessionStarted | entries.IntentRecorded | entries.IntentDenied
    once |= entries.AnomalyCounted | entries.DriftFound | entries.CapitalDeposited
    once |= entries.EquityMarked
    told: list[Transaction] = []
    for said, stamp in story:
        again = [entry for entry in said if not isinstance(entry, once)]
        told.append(([*said, *again], stamp))
    return told


@pytest.mark.parametrize("seed", range(4))
def test_saying_an_entry_twice_changes_no_sum(tmp_path: Path, seed: int) -> None:
    story = day(seed, windows=5)
    (tmp_path / "once").mkdir()
    (tmp_path / "twice").mkdir()
    once = write(tmp_path / "once", story)
    again = write(tmp_path / "twice", twice(story))
    ours = "SELECT {} FROM {} ORDER BY 1"

    for table, names in (
        ("daily_performance", ", ".join((*SUMS, "max_drawdown_micros", "equity_micros"))),
        ("orders", "order_hash, filled_size_micros, filled_notional_micros, fees_micros, status"),
        ("fills", "fill_id, size_micros"),
        ("positions", "market_id, size_micros, cost_micros, pnl_micros, status"),
        ("settlements", "market_id, payout_micros, profit_micros"),
    ):
        sql = ours.format(names, table)
        assert rows(once, sql) == rows(again, sql), table


def test_an_order_has_its_average_price_and_latency(told: Path) -> None:
    found = rows(
        told,
        "SELECT o.*, sum(f.notional_micros) AS notional, sum(f.size_micros) AS size"
        " FROM orders o JOIN fills f USING (order_hash) WHERE f.status != 'voided' GROUP BY o.seq",
    )

    assert found
    for row in found:
        assert row["filled_notional_micros"] == row["notional"]
        assert row["filled_size_micros"] == row["size"]
        assert row["avg_fill_price_micros"] == row["notional"] * 1_000_000 // row["size"]
        assert row["latency_us"] == row["acked_us"] - row["submitted_us"]


def test_an_intent_follows_its_order(told: Path) -> None:
    found = rows(
        told,
        "SELECT i.status AS intent, o.status AS state, o.filled_size_micros AS filled, i.result"
        " FROM trade_intents i JOIN orders o USING (intent_id)",
    )

    for row in found:
        final = row["state"] in {"filled", "cancelled", "expired", "rejected"}
        wanted = ("completed" if row["filled"] else "failed") if final else "executing"
        assert row["intent"] == wanted
        assert (row["result"] is not None) == final


def test_a_day_is_made_of_its_fills_and_settlements(tmp_path: Path) -> None:
    """Three days of one story: balances join, drawdown is measured from the peak of all days."""
    story = [
        (said, replace(stamp, at_us=START_US + number * 3 * DAY_US // 100))
        for number, (said, stamp) in enumerate(day(9, windows=30, unsettled=0)[:100])
    ]
    file = write(tmp_path, story)
    days = rows(file, "SELECT * FROM daily_performance ORDER BY date")
    cash = rows(file, "SELECT * FROM cash ORDER BY seq")
    spoken = [(stamp, entry) for said, stamp in story for entry in said]

    assert [row["date"] for row in days] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert days[0]["starting_balance_micros"] == 0
    for before, after in pairwise(days):
        assert after["starting_balance_micros"] == before["current_balance_micros"]
    assert sum(row["trades_count"] for row in days) == sum(
        isinstance(entry, entries.FillRecorded) - isinstance(entry, entries.FillReversed)
        for _, entry in spoken
    )
    peak, fall = 0, 0
    for row in cash:
        peak = max(peak, row["equity_micros"])
        fall = max(fall, peak - row["equity_micros"])
    assert max(row["max_drawdown_micros"] for row in days) == fall
    assert days[-1]["current_balance_micros"] == cash[-1]["cash_micros"]
    assert days[-1]["equity_micros"] == cash[-1]["equity_micros"]


def test_a_later_deposit_is_no_gain(tmp_path: Path) -> None:
    """Cash, equity and the peak grow by as much: no profit, no end of a drawdown."""
    story = day(11, windows=3, unsettled=0)
    file = write(tmp_path, story)
    (before,) = rows(file, "SELECT * FROM daily_performance")
    more = entries.CapitalDeposited(
        amount=STARTING_CASH,
        cash=replace(STARTING_CASH, micros=before["current_balance_micros"]) + STARTING_CASH,
    )
    write(tmp_path, [([more], story[-1][1])])
    (after,) = rows(file, "SELECT * FROM daily_performance")

    amount = STARTING_CASH.micros
    for grown in ("current_balance_micros", "equity_micros", "peak_equity_micros"):
        assert after[grown] == before[grown] + amount
    for same in (*SUMS, "drawdown_micros", "max_drawdown_micros", "unrealized_pnl_micros"):
        assert after[same] == before[same]


def test_repetitions_add_up(tmp_path: Path) -> None:
    stamp = day(0)[0][1]
    counted: list[Entry] = [entries.AnomalyCounted("not_json", "line", n) for n in (1, 41)]
    file = write(tmp_path, [(counted, stamp), ([counted[1]], stamp)])

    (row,) = rows(file, "SELECT * FROM anomalies")
    assert (row["count"], row["first_seq"], row["last_seq"]) == (83, 1, 3)


def test_the_old_strategy_is_not_active_any_more(tmp_path: Path) -> None:
    (composed,) = [e for said, _ in day(0) for e in said if isinstance(e, entries.StrategyComposed)]
    upgraded = replace(composed, strategy_hash="b" * 64, parent=composed.strategy_hash)
    stamp = day(0)[0][1]
    file = write(tmp_path, [([composed], stamp), ([upgraded], stamp), ([composed], stamp)])

    active = rows(file, "SELECT strategy_hash, active FROM strategy_instances ORDER BY seq")
    assert active == [
        {"strategy_hash": composed.strategy_hash, "active": 1},
        {"strategy_hash": "b" * 64, "active": 0},
    ]


def test_every_kind_of_entry_has_a_name_for_ever() -> None:
    """A new kind is added here by hand; a renamed class keeps its name on disk."""
    assert list(codec.EVENT_TYPES) == [
        "session_started", "strategy_composed", "capital_deposited", "market_listed",
        "market_settled", "intent_recorded", "intent_denied", "order_changed", "fill_recorded",
        "fill_proved", "fill_reversed", "position_settled", "trading_state_set",
        "anomaly_counted", "drift_found", "frame_reached", "session_stopped", "alert_raised",
        "chain_step_taken", "equity_marked", "limit_broken", "losses_accepted", "flatten_begun",
    ]  # fmt: skip
    assert set(codec.EVENT_TYPES.values()) == set(entries.Entry.__args__)


def test_the_canonical_content_and_its_hash_are_fixed() -> None:
    """They are on disk for ever: this is what docs/ledger.md describes."""
    stamp = Stamp(frame=3, at_us=1_767_225_600_000_000, decisions="d" * 64)
    entry = entries.TradingStateSet(entries.TradingState.HALTED, "Grüße")

    event = codec.event_of(entry, stamp, seq=1, prev_hash="0" * 64)

    assert event.content == '{"cause":"Grüße","state":"halted"}'
    assert event.hash == "10752c569902e6269364e5b8b147d304cbd3787a4ddbc66811b094bb569df791"
    assert codec.decode(event.event_type, event.content) == entry
    assert codec.Event._fields == columns()["trade_events"]


@pytest.mark.parametrize(
    ("name", "content", "column"),
    [
        ("order_lost", "{}", "event_type"),
        ("frame_reached", "{", "content"),
        ("trading_state_set", '{"cause":"x","state":"asleep"}', "content"),
        ("market_settled", '{"market_id":"m"}', "content"),
    ],
)
def test_what_is_no_entry_is_named_by_its_column(name: str, content: str, column: str) -> None:
    with pytest.raises(codec.Undecodable) as found:
        codec.decode(name, content)

    assert found.value.column == column


def test_a_fill_that_failed_is_taken_back_from_everything(tmp_path: Path) -> None:
    """Its row stays, marked; what the order, the day and cash say of it is gone."""
    told = write(tmp_path, day(1, windows=24))
    voided = rows(told, "SELECT * FROM fills WHERE status = 'voided'")
    taken = rows(told, "SELECT * FROM cash WHERE kind = 'reversal' ORDER BY seq")
    assert voided
    assert sorted(row["change_micros"] for row in taken) == sorted(
        row["notional_micros"] + row["fee_micros"] for row in voided
    )
    [days] = rows(told, "SELECT sum(fees_micros) AS fees FROM daily_performance")
    [fills] = rows(told, "SELECT sum(fee_micros) AS fees FROM fills WHERE status != 'voided'")
    assert days["fees"] == fills["fees"]
