"""Gamma's markets, the price socket and our own frames: read in full, or refused by name."""

import json
from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.wire import own
from bot.adapters.wire.decoder import Decoder
from bot.adapters.wire.registry import MARKETS_MAX, OVER_MAX
from bot.domain.book import Side
from bot.domain.entry import TradingState
from bot.domain.event import (
    BookChanged,
    Event,
    FeedEnded,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    OrderAnswered,
    OrderEnded,
    OrderFilled,
    OrderPrepared,
    PriceTicked,
    StopAsked,
    TickChanged,
    TimerFired,
    TradingAsked,
)
from bot.domain.fill import Fill, FillId, Liquidity
from bot.domain.market import (
    FeeSchedule,
    Market,
    MarketId,
    MarketWindow,
    Outcome,
    ProtocolVersion,
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
    change,
    gamma,
    line,
    price_change,
)
from tests.unit.bot.adapters.wire.test_market_frames import refused

START_US = 1_790_586_000 * MICROS


def seen(frame: object) -> Sequence[Event]:
    """Return what a new decoder says of a frame of Gamma."""
    return Decoder().line(line(frame, "gamma"), 1)


def test_a_v1_market_is_read_from_the_market_itself() -> None:
    assert seen(gamma()) == (
        MarketSeen(
            1,
            AT_US,
            Market(
                market_id=MarketId(MARKET),
                slug="btc-updown-15m-1790586000",
                asset="btc",
                window=MarketWindow(START_US, START_US + 900 * MICROS),
                up=TokenId(UP),
                down=TokenId(DOWN),
                tick=Price(10_000),
                size_min=Shares(5 * MICROS),
                fees=FeeSchedule(70_000, 1, taker_only=True),
                version=ProtocolVersion.V1,
            ),
        ),
    )


def market_of(frame: object) -> Market:
    """Return the market of the only event."""
    (event,) = seen(frame)
    assert isinstance(event, MarketSeen)
    return event.market


def test_the_version_decides_which_ids_are_traded() -> None:
    """A third of the open v1 markets carried position ids that had no book."""
    assert market_of(gamma(positionIds=["5", "6"])).up == UP
    v2 = market_of(gamma(version="v2", positionIds=["5", "6"]))
    assert (v2.up, v2.down, v2.version) == ("5", "6", ProtocolVersion.V2)


@pytest.mark.parametrize("version", ["v9", "V2", "", "v1 ", None, 1, ...])
def test_an_unknown_version_makes_no_market(version: object) -> None:
    """Whatever else is new about it: the version is read first."""
    event = refused(seen(gamma(version=version, outcomes=7)))
    assert event.kind == "unknown_version"
    assert "btc-updown-15m-1790586000" in event.detail


def test_outcomes_are_told_by_label_not_by_place() -> None:
    turned = market_of(gamma(outcomes='["Down","Up"]'))
    assert (turned.up, turned.down) == (DOWN, UP)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"conditionId": ...}, "conditionId"),
        ({"conditionId": 'a"b'}, "conditionId"),
        ({"outcomes": '["Yes","No"]'}, "outcomes"),
        ({"outcomes": '["Up"]'}, "outcomes"),
        ({"outcomes": "Up"}, "outcomes"),
        ({"clobTokenIds": ...}, "clobTokenIds"),
        ({"clobTokenIds": "[1, 2]"}, "clobTokenIds"),
        ({"clobTokenIds": '["7","7"]'}, "clobTokenIds"),
        ({"version": "v2"}, "positionIds"),
        ({"version": "v2", "positionIds": [5, 6]}, "positionIds"),
        ({"orderPriceMinTickSize": ...}, "orderPriceMinTickSize"),
        ({"orderMinSize": ...}, "orderMinSize"),
        ({"orderMinSize": -5}, "orderMinSize"),
        ({"feeSchedule": ...}, "feeSchedule"),
        ({"feeSchedule": {"rate": 7, "exponent": 1, "takerOnly": True}}, "rate"),
        ({"feeSchedule": {"rate": 0.07, "exponent": 1.5, "takerOnly": True}}, "exponent"),
        ({"feeSchedule": {"rate": 0.07, "exponent": 1}}, "takerOnly"),
        ({"endDate": "tomorrow"}, "endDate"),
        ({"endDate": "2026-09-28"}, "endDate"),
        ({"endDate": "2026-09-28T09:00:00Z"}, "endDate"),
        ({"slug": "will-it-rain", "eventStartTime": ...}, "eventStartTime"),
        ({"slug": ""}, "asset"),
    ],
)
def test_a_market_that_lacks_something_is_refused_by_its_field(
    changed: dict[str, object], field: str
) -> None:
    event = refused(seen(gamma(**changed)))
    assert event.kind == "bad_market"
    assert field.lower() in event.detail.lower().replace("_", "")


@pytest.mark.parametrize("size", [0, 0.3, "x"])
def test_a_market_on_no_grid_is_refused(size: object) -> None:
    assert refused(seen(gamma(orderPriceMinTickSize=size))).kind == "bad_tick"


def test_what_the_market_does_not_say_its_slug_may() -> None:
    market = market_of(gamma(eventStartTime=..., endDate=...))
    assert market.window == MarketWindow(START_US, START_US + 900 * MICROS)


def test_the_assets_name_is_the_markets_before_its_slugs() -> None:
    assert market_of(gamma(cryptoMarketConfig={"asset": "ETH"})).asset == "eth"


def test_without_fees_there_is_no_fee() -> None:
    assert market_of(gamma(feesEnabled=False, feeSchedule=...)).fees.rate_micros == 0


