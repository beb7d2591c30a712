"""One message a day that says that all is alive, if it is asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.entry import AlertRaised, Severity

DAY: Final = timedelta(days=1)
TWO_DAYS_S: Final = 2 * 86_400
LOOK_S: Final = 30.0
Raise = Callable[[AlertRaised], Awaitable[None]]
Facts = Callable[[], Mapping[str, str]]


def due(now: datetime, minute: int) -> datetime:
    """Return the last instant, not after now, at that minute of the UTC day."""
    at = now.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    return at if at <= now else at - DAY


def digest(at: datetime, facts: Mapping[str, str]) -> AlertRaised:
    """Return the message of one day; said once a day however often the process starts."""
    return AlertRaised(
        "digest", Severity.INFO, f"digest {at:%Y-%m-%d %H:%M}", "alive",
        "\n".join(f"{name}: {value}" for name, value in facts.items()), "runbooks/alerts.md",
        TWO_DAYS_S,
    )  # fmt: skip


async def run(
    minute: int, facts: Facts, raise_alert: Raise, now: Callable[[], datetime] | None = None
) -> None:
    """Raise the digest when its time has come, for ever; not for a time before the start."""
    clock = now or (lambda: datetime.now(UTC))  # noqa: TID251 - the wall is what a digest goes by
    last = due(clock(), minute)
    while True:
        await asyncio.sleep(LOOK_S)
        at = due(clock(), minute)
        if at > last:
            last = at
            await raise_alert(digest(at, await asyncio.to_thread(facts)))
