"""A line is read in its place and at its time, or refused there; nothing received can raise."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.wire.decoder import Decoder, UnknownStream
from bot.domain.event import BookChanged, BookReplaced, Event, FrameRefused, MarketSeen
from tests.unit.bot.adapters.wire.frames import (
    AT_US,
    DOWN,
    MARKET,
    UP,
    book,
    change,
    gamma,
    line,
    price_change,
)
from tests.unit.bot.adapters.wire.test_market_frames import refused


def test_time_never_runs_backwards(decoder: Decoder) -> None:
    decoder.line(line(book(), at_us=AT_US + 5), 2)
    event = refused(decoder.line(line(price_change(change()), at_us=AT_US + 4), 3))
    assert (event.kind, event.frame, event.at_us) == ("time_backwards", 3, AT_US + 5)
    assert event.tokens == (UP,)
    (same,) = decoder.line(line(price_change(change()), at_us=AT_US + 5), 4)
    assert isinstance(same, BookChanged)


@pytest.mark.parametrize("at_us", [0, -1, AT_US * 1_000, 10**30])
def test_a_time_that_is_no_time_does_not_stop_what_comes_after(
    decoder: Decoder, at_us: object
) -> None:
    assert refused(decoder.line(line(book(), at_us=at_us), 2)).kind == "bad_line"
    (event,) = decoder.line(line(book()), 3)
    assert isinstance(event, BookReplaced)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"not json", "not_json"),
        (b"\x00\xff\xfe", "not_json"),
        (b'{"at_us": 1', "not_json"),
        (b"[]", "bad_line"),
        (b"null", "bad_line"),
        (b'{"stream": "market", "frame": {}}', "bad_line"),
        (b'{"at_us": "now", "stream": "market", "frame": {}}', "bad_line"),
        (b'{"at_us": 1.5, "stream": "market", "frame": {}}', "bad_line"),
        (b'{"at_us": %d, "stream": 7, "frame": {}}' % AT_US, "bad_line"),
        (b'{"at_us": %d, "stream": "market"}' % AT_US, "bad_line"),
        (b"[" * 100_000, "bad_line"),
        (b'{"at_us": %d, "stream": "market", "frame": %s}' % (AT_US, b"[" * 9_000), "not_json"),
    ],
)
def test_what_is_no_line_taints_every_live_token(decoder: Decoder, text: bytes, kind: str) -> None:
    """It may have been a change of any book."""
    event = refused(decoder.line(text, 2))
    assert (event.kind, event.frame) == (kind, 2)
    assert set(event.tokens) == {UP, DOWN}


def test_a_broken_line_taints_only_whom_it_still_names(decoder: Decoder) -> None:
    whole = line(price_change(change(DOWN)))
    event = refused(decoder.line(whole.replace(b'"0.48"', b"NaN"), 2))
    assert (event.kind, event.tokens) == ("not_json", (DOWN,))


def test_a_broken_line_of_another_stream_taints_nobody(decoder: Decoder) -> None:
    event = refused(decoder.line(b'{"at_us": 1, "stream": "price", "frame": {', 2))
    assert (event.kind, event.tokens) == ("not_json", ())


def test_a_blank_line_is_nothing(decoder: Decoder) -> None:
    assert decoder.line(b"", 2) == ()
    assert decoder.line(b" \r", 3) == ()


def test_a_stream_nobody_knows_cannot_be_skipped(decoder: Decoder) -> None:
    with pytest.raises(UnknownStream) as raised:
        decoder.line(line({}, "rtds"), 2)
    assert raised.value.stream == "rtds"


def test_the_fields_of_a_line_may_come_in_any_order(decoder: Decoder) -> None:
    text = json.dumps({"frame": book(), "stream": "market", "at_us": AT_US}).encode()
    (event,) = decoder.line(text, 2)
    assert isinstance(event, BookReplaced)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
FRAMES = (
    (gamma(), "gamma"),
    (gamma(version="v2", positionIds=["5", "6"], conditionId="0x9"), "gamma"),
    (book(), "market"),
    ([book(), book(DOWN)], "market"),
    (price_change(change(), change(DOWN)), "market"),
    ({"event_type": "tick_size_change", "asset_id": UP, "new_tick_size": "0.001"}, "market"),
    ({"event_type": "market_resolved", "market": MARKET, "winning_asset_id": UP}, "market"),
    ({"event_type": "last_trade_price", "asset_id": UP, "price": 0.5, "side": "BUY"}, "market"),
    (
        {
            "channel": "price.crypto.twap",
            "payload": {
                "symbol": "btcusd",
                "window_seconds": 60,
                "timestamp": 1,
                "full_accuracy_value": "90000.5",
            },
        },
        "price",
    ),
    ({"event": "timer_fired", "after": 3}, "timer"),
    ({"event": "order_ended", "after": 3, "order_hash": "0x1", "state": "filled"}, "own"),
)


def read(lines: list[bytes]) -> list[Event]:
    """Decode lines as the feed does, a stream nobody knows apart."""
    decoder = Decoder(ours=True)
    events: list[Event] = []
    for number, text in enumerate(lines, 1):
        try:
            events += decoder.line(text, number)
        except UnknownStream:
            continue
    return events


def spoil(frame: object, path: list[int], junk: object) -> object:
    """Return the frame with one thing in it, at a place that `path` leads to, being junk."""
    if not path:
        return junk
    if isinstance(frame, dict) and frame:
        key = sorted(frame)[path[0] % len(frame)]
        return frame | {key: spoil(frame[key], path[1:], junk)}
    if isinstance(frame, list) and frame:
        place = path[0] % len(frame)
        return [*frame[:place], spoil(frame[place], path[1:], junk), *frame[place + 1 :]]
    return junk


@settings(max_examples=400)
@given(st.sampled_from(FRAMES), st.lists(st.integers(0, 30), max_size=4), JUNK)
def test_a_spoiled_frame_never_raises(
    frame: tuple[object, str], path: list[int], junk: object
) -> None:
    spoiled = line(spoil(frame[0], path, junk), frame[1])
    events = read([line(gamma(), "gamma"), spoiled, line(book())])
    assert isinstance(events[0], MarketSeen)
    for event in events:
        assert event.at_us == AT_US


@settings(max_examples=400)
@given(st.sampled_from(FRAMES), st.integers(), st.integers(1, 12))
def test_flipped_and_lost_bytes_never_raise(
    frame: tuple[object, str], seed: int, hits: int
) -> None:
    spoiled = bytearray(line(*frame))
    chance = random.Random(seed)
    for _ in range(hits):
        place = chance.randrange(len(spoiled))
        spoiled[place : place + chance.randrange(3)] = bytes([chance.randrange(256)])
    events = read([line(gamma(), "gamma"), bytes(spoiled).replace(b"\n", b" "), line(book())])
    times = [event.at_us for event in events]
    assert times == sorted(times)


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_are_refusals(texts: list[bytes]) -> None:
    for event in read(texts):
        assert isinstance(event, FrameRefused)


@settings(max_examples=120)
@given(
    st.lists(
        st.tuples(st.sampled_from(FRAMES), st.integers(-2, 6), st.lists(st.integers(0, 9)), JUNK),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_a_skipped_line_leaves_what_a_read_line_leaves(
    steps: list[tuple[tuple[object, str], int, list[int], object]], skipped: int
) -> None:
    """Or a replay that begins later would see other events than the one it continues."""
    at_us, lines = AT_US, [line(gamma(), "gamma")]
    for (frame, stream), step, path, junk in steps:
        at_us += step
        lines.append(line(spoil(frame, path, junk) if len(path) % 2 else frame, stream, at_us))
    skipped = min(skipped, len(lines))
    whole, later = Decoder(), Decoder()
    for number, text in enumerate(lines[:skipped], 1):
        whole.line(text, number)
        later.skip(text, number)
    for number, text in enumerate(lines[skipped:], skipped + 1):
        assert later.line(text, number) == whole.line(text, number)
