"""Millionths in, the venue's strings out, and its fee."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.polymarket.book.units import fee_of, micros, text, usd_of


@given(st.integers(-(10**15), 10**15))
def test_text_and_micros_are_inverse(amount: int) -> None:
    assert micros(text(amount)) == amount


@pytest.mark.parametrize("bad", ["", "x", "NaN", "Infinity", "0.0000001", None, True])
def test_what_is_no_amount_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match=r"decimal|millionth"):
        micros(bad)


@pytest.mark.parametrize(
    ("shares", "price", "fee"),
    [
        (100, 500_000, 1_750_000),
        (100, 100_000, 630_000),
        (100, 900_000, 630_000),
        (1, 10_000, 690),
        (5, 530_000, 87_190),
    ],
)
def test_the_fee_is_shares_times_rate_times_p_times_q(shares: int, price: int, fee: int) -> None:
    """100 shares at 0.50 cost 1.75, at 0.10 and 0.90 cost 0.63."""
    assert fee_of(shares * 1_000_000, price, rate=Decimal("0.07"), exponent=1) == fee


def test_a_fee_below_a_hundred_thousandth_is_none() -> None:
    assert fee_of(100, 500_000, rate=Decimal("0.07"), exponent=1) == 0


def test_dollars_are_rounded_down() -> None:
    assert usd_of(9_433_962, 530_000) == 4_999_999
