"""Whatever happens, in whatever order: the venue's money adds up to the micro."""

import contextlib
import hashlib

import pytest

from sandbox.polymarket.book.order import Want
from sandbox.polymarket.book.units import ONE, usd_of
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.venue.trading import cancel, recorded_levels, recorded_trade
from tests.unit.sandbox.polymarket.given import WALLET, Desk, desk

TRADE_FAULTS = (
    "trade-fails",
    "trade-retry-fails",
    "trade-mined-then-fails",
    "trade-retry-mines",
    "delayed-order",
    "delayed-order-dies",
    "fak-answers-live",
)
KINDS = ("GTC", "GTC", "FAK", "FOK")


def act(made: Desk, draw: bytes) -> None:
    """Do one thing that the bytes say: an order, a cancel, a change outside, time."""
    what, index, price = draw[0] % 8, draw[1] % 2, 30 + draw[2] % 40
    side, size = ("BUY", "SELL")[draw[3] % 2], 5 + draw[4] % 40
    if what < 4:
        kind = KINDS[draw[5] % len(KINDS)]
        budget = size * ONE if kind in {"FAK", "FOK"} and side == "BUY" else 0
        made.post(made.order(side, price, size, index=index, order_type=kind, budget=budget))
    elif what == 4:
        for order in made.venue.live_orders()[:1]:
            cancel(made.venue, order)
    elif what == 5:
        level = (index, side, price * 10_000, size * ONE)
        recorded_levels(made.venue, made.market, [level])
    elif what == 6:
        want = Want(index, side, price * 10_000, size * ONE)
        recorded_trade(made.venue, made.market, want, "0x")
    else:
        made.advance(draw[6] % 5)


@pytest.mark.parametrize("seed", range(40))
def test_cash_and_tokens_are_what_the_surviving_trades_say(seed: int) -> None:
    made = desk(cash=100_000)
    wallet = made.venue.accounts.wallets[WALLET]
    for token in made.market.tokens:
        wallet.tokens[token] = 10_000 * ONE
    for name in TRADE_FAULTS:
        made.venue.faults.arm(name, rate=0.15)
    for step in range(200):
        draw = hashlib.sha256(f"{seed}/{step}".encode()).digest()
        with contextlib.suppress(RefusedError):
            act(made, draw)
    made.advance(60)
    cash, tokens = 100_000 * ONE, dict.fromkeys(made.market.tokens, 10_000 * ONE)
    for trade in made.venue.trades.values():
        assert trade.status in {"CONFIRMED", "FAILED"}
        assert trade.size == sum(leg.size for leg in trade.legs)
        for move in trade.moves:
            price = made.venue.orders[move.order_id].price
            known = trade.price if move.order_id == trade.taker_order_id else price
            paid = -move.cash if move.shares > 0 else move.cash
            fee = move.fee if move.shares > 0 else -move.fee
            assert paid == usd_of(abs(move.shares), known) + fee
            if trade.status == "CONFIRMED":
                cash += move.cash
                tokens[move.token] += move.shares
    assert made.venue.trades, "nothing was traded: the test would prove nothing"
    assert (wallet.cash, wallet.tokens) == (cash, tokens)
    assert wallet.cash_locked == 0
    assert not any(wallet.tokens_locked.values())


@pytest.mark.parametrize("seed", range(10))
def test_an_order_is_never_filled_beyond_what_it_asked(seed: int) -> None:
    made = desk(cash=100_000)
    for step in range(200):
        draw = hashlib.sha256(f"more/{seed}/{step}".encode()).digest()
        with contextlib.suppress(RefusedError):
            act(made, draw)
    for order in made.venue.orders.values():
        if order.budget:
            assert order.spent <= order.budget
        else:
            assert order.matched <= order.size
        legs = [
            leg.size if leg.order_id == order.id else 0
            for trade in made.venue.trades.values()
            for leg in trade.legs
        ]
        taken = [t.size for t in made.venue.trades.values() if t.taker_order_id == order.id]
        assert order.matched == sum(legs) + sum(taken)
