"""Recordings and the synthetic flow: what is read, what is skipped, what repeats."""

import itertools
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard

from sandbox.faults import Faults
from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.faults import FAULTS
from sandbox.polymarket.flow import synthetic
from sandbox.polymarket.flow.player import recorded_winner
from sandbox.polymarket.flow.prices import Prices
from sandbox.polymarket.flow.recording import Recording, UnreadableRecordingError
from sandbox.polymarket.services.truth import whole
from sandbox.polymarket.world import Options, World, build
from tests.unit.sandbox.polymarket.given import CONDITION, DOWN, START_S, UP, gamma

AT_US = (START_S - 10) * ONE


def book(token: str, bid: str, ask: str) -> dict[str, object]:
    return {
        "event_type": "book",
        "asset_id": token,
        "market": CONDITION,
        "bids": [{"price": bid, "size": "30"}],
        "asks": [{"price": ask, "size": "25"}],
        "timestamp": str(AT_US // 1000),
    }


def line(after_s: float, stream: str, frame: object) -> dict[str, object]:
    return {"at_us": AT_US + int(after_s * ONE), "stream": stream, "frame": frame}


LINES: list[object] = [
    line(0, "gamma", gamma()),
    line(0, "market", [book(UP, ".48", ".52"), book(DOWN, "0.48", "0.52")]),
    line(1, "own", {"anything": 1}),
    line(1, "timer", {}),
    line(2, "market", {"event_type": "price_change", "price_changes": [
        {"asset_id": UP, "price": "0.49", "size": "7", "side": "BUY"},
        {"asset_id": DOWN, "price": "0.51", "size": "7", "side": "SELL"}]}),
    line(3, "market", {"event_type": "last_trade_price", "asset_id": UP, "price": "0.49",
                       "side": "SELL", "size": "3"}),
    line(4, "market", {"event_type": "tick_size_change", "asset_id": UP, "new_tick_size": "0.001"}),
    line(5, "market", {"event_type": "market_resolved", "market": CONDITION}),
    line(950, "gamma", gamma(closed=True, outcomePrices='["0","1"]')),
]  # fmt: skip


def written(path: Path, lines: Sequence[object], *, pack: bool = False, torn: int = 0) -> Path:
    raw = b"".join(
        entry if isinstance(entry, bytes) else json.dumps(entry).encode() + b"\n" for entry in lines
    )
    if pack:
        raw = zstandard.compress(raw)
    path.write_bytes(raw[: len(raw) - torn])
    return path


def world(path: Path | None) -> World:
    return build(Options(recording=path, speed=Decimal(0)), Faults(FAULTS))


@pytest.mark.parametrize("pack", [False, True])
def test_a_recording_is_the_outside_book(tmp_path: Path, *, pack: bool) -> None:
    made = world(written(tmp_path / "day", LINES, pack=pack))
    made.step(6 * ONE)
    market = made.venue.markets[CONDITION]
    assert market.book.levels(0, "BUY") == {480_000: 30 * ONE, 490_000: 7 * ONE}
    assert market.book.levels(1, "SELL") == {520_000: 25 * ONE, 510_000: 7 * ONE}
    assert (market.last_price, market.last_side, market.tick) == ("0.49", "SELL", 1_000)
    assert market.winner is None, "a recorded market_resolved decides nothing"
    assert made.player.skipped == 0


def test_the_recorded_outcome_is_reached_by_price(tmp_path: Path) -> None:
    made = world(written(tmp_path / "day", LINES))
    made.step(950 * ONE)
    market = made.venue.markets[CONDITION]
    assert market.winner == 1
    first = made.prices.twap("btcusd", market.start_us)
    last = made.prices.twap("btcusd", market.end_us)
    assert first is not None
    assert last is not None
    assert last < first


def test_recorded_prices_are_the_average_themselves(tmp_path: Path) -> None:
    def tick(after_s: int, value: str) -> dict[str, object]:
        point = {"symbol": "btcusd", "timestamp": (START_S + after_s) * 1000, "value": 1}
        payload = point | {"full_accuracy_value": value, "window_seconds": 60}
        frame = {"v": 1, "channel": "price.crypto.twap", "seq": 1, "payload": payload}
        return line(10 + after_s, "price", frame)

    lines = [*LINES[:2], tick(0, "90000.5"), tick(899, "90000.4"), tick(900, "90000.5")]
    made = world(written(tmp_path / "day", lines))
    made.step(1_000 * ONE)
    assert made.venue.markets[CONDITION].winner == 0, "equal at both ends: a tie is Up"


@pytest.mark.parametrize(
    "bad",
    [
        b"not json\n",
        b"[1, 2]\n",
        b"\xff\xfe\n",
        line(0.5, "market", "text"),
        line(0.5, "market", [1]),
        line(0.5, "market", {"event_type": "book", "asset_id": "9", "bids": [], "asks": []}),
        line(0.5, "market", {"event_type": "book", "asset_id": UP, "bids": 1, "asks": []}),
        line(0.5, "market", {"event_type": "price_change"}),
        line(
            0.5,
            "market",
            {
                "event_type": "last_trade_price",
                "asset_id": UP,
                "price": "NaN",
                "side": "BUY",
                "size": "1",
            },
        ),
        line(0.5, "gamma", {"id": "1"}),
        line(0.5, "price", {"channel": "price.crypto.twap", "payload": {}}),
    ],
)
def test_a_bad_line_is_counted_and_the_rest_is_played(tmp_path: Path, bad: object) -> None:
    path = written(tmp_path / "day", [*LINES[:2], bad, *LINES[2:]])
    made = world(path)
    made.step(6 * ONE)
    assert made.venue.markets[CONDITION].book.levels(0, "BUY")[490_000] == 7 * ONE
    skipped = Recording(path)
    list(skipped)
    assert made.player.skipped + skipped.skipped == 1
    truth = whole(made)
    assert (truth["frames_skipped"], truth["lines_skipped"]) == (
        made.player.skipped,
        skipped.skipped,
    )


def test_a_torn_end_ends_the_recording(tmp_path: Path) -> None:
    recording = Recording(written(tmp_path / "day", LINES * 50, pack=True, torn=10))
    assert 0 < len(list(recording)) <= 50 * 7
    assert recording.torn


def test_time_never_runs_backwards(tmp_path: Path) -> None:
    lines = [line(5, "gamma", gamma()), line(1, "market", book(UP, "0.1", "0.2"))]
    times = [entry.at_us for entry in Recording(written(tmp_path / "day", lines))]
    assert times == sorted(times)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b'{"a": 1}\n'])
