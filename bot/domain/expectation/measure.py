"""Simple honest statistics: a mean and what it surely exceeds, held to what was stated.

Worse is said only where chance does not explain it: with 95 % (hit rate 99 %) one-sided confidence,
and from `LEAST` samples on. With five measures looked at over and over a false alarm now and then
is certain; the findings are for a person, and change nothing by themselves.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

from bot.domain.expectation.sample import OrderSample, Samples, WindowSample
from bot.domain.money import MICROS

LEAST: Final = 20
"""Fewer samples say nothing."""
SURE: Final = 1.645
"""Standard errors of 95 %, one-sided."""
VERY_SURE: Final = 2.326
"""And of 99 %: a hit rate moves a lot by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a strategy expects of its trading; USD a share, ratios, milliseconds."""

    slippage_max: float
    fill_ratio_min: float
    latency_ms_max: int
    late_share_max: float
    fee_excess_max: float
    """USD of fee per USD traded above the expected one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One measure; `sure` is what it is worse than by more than chance, None below `LEAST`."""

    measure: str
    count: int
    value: float | None
    stated: float
    sure: float | None
    unit: str
    worse: bool
    diagnosis: str = ""


def compare(samples: Samples, stated: Stated) -> tuple[Finding, ...]:
    """Return every measure, worse or not."""
    orders = samples.orders
    filled = [one for one in orders if one.size]
    return (
        _mean("slippage", [one.slippage for one in filled], stated.slippage_max, "USD a share"),
        _fill_ratio(orders, stated.fill_ratio_min),
        _latency(orders, stated),
        _mean("fee", [one.fee_excess for one in filled], stated.fee_excess_max, "USD per USD"),
        _hit_rate(samples.windows),
    )


def worse(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield what is worse than stated by more than chance."""
    return (one for one in findings if one.worse)


def _error(values: Sequence[float]) -> float:
    return stdev(values) / math.sqrt(len(values))


def _mean(measure: str, values: Sequence[float], stated: float, unit: str) -> Finding:
    if len(values) < LEAST:
        return _few(measure, len(values), stated, unit)
    value = fmean(values)
    sure = value - SURE * _error(values)
    return Finding(
        measure=measure, count=len(values), value=value, stated=stated, sure=sure, unit=unit,
        worse=sure > stated,
        diagnosis=f"mean {value:+.4f} {unit} over {len(values)} orders, surely above {sure:+.4f},"
        f" stated at most {stated:+.4f}; the worst was {max(values):+.4f}",
    )  # fmt: skip


def _fill_ratio(orders: Sequence[OrderSample], stated: float) -> Finding:
    values = [one.fill_ratio for one in orders]
    if len(values) < LEAST:
        return _few("fill_ratio", len(values), stated, "of asked")
    value = fmean(values)
    sure = value + SURE * _error(values)
    none = sum(one.filled == 0 for one in orders)
    return Finding(
        measure="fill_ratio", count=len(values), value=value, stated=stated, sure=sure,
        unit="of asked", worse=sure < stated,
        diagnosis=f"{value:.0%} of what {len(values)} orders asked for was filled, surely below"
        f" {sure:.0%}, stated at least {stated:.0%}; {none} filled nothing",
    )  # fmt: skip


def _latency(orders: Sequence[OrderSample], stated: Stated) -> Finding:
    heard = sorted(one.latency_us for one in orders if one.latency_us is not None)
    unit = f"later than {stated.latency_ms_max} ms"
    if len(heard) < LEAST:
        return _few("latency", len(heard), stated.late_share_max, unit)
    late = sum(one > stated.latency_ms_max * 1_000 for one in heard)
    sure = _wilson_low(late, len(heard))
    middle = heard[len(heard) // 2] / 1_000
    return Finding(
        measure="latency", count=len(heard), value=late / len(heard), stated=stated.late_share_max,
        sure=sure, unit=unit, worse=sure > stated.late_share_max,
        diagnosis=f"{late} of {len(heard)} answers came {unit}, stated at most"
        f" {stated.late_share_max:.0%}; half came within {middle:.0f} ms, the last one after"
        f" {heard[-1] / 1_000:.0f} ms",
    )  # fmt: skip


def _hit_rate(windows: Sequence[WindowSample]) -> Finding:
    count = len(windows)
    believed = [one.believed / MICROS for one in windows]
    stated = fmean(believed) if believed else 0.0
    if count < LEAST:
        return _few("hit_rate", count, stated, "of windows")
    won = sum(one.won for one in windows)
    # What the strategy believed of each says how far chance alone takes the sum.
    spread = math.sqrt(sum(p * (1 - p) for p in believed))
    sure = (won + VERY_SURE * spread) / count
    profit = sum(one.profit for one in windows) / MICROS
    return Finding(
        measure="hit_rate", count=count, value=won / count, stated=stated, sure=sure,
        unit="of windows", worse=sure < stated,
        diagnosis=f"{won} of {count} windows won, {stated:.0%} were believed to; chance alone stays"
        f" above {stated - VERY_SURE * spread / count:.0%}; they made {profit:+.2f} USD",
    )  # fmt: skip


def _wilson_low(hits: int, count: int) -> float:
    """Return the share that is surely exceeded. Source: Wilson score interval."""
    share, square = hits / count, SURE * SURE
    middle = share + square / (2 * count)
    width = SURE * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return (middle - width) / (1 + square / count)


def _few(measure: str, count: int, stated: float, unit: str) -> Finding:
    return Finding(
        measure=measure, count=count, value=None, stated=stated, sure=None, unit=unit, worse=False
    )
