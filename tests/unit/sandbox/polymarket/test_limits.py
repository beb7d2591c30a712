"""Rate limits and heartbeats, on a clock of the test's own."""

import pytest

from sandbox.polymarket.guard.heartbeats import SILENCE_US_MOST, Heartbeats
from sandbox.polymarket.guard.limits import LONG, LONG_US, SHORT, SHORT_US, TIERS, Limits, headers
from tests.unit.sandbox.polymarket.given import desk

SECOND = 1_000_000


@pytest.mark.parametrize("tier", TIERS)
def test_a_tier_gives_its_burst_then_its_rate(tier: str) -> None:
    rate, burst = TIERS[tier][:2]
    limits = Limits()
    bucket = limits.bucket("0xA", tier, cancels=False, now_us=0)
    assert bucket.take(burst, 0)
    assert not bucket.take(1, 0)
    assert bucket.take(rate, SECOND)
    assert not bucket.take(1, SECOND)


def test_more_than_the_burst_never_passes() -> None:
    bucket = Limits().bucket("0xA", "Standard", cancels=False, now_us=0)
    assert not bucket.take(61, 10**9)


def test_cancels_have_a_bucket_of_their_own() -> None:
    limits = Limits()
    assert limits.bucket("0xA", "Standard", cancels=False, now_us=0).take(60, 0)
    assert limits.bucket("0xa", "Standard", cancels=True, now_us=0).take(120, 0)
    assert not limits.bucket("0xa", "Standard", cancels=False, now_us=0).take(1, 0)


def test_the_headers_tell_what_is_left_and_when_it_is_full() -> None:
    bucket = Limits().bucket("0xA", "Standard", cancels=False, now_us=0)
    bucket.take(20, 0)
    told = headers(bucket, "Standard", warning=False)
    assert told["Poly-RateLimit-Remaining"] == "40"
    assert told["Poly-RateLimit-Reset"] == "0.5"
    assert told["Poly-RateLimit-Tier"] == "Standard"


def test_an_address_is_held_back_not_refused() -> None:
    limits = Limits()
    call = "GET /balance-allowance/update"
    waits = [limits.wait_us(call, 0) for _ in range(SHORT[call] + 1)]
    assert waits == [0] * SHORT[call] + [SHORT_US]
    assert limits.wait_us("GET /ok", 0) == 0


@pytest.mark.parametrize("call", LONG)
def test_ten_minutes_have_a_limit_of_their_own(call: str) -> None:
    """A pace that ten seconds allow is held back where ten minutes do not; then it slides."""
    limits, pace_us = Limits(), -(-SHORT_US // SHORT[call])
    waits = [limits.wait_us(call, number * pace_us) for number in range(LONG[call] + 1)]
    assert waits[:-1] == [0] * LONG[call]
    last_us = LONG[call] * pace_us
    assert last_us + waits[-1] == LONG_US
    assert limits.wait_us(call, LONG_US + pace_us) == 0


def test_orders_and_cancels_of_one_path_are_counted_apart() -> None:
    limits = Limits()
    posts = [limits.wait_us("POST /orders", 0) for _ in range(SHORT["POST /orders"] + 1)]
    assert posts[-1] == SHORT_US
    assert limits.wait_us("DELETE /orders", 0) == 0


def test_the_relayer_takes_25_submits_a_minute() -> None:
    limits = Limits()
    assert all(limits.submits(0) for _ in range(25))
    assert not limits.submits(59 * SECOND)
    assert limits.submits(60 * SECOND)


def test_silence_cancels_only_the_orders_of_that_key() -> None:
    made = desk()
    mine, other = made.order("BUY", 40, 10), made.order("BUY", 39, 10)
    other.owner = "another key"
    made.post(mine)
    made.post(other)
    beats = Heartbeats()
    beats.beat(made.venue, "key", "", 0)
    beats.expire(made.venue, SILENCE_US_MOST - 1)
    assert mine.live
    beats.expire(made.venue, SILENCE_US_MOST)
    assert (mine.live, other.live) == (False, True)
    assert beats.beats == {}


def test_after_an_expiry_any_id_registers_anew() -> None:
    made = desk()
    beats = Heartbeats()
    _, first = beats.beat(made.venue, "key", "", 0)
    assert beats.beat(made.venue, "key", "", 1) == (False, first)
    beats.expire(made.venue, SILENCE_US_MOST)
    accepted, second = beats.beat(made.venue, "key", first, SILENCE_US_MOST)
    assert accepted
    assert second != first
