"""Each user frame parses in the vendor's client, and each malformed form is dropped by it."""

import msgspec
import pytest
from polymarket.models.clob import ClobTrade, OpenOrder
from polymarket.models.clob.user_events import parse_user_events

from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.streams.socket import spoil
from sandbox.polymarket.venue.trading import recorded_levels
from sandbox.polymarket.wire import shapes
from tests.unit.sandbox.polymarket.given import Desk, desk

FORMS = 12
"""A multiple of the three forms of an order and the four of a trade."""


def traded(*, as_maker: bool) -> Desk:
    made = desk()
    if as_maker:
        made.post(made.order("BUY", 60, 10))
        recorded_levels(made.venue, made.market, [(0, "SELL", 590_000, 10 * ONE)])
    else:
        made.level("SELL", 60, 100)
        made.post(made.order("BUY", 60, 10))
    return made


def frames(made: Desk) -> list[dict[str, object]]:
    order = next(iter(made.venue.orders.values()))
    trade = next(iter(made.venue.trades.values()))
    return [
        shapes.order_event(order, made.market, "UPDATE", made.venue.now_us),
        shapes.trade_event(trade, made.market, "key"),
    ]


@pytest.mark.parametrize("as_maker", [False, True])
def test_every_frame_is_understood(*, as_maker: bool) -> None:
    parsed, dropped = parse_user_events(frames(traded(as_maker=as_maker)))
    assert (len(parsed), dropped) == (2, 0)


@pytest.mark.parametrize("draw", range(FORMS))
def test_every_malformed_form_is_dropped_in_silence(draw: int) -> None:
    for frame in frames(traded(as_maker=True)):
        spoilt = msgspec.json.decode(spoil(msgspec.json.encode(frame), draw))
        assert parse_user_events(spoilt) == ([], 1)


@pytest.mark.parametrize("seconds", [0, 2, 4])
def test_every_row_of_a_listing_is_understood(seconds: int) -> None:
    made = traded(as_maker=False)
    made.advance(seconds)
    trade = next(iter(made.venue.trades.values()))
    row = shapes.trade_shape(trade, made.market, "key", rest=True)
    assert str(ClobTrade.parse_response(row).status) in row["status"]  # type: ignore[operator]  # a text
    order = next(iter(made.venue.orders.values()))
    shown = OpenOrder.parse_response(shapes.open_order(order, made.market))
    assert int(shown.price * ONE) == order.price
    assert int(shown.size_matched * ONE) == order.matched
