"""An order counts in the unit the venue takes, and knows when it is over."""

import pytest

from bot.domain.book import Side
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import OrderState, Quantity, Terms, TimeInForce


def terms(side: Side, time_in_force: TimeInForce, quantity: Quantity) -> Terms:
    return Terms(
        MarketId("m"), TokenId("t"), Outcome.UP, side, time_in_force, Price.parse("0.7"), quantity
    )


@pytest.mark.parametrize("time_in_force", [TimeInForce.FAK, TimeInForce.FOK])
def test_a_marketable_buy_is_an_amount(time_in_force: TimeInForce) -> None:
    asked = terms(Side.BUY, time_in_force, Quantity.of(Usd.parse("10")))
    assert asked.notional == Usd.parse("10")
    assert asked.size == Shares(14_285_714)
    with pytest.raises(ValueError, match="counted in usd, was shares"):
        terms(Side.BUY, time_in_force, Quantity.of(Shares.parse("10")))


@pytest.mark.parametrize(
    ("side", "time_in_force"),
    [(Side.SELL, TimeInForce.FAK), (Side.SELL, TimeInForce.GTC), (Side.BUY, TimeInForce.GTC)],
)
def test_sales_and_resting_orders_are_shares(side: Side, time_in_force: TimeInForce) -> None:
    asked = terms(side, time_in_force, Quantity.of(Shares.parse("10.01")))
    assert asked.notional == Usd.parse("7.007")
    assert asked.size == Shares.parse("10.01")
    with pytest.raises(ValueError, match="counted in shares, was usd"):
        terms(side, time_in_force, Quantity.of(Usd.parse("10")))


@pytest.mark.parametrize("micros", [0, -10_000, 10_001])
def test_a_quantity_is_positive_with_two_decimals(micros: int) -> None:
    with pytest.raises(ValueError, match="positive with 2 decimals"):
        Quantity.of(Usd(micros))


def test_only_an_order_that_can_still_change_is_not_final() -> None:
    assert {state for state in OrderState if not state.final} == {
        OrderState.IN_FLIGHT,
        OrderState.OPEN,
        OrderState.UNKNOWN,
    }
    assert [one for one in TimeInForce if one.rests] == [TimeInForce.GTC]
