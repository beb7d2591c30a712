"""The end of a live session: everything answered, everything cancelled, nothing open: proved.

It may take a while and never for ever: what was not proved in time is said, and the watchdog, who
waits for the process, sweeps again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bot.domain.order import OrderHash
from bot.ports import Temporary

ANSWERED_S: Final = 5.5
"""For submits that are on their way: longer than the deadline of a call by default. All of a stop
has to fit into the 20 s that the watchdog gives it."""
PROOFS: Final = 2
"""Complete answers in a row without an open order."""
AGAIN_S: Final = 0.1
AGAIN_S_MAX: Final = 1.0


class Floor(Protocol):
    """Where orders rest."""

    async def cancel_all(self) -> tuple[OrderHash, ...]:
        """Cancel everything; raises Temporary while something may stay open."""
        ...

    async def resting(self) -> tuple[OrderHash, ...]:
        """Return every open order; raises Temporary rather than tell some of them."""
        ...


@dataclass(frozen=True, slots=True)
class Cleared:
    """How a clearing ended: what was cancelled, what still rests, and what kept it from proof."""

    cancelled: int
    resting: int
    problem: str = ""

    @property
    def proved(self) -> bool:
        """Say whether nothing is open, by complete answers."""
        return not self.problem and not self.resting


async def clear(
    floor: Floor, answered: Callable[[float], Awaitable[bool]], *, within_s: float = 10.0
) -> Cleared:
    """Wait for what is on its way, cancel everything, and prove that nothing is open."""
    now_s = asyncio.get_running_loop().time
    until_s = now_s() + within_s
    gone = set[OrderHash]()
    open_now, proofs, pause_s = 0, 0, AGAIN_S
    problem = "" if await answered(min(ANSWERED_S, within_s * 0.6)) else "a submit is unanswered"
    while proofs < PROOFS:
        try:
            async with asyncio.timeout(max(until_s - now_s(), 0.05)):
                if not proofs:
                    gone |= set(await floor.cancel_all())
                open_now = len(await floor.resting())
        except (Temporary, TimeoutError) as error:
            proofs, said = 0, str(error) or "no answer in time"
            if now_s() + pause_s > until_s:
                return Cleared(len(gone), open_now, said)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, AGAIN_S_MAX)
            continue
        proofs = 0 if open_now else proofs + 1
        if open_now and now_s() > until_s:
            break
    return Cleared(len(gone), open_now, problem)
