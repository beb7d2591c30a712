"""A live engine's account: what nothing explains halts it, and what it has won is redeemed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.entry import (
    CapitalDeposited,
    ChainStepTaken,
    DriftFound,
    FillRecorded,
    PositionSettled,
)
from bot.domain.fill import ChainPhase
from bot.domain.order import Accepted
from tests.contract.venue.live import market_of
from tests.e2e.live.given import Desk, resting, states
from tests.simulation.live.life import Life, until

DOLLAR = 1_000_000
SLOW = 5
"""Times real time: an order has to rest until two complete views have shown it."""
PATIENT = {"POLY_CALL_TIMEOUT_S": "10"}
"""A complete view is many calls, and the machine may be busy."""
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with Life(tmp_path, seed=5, variables=PATIENT) as one:
        yield one


def causes(life: Life) -> set[str]:
    return {one.cause for one in life.of(DriftFound)}


async def test_an_order_of_nobody_halts_until_it_is_gone(tmp_path: Path) -> None:
    """Another program with our key has put it there: we neither trade beside it nor touch it."""
    with Life(tmp_path, seed=5, speed=SLOW, variables=PATIENT) as life:
        await _foreign(life)


async def _foreign(life: Life) -> None:
    life.begin()
    until(lambda: life.of(FillRecorded), "a fill")
    desk = await Desk.open(life)
    markets = [one for one in life.exchange.truth()["markets"] if one["accepting"]]
    desk.market = market_of(max(markets, key=lambda one: int(one["end_us"])))
    try:
        assert isinstance(await desk.rest(), Accepted)
        until(lambda: "external_order" in causes(life), "the difference is found")
        until(lambda: "external_order" in states(life)[-1][1], "a halt")
        assert states(life)[-1][0] == "halted"
        assert len(resting(life)) == 1
        await desk.venue.cancel_all()
    finally:
        await desk.close()
    until(lambda: states(life)[-1][0] == "active", "trading goes on")
    foreign = "at the venue, not in the ledger"
    assert [one for one in life.conclude() if foreign not in one] == []


def test_money_put_in_halts_until_a_person_explains_it(life: Life) -> None:
    """And what was won before has become cash on the chain by then, every step recorded."""
    life.begin()
    until(lambda: any(one.payout.micros for one in life.of(PositionSettled)), "a win")
    life.settle()
    until(lambda: _redeemed(life), "everything won is redeemed")
    assert life.stop() == 0
    assert life.differences() == []
    wallet = life.exchange.post("wallets", wallet=life.address)
    cash = wallet["cash"] + 100 * DOLLAR
    life.exchange.post("wallets", wallet=life.address, cash_usd=f"{cash / DOLLAR:.6f}")
    life.begin()
    assert life.stays()
    assert states(life)[-1][0] == "halted"
    assert "cash" in causes(life)
    assert life.stop() == 0
    life.variables = {**PATIENT, "POLY_CAPITAL": "jan:100:from the bank"}
    life.begin()
    until(lambda: states(life)[-1][0] == "active", "trading goes on")
    assert life.stop() == 0
    first, second = life.of(CapitalDeposited)
    assert (first.announcement, second.announcement) == ("", "jan")
    assert str(second.amount) == "100.00"


def _redeemed(life: Life) -> bool:
    """Say whether no winning share is a token any more."""
    markets = life.exchange.truth()["markets"]
    won = {one["tokens"][one["outcomes"].index(one["winner"])] for one in markets if one["winner"]}
    held = life.exchange.post("wallets", wallet=life.address)["tokens"]
    done = {step.step.phase for step in life.of(ChainStepTaken)}
    return ChainPhase.DONE in done and not any(held.get(token) for token in won)
