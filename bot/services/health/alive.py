"""The dead man's switch: pings while the loop commits and agrees with the venue, and only then.

Whoever is pinged raises the alarm when no ping comes: for a process that hangs, is gone, cannot
commit or cannot reconcile, and so cannot raise one itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

Prove = Callable[[], Awaitable[str]]
"""Makes a commit durable and returns why all is not well, empty if it is."""
Tell = Callable[..., None]


class Alive:
    """One switch."""

    def __init__(
        self, ping: Callable[[], str], prove: Prove, *, every_s: float, tell: Tell
    ) -> None:
        """Ping by a blocking function that returns why it failed, empty if it did not."""
        self._ping = ping
        self._prove = prove
        self._every_s = every_s
        self._tell = tell
        self._said = ""
        self.pings = 0
        """Pings that were heard."""

    async def run(self) -> None:
        """Ping for ever; say when that begins to fail and when it works again."""
        while True:
            why = await self._prove()
            if not why:
                why = await asyncio.to_thread(self._ping)
                self.pings += not why
            self._say(why)
            await asyncio.sleep(self._every_s)

    def _say(self, why: str) -> None:
        if bool(why) == bool(self._said):
            return
        self._said = why
        if why:
            self._tell("alive.silent", "warning", why=why, runbook="runbooks/alerts.md")
        else:
            self._tell("alive.heard", "info")
