"""Market time of a stand-in: shifted and scaled, and the way back to the wall."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.polymarket.clock import MarketClock


def test_market_time_is_shifted_and_scaled() -> None:
    clock = MarketClock.parse("1000@50,10", lambda: 57)
    assert clock.now_us() == 1070
    assert clock.wall_us(1070) == 57


def test_the_real_venue_has_the_walls_time() -> None:
    clock = MarketClock.real(lambda: 123)
    assert clock.now_us() == 123
    assert clock.wall_us(456) == 456


def test_a_clock_stepped_by_hand_still_tells_two_moments_apart() -> None:
    clock = MarketClock.parse("1000@50,0", lambda: 99)
    assert clock.now_us() == 1000
    assert clock.wall_us(1001) - clock.wall_us(1000) == 1


@given(st.integers(0, 2**52), st.integers(0, 2**52), st.integers(1, 100_000))
def test_the_way_back_leads_to_where_it_came_from(origin: int, passed: int, speed: int) -> None:
    clock = MarketClock(origin, 7, Decimal(speed), lambda: 7 + passed)
    assert clock.wall_us(clock.now_us()) == 7 + passed


@pytest.mark.parametrize("text", ["", "1", "1@2", "1@2,x", "1@2,inf", "a@2,1", "1@2,100001"])
def test_what_is_no_clock_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        MarketClock.parse(text, lambda: 0)
