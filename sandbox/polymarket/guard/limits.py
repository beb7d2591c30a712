"""How often one may call: a token bucket a signer and kind, and a window an address and path.

Sources: docs.polymarket.com/api-reference/trading-rate-limits.md and rate-limits.md, read
2026-11-22. Protocol time throughout.
"""

from collections import deque
from dataclasses import dataclass, field

SECOND_US = 1_000_000
SHORT_US = 10 * SECOND_US
LONG_US = 600 * SECOND_US
TIERS = {
    "Standard": (40, 60, 80, 120),
    "Copper": (60, 90, 120, 180),
    "Bronze": (80, 120, 160, 240),
    "Silver": (200, 300, 400, 600),
    "Gold": (400, 600, 800, 1200),
    "Platinum": (450, 675, 900, 1350),
    "Diamond": (525, 787, 1050, 1575),
    "Elite": (600, 900, 1200, 1800),
}
"""Orders a second and their burst, cancels a second and their burst."""
SHORT = {
    "POST /order": 5000,
    "DELETE /order": 5000,
    "POST /orders": 2000,
    "DELETE /orders": 2000,
    "DELETE /cancel-all": 250,
    "DELETE /cancel-market-orders": 1500,
    "GET /gamma/markets/keyset": 300,
    "GET /gamma/events/keyset": 500,
    "GET /data-api/v2/trades": 200,
    "GET /data-api/v2/positions": 150,
    "GET /book": 1500,
    "GET /price": 1500,
    "GET /midpoint": 1500,
    "POST /books": 500,
    "POST /prices": 500,
    "POST /midpoints": 500,
    "GET /tick-size": 200,
    "GET /balance-allowance": 200,
    "GET /balance-allowance/update": 50,
    "GET /data/orders": 500,
    "GET /data/trades": 500,
    "GET /notifications": 125,
    "POST /auth/api-key": 100,
    "GET /auth/derive-api-key": 100,
}
"""Calls in any 10 s; more are held back, not refused."""
LONG = {
    "POST /order": 120_000,
    "DELETE /order": 120_000,
    "POST /orders": 21_000,
    "DELETE /orders": 15_000,
    "DELETE /cancel-all": 6_000,
    "DELETE /cancel-market-orders": 21_000,
}
"""Calls in any 10 min, beside the above."""
SUBMITS_A_MINUTE = 25


@dataclass(slots=True)
class Bucket:
    """Tokens of one signer; refilled by the second."""

    rate: int
    burst: int
    tokens: float
    at_us: int

    def take(self, cost: int, now_us: int) -> bool:
        """Take tokens, or say that there are too few."""
        gained = (now_us - self.at_us) * self.rate / SECOND_US
        self.tokens = min(self.burst, self.tokens + gained)
        self.at_us = now_us
        if cost > self.tokens:
            return False
        self.tokens -= cost
        return True

    def reset_s(self, cost: int = 0) -> float:
        """Return how long until `cost` tokens are there; until full where 0."""
        wanted = min(cost or self.burst, self.burst)
        return round(max(0.0, wanted - self.tokens) / self.rate, 3)


@dataclass(slots=True)
class Limits:
    """Buckets by signer and kind, sliding windows by call."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    windows: dict[str, deque[int]] = field(default_factory=dict)

    def bucket(self, signer: str, tier: str, *, cancels: bool, now_us: int) -> Bucket:
        """Return a signer's bucket for orders or for cancels."""
        name = f"{signer.lower()}/{tier}/{'cancels' if cancels else 'orders'}"
        if name not in self.buckets:
            rate, burst = TIERS[tier][2:] if cancels else TIERS[tier][:2]
            self.buckets[name] = Bucket(rate, burst, burst, now_us)
        return self.buckets[name]

    def wait_us(self, call: str, now_us: int) -> int:
        """Count a call (`GET /book`) and return how long an address has to be held back for it."""
        spans = ((SHORT.get(call), SHORT_US), (LONG.get(call), LONG_US))
        held = [self._window(call, most, span_us) for most, span_us in spans if most is not None]
        free_us = [calls[0] + span_us for calls, span_us in held if len(calls) == calls.maxlen]
        wait = max([0, *(at_us - now_us for at_us in free_us)])
        for calls, _ in held:
            calls.append(now_us + wait)
        return wait

    def _window(self, call: str, most: int, span_us: int) -> tuple[deque[int], int]:
        name = f"{call} {span_us}"
        if name not in self.windows:
            self.windows[name] = deque(maxlen=most)
        return self.windows[name], span_us

    def submits(self, now_us: int) -> bool:
        """Count a relayer submit; False where a minute has seen too many."""
        calls = self.windows.setdefault("/submit", deque(maxlen=SUBMITS_A_MINUTE))
        if len(calls) == SUBMITS_A_MINUTE and now_us - calls[0] < 60 * SECOND_US:
            return False
        calls.append(now_us)
        return True


def headers(bucket: Bucket, tier: str, *, warning: bool) -> dict[str, str]:
    """Return the headers of every trading answer."""
    return {
        "Poly-RateLimit-Remaining": str(int(bucket.tokens)),
        "Poly-RateLimit-Reset": str(bucket.reset_s()),
        "Poly-RateLimit-Tier": tier,
        "Poly-RateLimit-Warning": "true" if warning else "false",
    }
