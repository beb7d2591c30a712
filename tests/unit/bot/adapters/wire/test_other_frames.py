"""The price socket and our own frames: read in full, or refused by name."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.wire import own
from bot.adapters.wire.decoder import Decoder
from bot.domain.book import Side
from bot.domain.entry import TradingState
from bot.domain.event import (
    CapitalMoved,
    FeedEnded,
    FillConfirmed,
    FillVoided,
    FlattenAsked,
    FrameRefused,
    LossesTaken,
    OrderAnswered,
    OrderEnded,
    OrderFilled,
    OrderPrepared,
    PriceTicked,
    ResolutionFound,
    StopAsked,
    TimerFired,
    TradingAsked,
)
from bot.domain.fill import Fill, FillId, Liquidity
from bot.domain.market import (
    MarketId,
    Outcome,
    TokenId,
)
from bot.domain.money import MICROS, Price, Shares, Usd
from bot.domain.order import (
    Accepted,
    IntentId,
    OrderHash,
    OrderState,
    Prepared,
    Rejected,
    Unknown,
)
from tests.unit.bot.adapters.wire.frames import (
    AT_US,
    DOWN,
    MARKET,
    UP,
    gamma,
    line,
)
from tests.unit.bot.adapters.wire.test_market_frames import refused

START_US = 1_790_586_000 * MICROS


def tick(at_ms: int, value: str, **changed: object) -> dict[str, object]:
    """Return an update of the settlement price."""
    payload = {
        "symbol": "btcusd",
        "source": "chainlink",
        "window_seconds": 60,
        "timestamp": at_ms,
        "value": 90000.6,
        "full_accuracy_value": value,
    }
    frame = {"v": 1, "channel": "price.crypto.twap", "seq": 2, "ts": at_ms, "payload": payload}
    return frame | changed


def test_a_price_is_read_at_full_accuracy_to_the_micro_dollar(decoder: Decoder) -> None:
    (event,) = decoder.line(line(tick(1, "90000.123456500000000000"), "price"), 2)
    assert event == PriceTicked(2, AT_US, "btcusd", 90_000_123_457, 60)


def test_of_a_snapshot_only_the_newest_point_is_news(decoder: Decoder) -> None:
    """The points before it have no place in time any more, and a reconnect repeats them."""
    points = [
        {"timestamp": at_ms, "value": 1.0, "full_accuracy_value": str(at_ms)} for at_ms in (3, 5, 4)
    ]
    snapshot = tick(0, "0", snapshot=True)
    snapshot["payload"] = {"symbol": "BTCUSD", "window_seconds": 60, "data": points}
    (event,) = decoder.line(line(snapshot, "price"), 2)
    assert event == PriceTicked(2, AT_US, "btcusd", 5 * MICROS, 60)
    assert decoder.line(line(snapshot, "price"), 3) == ()
    assert decoder.line(line(tick(5, "7"), "price"), 4) == ()
    assert len(decoder.line(line(tick(6, "7"), "price"), 5)) == 1


@pytest.mark.parametrize(
    "frame",
    [
        {"op": "authed", "rid": "1"},
        {"op": "subscribed", "rid": "2", "channel": "price.crypto.twap"},
        {"channel": "price.crypto", "payload": {"symbol": "btcusd"}},
        {
            "channel": "price.crypto.twap",
            "payload": {"symbol": "b", "window_seconds": 6, "data": []},
        },
    ],
)
def test_what_is_no_settlement_price_is_ignored(decoder: Decoder, frame: object) -> None:
    assert decoder.line(line(frame, "price"), 2) == ()


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ({"op": "error", "code": "auth_invalid"}, "feed_error"),
        ({"payload": 3}, "bad_frame"),
        (7, "bad_frame"),
        (tick(1, "NaN"), "bad_price"),
        (tick(1, "-5"), "bad_price"),
        (tick(1, "Infinity"), "bad_price"),
        (tick(1, "1e30"), "bad_price"),
        (tick(1, "ninety"), "bad_price"),
        (tick(1, "5", payload={"symbol": "btcusd", "window_seconds": 60}), "bad_frame"),
        (tick(1, "5", channel=5), "bad_frame"),
    ],
)
def test_a_bad_price_frame_is_refused_and_taints_no_book(
    decoder: Decoder, frame: object, kind: str
) -> None:
    event = refused(decoder.line(line(frame, "price"), 2))
    assert (event.kind, event.tokens) == (kind, ())


FILL = Fill(
    fill_id=FillId("t1:0"),
    order_hash=OrderHash("0xaa"),
    market_id=MarketId(MARKET),
    token=TokenId(UP),
    outcome=Outcome.UP,
    side=Side.BUY,
    price=Price(480_000),
    size=Shares(5 * MICROS),
    notional=Usd(2_400_000),
    fee=Usd(87_360),
    liquidity=Liquidity.TAKER,
    filled_us=AT_US,
)
ANSWERS = (Accepted("delayed"), Rejected("no"), Unknown("timeout"))
OURS: tuple[own.Ours, ...] = (
    *(OrderAnswered(4, AT_US, IntentId("i"), OrderHash("0xaa"), answer) for answer in ANSWERS),
    OrderFilled(4, AT_US, FILL),
    FillConfirmed(4, AT_US, FILL.fill_id),
    FillVoided(4, AT_US, FILL.fill_id, "the trade failed on the chain"),
    OrderEnded(4, AT_US, OrderHash("0xaa"), OrderState.CANCELLED, "asked"),
    OrderPrepared(4, AT_US, Prepared(IntentId("i"), OrderHash("0xaa"), '{"a":"\n"}', AT_US)),
    TimerFired(4, AT_US),
    StopAsked(4, AT_US, "SIGTERM"),
    TradingAsked(4, AT_US, TradingState.ACTIVE, "three views agree"),
    LossesTaken(4, AT_US, "latch", "operator", "looked at it"),
    FlattenAsked(4, AT_US, MarketId(MARKET), Price(20_000), "operator", "out"),
    CapitalMoved(4, AT_US, Usd(-5_000_000), "taken out", "c1", afresh=False),
    ResolutionFound(4, AT_US, MarketId(MARKET), Outcome.UP, "gamma"),
    FeedEnded(4, AT_US),
    FrameRefused(4, AT_US, "gap", "connection lost", (TokenId(UP),)),
)


@pytest.mark.parametrize("event", OURS, ids=[str(number) for number in range(len(OURS))])
def test_what_is_ours_reads_back_equal(event: own.Ours) -> None:
    stream, frame = own.encode(event)
    assert b"\n" not in frame
    text = b'{"at_us":%d,"stream":"%s","frame":%s}' % (AT_US, stream.encode(), frame)
    assert Decoder(ours=True).line(text, 77) == (event,)


def test_every_event_of_ours_has_an_example_above() -> None:
    kinds = {kind for alias in get_args(own.Ours) for kind in (get_args(alias) or (alias,))}
    assert {type(event) for event in OURS} == kinds == set(own.KINDS.values())


def test_without_being_asked_for_ours_only_gaps_are_read() -> None:
    """A replay on the paper venue must not hear the answers that another venue gave."""
    for event in OURS:
        stream, frame = own.encode(event)
        text = b'{"at_us":%d,"stream":"%s","frame":%s}' % (AT_US, stream.encode(), frame)
        events = Decoder().line(text, 77)
        if isinstance(event, FrameRefused):
            assert events == (FrameRefused(77, AT_US, event.kind, event.detail, event.tokens),)
        else:
            assert events == ()


@pytest.mark.parametrize(
    ("frame", "stream"),
    [
        ({"event": "order_ended"}, "own"),
        ({"event": "timer_fired", "after": -1}, "timer"),
        ({"event": "timer_fired", "after": 1}, "own"),
        ({"event": "sneezed", "after": 1}, "own"),
        ({"event": "stop_asked", "after": 1, "reason": 5}, "timer"),
        (
            {"event": "order_ended", "after": 1, "order_hash": "a", "state": "x", "reason": ""},
            "own",
        ),
        (
            {
                "event": "order_answered",
                "after": 1,
                "intent_id": "i",
                "order_hash": "h",
                "answer": "maybe",
                "said": "",
            },
            "own",
        ),
    ],
)
def test_a_frame_that_is_not_ours_is_refused(frame: object, stream: str) -> None:
    assert refused(Decoder(ours=True).line(line(frame, stream), 1)).kind == "bad_frame"


@given(st.integers(0, 10**12), st.text(max_size=40))
def test_any_reason_reads_back(after: int, reason: str) -> None:
    event = StopAsked(after, AT_US, reason)
    assert own.decode("timer", own.encode(event)[1], AT_US) == event


@pytest.mark.parametrize("ours", [False, True])
def test_a_hole_in_a_recording_taints_every_book(*, ours: bool) -> None:
    """Whose frames are missing nobody knows."""
    decoder = Decoder(ours=ours)
    decoder.line(line(gamma(), "gamma"), 1)
    stream, frame = own.encode(FrameRefused(1, AT_US, "not_recorded", "5 lines found no room"))
    (event,) = decoder.line(line(json.loads(frame), stream), 2)
    assert refused((event,)).tokens == (TokenId(UP), TokenId(DOWN))
