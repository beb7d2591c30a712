"""Commands that read say what the ledger says, to people and to scripts, and write nothing."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from ops.__main__ import main
from ops.place import engine_at

READING = (("status",), ("positions",), ("orders",), ("trades",), ("events",))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of `poly`."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def asked(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> dict[str, object]:
    """Return the one object that a command prints with --json."""
    code, out, err = run(capsys, *arguments, "--data-dir", str(folder), "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    document: dict[str, object] = json.loads(out)
    return document


def test_status_says_state_money_and_counts(
    closed_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = asked(capsys, closed_ledger, "status")
    wanted = {
        "trading_state": "active", "boots": 1, "stopped": True, "stop_reason": "end of feed",
        "cash_usd": 1001.12608, "realized_pnl_usd": 1.12608, "fees_usd": 0.07392,
        "intents": 1, "orders": 1, "fills": 1, "open_positions": 0, "running": False,
    }  # fmt: skip
    assert {name: said[name] for name in wanted} == wanted
    _, out, _ = run(capsys, "status", "--data-dir", str(closed_ledger))
    assert out.splitlines()[0] == "state    ACTIVE: all agree"
    assert "stopped (end of feed)" in out
    assert "cash 1,001.13 USD" in out


def test_status_tells_a_killed_engine_from_a_stopped_one(
    open_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, open_ledger, "status")["stopped"] is False
    _, out, _ = run(capsys, "status", "--data-dir", str(open_ledger))
    assert "ended without a stop" in out


def test_a_held_lock_is_an_engine_at_work(open_ledger: Path) -> None:
    """It is seen without trying the lock, which could make a start fail."""
    assert engine_at(open_ledger) is None
    with (open_ledger / ".lock").open("w") as held:
        assert engine_at(open_ledger) is None
        fcntl.flock(held, fcntl.LOCK_EX)
        assert engine_at(open_ledger) == os.getpid()
    assert engine_at(open_ledger) is None


def test_positions_are_open_or_closed(
    open_ledger: Path, closed_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (held,) = list(asked(capsys, open_ledger, "positions")["positions"])  # type: ignore[call-overload]
    assert (held["size_shares"], held["cost_usd"], held["outcome"]) == (10.0, 8.87392, "up")
    assert asked(capsys, closed_ledger, "positions")["positions"] == []
    (done,) = list(asked(capsys, closed_ledger, "positions", "--closed")["positions"])  # type: ignore[call-overload]
    assert (done["status"], done["pnl_usd"]) == ("closed", 1.12608)
    _, out, _ = run(capsys, "positions", "--data-dir", str(closed_ledger))
    assert out == "no open positions\n"


def test_orders_show_done_ones_only_when_asked(
    closed_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, closed_ledger, "orders")["orders"] == []
    (order,) = list(asked(capsys, closed_ledger, "orders", "--all")["orders"])  # type: ignore[call-overload]
    assert (order["status"], order["filled_size_shares"]) == ("filled", 10.0)
    _, out, _ = run(capsys, "orders", "--all", "--data-dir", str(closed_ledger))
    assert "buy up fak" in out


def test_trades_set_expected_beside_actual(
    closed_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fill,) = list(asked(capsys, closed_ledger, "trades")["trades"])  # type: ignore[call-overload]
    assert (fill["expected_price_usd"], fill["price_usd"]) == (0.87, 0.88)
    assert (fill["expected_fee_usd"], fill["fee_usd"]) == (0.09, 0.07392)
    assert fill["probability"] == 0.87
    assert fill["filled_at"] == "2026-09-28T09:10:01.000000Z"
    (paid,) = list(asked(capsys, closed_ledger, "trades", "--settlements")["settlements"])  # type: ignore[call-overload]
    assert (paid["winner"], paid["payout_usd"], paid["profit_usd"]) == ("up", 10.0, 1.12608)


def test_events_come_in_order_and_can_be_chosen(
    closed_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = asked(capsys, closed_ledger, "events", "--after", "0")
    events = list(said["events"])  # type: ignore[call-overload]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    only = asked(capsys, closed_ledger, "events", "--type", "fill_recorded", "--last", "100")
    assert [event["type"] for event in list(only["events"])] == ["fill_recorded"]  # type: ignore[call-overload]
    _, out, _ = run(capsys, "events", "--last", "2", "--data-dir", str(closed_ledger))
    assert [line.split()[3] for line in out.splitlines()] == ["market_settled", "session_stopped"]


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_a_missing_ledger_is_refused_in_one_line(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *command, "--data-dir", str(tmp_path / "none"))
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert str(tmp_path / "none") in err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_a_file_that_is_no_ledger_is_refused(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "poly.db").write_bytes(b"not a database, but long enough to look at" * 100)
    code, out, err = run(capsys, *command, "--data-dir", str(tmp_path))
    assert code in {3, 4}
    assert (out, err.count("\n")) == ("", 1)


def test_reading_changes_nothing(closed_ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (closed_ledger / "poly.db").read_bytes()
    for command in READING:
        run(capsys, *command, "--data-dir", str(closed_ledger))
    assert (closed_ledger / "poly.db").read_bytes() == before
