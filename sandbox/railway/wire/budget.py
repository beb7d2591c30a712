"""How many requests a token has left: so many an hour, so many a second.

Source: docs.railway.com/integrations/api (1,000 an hour and 10 a second on Hobby, 10,000 and 50 on
Pro) and `ratelimit-policy: "default";q=1000;w=3600` as observed. How bursts are counted is not
published: here five seconds' worth may come at once.
"""

import datetime as dt
import math
from dataclasses import dataclass, field

from sandbox.railway.model.plan import Plan

HOUR_S = 3600
BURST_S = 5


@dataclass(slots=True)
class Spent:
    """What one token has used."""

    since: dt.datetime
    count: int = 0
    tokens: float = 0.0
    at: dt.datetime | None = None


@dataclass(slots=True)
class Budget:
    """The budgets of all tokens."""

    plan: Plan
    per_hour: int
    spent: dict[str, Spent] = field(default_factory=dict)

    def take(self, key: str, now: dt.datetime) -> float | None:
        """Count a request; return None, or after how many seconds to come again."""
        spent = self.spent.setdefault(key, Spent(now, tokens=self._burst))
        if (now - spent.since).total_seconds() >= HOUR_S:
            spent.since, spent.count = now, 0
        rate = self._rate
        if spent.at is not None:
            passed = (now - spent.at).total_seconds()
            spent.tokens = min(self._burst, spent.tokens + passed * rate)
        spent.at = now
        if spent.count >= self.per_hour:
            return HOUR_S - (now - spent.since).total_seconds()
        if spent.tokens < 1:
            return (1 - spent.tokens) / rate
        spent.tokens -= 1
        spent.count += 1
        return None

    def left(self, key: str) -> int:
        """Return how many requests remain this hour."""
        spent = self.spent.get(key)
        return self.per_hour - (spent.count if spent else 0)

    def resets_at(self, key: str, now: dt.datetime) -> dt.datetime:
        """Return when the hour is over."""
        spent = self.spent.get(key)
        return (spent.since if spent else now) + dt.timedelta(seconds=HOUR_S)

    def headers(self, key: str, now: dt.datetime, *, named: bool) -> dict[str, str]:
        """Return the budget as headers: always the policy, the documented ones where `named`."""
        policy = {"ratelimit-policy": f'"default";q={self.per_hour};w={HOUR_S}'}
        if not named:
            return policy
        return policy | {
            "X-RateLimit-Limit": str(self.per_hour),
            "X-RateLimit-Remaining": str(self.left(key)),
            "X-RateLimit-Reset": str(math.ceil(self.resets_at(key, now).timestamp())),
        }

    @property
    def _burst(self) -> float:
        return self._rate * BURST_S

    @property
    def _rate(self) -> float:
        """A second: the plan's, or more in the proportion of a larger budget."""
        more = self.per_hour / self.plan.requests_per_hour
        return self.plan.requests_per_second * max(1.0, more)
