"""Positions keep cost and profit exactly: nothing is lost between fills and settlement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.book import Side
from bot.domain.fill import ChainPhase, Fill, FillId, Liquidity, Position
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Price, Rounding, Shares, Usd
from bot.domain.order import OrderHash, StrategyId

FLAT = Position(StrategyId("s"), MarketId("m"), Outcome.UP)


def fill(side: Side, price: int, size: int, fee: int) -> Fill:
    paid = Price(price)
    return Fill(
        FillId("f"), OrderHash("h"), MarketId("m"), TokenId("t"), Outcome.UP, side, paid,
        Shares(size), paid.notional(Shares(size), Rounding.DOWN), Usd(fee), Liquidity.TAKER, 1,
    )  # fmt: skip


steps = st.lists(
    st.tuples(st.booleans(), st.integers(1, 999_999), st.integers(1, 10**9), st.integers(0, 10**6)),
    max_size=20,
)


@given(steps, st.sampled_from(list(Outcome)))
def test_cash_and_cost_and_profit_always_add_up(
    trades: list[tuple[bool, int, int, int]], winner: Outcome
) -> None:
    """Whatever is bought and sold, profit is what cash gained once the position is flat."""
    position, cash = FLAT, 0
    for selling, price, size, fee in trades:
        if selling and not position.size.micros:
            continue
        side = Side.SELL if selling else Side.BUY
        one = fill(side, price, min(size, position.size.micros) if selling else size, fee)
        position = position.after(one)
        cash += one.cash.micros
        assert cash + position.cost.micros == position.realized.micros
        assert (position.cost.micros == 0) or position.size.micros
    flat, payout = position.settled(winner)
    assert flat.realized.micros == cash + payout.micros
    assert (flat.size, flat.cost) == (Shares(0), Usd(0))
    assert payout.micros == (position.size.micros if winner is Outcome.UP else 0)


def test_more_than_is_held_cannot_be_sold() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        FLAT.after(fill(Side.BUY, 500_000, 10, 0)).after(fill(Side.SELL, 500_000, 11, 0))


def test_a_chain_action_is_over_when_it_is_proved_or_failed() -> None:
    over = {phase for phase in ChainPhase if phase.final}
    assert over == {ChainPhase.DONE, ChainPhase.FAILED}
