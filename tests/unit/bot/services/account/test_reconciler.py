"""The three views are made equal at a start and kept equal; what nothing explains stops trading."""

from pathlib import Path

import pytest

from bot.domain.entry import (
    AlertRaised,
    CapitalDeposited,
    DriftFound,
    FillRecorded,
    IntentRecorded,
    MarketListed,
    OrderChanged,
    TradingState,
)
from bot.domain.event import MarketResolved, MarketSeen, OrderAnswered, OrderEnded, PriceTicked
from bot.domain.market import Outcome
from bot.domain.money import Usd
from bot.domain.order import OrderState, Unknown
from bot.domain.refusal import Refused
from bot.engine.agreement.look import Announced
from bot.ports import OpenOrder
from tests.unit.bot.given import END, SECOND, START, market
from tests.unit.bot.services.account.house import UP, Account, House

pytestmark = [pytest.mark.real_time, pytest.mark.timeout(100)]
ACTIVE, HALTED = TradingState.ACTIVE, TradingState.HALTED


def drifts(house: House) -> list[tuple[str, str]]:
    return [(one.cause, one.action) for one in house.of(DriftFound) if isinstance(one, DriftFound)]


async def test_the_first_deposit_is_what_the_wallet_holds(tmp_path: Path) -> None:
    house = House(tmp_path, Account(cash=Usd.parse("12.34")))
    assert await house.start()
    (deposit,) = house.of(CapitalDeposited)
    assert isinstance(deposit, CapitalDeposited)
    assert (str(deposit.cash), house.state) == ("12.34", ACTIVE)
    again = house.again()
    assert await again.start()
    assert again.of(CapitalDeposited) == []
    assert str(again.engine.portfolio.cash) == "12.34"
    assert again.reconciler.agreed_age_s < 40


async def test_a_wallet_that_holds_something_is_not_for_us(tmp_path: Path) -> None:
    donor = House(tmp_path)
    await donor.start()
    order = await donor.buy()
    held = Account(fills={(one := donor.fill_of(order).fill).fill_id: one})
    (tmp_path / "other").mkdir()
    with pytest.raises(Refused, match=r"holds 10.00 shares .* wallet of its own"):
        await House(tmp_path / "other", held).start()
    stranger = Account()
    stranger.stranger()
    with pytest.raises(Refused, match="1 open orders"):
        await House(tmp_path / "other", stranger).start()
    with pytest.raises(Refused, match="the venue is away; try again"):
        await House(tmp_path / "other", Account(down=True)).start()


async def test_an_order_without_an_answer_is_doubted_after_a_crash_and_found(
    tmp_path: Path,
) -> None:
    """It was on its way when the process ended; the venue shows it a moment later."""
    house = House(tmp_path)
    await house.start()
    order = await house.buy()
    house.engine.portfolio.by_hash[order].state = OrderState.IN_FLIGHT
    again = await _unanswered(house)
    again.account.seen.clear()
    assert await again.start()
    assert drifts(again) == [("never_answered", "doubt")]
    assert isinstance(again.account.adopted[order], Unknown)
    assert len(again.account.sent) == 1
    again.account.seen.add(order)
    again.account.resting[order] = OpenOrder(
        order, market().market_id, UP, house.fill_of(order).fill.size
    )
    await again.until(
        lambda: again.engine.portfolio.by_hash[order].state is OrderState.OPEN, "the order is open"
    )