@pytest.mark.parametrize("field", ["acceptingOrders", "active", "enableOrderBook"])
def test_a_market_that_takes_no_orders_is_seen_as_such(field: str) -> None:
    assert not market_of(gamma(**{field: False})).accepting_orders
    assert market_of(gamma(**{field: ...})).accepting_orders


@pytest.mark.parametrize(
    "wrap",
    [
        lambda market: [market],
        lambda market: {"markets": [market], "next_cursor": "x"},
        lambda market: {"id": 9, "slug": "e", "markets": [market]},
        lambda market: {"events": [{"markets": [market]}]},
        lambda market: [{"markets": [market]}],
    ],
    ids=["array", "page", "event", "page of events", "array of events"],
)
def test_a_market_is_found_in_events_and_pages(wrap: object) -> None:
    assert callable(wrap)
    (event,) = seen(wrap(gamma()))
    assert isinstance(event, MarketSeen)


def test_a_bad_market_of_a_page_does_not_cost_the_others() -> None:
    events = seen({"markets": [gamma(version="v9", conditionId="0x1"), gamma()]})
    assert [type(event) for event in events] == [FrameRefused, MarketSeen]


@pytest.mark.parametrize("frame", [7, "x", [1], {"markets": 3}, {"markets": [None]}, None])
def test_what_holds_no_market_is_refused(frame: object) -> None:
    assert refused(seen(frame)).kind == "bad_market"


def test_a_market_is_seen_again_only_if_it_changed(decoder: Decoder) -> None:
    assert decoder.line(line(gamma(outcomePrices='["0.7","0.3"]'), "gamma"), 2) == ()
    (event,) = decoder.line(line(gamma(orderMinSize=15), "gamma"), 3)
    assert isinstance(event, MarketSeen)


def test_a_listed_tick_moves_the_tokens_only_when_it_changes(decoder: Decoder) -> None:
    """Gamma repeats the old tick for a while after the socket has told the new one."""
    told = {"event_type": "tick_size_change", "asset_id": UP, "new_tick_size": "0.001"}
    decoder.line(line(told), 2)
    assert decoder.line(line(gamma(), "gamma"), 3) == ()
    fine = price_change(change(price="0.485"))
    assert isinstance(decoder.line(line(fine), 4)[0], BookChanged)
    events = decoder.line(line(gamma(orderPriceMinTickSize=0.001), "gamma"), 5)
    assert events[1:] == (TickChanged(5, AT_US, TokenId(DOWN), Price(1_000)),)


def test_only_payouts_of_exactly_one_and_nothing_resolve(decoder: Decoder) -> None:
    """Gamma has shown 0.9995 against 0.0005 on a market that was not resolved."""
    near = gamma(closed=True, outcomePrices='["0.9995", "0.0005"]')
    (event,) = decoder.line(line(near, "gamma"), 2)
    assert isinstance(event, MarketSeen)
    assert not event.market.accepting_orders
    exact = gamma(closed=True, outcomePrices='["1", "0"]')
    assert decoder.line(line(exact, "gamma"), 3) == (
        MarketResolved(3, AT_US, MarketId(MARKET), Outcome.UP),
    )
    assert decoder.line(line(exact, "gamma"), 4) == ()


def test_an_open_market_at_one_is_not_resolved(decoder: Decoder) -> None:
    assert decoder.line(line(gamma(outcomePrices='["1", "0"]'), "gamma"), 2) == ()


def test_a_changed_winner_is_told_and_not_taken(decoder: Decoder) -> None:
    decoder.line(line(gamma(closed=True, outcomePrices='["1", "0"]'), "gamma"), 2)
    turned = gamma(closed=True, outcomePrices='["0", "1"]')
    assert refused(decoder.line(line(turned, "gamma"), 3)).kind == "resolution_conflict"


@pytest.mark.parametrize(
    "changed", [{"conditionId": "0x2"}, {"clobTokenIds": json.dumps([UP, "999"])}]
)
def test_tokens_do_not_change_hands(decoder: Decoder, changed: dict[str, object]) -> None:
    assert refused(decoder.line(line(gamma(**changed), "gamma"), 2)).kind == "bad_market"


def test_markets_are_forgotten_before_memory_is_full() -> None:
    decoder = Decoder()
    for number in range(1, MARKETS_MAX + 3):
        ids = json.dumps([f"u{number}", f"d{number}"])
        decoder.line(line(gamma(conditionId=f"0x{number}", clobTokenIds=ids), "gamma"), number)
    gone, kept = (
        decoder.line(line(price_change(change(token))), 1) for token in ("u1", f"u{MARKETS_MAX}")
    )
    assert refused(gone).kind == "unknown_token"
    assert isinstance(kept[0], BookChanged)


def test_resolved_markets_are_forgotten_too() -> None:
    decoder = Decoder()
    for number in range(1, OVER_MAX // 3 + 3):
        ids = json.dumps([f"u{number}", f"d{number}"])
        market = gamma(
            conditionId=f"0x{number}", clobTokenIds=ids, closed=True, outcomePrices='["1","0"]'
        )
        decoder.line(line(market, "gamma"), number)
    assert refused(decoder.line(line(price_change(change("u1"))), 1)).kind == "unknown_token"
    assert decoder.line(line(price_change(change(f"u{OVER_MAX // 3}"))), 1) == ()


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
    OrderEnded(4, AT_US, OrderHash("0xaa"), OrderState.CANCELLED, "asked"),
    OrderPrepared(4, AT_US, Prepared(IntentId("i"), OrderHash("0xaa"), '{"a":"\n"}', AT_US)),
    TimerFired(4, AT_US),
    StopAsked(4, AT_US, "SIGTERM"),
    TradingAsked(4, AT_US, TradingState.ACTIVE, "three views agree"),
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
