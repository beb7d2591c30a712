"""Hands that are watched: the moment an order goes to the wire is taken note of."""

from collections.abc import Callable

from bot.domain.order import Answer, ApprovedOrder, OrderHash, Prepared
from bot.services.hands import Hands


class Timed:
    """Does what the hands do, and says when it sends."""

    def __init__(self, hands: Hands, sent: Callable[[OrderHash], None]) -> None:
        """Watch these hands."""
        self._hands = hands
        self._sent = sent

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared | None:
        """Prepare as they do."""
        return self._hands.prepare(order, salt=salt, at_us=at_us)

    async def send(self, prepared: Prepared) -> Answer | None:
        """Take note and send as they do."""
        self._sent(prepared.order_hash)
        return await self._hands.send(prepared)

    async def cancel(self, order_hash: OrderHash) -> None:
        """Cancel as they do."""
        await self._hands.cancel(order_hash)
