"""The ledger as the journal of a command's own transactions, while no engine is at work there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.adapters.ledger.directory import DataDirectory
from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.polymarket.chain.step import take_over
from bot.domain.entry import ChainStepTaken
from bot.domain.fill import ChainStep


class Journal:
    """Makes each step an event of the ledger before the next is taken."""

    def __init__(self, ledger: SqliteLedger, directory: Path) -> None:
        """Write to an open ledger."""
        self._ledger = ledger
        self._directory = directory

    async def __call__(self, step: ChainStep) -> None:
        """Record a step; raises `CommitUnknown` or `Permanent` as the ledger does."""
        await self._ledger.append([ChainStepTaken(step)], self._ledger.head.stamp)

    async def unfinished(self) -> Sequence[ChainStep]:
        """Return what has no end yet, an older program's included; raises `Refused`."""
        await take_over(self._directory, self)
        return self._ledger.unfinished()


@contextmanager
def journal(directory: Path) -> Iterator[Journal]:
    """Hold the data directory and its ledger for a command.

    Raises:
        Refused: an engine is at work there, or the ledger cannot be used.

    """
    with DataDirectory.hold(directory, wait_s=0):
        ledger = SqliteLedger.open(directory)
        try:
            yield Journal(ledger, directory)
        finally:
            ledger.drop()
