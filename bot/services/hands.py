"""Who carries orders out: a venue asked in line, or the answers of a day that was recorded.

The loop hands over what the engine wants only after it is on disk. Nothing here decides or retries.
"""

from typing import Protocol

from bot.domain.order import Answer, ApprovedOrder, OrderHash, Prepared
from bot.ports import Venue


class Hands(Protocol):
    """What the loop needs of whoever prepares, sends and cancels."""

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared | None:
        """Return the order ready to send, None if it comes as an event of its own."""
        ...

    async def send(self, prepared: Prepared) -> Answer | None:
        """Send once and return the answer, None if it comes as an event of its own."""
        ...

    async def cancel(self, order_hash: OrderHash) -> None:
        """Ask for a cancel; how it ends comes as an event."""
        ...


class InLine:
    """Waits for each answer: for a venue that answers at once, in recorded time."""

    def __init__(self, venue: Venue) -> None:
        """Carry out at this venue."""
        self._venue = venue

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        """Return the order as the venue prepares it."""
        return self._venue.prepare(order, salt=salt, at_us=at_us)

    async def send(self, prepared: Prepared) -> Answer:
        """Return the venue's answer."""
        return await self._venue.submit(prepared)

    async def cancel(self, order_hash: OrderHash) -> None:
        """Ask the venue."""
        await self._venue.cancel(order_hash)


class AsRecorded:
    """Does nothing: what was prepared, answered and filled stands in the recording."""

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> None:
        """Leave it to the recorded `order_prepared`."""

    async def send(self, prepared: Prepared) -> None:
        """Leave it to the recorded `order_answered`."""

    async def cancel(self, order_hash: OrderHash) -> None:
        """Leave it to the recorded `order_ended`."""
