"""An inspection names what a person should know before a replay."""

from pathlib import Path

from bot.adapters.replay.inspection import inspect_recording
from tests.unit.bot.adapters.replay.recordings import SECOND_US, day, write
from tests.unit.bot.adapters.wire.frames import AT_US, DOWN, UP, change, line, price_change


def test_windows_streams_and_events_are_counted(tmp_path: Path) -> None:
    trade = {"event_type": "last_trade_price", "asset_id": UP, "price": "0.5", "side": "BUY"}
    lines = day()
    lines[3:3] = [
        line(trade | {"size": "3"}, at_us=AT_US + SECOND_US),
        line({"event": "timer_fired", "after": 3}, "timer", AT_US + SECOND_US),
        b"",
        b"{",
    ]
    report = inspect_recording(write(tmp_path / "day.jsonl", lines))
    assert dict(report.streams) == {
        "blank": 1,
        "gamma": 2,
        "market": 8,
        "timer": 1,
        "unreadable": 1,
    }
    (row,) = report.windows
    assert (row.books, row.changes, row.trades, row.winner) == (2, 6, 1, "up")
    assert (row.first_frame, row.anomalies) == (1, 1)
    assert report.size_bytes == (tmp_path / "day.jsonl").stat().st_size
    assert report.recording.last_us == AT_US + 900 * SECOND_US


def test_a_silence_of_the_market_stream_is_a_gap(tmp_path: Path) -> None:
    lines = day()
    lines.insert(-1, line(price_change(change(size="9")), at_us=AT_US + 60 * SECOND_US))
    report = inspect_recording(write(tmp_path / "day.jsonl", lines))
    (gap,) = report.gaps
    assert (gap.after_frame, gap.to_us - gap.from_us) == (8, 54 * SECOND_US)
    assert report.windows[0].silence_max_us == 54 * SECOND_US


def test_best_prices_that_disagree_with_the_book_are_an_anomaly(tmp_path: Path) -> None:
    """The only trace that a missed price_change leaves: the frames have no numbers."""
    lines = day()
    told = [
        change(size="1", best_bid="0.48", best_ask="0.52"),
        change(DOWN, "0.50", "4", best_bid="0.51", best_ask="0.52"),
    ]
    lines.insert(-1, line(price_change(*told), at_us=AT_US + 7 * SECOND_US))
    report = inspect_recording(write(tmp_path / "day.jsonl", lines))
    (anomaly,) = report.anomalies
    assert (anomaly.kind, anomaly.count, anomaly.first_frame) == ("best_mismatch", 1, 9)
    assert anomaly.first_detail == "best_bid is 0.51, the book says 0.5"


def test_changes_that_cross_a_book_are_an_anomaly(tmp_path: Path) -> None:
    lines = day()
    lines.insert(-1, line(price_change(change(price="0.60")), at_us=AT_US + 7 * SECOND_US))
    report = inspect_recording(write(tmp_path / "day.jsonl", lines))
    assert [(each.kind, each.count) for each in report.anomalies] == [("crossed", 1)]


def test_a_torn_tail_is_named_once(tmp_path: Path) -> None:
    path = write(tmp_path / "day.jsonl", day())
    path.write_bytes(path.read_bytes()[:-30])
    report = inspect_recording(path)
    assert [(each.kind, each.count) for each in report.anomalies] == [("torn_tail", 1)]
    assert report.windows[0].anomalies == 0
