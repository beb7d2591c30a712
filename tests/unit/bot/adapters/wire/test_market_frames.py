"""What the market socket sends becomes book events, exactly, or one refusal naming its tokens."""

import json
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.wire.decoder import Decoder
from bot.domain.book import Side
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    TickChanged,
    TradePrinted,
)
from bot.domain.market import Outcome, TokenId
from bot.domain.money import MICROS, Price, Shares
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


def refused(events: Sequence[Event]) -> FrameRefused:
    """Return the only event, which refuses."""
    (event,) = events
    assert isinstance(event, FrameRefused)
    return event


def test_a_book_is_read_whole_whatever_the_order_of_its_levels(decoder: Decoder) -> None:
    (event,) = decoder.line(line(book()), 7)
    assert event == BookReplaced(
        frame=7,
        at_us=AT_US,
        token=TokenId(UP),
        bids=((470_000, 10_000_000), (480_000, 30_000_000)),
        asks=((530_000, 7_500_000), (520_000, 25_000_000)),
    )


def test_a_one_sided_book_is_a_book(decoder: Decoder) -> None:
    """In the last half minute of a window one side is often empty."""
    (event,) = decoder.line(line(book(bids=[])), 2)
    assert isinstance(event, BookReplaced)
    assert event.bids == ()


def test_a_price_change_keeps_both_outcomes_in_one_event(decoder: Decoder) -> None:
    frame = price_change(change(), change(DOWN, "0.52", 30, side="SELL", best_bid="0.4"))
    assert decoder.line(line(frame), 2) == (
        BookChanged(
            2,
            AT_US,
            (
                (TokenId(UP), Side.BUY, 480_000, 30_000_000),
                (TokenId(DOWN), Side.SELL, 520_000, 30_000_000),
            ),
        ),
    )


def test_a_size_of_zero_is_a_level_that_is_gone(decoder: Decoder) -> None:
    (event,) = decoder.line(line(price_change(change(size="0"))), 2)
    assert isinstance(event, BookChanged)
    assert event.changes[0][3] == 0


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"size": "-1"}, "bad_size"),
        ({"size": -0.5}, "bad_size"),
        ({"size": "NaN"}, "bad_size"),
        ({"size": "1e5"}, "bad_size"),
        ({"size": ""}, "bad_size"),
        ({"size": "1.2345678"}, "bad_size"),
        ({"size": "1000000001"}, "bad_size"),
        ({"size": None}, "bad_frame"),
        ({"size": True}, "bad_frame"),
        ({"size": ["1"]}, "bad_frame"),
        ({"price": "nan"}, "bad_price"),
        ({"price": "inf"}, "bad_price"),
        ({"price": "0"}, "bad_price"),
        ({"price": "1"}, "bad_price"),
        ({"price": "1.01"}, "bad_price"),
        ({"price": "-0.48"}, "bad_price"),
        ({"price": "\u0660.\u0664\u0668"}, "bad_price"),
        ({"price": "0.485"}, "off_grid"),
        ({"price": {}}, "bad_frame"),
        ({"side": "HOLD"}, "bad_frame"),
        ({"side": 1}, "bad_frame"),
    ],
)
def test_a_bad_change_refuses_the_frame_and_names_all_its_tokens(
    decoder: Decoder, changed: dict[str, object], kind: str
) -> None:
    """The other change is not applied either: half a frame is a wrong book."""
    event = refused(decoder.line(line(price_change(change(DOWN), change() | changed)), 9))
    assert (event.frame, event.at_us, event.kind) == (9, AT_US, kind)
    assert set(event.tokens) == {UP, DOWN}
    assert 0 < len(event.detail) <= 160


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"bids": [{"price": "0.52", "size": "1"}]}, "crossed"),
        ({"bids": [{"price": "0.53", "size": "1"}]}, "crossed"),
        ({"bids": [{"price": "0.475", "size": "1"}]}, "off_grid"),
        ({"bids": [{"price": "0.40", "size": "-1"}]}, "bad_size"),
        ({"bids": [{"price": "0.4", "size": "1"}, {"price": ".40", "size": "2"}]}, "bad_frame"),
        ({"bids": None}, "bad_frame"),
        ({"asks": [["0.5", "1"]]}, "bad_frame"),
        ({"tick_size": "0.3"}, "bad_tick"),
        ({"tick_size": "0.00001"}, "bad_tick"),
    ],
)
def test_a_book_that_cannot_be_is_refused(
    decoder: Decoder, changed: dict[str, object], kind: str
) -> None:
    event = refused(decoder.line(line(book() | changed), 2))
    assert (event.kind, event.tokens) == (kind, (UP,))


