"""Turns won windows into cash in the background, one transaction at a time, each step recorded.

The chain's adapter plans and proves; what it has sent without an answer is resolved before
anything else is sent, after a restart too. Nothing here is ever in the way of trading.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bot.domain.chain import ChainStep


class Chain(Protocol):
    """The wallet's side: `bot.adapters.polymarket.chain.winnings.Winnings`."""

    async def redeem(self, action: str) -> ChainStep | None:
        """Redeem what is won, several windows at once; None if there is nothing.

        Raises:
            Temporary: nothing was sent, or it is not known yet what became of it.

        """
        ...

    async def resume(self, step: ChainStep) -> ChainStep:
        """Find out what became of an unfinished action; raises as `redeem`."""
        ...


class Redeemer:
    """Run it as a task in live: `Redeemer(chain, steps, tell)`; steps come from the ledger."""

    def __init__(
        self,
        chain: Chain,
        unfinished: Callable[[], Sequence[ChainStep]],
        tell: Callable[[str, Mapping[str, str]], None],
        *,
        every_s: float = 60.0,
    ) -> None:
        """Send nothing yet. `unfinished` reads the ledger's actions that have no end."""
        self._chain = chain
        self._unfinished = unfinished
        self._tell = tell
        self._every_s = every_s

    def ask(self) -> None:
        """Look now: a market was settled."""
        raise NotImplementedError

    async def run(self) -> None:
        """Redeem for ever."""
        raise NotImplementedError
