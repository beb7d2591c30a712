"""The price path: it repeats, it averages, it can be bent and pinned."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.polymarket.flow.prices import Prices

SECOND = 1_000_000
T0 = 1_790_586_000


def twap(prices: Prices, at_s: int) -> int:
    value = prices.twap("btcusd", at_s * SECOND)
    assert value is not None
    return value


@given(st.integers(0, 2**32), st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_wanted_outcome_is_what_the_average_says(seed: int, outcomes: list[bool]) -> None:
    prices = Prices(seed, T0)
    for place, up in enumerate(outcomes):
        start = T0 + 900 * place
        prices.want("btc", start * SECOND, (start + 900) * SECOND, up=up)
    for place, up in enumerate(outcomes):
        start = T0 + 900 * place
        assert (twap(prices, start + 900) >= twap(prices, start)) is up


def test_the_order_of_asking_does_not_matter() -> None:
    forward, backward = Prices(4, T0), Prices(4, T0)
    times = [T0 + 37 * step for step in range(100)]
    first = {at: twap(forward, at) for at in times}
    assert first == {at: twap(backward, at) for at in reversed(times)}


def test_the_average_is_that_of_the_last_sixty_seconds() -> None:
    prices = Prices(9, T0)
    mean = sum(prices.spot("btc", T0 + at) for at in range(-59, 1)) // 60
    assert twap(prices, T0) == mean


def test_a_pin_overrides_one_second() -> None:
    prices = Prices(9, T0)
    prices.pin("btcusd", T0 * SECOND, 5 * SECOND)
    assert twap(prices, T0) == 5 * SECOND
    assert twap(prices, T0 + 1) != 5 * SECOND


def test_an_unknown_coin_has_no_price() -> None:
    assert Prices(1, T0).twap("xyzusd", T0 * SECOND) is None


def test_before_the_first_recorded_point_there_is_none() -> None:
    prices = Prices(1, T0)
    prices.record("btcusd", T0 * SECOND, 7)
    assert prices.twap("btcusd", (T0 - 1) * SECOND) is None
    assert prices.twap("btcusd", (T0 + 1) * SECOND) == 7
