"""Every call that came, for whoever holds the control token; values that may be secret are not."""

import datetime as dt
from collections import deque
from typing import Any

from sandbox.railway.model.records import Json

CALLS_MAX = 20_000
SECRET = ("value", "password", "token", "secret", "variables")
HIDDEN = "***"


class Journal:
    """The last calls, oldest first."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._calls: deque[Json] = deque(maxlen=CALLS_MAX)
        self.count = 0
        self.by_token: dict[str, int] = {}

    def note(self, at: dt.datetime, entry: Json) -> None:
        """Keep one call."""
        self.count += 1
        token = str(entry.get("token"))
        self.by_token[token] = self.by_token.get(token, 0) + 1
        self._calls.append({"n": self.count, "at": at.isoformat(), **entry})

    def after(self, number: int) -> list[Json]:
        """Return the calls after that one."""
        return [call for call in self._calls if call["n"] > number]


def redacted(value: Any, key: str = "") -> Any:
    """Return a copy of a call's variables without what may be secret."""
    if isinstance(value, dict):
        hide = key == "variables"
        return {
            k: HIDDEN if hide and not isinstance(v, dict) else redacted(v, k)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [redacted(one) for one in value]
    return HIDDEN if key in SECRET and isinstance(value, str) else value
