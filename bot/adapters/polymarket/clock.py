"""Market time where the stand-in shifts and scales it; on the real venue it is the wall's.

Windows, prices and settlement run on market time. Authentication, deadlines, heartbeats and rate
limits always run on the wall's, whatever stands here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

SPEED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class MarketClock:
    """market = origin + (wall - anchor) x speed; the port `Clock` by the given wall clock."""

    origin_us: int
    anchor_us: int
    speed: Decimal
    wall_now_us: Callable[[], int]

    @classmethod
    def real(cls, wall_now_us: Callable[[], int]) -> "MarketClock":
        """Return the clock of the real venue: market time is the wall's."""
        return cls(0, 0, Decimal(1), wall_now_us)

    @classmethod
    def parse(cls, text: str, wall_now_us: Callable[[], int]) -> "MarketClock":
        """Read `<origin>@<anchor>,<speed>` as the stand-in says it; microseconds.

        Raises:
            ValueError: not of that form, or a speed outside [0, 100000].

        """
        place, _, speed_text = text.partition(",")
        origin, _, anchor = place.partition("@")
        try:
            speed = Decimal(speed_text)
            clock = cls(int(origin), int(anchor), speed, wall_now_us)
        except (InvalidOperation, ValueError):
            raise ValueError(f"must be <market_us>@<wall_us>,<speed>, was {text[:60]!r}") from None
        if not speed.is_finite() or not 0 <= speed <= SPEED_MAX:
            raise ValueError(f"speed must be in [0, {SPEED_MAX}], was {speed_text[:20]!r}")
        return clock

    def wall_s(self, market_s: float, least_s: float) -> float:
        """Return how long `market_s` of market time take on the wall, at least `least_s`."""
        return max(market_s / float(self.speed), least_s) if self.speed else least_s

    def margin_s(self, wall_s: float) -> int:
        """Return how much market time passes in `wall_s` of the wall, and no less than those."""
        return int(wall_s * max(1.0, float(self.speed)))

    def now_us(self) -> int:
        """Return market time."""
        return self.origin_us + int((self.wall_now_us() - self.anchor_us) * self.speed)

    def wall_us(self, market_us: int) -> int:
        """Return the wall time of a market time: a pure function, so that an order can carry it.

        A clock that stands still and is stepped by hand has none; it runs along as if at speed 1.
        """
        if self.speed == 0:
            return self.anchor_us + market_us - self.origin_us
        return self.anchor_us + int((market_us - self.origin_us) / self.speed)
