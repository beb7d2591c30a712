"""What was lost is counted by every measure, stands until accepted, and survives being written."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entry import EquityMarked
from bot.domain.money import Usd
from bot.engine.guard.losses import DAY_US, NEVER, Bounds, Losses, utc_day
from bot.engine.strategy.limit import Limits

NOON = 20_000 * DAY_US + DAY_US // 2
USD = 1_000_000
BOUNDS = Bounds(drawdown=100 * USD, day=60 * USD, series=30 * USD, floor=500 * USD, in_a_row=3)


def losses(**bounds: int) -> Losses:
    made = Losses(replace(BOUNDS, **bounds))
    assert made.mark(1_000 * USD, NOON) == []
    return made


def broken(made: Losses, usd: int, at_us: int = NOON) -> list[str]:
    return [one.limit for one in made.mark(usd * USD, at_us)]


def read_back(made: Losses) -> Losses:
    again = Losses(made.bounds)
    again.restore(made.written("held", 0, ()))
    return again


def test_the_strictest_limits_of_all_strategies_count() -> None:
    loose, tight = Limits(), Limits(drawdown_max_usd=Usd(5), equity_min_usd=Usd(9))
    assert Bounds.of((loose, tight)).drawdown == 5
    assert Bounds.of((tight, loose)).floor == 9


def test_nothing_is_lost_before_equity_was_ever_marked() -> None:
    made = Losses(BOUNDS)
    made.deposited(7)
    assert (made.peak, made.alarm) == (0, NEVER)


@pytest.mark.parametrize(
    ("usd", "limits"),
    [
        (941, []),
        (940, ["day_loss_max_usd"]),
        (900, ["drawdown_max_usd", "day_loss_max_usd"]),
        (500, ["drawdown_max_usd", "day_loss_max_usd", "equity_min_usd"]),
    ],
)
def test_a_limit_is_broken_when_it_is_reached(usd: int, limits: list[str]) -> None:
    made = losses()
    assert (usd * USD <= made.alarm) == bool(limits)
    assert broken(made, usd) == limits
    assert broken(made, usd) == [], "what stands is not broken again"


def test_a_floor_of_nothing_is_no_floor() -> None:
    made = losses(floor=0, drawdown=10_000 * USD, day=10_000 * USD)
    assert broken(made, 0) == []


def test_the_fall_counts_from_the_highest_mark_across_days() -> None:
    made = losses(day=10_000 * USD)
    assert broken(made, 1_050) == []
    assert broken(made, 1_000, NOON + DAY_US) == []
    assert broken(made, 951, NOON + 2 * DAY_US) == []
    assert broken(made, 950, NOON + 2 * DAY_US) == ["drawdown_max_usd"]


def test_midnight_begins_a_new_day_and_forgives_nothing() -> None:
    """Lost in the evening, and as much again after midnight: two days, and the fall of both."""
    made = losses()
    midnight = made.day_end_us
    assert broken(made, 950, midnight - 1) == []
    assert broken(made, 950, midnight) == []
    assert made.day == utc_day(midnight)
    assert broken(made, 900, midnight + 1) == ["drawdown_max_usd"]
    assert broken(made, 900, midnight + DAY_US) == []
    assert made.halting is not None


def test_lost_windows_count_in_a_row() -> None:
    made = losses()
    for result in (-1, -1, 5, -1, 0, -1):
        made.window_over(result)
    assert broken(made, 1_000) == []
    made.window_over(-1)
    assert broken(made, 1_000) == ["losses_in_a_row_max"]


def test_a_series_closes_alone_by_what_it_realised_today() -> None:
    made = losses()
    made.realised("btc-15m", -29 * USD)
    made.realised("eth-15m", -10 * USD)
    made.realised("btc-15m", 0)
    assert broken(made, 961) == []
    made.realised("btc-15m", -1 * USD)
    assert broken(made, 960) == ["series_loss_max_usd"]
    assert made.halting is None
    assert made.closed("eth-15m") is None
    closed = made.closed("btc-15m")
    assert closed is not None
    assert closed.value == "30.00 USD"
    assert broken(made, 960, made.day_end_us) == []
    assert made.results == {}
    assert made.closed("btc-15m") is not None, "midnight opens no closed series"


def test_money_from_outside_is_no_win_and_money_taken_out_no_loss() -> None:
    made = losses()
    made.deposited(500 * USD)
    assert broken(made, 1_441) == []
    made.deposited(-700 * USD)
    assert broken(made, 741) == []
    assert broken(made, 740) == ["day_loss_max_usd"]


def test_what_is_accepted_is_counted_anew() -> None:
    made = losses()
    made.window_over(-1)
    made.realised("btc-15m", -40 * USD)
    assert broken(made, 890) != []
    made.accept("latch")
    assert made.halting is None
    assert broken(made, 890) == []
    assert (made.peak, made.day_start, made.in_a_row, made.results) == (890 * USD, 890 * USD, 0, {})
    assert broken(made, 790) == ["drawdown_max_usd", "day_loss_max_usd"]


def test_a_floor_cannot_be_accepted_away() -> None:
    made = losses()
    assert "equity_min_usd" in broken(made, 400)
    made.accept("latch")
    assert broken(made, 400) == ["equity_min_usd"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.integers(-50, 50)),
        st.tuples(st.just("window"), st.integers(-2, 2)),
        st.tuples(st.just("sale"), st.integers(-20, 20)),
        st.tuples(st.just("deposit"), st.integers(-30, 30)),
        st.tuples(st.just("later"), st.integers(1, 30)),
    ),
    max_size=60,
)


@given(steps=STEPS, crashes=st.sets(st.integers(0, 60)))
def test_written_and_read_back_anywhere_it_counts_the_same(
    steps: list[tuple[str, int]], crashes: set[int]
) -> None:
    """After every change it is on disk whole: a crash there forgets nothing and doubles nothing."""
    straight, crashed = losses(), losses()
    equity, at_us = 1_000 * USD, NOON
    told: list[EquityMarked] = []
    for number, (kind, value) in enumerate(steps):
        for one in (straight, crashed):
            if kind == "window":
                one.window_over(value)
            elif kind == "sale":
                one.realised("btc-15m", value * USD)
            elif kind == "deposit":
                one.deposited(value * USD)
        equity += value * USD if kind in {"mark", "sale", "deposit"} else 0
        at_us += value * 3_600 * USD if kind == "later" else 0
        found = straight.mark(equity, at_us)
        assert crashed.mark(equity, at_us) == found
        told.append(straight.written(kind, equity, ()))
        assert crashed.written(kind, equity, ()) == told[-1]
        if number in crashes:
            crashed = read_back(crashed)
            assert crashed == straight
        standing = {(one.limit, one.subject) for one in straight.broken}
        assert len(standing) == len(straight.broken), "one limit stands once"