def test_a_bid_of_no_size_crosses_nothing(decoder: Decoder) -> None:
    (event,) = decoder.line(line(book(bids=[{"price": "0.6", "size": "0"}])), 2)
    assert isinstance(event, BookReplaced)


def test_an_array_is_read_element_by_element(decoder: Decoder) -> None:
    """The first answer of the socket is an array: one bad book must not cost the other."""
    events = decoder.line(line([book(bids=7), book(DOWN)]), 2)
    assert [type(event) for event in events] == [FrameRefused, BookReplaced]
    assert isinstance(events[0], FrameRefused)
    assert events[0].tokens == (UP,)


def test_a_whole_array_gives_its_events_in_order(decoder: Decoder) -> None:
    events = decoder.line(line([book(DOWN), book(), price_change(change())]), 2)
    assert [type(event) for event in events] == [BookReplaced, BookReplaced, BookChanged]


def test_nothing_in_an_array_is_nothing(decoder: Decoder) -> None:
    assert decoder.line(line([]), 2) == ()


def test_the_tick_follows_the_socket_for_that_token_only(decoder: Decoder) -> None:
    finer = {"event_type": "tick_size_change", "asset_id": UP, "new_tick_size": "0.001"}
    assert decoder.line(line(finer), 2) == (TickChanged(2, AT_US, TokenId(UP), Price(1_000)),)
    assert decoder.line(line(finer), 3) == ()
    (event,) = decoder.line(line(price_change(change(price="0.485"))), 4)
    assert isinstance(event, BookChanged)
    other = refused(decoder.line(line(price_change(change(DOWN, price="0.485"))), 5))
    assert other.kind == "off_grid"


@pytest.mark.parametrize("size", ["0", "1", "0.3", "-0.01", "NaN", None, "0.00001"])
def test_a_tick_that_does_not_divide_a_dollar_is_refused(decoder: Decoder, size: object) -> None:
    frame = {"event_type": "tick_size_change", "asset_id": UP, "new_tick_size": size}
    event = refused(decoder.line(line(frame), 2))
    assert event.kind in {"bad_tick", "bad_frame"}
    assert event.tokens == (UP,)


def test_a_book_tells_a_tick_change_that_was_missed(decoder: Decoder) -> None:
    fine = book(tick_size="0.001", bids=[{"price": "0.475", "size": "1"}])
    events = decoder.line(line(fine), 2)
    assert [type(event) for event in events] == [TickChanged, BookReplaced]


def test_a_refused_book_does_not_change_the_tick(decoder: Decoder) -> None:
    refused(decoder.line(line(book(tick_size="0.001", bids=[{"price": "0.6", "size": "1"}])), 2))
    assert refused(decoder.line(line(price_change(change(price="0.485"))), 3)).kind == "off_grid"


def test_a_trade_is_printed_off_the_tick_too(decoder: Decoder) -> None:
    """Orders of an older, finer grid still rest and trade."""
    frame = {
        "event_type": "last_trade_price",
        "asset_id": UP,
        "price": "0.456",
        "size": "219.2",
        "side": "BUY",
    }
    (event,) = decoder.line(line(frame), 2)
    assert event == TradePrinted(
        2, AT_US, TokenId(UP), Side.BUY, Price(456_000), Shares(219_200_000)
    )
    assert decoder.line(line(frame | {"side": ""}), 3) == ()
    assert refused(decoder.line(line(frame | {"side": "?"}), 4)).kind == "bad_frame"
    assert refused(decoder.line(line(frame | {"price": "1"}), 5)).kind == "bad_price"


@pytest.mark.parametrize(
    "frame",
    [
        {"event_type": "best_bid_ask", "asset_id": UP, "best_bid": "0.4"},
        {"event_type": "new_market", "id": "7", "market": "0x77"},
        {"event_type": "price_change", "price_changes": []},
        "PONG",
    ],
)
def test_what_says_nothing_is_ignored(decoder: Decoder, frame: object) -> None:
    assert decoder.line(line(frame), 2) == ()


