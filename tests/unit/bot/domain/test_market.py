"""A market knows its window, its tokens and its fee."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.market import FeeSchedule, MarketWindow, Outcome, TokenId
from bot.domain.money import MICROS, Price, Rounding, Shares, Usd
from tests.unit.bot.given import CRYPTO, market


@pytest.mark.parametrize(
    ("price", "size", "fee"),
    [
        ("0.5", "100", "1.75"),
        ("0.1", "100", "0.63"),
        ("0.9", "100", "0.63"),
        ("0.98", "1", "0.00137"),
    ],
)
def test_the_fee_is_the_venues_own_figure(price: str, size: str, fee: str) -> None:
    """Source: docs.polymarket.com/trading/fees, table of the crypto schedule."""
    assert CRYPTO.fee(Price.parse(price), Shares.parse(size), taker=True) == Usd.parse(fee)


def test_half_a_step_is_rounded_up_and_less_to_zero() -> None:
    at_half = Price.parse("0.5")
    assert CRYPTO.fee(at_half, Shares.parse("0.0002"), taker=True) == Usd(0)
    assert CRYPTO.fee(at_half, Shares.parse("0.000286"), taker=True) == Usd(10)


@given(st.integers(1, MICROS - 1), st.integers(0, 10**12), st.integers(0, 10**6), st.integers(0, 3))
def test_the_fee_is_within_half_a_step_of_the_formula(
    price: int, size: int, rate: int, exponent: int
) -> None:
    fee = FeeSchedule(rate, exponent, taker_only=False).fee(Price(price), Shares(size), taker=False)
    p = Fraction(price, MICROS)
    exact = Fraction(size * rate, MICROS) * (p * (1 - p)) ** exponent
    assert abs(fee.micros - exact) <= 5
    assert fee.micros % 10 == 0


def test_makers_pay_nothing_where_only_takers_do() -> None:
    assert CRYPTO.fee(Price.parse("0.5"), Shares.parse("100"), taker=False) == Usd(0)


def test_a_window_is_half_open() -> None:
    window = MarketWindow(10, 20)
    assert [window.contains(at) for at in (9, 10, 19, 20)] == [False, True, True, False]
    assert window.left_us(15) == 5
    with pytest.raises(ValueError, match="must end after it starts"):
        MarketWindow(20, 20)


def test_a_token_belongs_to_one_outcome_of_one_market() -> None:
    one = market()
    for outcome in Outcome:
        assert one.outcome(one.token(outcome)) is outcome
        assert outcome.other.other is outcome
    with pytest.raises(ValueError, match="is not of market"):
        one.outcome(TokenId("other"))


@given(
    st.integers(100, 10**9),
    st.lists(st.integers(1, 99), min_size=1, max_size=4),
    st.integers(0, 10**6),
    st.integers(0, 3),
)
def test_no_way_of_filling_costs_more_than_what_is_reserved(
    amount: int, cents: list[int], rate: int, exponent: int
) -> None:
    """An amount, or a number of shares, executed in legs at any prices up to the cap."""
    fees = FeeSchedule(rate, exponent, taker_only=True)
    cap = Price(max(cents) * 10_000)
    part = Usd(amount // len(cents))
    legs = [
        (Price(one * 10_000), Price(one * 10_000).shares_for(part, Rounding.DOWN)) for one in cents
    ]
    spent = sum(fees.fee(price, size, taker=True).micros for price, size in legs)
    assert spent <= fees.most_on_amount(Usd(amount), cap).micros
    size = Shares(amount // len(cents))
    paid = sum(fees.fee(price, size, taker=True).micros for price, _ in legs)
    assert paid <= fees.most_on_size(Shares(amount), cap).micros
