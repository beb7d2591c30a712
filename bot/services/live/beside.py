"""Carries orders out beside the loop: a slow venue never keeps the engine from the next event.

No submit is ever made twice. A cancel is idempotent and is asked again a few times.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from bot.domain.event import OrderAnswered
from bot.domain.order import Answer, ApprovedOrder, OrderHash, Prepared
from bot.ports import Temporary
from bot.services.live.crew import Crew

CANCEL_TRIES: Final = 5
CANCEL_AGAIN_S: Final = 0.2
"""Doubled at each try: a cancel is idempotent, and what is not cancelled costs money."""
TURNS: Final = 4
"""Turns of the event loop that a task needs until its first bytes are on a warm connection."""
FRAME: Final = 0
"""Whoever puts an event in order gives it its frame and its time."""


class Counter(Protocol):
    """What is needed of a venue."""

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        """Return the order ready to send; no network."""
        ...

    async def submit(self, prepared: Prepared) -> Answer:
        """Send once; raises nothing."""
        ...

    async def cancel(self, order_hash: OrderHash) -> bool:
        """Cancel; idempotent; raises Temporary."""
        ...


class Beside:
    """Carries out beside the loop: a slow venue never keeps the engine from the next event."""

    def __init__(self, venue: Counter, offer: Callable[[OrderAnswered], None], crew: Crew) -> None:
        """Send at this venue; answers are offered to the feed, at their place among the rest.

        What is on its way is a crew of its own, so that it can be waited for.
        """
        self._venue = venue
        self._offer = offer
        self._crew = Crew(crew.failed)

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        """Return the order as the venue prepares it; no network."""
        return self._venue.prepare(order, salt=salt, at_us=at_us)

    async def send(self, prepared: Prepared) -> None:
        """Begin to send; the answer comes as an event."""
        self._crew.begin(f"submit {prepared.order_hash}", self._sent(prepared))
        await self._turns()

    async def cancel(self, order_hash: OrderHash) -> None:
        """Begin to cancel; the end comes as an event."""
        self._crew.begin(f"cancel {order_hash}", self._cancelled(order_hash))
        await self._turns()

    @property
    def busy(self) -> bool:
        """Say whether anything is on its way."""
        return self._crew.busy

    async def settled(self, within_s: float) -> bool:
        """Wait until everything is answered, at most this long; say whether it is."""
        return await self._crew.settled(within_s)

    async def _sent(self, prepared: Prepared) -> None:
        answer = await self._venue.submit(prepared)
        self._offer(OrderAnswered(FRAME, FRAME, prepared.intent_id, prepared.order_hash, answer))

    async def _cancelled(self, order_hash: OrderHash) -> None:
        """Ask until there is an answer; after that reconciliation finds what still rests."""
        for tried in range(CANCEL_TRIES):
            try:
                await self._venue.cancel(order_hash)
            except Temporary:
                await asyncio.sleep(CANCEL_AGAIN_S * 2**tried)
            else:
                return

    async def _turns(self) -> None:
        """Let the task reach the wire before the next event of a batch is handled."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
