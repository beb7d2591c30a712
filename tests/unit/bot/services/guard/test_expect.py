"""A measure that became worse is told once, and again only after it was well."""

from dataclasses import replace

from bot.domain.entry import AlertRaised, Severity
from bot.domain.expectation.sample import Samples
from bot.engine.strategy.limit import Expected
from bot.services.guard.expect import Expectation
from tests.unit.bot.domain.expectation.test_measure import GOOD, LOST, WON

WELL = Samples(orders=(GOOD,) * 30, windows=(WON,) * 24 + (LOST,) * 6)
SLOW = Samples(orders=(replace(GOOD, latency_us=900_000),) * 30, windows=WELL.windows)
SLOW_AND_WRONG = Samples(orders=SLOW.orders, windows=(LOST,) * 30)


async def test_it_is_told_when_it_becomes_worse_and_not_again_until_it_was_well() -> None:
    told: list[AlertRaised] = []
    asked: list[int] = []
    days = [WELL, SLOW, SLOW, SLOW_AND_WRONG, WELL, SLOW]

    def read(count: int) -> Samples:
        asked.append(count)
        return days[len(asked) - 1]

    async def tell(alert: AlertRaised) -> None:
        told.append(alert)

    expectation = Expectation(Expected(), read, tell)
    for _ in days:
        await expectation.look()
    assert asked == [50] * len(days)
    assert [one.key for one in told] == [
        "expectation latency", "expectation hit_rate", "expectation latency",
    ]  # fmt: skip
    assert {one.severity for one in told} == {Severity.WARNING}
    assert "30 of 30 answers came later than 500 ms" in told[0].detail
    assert told[0].runbook == "runbooks/expectation.md"