def test_an_event_of_a_new_kind_is_counted_and_costs_no_book(decoder: Decoder) -> None:
    event = refused(decoder.line(line({"event_type": "sneeze", "asset_id": UP}), 2))
    assert (event.kind, event.tokens) == ("unknown_event", ())


@pytest.mark.parametrize(
    ("frame", "tokens"),
    [
        ({"event_type": "book", "asset_id": UP}, {UP}),
        ({"event_type": "book", "market": MARKET}, {UP, DOWN}),
        ({"event_type": "book"}, {UP, DOWN}),
        ({"event_type": "book", "market": "0x00"}, set()),
        ({"asset_id": DOWN}, {DOWN}),
        (7, {UP, DOWN}),
        (None, {UP, DOWN}),
        ("text", {UP, DOWN}),
    ],
)
def test_a_frame_of_no_shape_taints_whom_it_names_or_everybody(
    decoder: Decoder, frame: object, tokens: set[str]
) -> None:
    event = refused(decoder.line(line(frame), 2))
    assert (event.kind, set(event.tokens)) == ("bad_frame", tokens)


def test_a_token_of_no_listed_market_is_refused(decoder: Decoder) -> None:
    for frame in (book("333"), price_change(change("333"), change())):
        assert refused(decoder.line(line(frame), 2)).kind == "unknown_token"


def test_the_sockets_word_stops_trading_but_settles_nothing(decoder: Decoder) -> None:
    """`market_resolved` is known to be missing and is confirmed by nobody: Gamma settles."""
    said = {"event_type": "market_resolved", "market": MARKET, "winning_asset_id": UP}
    (event,) = decoder.line(line(said), 2)
    assert isinstance(event, MarketSeen)
    assert not event.market.accepting_orders
    assert decoder.line(line(said), 3) == ()
    assert decoder.line(line(gamma(), "gamma"), 4) == ()
    closed = gamma(closed=True, outcomePrices='["0", "1"]')
    events = decoder.line(line(closed, "gamma"), 5)
    assert [type(each) for each in events] == [FrameRefused, MarketResolved]
    assert isinstance(events[0], FrameRefused)
    assert events[0].kind == "resolution_conflict"
    assert isinstance(events[1], MarketResolved)
    assert events[1].winner is Outcome.DOWN


def test_late_frames_of_a_resolved_market_say_nothing(decoder: Decoder) -> None:
    """The sockets are kept open past the end, and their books are worth nothing then."""
    decoder.line(line(gamma(closed=True, outcomePrices='["1", "0"]'), "gamma"), 2)
    for frame in (book(), price_change(change(), change(DOWN))):
        assert decoder.line(line(frame), 3) == ()


def test_the_same_payload_says_the_same_live(decoder: Decoder) -> None:
    """The live feed has payloads, no lines; `line` is only an envelope around them."""
    frame = [book(), price_change(change(DOWN))]
    payload = json.dumps(frame).encode()
    assert decoder.market(payload, frame=3, at_us=AT_US) == decoder.line(line(frame), 3)


NUMBERS = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.decimals(min_value=0, max_value=1, places=3).map(str),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.from_regex(r"-?[0-9]{0,3}\.?[0-9]{0,7}", fullmatch=True),
)


def exact(value: object) -> Decimal | None:
    """Return what a plain decimal says by another road than the decoder's."""
    text = value if isinstance(value, str) else repr(value)
    plain = text.removeprefix("-").replace(".", "", 1)
    return Decimal(text) if plain.isascii() and plain.isdigit() else None


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4))
def test_a_number_is_exactly_what_was_sent_or_refused(levels: list[tuple[object, object]]) -> None:
    decoder = Decoder()
    decoder.line(line(gamma(), "gamma"), 1)
    frame = price_change(*(change(price=price, size=size) for price, size in levels))
    (event,) = decoder.line(line(frame), 2)
    wanted = [(exact(price), exact(size)) for price, size in levels]
    fits = all(
        price is not None
        and size is not None
        and 0 < price < 1
        and price % Decimal("0.01") == 0
        and 0 <= size <= 10**9
        and size * MICROS == int(size * MICROS)
        for price, size in wanted
    )
    if isinstance(event, FrameRefused):
        assert not fits
        return
    assert isinstance(event, BookChanged)
    assert fits
    assert [
        (Decimal(price) / MICROS, Decimal(size) / MICROS) for _, _, price, size in event.changes
    ] == wanted
