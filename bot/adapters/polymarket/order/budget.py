"""How often we may ask: a token bucket each for orders and cancels, at a share of the tier's.

The venue refuses what is over its own buckets; ours wait, visibly, so that it never comes to that.
While a cancel waits no order goes ahead. What the venue's headers say corrects ours, downwards.
Source: docs.polymarket.com/api-reference/trading-rate-limits.md, read 2026-11-22.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from polymarket.rate_limit import RateLimitUpdate

Tier = tuple[int, int, int, int]
"""Orders a second and their burst, cancels a second and their burst."""
TIERS: Final[dict[str, Tier]] = {
    "Standard": (40, 60, 80, 120),
    "Copper": (60, 90, 120, 180),
    "Bronze": (80, 120, 160, 240),
    "Silver": (200, 300, 400, 600),
    "Gold": (400, 600, 800, 1200),
    "Platinum": (450, 675, 900, 1350),
    "Diamond": (525, 787, 1050, 1575),
    "Elite": (600, 900, 1200, 1800),
}
EPSILON: Final = 1e-9
"""Less than this is rounding, not a token."""
NAP_S: Final = 1e-4
"""The shortest sleep: shorter ones end before the clock has moved."""
LOWEST: Final = "Standard"
"""Taken until the venue says otherwise, and for a tier that is not in the table."""


class Kind(StrEnum):
    """Which of the two buckets."""

    ORDER = "order"
    CANCEL = "cancel"


_asking: ContextVar[Kind | None] = ContextVar("asking", default=None)


class Full(Exception):  # noqa: N818 - what the bucket's queue is
    """The tokens would not come in time: nothing was sent."""


@dataclass(slots=True)
class Bucket:
    """Tokens that refill by the second, up to a burst."""

    rate: float
    burst: float
    tokens: float
    at_s: float
    waiting: int = 0
    waited: int = 0
    longest_s: float = 0.0
    spent: float = 0.0

    def refill(self, now_s: float) -> None:
        """Add what has come since the last look."""
        self.tokens = min(self.burst, self.tokens + (now_s - self.at_s) * self.rate)
        self.at_s = now_s

    def wait_s(self, cost: float) -> float:
        """Return how long until there are enough tokens."""
        lacking = min(cost, self.burst) - self.tokens
        return lacking / self.rate if lacking > EPSILON else 0.0


@dataclass(slots=True)
class Heard:
    """What the venue said last of one bucket."""

    remaining: float | None = None
    tier: str = ""
    warning: bool = False
    updates: int = 0


@dataclass(slots=True)
class Budget:
    """Both buckets of one signer. Times are of a monotonic clock, in seconds."""

    share: float
    now_s: Callable[[], float]
    tier: str = LOWEST
    buckets: dict[Kind, Bucket] = field(default_factory=dict)
    heard: dict[Kind, Heard] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in Kind:
            self.heard[kind] = Heard()
        self.take_tier(self.tier)

    def take_tier(self, tier: str) -> None:
        """Hold ourselves to a tier's rates; one that is not known counts as the lowest."""
        self.tier = tier
        order_rate, order_burst, cancel_rate, cancel_burst = TIERS.get(tier, TIERS[LOWEST])
        for kind, rate, burst in (
            (Kind.ORDER, order_rate, order_burst),
            (Kind.CANCEL, cancel_rate, cancel_burst),
        ):
            known = self.buckets.get(kind)
            size = max(1.0, burst * self.share)
            if known is None:
                self.buckets[kind] = Bucket(rate * self.share, size, size, self.now_s())
            else:
                known.refill(self.now_s())
                known.rate, known.burst = rate * self.share, size
                known.tokens = min(known.tokens, size)

    def hear(self, update: RateLimitUpdate) -> None:
        """Take over what an answer's headers said of the bucket that was asked from."""
        kind = _asking.get()
        if update.tier and update.tier != self.tier:
            self.take_tier(update.tier)
        if kind is None:
            return
        heard, bucket = self.heard[kind], self.buckets[kind]
        heard.updates += 1
        heard.tier, heard.warning = update.tier or heard.tier, update.warning
        if update.remaining is not None:
            heard.remaining = update.remaining
            bucket.refill(self.now_s())
            # Another process of this signer spends from the same bucket at the venue.
            bucket.tokens = min(bucket.tokens, update.remaining)

    @contextlib.asynccontextmanager
    async def ask(self, kind: Kind, *, cost: float = 1, within_s: float) -> AsyncIterator[None]:
        """Wait for `cost` tokens and mark what is asked inside as of this kind.

        Raises:
            Full: they will not be there in time.

        """
        await self._take(self.buckets[kind], kind, cost, within_s)
        mark = _asking.set(kind)
        try:
            yield
        finally:
            _asking.reset(mark)

    @contextlib.contextmanager
    def urgent(self, kind: Kind) -> Iterator[None]:
        """Ask without waiting, whatever is left: the venue may refuse an emergency, we do not."""
        self.charge(kind, 1)
        mark = _asking.set(kind)
        try:
            yield
        finally:
            _asking.reset(mark)

    def charge(self, kind: Kind, cost: float) -> None:
        """Take tokens after the fact, below zero if need be: a cancel-all costs what it cancels."""
        bucket = self.buckets[kind]
        bucket.refill(self.now_s())
        bucket.tokens -= cost
        bucket.spent += cost

    async def _take(self, bucket: Bucket, kind: Kind, cost: float, within_s: float) -> None:
        began_s = self.now_s()
        bucket.waiting += 1
        try:
            while True:
                now_s = self.now_s()
                bucket.refill(now_s)
                wait_s = bucket.wait_s(cost)
                if kind is Kind.ORDER and self.buckets[Kind.CANCEL].waiting:
                    wait_s = max(wait_s, self.buckets[Kind.CANCEL].wait_s(1), 0.001)
                if wait_s <= 0:
                    break
                if now_s + wait_s - began_s > within_s:
                    raise Full(f"{kind} budget of tier {self.tier} is spent for {wait_s:.2f} s")
                await asyncio.sleep(max(wait_s, NAP_S))
        finally:
            bucket.waiting -= 1
        waited_s = self.now_s() - began_s
        bucket.waited += waited_s > 0
        bucket.longest_s = max(bucket.longest_s, waited_s)
        bucket.tokens -= cost
        bucket.spent += cost