def test_what_is_no_recording_is_refused_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "day"
    path.write_bytes(content)
    with pytest.raises(UnreadableRecordingError, match=r"docs/recording.md"):
        Recording(path).first()


def test_the_synthetic_flow_repeats_itself_by_seed() -> None:
    def first(seed: int) -> list[object]:
        source = synthetic.frames(seed, Prices(seed, START_S), START_S * ONE)
        return [(e.at_us, e.stream, e.frame) for e in itertools.islice(source, 500)]

    assert first(1) == first(1)
    assert first(1) != first(2)


def test_the_synthetic_flow_lists_the_next_window_before_it_opens() -> None:
    made = world(None)
    made.step(0)
    now_us = made.venue.now_us
    assert {m.version for m in made.venue.markets.values()} == {"v1", "v2"}
    assert any(m.start_us > now_us for m in made.venue.markets.values())
    made.step(1_800 * ONE)
    settled = [m for m in made.venue.markets.values() if m.end_us + 11 * ONE < made.venue.now_us]
    assert settled
    assert all(market.winner is not None for market in settled)
    assert made.player.skipped == 0


@pytest.mark.parametrize(
    ("closed", "prices", "winner"),
    [
        (True, '["1","0"]', 0),
        (True, '["0", "1"]', 1),
        (True, '["0.9995","0.0005"]', None),
        (False, '["1","0"]', None),
        (True, None, None),
    ],
)
def test_only_a_closed_market_at_1_and_0_is_settled(
    prices: object, winner: int | None, *, closed: bool
) -> None:
    assert recorded_winner({"closed": closed, "outcomePrices": prices}) == winner
