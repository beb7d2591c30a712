"""Budgets: so many an hour, so many a second, five seconds' worth at once."""

import datetime as dt

from sandbox.railway.model.plan import PLANS
from sandbox.railway.wire.budget import Budget

START = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def later(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    budget = Budget(PLANS["hobby"], 1_000)
    assert [budget.take("t", START) for _ in range(50)] == [None] * 50
    wait = budget.take("t", START)
    assert wait is not None
    assert 0 < wait <= 0.1
    assert budget.take("t", later(0.2)) is None


def test_an_hour_is_a_window_that_begins_with_the_first_request() -> None:
    budget = Budget(PLANS["hobby"], 2)
    assert budget.take("t", later(0)) is None
    assert budget.take("t", later(1)) is None
    assert budget.take("t", later(2)) == 3598
    assert budget.left("t") == 0
    assert budget.take("t", later(3600)) is None
    assert budget.left("t") == 1


def test_every_token_has_its_own() -> None:
    budget = Budget(PLANS["hobby"], 1)
    assert budget.take("a", START) is None
    assert budget.take("b", START) is None
    assert budget.take("a", START) is not None


def test_what_was_refused_is_not_counted() -> None:
    budget = Budget(PLANS["hobby"], 1_000)
    for _ in range(80):
        budget.take("t", START)
    assert budget.left("t") == 950


def test_headers_name_the_budget() -> None:
    budget = Budget(PLANS["pro"], 10_000)
    budget.take("t", START)
    assert budget.headers("t", START, named=True) == {
        "ratelimit-policy": '"default";q=10000;w=3600',
        "X-RateLimit-Limit": "10000",
        "X-RateLimit-Remaining": "9999",
        "X-RateLimit-Reset": str(int(later(3600).timestamp())),
    }
    assert list(budget.headers("t", START, named=False)) == ["ratelimit-policy"]
