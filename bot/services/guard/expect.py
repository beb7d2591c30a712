"""Holds the last trades to what the strategy stated, now and then, and tells a person once.

Changes nothing: the loss limits halt, this only explains. A measure that became worse is told when
it does and again only after it was well in between; the outbox counts what a restart repeats.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bot.domain.entry import AlertRaised, Severity
from bot.domain.expectation.measure import Finding, Stated, compare
from bot.domain.expectation.sample import Samples
from bot.domain.money import MICROS
from bot.engine.strategy.limit import Expected

LOOK_S: Final = 60.0
QUIET_S: Final = 86_400
RUNBOOK: Final = "runbooks/expectation.md"


def stated(expected: Expected) -> Stated:
    """Return what a strategy file states, as the statistics take it."""
    return Stated(
        slippage_max=expected.slippage_max_usd.micros / MICROS,
        fill_ratio_min=expected.fill_ratio_min / MICROS,
        latency_ms_max=expected.latency_ms_max,
        late_share_max=expected.late_share_max / MICROS,
        fee_excess_max=expected.fee_excess_max / MICROS,
    )


def alert(finding: Finding) -> AlertRaised:
    """Return what a person is told of a measure that is worse than stated."""
    return AlertRaised(
        kind="expectation",
        severity=Severity.WARNING,
        key=f"expectation {finding.measure}",
        title=f"{finding.measure} is worse than the strategy states",
        detail=finding.diagnosis,
        runbook=RUNBOOK,
        quiet_s=QUIET_S,
    )


class Expectation:
    """The comparison of one session."""

    def __init__(
        self,
        expected: Expected,
        read: Callable[[int], Samples],
        tell: Callable[[AlertRaised], Awaitable[None]],
    ) -> None:
        """Compare what `read` returns, a look into the ledger that blocks; `tell` what is worse."""
        self._count = expected.orders
        self._stated = stated(expected)
        self._read = read
        self._tell = tell
        self._worse: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Compare for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Compare once."""
        samples = await asyncio.to_thread(self._read, self._count)
        worse = [one for one in compare(samples, self._stated) if one.worse]
        for finding in worse:
            if finding.measure not in self._worse:
                await self._tell(alert(finding))
        self._worse = frozenset(one.measure for one in worse)
