"""Two clocks: protocol time, always the wall's, and market time, shifted, scaled and stepped.

Authentication, `/time`, heartbeats, limits and timeouts run on protocol time. Windows, prices,
books and settlement run on market time. Nothing else may read a clock.
"""

import time
from collections.abc import Callable
from decimal import Decimal

MICROS = 1_000_000


def wall_now_us() -> int:
    """Return microseconds since the epoch."""
    return time.time_ns() // 1000


class Clocks:
    """Protocol time and market time; market = anchor + (wall - wall of the anchor) x speed."""

    def __init__(
        self, *, market_us: int, speed: Decimal, wall: Callable[[], int] = wall_now_us
    ) -> None:
        self._wall = wall
        self._market_anchor_us = market_us
        self._wall_anchor_us = wall()
        self.speed = speed
        self.skew_us = 0
        """How far protocol time is wrong: the fault `clock-skew`."""

    def protocol_us(self) -> int:
        """Return protocol time, microseconds."""
        return self._wall() + self.skew_us

    def protocol_s(self) -> int:
        """Return protocol time, whole seconds."""
        return self.protocol_us() // MICROS

    def market_us(self) -> int:
        """Return market time, microseconds."""
        passed = self._wall() - self._wall_anchor_us
        return self._market_anchor_us + int(passed * self.speed)

    def step(self, by_us: int) -> None:
        """Move market time forward at once; it never runs backwards."""
        self._anchor(self.market_us() + max(0, by_us))

    def set_speed(self, speed: Decimal) -> None:
        """Run market time faster or slower from now on; 0 stops it."""
        self._anchor(self.market_us())
        self.speed = speed

    def wall_s_until(self, market_us: int) -> float | None:
        """Return how long the wall must run until a market time, None while stopped."""
        if self.speed == 0:
            return None
        return float((market_us - self.market_us()) / self.speed / MICROS)

    def line(self) -> str:
        """Return the value of POLY_MARKET_CLOCK: `<market_us>@<wall_us>,<speed>`."""
        return f"{self._market_anchor_us}@{self._wall_anchor_us},{self.speed}"

    def _anchor(self, market_us: int) -> None:
        self._market_anchor_us = market_us
        self._wall_anchor_us = self._wall()
