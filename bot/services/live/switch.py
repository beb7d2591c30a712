"""What follows when the venue's own dead man's switch cannot be kept pressed.

Silence is a pause: the venue may have cancelled everything, so that everything is cancelled, and
trading goes on when beats are accepted again. Another process with our key is a halt for a person.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bot.ports import Temporary
from bot.services.live.crew import Crew
from bot.services.live.hold import Hold

CAUSE: Final = "heartbeat"
RIVAL: Final = "foreign_heartbeat"
LOOK_S: Final = 0.25
WELL_S: Final = 5.0
"""A beat accepted within this time means that the switch is pressed again."""
TRIES: Final = 20


class Switch:
    """Hears of losses, at any time; acts beside the loop."""

    def __init__(
        self,
        crew: Crew,
        hold: Hold,
        cancel_all: Callable[[], Awaitable[object]],
        trip: Callable[[str, str], object],
    ) -> None:
        """Act with these; `watch` says how old the last accepted beat is."""
        self._crew = crew
        self._hold = hold
        self._cancel_all = cancel_all
        self._trip = trip
        self.age_s: Callable[[], float] = lambda: 0.0
        """Seconds since the last accepted beat; set before the first loss."""

    def lost(self, detail: str, *, foreign: bool) -> None:
        """Act on a loss, told once each time."""
        work = self._foreign(detail) if foreign else self._silent(detail)
        self._crew.begin("heartbeat lost", work)

    async def _foreign(self, detail: str) -> None:
        """Halt for good: whoever else trades with this key makes our account unknowable."""
        await self._hold.pause(RIVAL, detail)
        self._trip(RIVAL, detail)
        await self._cancelled()

    async def _silent(self, detail: str) -> None:
        await self._hold.pause(CAUSE, detail)
        await self._cancelled()
        while self.age_s() > WELL_S:  # noqa: ASYNC110 - an age tells nothing when it changes
            await asyncio.sleep(LOOK_S)
        await self._hold.lift(CAUSE)

    async def _cancelled(self) -> None:
        """Cancel everything; a venue that takes no beats may take no cancels for a while."""
        for _ in range(TRIES):
            try:
                await self._cancel_all()
            except Temporary:
                await asyncio.sleep(LOOK_S)
            else:
                return
