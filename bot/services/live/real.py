"""What a session has besides when money is real: hands beside the loop, and an end that is proved.

Nothing is ever sent again here: an intent without an answer is in doubt until reconciliation has
found it, or has proved that it is nowhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.money import Usd
from bot.domain.order import Accepted, Answer, OrderHash, OrderState, Prepared, Unknown
from bot.engine.accounting import Portfolio
from bot.ports import Venue
from bot.services.live.beside import Beside
from bot.services.live.clearing import Cleared, clear

LOST = "the process ended before an answer was recorded"


class LiveFloor(Protocol):
    """What a live venue can do besides the port's."""

    def adopt(self, prepared: Prepared, answer: Answer) -> None:
        """Follow an order of an earlier process."""
        ...

    async def cancel_all(self) -> tuple[OrderHash, ...]:
        """Cancel everything; raises Temporary while something may stay open."""
        ...

    async def resting(self) -> tuple[OrderHash, ...]:
        """Return every open order; raises Temporary rather than tell some of them."""
        ...


@dataclass(slots=True)
class Live:
    """The real venue's part of a session."""

    venue: Venue
    floor: LiveFloor
    hands: Beside
    now_us: Callable[[], int]
    """Market time."""
    told: Callable[[Cleared], None]
    """Hears how the end was proved."""
    outcome: Cleared | None = field(default=None, init=False)

    async def cash(self) -> Usd:
        """Return what the wallet holds, for the first deposit.

        Raises:
            Temporary: the venue's view is incomplete.

        """
        return (await self.venue.view((), self.now_us())).cash

    def adopt(self, ours: Portfolio, answers: dict[OrderHash, Answer]) -> None:
        """Have every order that is not final followed, as the ledger and the venue know it."""
        for order in ours.working():
            known = order.state is OrderState.OPEN
            answer = answers.get(order.order_hash) or (Accepted("") if known else Unknown(LOST))
            intent = order.intent
            self.floor.adopt(
                Prepared(intent.intent_id, order.order_hash, order.body, intent.made_us), answer
            )

    async def clear(self) -> None:
        """Wait for what is on its way, empty the book, and prove it; never for ever."""
        self.outcome = await clear(self.floor, self.hands.settled)
        self.told(self.outcome)
