"""What a session has besides when money is real: hands beside the loop, and an end that is proved.

Nothing is ever sent again here. What is ours at the start is `services/account`'s to find out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.order import OrderHash
from bot.services.live.beside import Beside
from bot.services.live.clearing import Cleared, clear


class LiveFloor(Protocol):
    """What a live venue can do besides the port's."""

    async def cancel_all(self) -> tuple[OrderHash, ...]:
        """Cancel everything; raises Temporary while something may stay open."""
        ...

    async def resting(self) -> tuple[OrderHash, ...]:
        """Return every open order; raises Temporary rather than tell some of them."""
        ...


@dataclass(slots=True)
class Live:
    """The real venue's part of a session."""

    floor: LiveFloor
    hands: Beside
    now_us: Callable[[], int]
    """Market time."""
    told: Callable[[Cleared], None]
    """Hears how the end was proved."""
    outcome: Cleared | None = field(default=None, init=False)

    async def clear(self) -> None:
        """Wait for what is on its way, empty the book, and prove it; never for ever."""
        self.outcome = await clear(self.floor, self.hands.settled)
        self.told(self.outcome)
