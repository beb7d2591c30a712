"""Our own limits wait so that the venue's never refuse; cancels go before orders."""

import asyncio

import pytest
from polymarket.rate_limit import RateLimitUpdate

from bot.adapters.polymarket.order.budget import TIERS, Budget, Full, Kind
from sandbox.polymarket.guard import limits as venue_limits


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def spend(budget: Budget, kind: Kind, times: int, *, within_s: float = 100) -> None:
    for _ in range(times):
        async with budget.ask(kind, within_s=within_s):
            pass


def test_our_table_is_the_venues() -> None:
    assert TIERS == venue_limits.TIERS


async def test_a_burst_is_free_and_the_rest_comes_at_the_rate() -> None:
    budget = Budget(0.5, now_s)
    await spend(budget, Kind.ORDER, 30)
    assert now_s() == 0
    await spend(budget, Kind.ORDER, 20)
    assert now_s() == pytest.approx(1.0)
    bucket = budget.buckets[Kind.ORDER]
    assert bucket.waited == 20
    assert bucket.longest_s == pytest.approx(0.05)
    assert bucket.spent == 50


async def test_what_cannot_be_had_in_time_is_not_waited_for() -> None:
    budget = Budget(0.5, now_s)
    await spend(budget, Kind.ORDER, 30)
    with pytest.raises(Full, match="order budget of tier Standard"):
        await spend(budget, Kind.ORDER, 1, within_s=0.01)
    assert now_s() == 0
    assert budget.buckets[Kind.ORDER].waiting == 0


async def test_no_order_goes_ahead_of_a_waiting_cancel() -> None:
    budget = Budget(0.5, now_s)
    await spend(budget, Kind.CANCEL, 60)
    went: list[Kind] = []

    async def ask(kind: Kind) -> None:
        async with budget.ask(kind, within_s=10):
            went.append(kind)

    cancel = asyncio.create_task(ask(Kind.CANCEL))
    await asyncio.sleep(0)
    assert budget.buckets[Kind.CANCEL].waiting == 1
    await asyncio.gather(cancel, ask(Kind.ORDER))
    assert went == [Kind.CANCEL, Kind.ORDER]


async def test_the_headers_correct_the_bucket_that_was_asked_from() -> None:
    budget = Budget(1.0, now_s)
    async with budget.ask(Kind.ORDER, within_s=1):
        budget.hear(RateLimitUpdate(remaining=5, tier="Standard", warning=True))
    assert budget.buckets[Kind.ORDER].tokens == 5
    assert budget.buckets[Kind.CANCEL].tokens == 120
    assert budget.heard[Kind.ORDER].warning
    assert budget.heard[Kind.ORDER].remaining == 5


async def test_the_headers_never_give_more_than_our_own_share() -> None:
    budget = Budget(0.5, now_s)
    async with budget.ask(Kind.ORDER, within_s=1):
        budget.hear(RateLimitUpdate(remaining=59, tier="Standard"))
    assert budget.buckets[Kind.ORDER].tokens == 29


async def test_a_tier_is_taken_from_the_headers() -> None:
    budget = Budget(0.5, now_s)
    budget.hear(RateLimitUpdate(tier="Gold"))
    assert budget.tier == "Gold"
    assert budget.buckets[Kind.ORDER].rate == 200
    budget.hear(RateLimitUpdate(tier="Unobtainium"))
    assert budget.buckets[Kind.ORDER].rate == 20


async def test_a_cancel_of_everything_is_charged_for_what_it_cancelled() -> None:
    budget = Budget(0.5, now_s)
    budget.charge(Kind.CANCEL, 100)
    assert budget.buckets[Kind.CANCEL].tokens == -40
    await spend(budget, Kind.CANCEL, 1)
    assert now_s() == pytest.approx(41 / 40)


async def test_an_emergency_does_not_wait() -> None:
    budget = Budget(0.5, now_s)
    await spend(budget, Kind.CANCEL, 60)
    with budget.urgent(Kind.CANCEL):
        budget.hear(RateLimitUpdate(remaining=59))
    assert now_s() == 0
    assert budget.heard[Kind.CANCEL].remaining == 59
