"""From match to chain: what is locked, what moves, and what a failure gives back."""

import pytest

from sandbox.polymarket.book.order import Order, Want
from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.signing.addresses import EXCHANGE, PUSD
from sandbox.polymarket.venue.note import OrderNote, TradeNote
from sandbox.polymarket.venue.trade import Trade
from sandbox.polymarket.venue.trading import cancel, recorded_levels, recorded_trade
from tests.unit.sandbox.polymarket.given import WALLET, Desk, desk

PAID = 6 * ONE + 168_000
"""10 shares at 0.60 and the fee of 0.168."""


def bought(made: Desk) -> Trade:
    made.level("SELL", 60, 100)
    made.post(made.order("BUY", 60, 10))
    return next(iter(made.venue.trades.values()))


def test_money_moves_when_mined_and_is_locked_until_then() -> None:
    made = desk()
    bought(made)
    wallet = made.venue.accounts.wallets[WALLET]
    assert (wallet.cash, wallet.cash_locked, made.shares()) == (1_000 * ONE, PAID, 0)
    made.advance(2)
    assert (wallet.cash, wallet.cash_locked) == (1_000 * ONE - PAID, 0)
    assert made.shares() == 10 * ONE


@pytest.mark.parametrize(
    ("fault", "walk"),
    [
        ("", ["MATCHED", "MINED", "CONFIRMED"]),
        ("trade-fails", ["MATCHED", "FAILED"]),
        ("trade-retry-fails", ["MATCHED", "RETRYING", "FAILED"]),
        ("trade-retry-mines", ["MATCHED", "RETRYING", "MINED", "CONFIRMED"]),
        ("trade-mined-then-fails", ["MATCHED", "MINED", "FAILED"]),
        ("trade-never-confirmed", ["MATCHED"]),
    ],
)
def test_each_walk_ends_with_the_money_where_it_belongs(fault: str, walk: list[str]) -> None:
    made = desk()
    if fault:
        made.venue.faults.arm(fault)
    heard: list[str] = []
    made.venue.listeners.append(
        lambda note: heard.append(note.trade.status) if isinstance(note, TradeNote) else None
    )
    trade = bought(made)
    made.advance(20)
    assert heard == walk
    moved = walk[-1] == "CONFIRMED"
    assert made.cash() == 1_000 * ONE - (PAID if moved else 0)
    assert made.shares() == (10 * ONE if moved else 0)
    locked = made.venue.accounts.wallets[WALLET].cash_locked
    assert locked == (PAID if trade.status == "MATCHED" else 0)


def test_a_retry_has_another_hash() -> None:
    made = desk()
    made.venue.faults.arm("trade-retry-mines")
    trade = bought(made)
    before = trade.tx_hash
    made.advance(20)
    assert trade.tx_hash != before


def test_a_phantom_lock_outlives_its_match() -> None:
    made = desk()
    made.venue.faults.arm("phantom-lock")
    bought(made)
    made.advance(20)
    assert made.venue.accounts.wallets[WALLET].cash_locked == PAID


def test_a_finite_allowance_is_used_up_and_an_infinite_one_is_not() -> None:
    made = desk()
    wallet = made.venue.accounts.wallets[WALLET]
    bought(made)
    made.advance(5)
    assert wallet.allowance(EXCHANGE) == 2**256 - 1
    wallet.allowances[f"{PUSD}/{EXCHANGE}".lower()] = 10 * ONE
    made.post(made.order("BUY", 60, 10))
    made.advance(5)
    assert wallet.allowance(EXCHANGE) == 10 * ONE - PAID


def rested(made: Desk, price: int = 40) -> Order:
    order = made.order("BUY", price, 10)
    made.post(order)
    return order


def test_a_maker_pays_its_own_price_and_no_fee() -> None:
    made = desk()
    order = rested(made)
    recorded_levels(made.venue, made.market, [(0, "SELL", 380_000, 100 * ONE)])
    made.advance(5)
    assert order.status == "MATCHED"
    assert made.cash() == 1_000 * ONE - 4 * ONE
    assert made.shares() == 10 * ONE


@pytest.mark.parametrize("index", [0, 1])
def test_a_stranger_s_trade_fills_us_from_either_outcome(index: int) -> None:
    """Selling Up at 0.40, and buying Down at 0.60, both take a bid on Up at 0.40."""
    made = desk()
    rested(made)
    side, price = ("SELL", 400_000) if index == 0 else ("BUY", 600_000)
    recorded_trade(made.venue, made.market, Want(index, side, price, 10 * ONE), "0x")
    made.advance(5)
    assert made.shares() == 10 * ONE


def test_a_cancelled_order_is_told_once_and_leaves_the_book() -> None:
    made = desk()
    order = rested(made)
    cancel(made.venue, order)
    kinds = [note.kind for note in made.heard if isinstance(note, OrderNote)]
    assert kinds == ["PLACEMENT", "CANCELLATION"]
    assert made.market.book.levels(0, "BUY") == {}
    assert made.venue.live_orders() == []


def test_a_delayed_order_matches_the_book_of_then() -> None:
    made = desk()
    made.market.delay_us = 250_000
    made.level("SELL", 60, 100)
    order = made.order("BUY", 60, 10)
    assert made.post(order).status == "delayed"
    made.level("SELL", 60, 4)
    made.advance(1)
    assert order.matched == 4 * ONE
    assert made.market.book.levels(0, "BUY") == {600_000: 6 * ONE}


def test_a_delayed_order_can_be_cancelled_in_time() -> None:
    made = desk()
    made.market.delay_us = 250_000
    made.level("SELL", 60, 100)
    order = made.order("BUY", 60, 10)
    made.post(order)
    cancel(made.venue, order)
    made.advance(1)
    assert (order.status, order.matched) == ("CANCELED", 0)
