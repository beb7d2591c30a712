"""Turns won windows into cash in the background, one transaction at a time, each step recorded.

The chain's adapter plans and proves; what was sent without an answer is resolved before anything
else is sent, after a restart too. Nothing here is ever in the way of trading.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.domain.entry import AlertRaised, Entry, Severity
from bot.domain.fill import ChainPhase, ChainStep
from bot.ports import Permanent, Temporary
from bot.services.account.part import silent

FAILURES_TOLD: Final = 3
PAUSE_S_MAX: Final = 900.0
DOUBLED_MAX: Final = 5
KIND: Final = "redeem"


class Chain(Protocol):
    """The wallet's side: `bot.adapters.polymarket.chain.winnings.Winnings`."""

    @property
    def obstacle(self) -> str:
        """Return what keeps this wallet from redeeming at all, empty if nothing does."""
        ...

    async def redeem(self, action: str) -> ChainStep | None:
        """Redeem what is won, several windows at once; None if there is nothing.

        Raises:
            Temporary: nothing was sent, or it is not known yet what became of it.

        """
        ...

    async def resume(self, step: ChainStep) -> ChainStep:
        """Find out what became of an unfinished action; raises as `redeem`."""
        ...


@dataclass(frozen=True, slots=True)
class Books:
    """What is known of actions, and how more of it gets known."""

    unfinished: Callable[[], Sequence[ChainStep]]
    """The ledger's actions that have no end."""
    record: Callable[[Entry], Awaitable[None]]
    name: Callable[[], str]
    """Gives each action a new name, never one that was used."""


class Redeemer:
    """Run it as a task in live: `Redeemer(Winnings(...), Books(...), tell)`."""

    def __init__(
        self,
        chain: Chain,
        books: Books,
        tell: Callable[[str, Mapping[str, str]], None] = silent,
        *,
        every_s: float = 60.0,
    ) -> None:
        """Send nothing yet."""
        self._chain = chain
        self._books = books
        self._tell = tell
        self._every_s = every_s
        self._asked = asyncio.Event()
        self._failures = 0

    def ask(self) -> None:
        """Look now: a market was settled."""
        self._asked.set()

    async def run(self) -> None:
        """Redeem for ever, less often while it fails.

        Raises:
            CommitUnknown: the process must end.

        """
        if self._chain.obstacle:
            self._tell("redeem.impossible", {"why": self._chain.obstacle})
            return
        while True:
            await self._turn()
            pause_s = min(self._every_s * 2 ** min(self._failures, DOUBLED_MAX), PAUSE_S_MAX)
            try:
                async with asyncio.timeout(pause_s):
                    await self._asked.wait()
                # Windows of a series end together: one transaction for all of them.
                await asyncio.sleep(self._every_s / 10)
            except TimeoutError:
                pass
            self._asked.clear()

    async def _turn(self) -> None:
        try:
            for step in self._books.unfinished():
                if step.kind == KIND:
                    await self._said(await self._chain.resume(step))
            while (done := await self._chain.redeem(self._books.name())) is not None:
                await self._said(done)
                if done.phase is not ChainPhase.DONE:
                    return
        except (Temporary, Permanent) as error:
            await self._failed(str(error))

    async def _said(self, step: ChainStep) -> None:
        if step.phase is ChainPhase.DONE:
            self._failures = 0
            fields = {"windows": str(len(step.subjects)), "reference": step.reference}
            self._tell("redeem.done", fields)
        else:
            await self._failed(step.detail or step.phase.value)

    async def _failed(self, why: str) -> None:
        self._failures += 1
        self._tell("redeem.failed", {"why": why, "times": str(self._failures)})
        if self._failures == FAILURES_TOLD:
            await self._books.record(
                AlertRaised(
                    "redeem.failing", Severity.WARNING, "redeem", "winnings are not redeemed",
                    why, "runbooks/redeem.md",
                )
            )  # fmt: skip