async def test_an_order_in_doubt_expires_with_its_window_and_is_never_sent_again(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    await house.start()
    order = await house.buy()
    again = await _unanswered(house)
    again.account.seen.clear()
    await again.start()
    again.now_us = END
    await again.until(lambda: again.account.released, "the order is released")
    assert again.engine.portfolio.by_hash[order].state is OrderState.EXPIRED
    assert again.account.sent == [order]
    assert again.state is ACTIVE


async def test_nothing_rests_after_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    order = await house.buy()
    again = house.again()
    again.account.resting[order] = OpenOrder(
        order, market().market_id, UP, house.fill_of(order).fill.size
    )
    assert await again.start()
    assert again.account.resting == {}
    assert ("resting", "cancel") in drifts(again)


async def test_an_execution_nobody_told_is_recorded_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    order = await house.buy()
    executed = house.fill_of(order).fill
    house.account.fills[executed.fill_id] = executed
    again = house.again()
    assert await again.start()
    assert len(again.of(FillRecorded)) == 1
    assert executed.fill_id in again.engine.portfolio.fills
    third = again.again()
    await third.start()
    assert third.of(FillRecorded) == []
    assert third.account.known == {executed.fill_id}


async def test_an_order_of_nobody_halts_and_latches(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.account.stranger()
    house.reconciler.ask("a test")
    await house.until(lambda: house.trips, "the trip")
    assert house.state is HALTED
    assert drifts(house) == [("external_order", "halt")]
    assert house.trips[0].startswith("external_order stranger")


async def test_a_difference_at_a_start_holds_trading_back_until_it_heals(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    again = house.again()
    again.account.cash = Usd.parse("999")
    assert not await again.start()
    assert again.state is HALTED
    again.account.cash = Usd.parse("1000")
    await again.until(lambda: again.state is ACTIVE, "trading goes on")
    assert again.trips == []


async def test_a_difference_that_stays_asks_for_the_latch_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.account.cash = Usd.parse("999")
    house.reconciler.ask("a test")
    await house.until(lambda: house.state is HALTED, "a pause")
    assert house.trips == []
    await house.until(lambda: house.trips, "the latch")
    seen = house.account.views
    await house.until(lambda: house.account.views > seen + 3, "more views")
    assert len(house.trips) == 1


async def test_a_venue_that_is_away_pauses_and_resumes(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.account.down = True
    house.reconciler.ask("a test")
    await house.until(lambda: house.state is HALTED, "a pause")
    house.account.down = False
    await house.until(lambda: house.state is ACTIVE, "trading goes on")
    assert house.trips == []


async def test_a_venue_that_is_away_at_a_start_holds_trading_back(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    again = house.again()
    again.account.down = True
    assert not await again.start()
    assert again.state is HALTED
    again.account.down = False
    await again.until(lambda: again.state is ACTIVE, "trading begins")


@pytest.mark.parametrize("amount", ["250", "-250"])
async def test_money_that_was_announced_is_recorded_once(tmp_path: Path, amount: str) -> None:
    said = (Announced(announcement="a1", amount=Usd.parse(amount), reason="the bank"),)
    house = House(tmp_path)
    await house.start()
    again = house.again(said)
    await again.start()
    again.account.cash += Usd.parse(amount)
    await again.until(lambda: again.of(CapitalDeposited), "the deposit")
    assert again.engine.portfolio.cash == again.account.cash
    third = again.again(said)
    third.account.cash += Usd.parse(amount)
    assert not await third.start()
    assert third.of(CapitalDeposited) == []


async def test_memory_that_is_not_the_ledgers_halts(tmp_path: Path) -> None:
    """Nothing outside can do this: a bug, or a bit that flipped."""
    house = House(tmp_path)
    await house.start()
    await house.buy()
    house.engine.portfolio.cash += Usd(1)
    house.account.cash += Usd(1)
    house.reconciler.ask("a test")
    await house.until(lambda: house.trips, "the trip")
    assert house.trips[0].startswith("memory cash")


async def test_an_order_in_doubt_wakes_the_comparing(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    order = await house.buy()
    intent = house.engine.portfolio.by_hash[order].intent
    house.engine.portfolio.by_hash[order].state = OrderState.IN_FLIGHT
    answered = OrderAnswered(2, END, intent.intent_id, order, Unknown("timeout"))
    await house.floor.carry(answered)
    house.reconciler.observe(answered)
    await house.until(
        lambda: house.engine.portfolio.by_hash[order].state is OrderState.OPEN, "the proof"
    )
    assert [one.state for one in house.of(OrderChanged) if isinstance(one, OrderChanged)][-2:] == [
        OrderState.UNKNOWN,
        OrderState.OPEN,
    ]


async def test_a_resolution_against_our_own_prices_is_an_alert_and_settles_nothing_else(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    await house.start()
    hear = house.reconciler.observe
    hear(MarketSeen(1, START, market()))
    hear(PriceTicked(2, START, "btcusd", 100, 60))
    hear(PriceTicked(3, END, "btcusd", 99, 60))
    hear(MarketResolved(4, END + SECOND, market().market_id, Outcome.UP))
    await house.until(lambda: house.of(AlertRaised), "the alert")
    (alert,) = house.of(AlertRaised)
    assert isinstance(alert, AlertRaised)
    assert alert.kind == "settlement.disagreed"
    assert house.state is ACTIVE


async def test_a_resolution_only_the_venue_tells_settles(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    order = await house.buy()
    filled = house.fill_of(order)
    house.account.fills[filled.fill.fill_id] = filled.fill
    await house.floor.carry(filled)
    await house.floor.carry(OrderEnded(3, filled.at_us, order, OrderState.FILLED, "filled"))
    house.now_us = END
    house.account.cash += Usd.parse("10")
    house.account.resolved = ((market().market_id, Outcome.UP),)
    house.reconciler.ask("a test")
    await house.until(lambda: not house.engine.portfolio.markets, "the settlement")
    assert house.state is ACTIVE
    assert house.trips == []


async def test_what_cannot_be_cancelled_holds_trading_back(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    order = await house.buy()
    again = house.again()
    again.account.deaf = True
    one = OpenOrder(order, market().market_id, UP, house.fill_of(order).fill.size)
    again.account.resting[order] = one
    assert not await again.start()
    assert again.state is HALTED
    again.account.deaf = False
    await again.until(lambda: again.state is ACTIVE, "trading begins")


async def _unanswered(house: House) -> House:
    """Return the next process after a crash between an intent and its answer."""
    kept = [
        one.entry
        for one in house.ledger.entries()
        if isinstance(one.entry, CapitalDeposited | IntentRecorded | MarketListed)
    ]
    house.ledger.drop()
    directory = house.directory / "crashed"
    directory.mkdir()
    return await House.of_entries(directory, house.account, kept)
