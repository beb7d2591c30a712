"""Gamma's markets: read in full, or refused by the field that is wrong."""

import json
from collections.abc import Sequence

import pytest

from bot.adapters.wire.decoder import Decoder
from bot.adapters.wire.registry import MARKETS_MAX, OVER_MAX
from bot.domain.event import (
    BookChanged,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    TickChanged,
)
from bot.domain.market import (
    FeeSchedule,
    Market,
    MarketId,
    MarketWindow,
    Outcome,
    ProtocolVersion,
    TokenId,
)
from bot.domain.money import MICROS, Price, Shares
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
