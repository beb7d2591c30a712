"""What a session may be short of, and what to pause for: a pure rule over measurements.

A pause heals by itself and is no latch. Every cause has a page in runbooks/.
"""

from dataclasses import dataclass
from typing import Final

from bot.domain.entry import TradingState
from bot.domain.order import OrderState
from bot.engine.accounting import Portfolio

FROZEN_S_MAX: Final = 15.0
"""Longest silence of the feed while a window is open."""
JUMP_S_MAX: Final = 1.0
"""Most that the wall clock may move apart from the monotonic one between two looks."""
JUMP_REST_S: Final = 30.0
"""How long the clock has to run evenly again."""
ERRORS_MAX: Final = 5
"""So many orders refused or unanswered within a minute, and half of all sent, are too many."""
UNKNOWN_MAX: Final = 3
"""So many orders in doubt at once are more than a market's own block is for."""
MINUTE_US: Final = 60_000_000
FAILED: Final = frozenset({OrderState.REJECTED, OrderState.UNKNOWN})

Pause = tuple[TradingState, str]
"""The state that a cause allows, and its detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """One look at a session; `disk_mb` -1 where it cannot be had."""

    silent_s: float
    window_open: bool
    jump_s: float
    """The largest jump of the wall clock within the last `JUMP_REST_S`."""
    disk_mb: int
    disk_mb_min: int
    sent: int
    failed: int
    unknown: int


def orders(portfolio: Portfolio, at_us: int) -> tuple[int, int, int]:
    """Return orders made within the last minute, those of them that failed, and all in doubt."""
    recent = [one for one in portfolio.orders.values() if one.intent.made_us > at_us - MINUTE_US]
    failed = sum(one.state in FAILED for one in recent)
    unknown = sum(one.state is OrderState.UNKNOWN for one in portfolio.orders.values())
    return len(recent), failed, unknown


def judge(seen: Vitals) -> dict[str, Pause]:
    """Return what to pause for, by cause; nothing while all is well."""
    found: dict[str, Pause] = {}
    if seen.window_open and seen.silent_s > FROZEN_S_MAX:
        detail = f"nothing heard for {seen.silent_s:.0f} s, most is {FROZEN_S_MAX:.0f}"
        found["frozen feed"] = TradingState.HALTED, detail
    if abs(seen.jump_s) > JUMP_S_MAX:
        detail = f"the wall clock jumped by {seen.jump_s:+.1f} s"
        found["clock jump"] = TradingState.HALTED, detail
    if 0 <= seen.disk_mb < seen.disk_mb_min:
        detail = f"{seen.disk_mb} MB free, least is {seen.disk_mb_min}"
        found["low disk"] = TradingState.REDUCE_ONLY, detail
    if seen.failed >= ERRORS_MAX and 2 * seen.failed >= seen.sent:
        detail = f"{seen.failed} of {seen.sent} orders of the last minute failed"
        found["error rate"] = TradingState.REDUCE_ONLY, detail
    if seen.unknown >= UNKNOWN_MAX:
        detail = f"{seen.unknown} orders in doubt, most is {UNKNOWN_MAX - 1}"
        found["unknown orders"] = TradingState.REDUCE_ONLY, detail
    return found
