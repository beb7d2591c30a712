"""Whatever the user socket sends, reading it never raises and never makes a number up."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.polymarket.feed.user import parted, read_trade

PLAIN: dict[str, object] = {
    "event_type": "trade", "type": "TRADE", "id": "t1", "taker_order_id": "0xaa",
    "market": "0x" + "ab" * 32, "asset_id": "123", "side": "BUY", "size": "10", "price": "0.57",
    "fee_rate_bps": "0", "status": "MATCHED", "match_time": "1672290701",
    "last_update": "1672290701", "outcome": "Up", "owner": "u", "trade_owner": "u",
    "maker_address": "0x1", "transaction_hash": "", "bucket_index": 0, "trader_side": "TAKER",
    "timestamp": "1672290701",
}  # fmt: skip
MAKER = {
    "order_id": "0xbb", "owner": "v", "maker_address": "0x2", "matched_amount": "10",
    "price": "0.57", "fee_rate_bps": "0", "asset_id": "123", "outcome": "Up", "side": "SELL",
}  # fmt: skip
TRADE = PLAIN | {"maker_orders": [MAKER]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def test_a_trade_is_read_exactly() -> None:
    trade = read_trade(json.dumps(TRADE).encode())
    assert trade is not None
    assert (trade.price, trade.size, trade.status) == (Decimal("0.57"), Decimal(10), "MATCHED")
    assert trade.maker_orders is not None
    assert trade.maker_orders[0].matched_amount == 10


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    for one in parted(payload):
        assert read_trade(one) is None


@given(st.sampled_from(sorted(TRADE)), JSON)
def test_any_value_in_any_field_is_read_or_refused(field: str, value: object) -> None:
    changed = TRADE | {field: value}
    trade = read_trade(json.dumps(changed).encode())
    if trade is not None and field not in {"size", "price"}:
        assert (trade.size, trade.price) == (Decimal(10), Decimal("0.57"))


@given(st.sampled_from(sorted(MAKER)), JSON)
def test_any_value_in_a_makers_part_is_read_or_refused(field: str, value: object) -> None:
    maker = dict[str, object](MAKER) | {field: value}
    trade = read_trade(json.dumps(TRADE | {"maker_orders": [maker]}).encode())
    if trade is not None and trade.maker_orders and field != "matched_amount":
        assert trade.maker_orders[0].matched_amount == 10


@pytest.mark.parametrize(
    ("field", "value"),
    [("size", ""), ("status", "NEW"), ("price", "cheap"), ("side", 3), ("id", None)],
)
def test_what_captures_show_to_be_broken_is_no_trade(field: str, value: object) -> None:
    """A killed FOK has an empty size; nautilus captures, read 2026-11-22."""
    assert read_trade(json.dumps(TRADE | {field: value}).encode()) is None


def test_an_order_event_is_no_trade() -> None:
    assert read_trade(json.dumps(TRADE | {"event_type": "order"}).encode()) is None


def test_a_frame_may_hold_several_messages() -> None:
    assert len(parted(json.dumps([TRADE, {"event_type": "order"}]).encode())) == 2
    assert parted(b"[1,") == (b"[1,",)
