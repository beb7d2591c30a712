"""Worse is said where chance does not explain it, and nowhere else."""

import random
from dataclasses import replace

import pytest

from bot.domain.expectation.measure import LEAST, Finding, Stated, compare, worse
from bot.domain.expectation.sample import OrderSample, Samples, WindowSample

USD = 1_000_000
STATED = Stated(
    slippage_max=0.01, fill_ratio_min=0.5, latency_ms_max=500, late_share_max=0.05,
    fee_excess_max=0.002,
)  # fmt: skip
GOOD = OrderSample(
    buys=True, asked=8 * USD, filled=8 * USD, size=10 * USD, notional=8 * USD, price=800_000,
    expected_price=800_000, fee=90_000, expected_fee=90_000, latency_us=100_000,
)  # fmt: skip
WON = WindowSample(believed=800_000, won=True, profit=2 * USD)
LOST = WindowSample(believed=800_000, won=False, profit=-8 * USD)


def found(
    measure: str,
    orders: tuple[OrderSample, ...] = (),
    windows: tuple[WindowSample, ...] = (),
) -> Finding:
    every = compare(Samples(orders=orders, windows=windows), STATED)
    [one] = [finding for finding in every if finding.measure == measure]
    return one


def test_as_stated_nothing_is_worse() -> None:
    orders, windows = (GOOD,) * 50, (WON,) * 40 + (LOST,) * 10
    findings = compare(Samples(orders=orders, windows=windows), STATED)
    assert len(findings) == 5
    assert list(worse(findings)) == []
    assert all(one.value is not None for one in findings)


def test_too_few_samples_say_nothing() -> None:
    bad = replace(GOOD, price=900_000, filled=0, fee=USD, latency_us=9 * USD)
    findings = compare(Samples(orders=(bad,) * (LEAST - 1), windows=(LOST,) * (LEAST - 1)), STATED)
    assert [(one.value, one.worse) for one in findings] == [(None, False)] * 5
    assert compare(Samples(orders=(), windows=()), STATED)[4].stated == 0.0


@pytest.mark.parametrize(
    ("measure", "bad"),
    [
        ("slippage", {"price": 820_000}),
        ("slippage", {"price": 780_000, "buys": False}),
        ("fill_ratio", {"filled": 2 * USD}),
        ("latency", {"latency_us": 501_000}),
        ("fee", {"fee": 90_000 + 17_000}),
    ],
)
def test_each_measure_is_worse_by_itself(measure: str, bad: dict[str, int]) -> None:
    """And no other is, so that the finding names what to look at."""
    orders = (replace(GOOD, **bad),) * 30  # type: ignore[arg-type]
    findings = compare(Samples(orders=orders, windows=()), STATED)
    [one] = [finding for finding in worse(findings) if finding.measure == measure]
    assert one.diagnosis
    assert one.count == 30


def test_a_few_bad_ones_are_chance() -> None:
    late = (replace(GOOD, latency_us=501_000),) * 4 + (GOOD,) * 46
    assert not found("latency", late).worse
    assert found("latency", late * 4).worse, "8 % of 50 may be chance, of 200 not"
    scattered = (replace(GOOD, price=900_000),) * 6 + (GOOD,) * 34
    assert (found("slippage", scattered).value or 0) > STATED.slippage_max
    assert not found("slippage", scattered).worse


def test_an_order_that_filled_nothing_has_no_price_and_one_unheard_no_latency() -> None:
    nothing = replace(GOOD, filled=0, size=0, notional=0, price=0, latency_us=None)
    orders = (nothing,) * 25 + (GOOD,) * 25
    assert (found("slippage", orders).count, found("latency", orders).count) == (25, 25)
    assert "25 filled nothing" in found("fill_ratio", orders).diagnosis


def test_a_part_that_was_filled_owes_its_part_of_the_fee() -> None:
    half = replace(GOOD, filled=4 * USD, size=5 * USD, notional=4 * USD, fee=45_000)
    assert half.fee_excess == pytest.approx(0)
    assert replace(GOOD, filled=9 * USD).fill_ratio == 1.0


def test_a_hit_rate_is_held_to_what_was_believed_of_each_window() -> None:
    assert not found("hit_rate", windows=(WON,) * 36 + (LOST,) * 14).worse
    one = found("hit_rate", windows=(WON,) * 30 + (LOST,) * 20)
    assert one.worse
    assert one.value == 0.6
    assert one.stated == pytest.approx(0.8)
    assert "30 of 50 windows won" in one.diagnosis


def test_honest_luck_seldom_alarms() -> None:
    """A strategy that is as good as it says is accused in about one of a hundred days."""
    alarms = 0
    for seed in range(400):
        dice = random.Random(seed)
        believed = [dice.uniform(0.6, 0.95) for _ in range(50)]
        windows = tuple(
            WindowSample(believed=int(p * USD), won=dice.random() < p, profit=0) for p in believed
        )
        alarms += found("hit_rate", windows=windows).worse
    assert 0 < alarms <= 12
