"""Money is exact, and every rounding is named."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import (
    MICROS,
    Price,
    Rounding,
    Shares,
    Usd,
    divide,
    format_micros,
    parse_micros,
)

micros = st.integers(-(10**15), 10**15)
prices = st.integers(1, MICROS - 1).map(Price)
sizes = st.integers(0, 10**13).map(Shares)


@given(micros, st.integers(0, 6))
def test_what_is_printed_is_read_back(value: int, decimals: int) -> None:
    assert parse_micros(format_micros(value, decimals)) == value


@given(st.text(max_size=12))
def test_reading_agrees_with_decimal_or_refuses(text: str) -> None:
    """A size that is read as another number loses money; anything unusual is refused."""
    try:
        value = parse_micros(text)
    except ValueError:
        return
    assert Decimal(text if text.strip("-.") else "0") * MICROS == value


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1e5", " 1", "1_0", "+1", "٣", "0.0000001", "9" * 16]
)
def test_a_number_that_is_not_plain_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="plain decimal"):
        parse_micros(text)


@pytest.mark.parametrize(
    ("text", "value"), [(".48", 480_000), ("1.000000000", MICROS), ("-2", -2 * MICROS)]
)
def test_vendor_spellings_are_read(text: str, value: int) -> None:
    assert parse_micros(text) == value


@given(st.integers(0, 10**12), st.integers(1, 10**9))
def test_rounding_is_within_one_and_to_the_named_side(dividend: int, divisor: int) -> None:
    exact = Fraction(dividend, divisor)
    down, up = (divide(dividend, divisor, r) for r in (Rounding.DOWN, Rounding.UP))
    half = divide(dividend, divisor, Rounding.HALF_UP)
    assert down <= exact <= up <= down + 1
    assert abs(half - exact) <= Fraction(1, 2)
    assert half == up or exact - down < Fraction(1, 2)


@given(prices, sizes)
def test_notional_rounds_by_less_than_a_micro(price: Price, size: Shares) -> None:
    exact = Fraction(price.micros * size.micros, MICROS)
    assert price.notional(size, Rounding.DOWN).micros <= exact
    assert price.notional(size, Rounding.UP).micros - exact < 1


@given(prices, st.integers(0, 10**12).map(Usd))
def test_shares_bought_never_cost_more_than_the_amount(price: Price, amount: Usd) -> None:
    assert price.notional(price.shares_for(amount, Rounding.DOWN), Rounding.UP) <= amount


@given(prices)
def test_the_two_outcomes_add_up_to_one_dollar(price: Price) -> None:
    assert price.micros + price.complement().micros == MICROS


@pytest.mark.parametrize("value", [0, MICROS, -1])
def test_a_price_is_strictly_inside_zero_and_one(value: int) -> None:
    with pytest.raises(ValueError, match=r"price must be in \(0, 1\) USD"):
        Price(value)


def test_shares_are_never_negative() -> None:
    with pytest.raises(ValueError, match="shares must not be negative"):
        Shares(1) - Shares(2)


def test_values_speak_in_their_unit() -> None:
    assert str(Usd.parse("-1.5")) == "-1.50"
    assert str(Shares.parse("12.3456")) == "12.3456"
    assert str(Price.parse("0.5")) == "0.50"
    assert format_micros(3 * MICROS, 0) == "3"
    assert Usd.parse("1.239").floor() == Usd.parse("1.23")
    assert Shares.parse("1.239").floor() == Shares.parse("1.23")
    assert -Usd(5) + Usd(7) - Usd(1) == Usd(1)
    assert Shares(1) + Shares(2) == Shares(3)
    assert Usd(1_500_000).to_decimal() == Decimal("1.5")
    assert Price.parse("0.53").on_grid(Price.parse("0.01"))
    assert not Price.parse("0.535").on_grid(Price.parse("0.01"))
