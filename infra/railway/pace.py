"""How fast Railway may be asked and how long we wait for it.

Counts requests and reads the budget Railway reports; holds the one way to wait, so that a person
can interrupt it and a test need not sleep.
"""

import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from typing_extensions import override

from infra.railway.errors import Cancelled

Found = TypeVar("Found")

HOUR_S = 3600.0
# Source: docs.railway.com/integrations/api, and an observed
# `ratelimit-policy: "default";q=1000;w=3600` (railway facts 1.3). Neither is always there, so both
# are read and neither is required.
POLICY = re.compile(r"q=(?P<quota>\d+).*?w=(?P<window>\d+)")


@dataclass(slots=True)
class Budget:
    """Requests sent in the last hour by this process, and what Railway says is left."""

    now: Callable[[], float] = time.monotonic
    limit: int | None = None
    remaining: int | None = None
    window_s: int = int(HOUR_S)
    total: int = 0
    _sent: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> None:
        """Count one request about to be sent."""
        with self._lock:
            now = self.now()
            self.total += 1
            self._sent.append(now)
            while self._sent and now - self._sent[0] > HOUR_S:
                self._sent.popleft()

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer says of the budget; one that says nothing changes nothing."""
        with self._lock:
            policy = POLICY.search(headers.get("ratelimit-policy", ""))
            if policy is not None:
                self.limit, self.window_s = int(policy["quota"]), int(policy["window"])
            self.limit = _number(headers.get("x-ratelimit-limit"), self.limit)
            self.remaining = _number(headers.get("x-ratelimit-remaining"), self.remaining)

    @property
    def sent_last_hour(self) -> int:
        """Requests of this process within the last hour."""
        with self._lock:
            now = self.now()
            return sum(1 for sent in self._sent if now - sent <= HOUR_S)

    @override
    def __str__(self) -> str:
        left = "" if self.remaining is None else f", {self.remaining} left"
        limit = "an unnamed number" if self.limit is None else str(self.limit)
        return f"{self.sent_last_hour} requests sent of {limit} in {self.window_s} s{left}"


def _number(text: str | None, otherwise: int | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else otherwise


@dataclass(slots=True)
class Tempo:
    """So many requests at once, then so many a second."""

    per_second: float
    burst: int
    now: Callable[[], float] = time.monotonic
    _taken: float = 0.0
    _at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self) -> float:
        """Take a turn and return how long to wait for it, in seconds."""
        with self._lock:
            now = self.now()
            self._taken = max(0.0, self._taken - (now - self._at) * self.per_second) + 1.0
            self._at = now
            return max(0.0, (self._taken - self.burst) / self.per_second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Patience: timeouts, retries of reads, and the pause between two looks."""

    per_second: float = 10.0
    """What the Hobby plan allows (docs.railway.com/integrations/api, read 2026-11-22)."""
    burst: int = 30

    timeout_s: float = 90.0
    """As long as Railway's own CLI waits (railwayapp/cli@df3838b src/client.rs)."""
    connect_s: float = 10.0
    read_attempts: int = 4
    backoff_s: float = 0.5
    """Pause before the second attempt; it doubles with each."""
    retry_s_max: float = 30.0
    """A Retry-After longer than this is told to the person instead of waited for."""
    look_s_first: float = 0.25
    look_s_max: float = 3.0
    appear_s_max: float = 30.0
    """How long a thing just made may stay invisible (railway facts 5.4)."""
    lock_s_max: float = 120.0
    now: Callable[[], float] = time.monotonic
    stopped: threading.Event = field(default_factory=threading.Event)
    jitter: random.Random = field(default_factory=random.Random)

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            Cancelled: somebody has told us to stop meanwhile.

        """
        if self.stopped.wait(seconds):
            raise Cancelled("stopped while waiting for Railway: run the same command again")

    def backoff(self, attempt: int, asked_s: float | None) -> float:
        """Return how long to wait before the next attempt, in seconds."""
        if asked_s is not None:
            return asked_s
        return self.backoff_s * float(min(2 ** (attempt - 1), 8)) * (0.5 + self.jitter.random())

    def until(self, look: Callable[[], Found | None], within_s: float) -> Found | None:
        """Look again and again until there is something to see; None if the time is over.

        Raises:
            Cancelled: somebody has told us to stop meanwhile.

        """
        deadline = self.now() + within_s
        step = self.look_s_first
        while True:
            found = look()
            if found is not None or self.now() >= deadline:
                return found
            self.pause(min(step, max(0.0, deadline - self.now())))
            step = min(step * 1.6, self.look_s_max)
