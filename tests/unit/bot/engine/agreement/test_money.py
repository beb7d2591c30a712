"""Executions, cash and shares agree to the micro, are repaired, or halt trading on second sight."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.entry import DriftFound, OrderChanged
from bot.domain.event import (
    CapitalMoved,
    FillConfirmed,
    FillVoided,
    OrderEnded,
    OrderFilled,
    ResolutionFound,
)
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Shares, Usd
from bot.domain.order import OrderHash, OrderState
from bot.engine.agreement.judge import VIEWS_MAX
from bot.engine.agreement.look import (
    Announced,
    Verdict,
    fingerprint,
)
from bot.ports import OpenOrder
from tests.unit.bot.engine.agreement.desk import MARKET, UP, Desk, causes, found, other, told
from tests.unit.bot.given import END, SECOND, book, fill


def test_news_that_nobody_told_is_told_after_a_while() -> None:
    desk = Desk(filled="10")
    known = next(iter(desk.engine.portfolio.fills.values()))
    known.provisional = True
    assert desk.look().waiting == 1
    verdict = desk.look(10)
    assert found(verdict) == [("proof_not_recorded", "adopt")]
    assert isinstance(told(verdict)[0], FillConfirmed)


def test_an_execution_that_failed_is_taken_back() -> None:
    desk = Desk(filled="10")
    executed = next(iter(desk.engine.portfolio.fills.values())).fill
    shown: dict[str, Any] = {
        "fills": (), "failed": (executed.fill_id,), "positions": (),
        "cash": desk.engine.portfolio.cash - executed.cash,
    }  # fmt: skip
    assert desk.look(**shown).waiting == 1
    verdict = desk.look(10, **shown)
    assert found(verdict) == [("void_not_recorded", "adopt")]
    assert isinstance(told(verdict)[0], FillVoided)


def test_an_execution_that_the_venue_does_not_list_forbids_trading() -> None:
    desk = Desk(filled="10")
    assert causes(desk.look(fills=()).doubted) == ["fill_missing"]
    assert causes(desk.look(1, fills=()).unexplained) == ["fill_missing"]


def test_a_resolution_nobody_told_is_told_when_nothing_can_change() -> None:
    desk = Desk(OrderState.FILLED, filled="10")
    desk.now_us = END
    cash = desk.engine.portfolio.cash + Usd.parse("10")
    shown: dict[str, Any] = {"resolved": ((MARKET, Outcome.UP),), "positions": (), "cash": cash}
    assert desk.look(**shown).waiting == 1
    verdict = desk.look(10, **shown)
    assert isinstance(told(verdict)[0], ResolutionFound)
    desk.apply(verdict)
    assert desk.engine.portfolio.cash == cash


@pytest.mark.parametrize("winner", list(Outcome))
def test_a_resolution_waits_for_what_is_open_and_explains_cash(winner: Outcome) -> None:
    desk = Desk(filled="10")
    desk.now_us = END - 1
    won = Usd.parse("10") if winner is Outcome.UP else Usd(0)
    shown: dict[str, Any] = {
        "resolved": ((MARKET, winner), (MarketId("another"), winner)), "positions": (),
        "cash": desk.engine.portfolio.cash + won,
    }  # fmt: skip
    assert desk.look(**shown) == Verdict()
    desk.now_us = END
    assert found(desk.look(60, **shown)) == []


def test_an_order_of_nobody_must_be_seen_twice() -> None:
    desk = Desk()
    stranger = (OpenOrder(OrderHash("x"), MARKET, UP, Shares(0)), *desk.view().open_orders)
    first = desk.look(open_orders=stranger)
    assert causes(first.doubted) == ["external_order"]
    assert not first.agreed
    assert causes(desk.look(1, open_orders=stranger).unexplained) == ["external_order"]


def test_an_execution_of_nobody_forbids_trading_unless_it_is_recorded() -> None:
    """Executions of markets that are settled are forgotten here, and known to the ledger."""
    desk = Desk()
    stranger = other(fill(desk.intent, "10").fill, order_hash=OrderHash("x"), token=TokenId("t"))
    known = frozenset({stranger.fill_id})
    assert desk.look(fills=(stranger,), known=known).agreed
    assert causes(desk.look(1, fills=(stranger,)).doubted) == ["external_fill"]


def test_something_in_between_makes_it_the_first_view_again() -> None:
    desk = Desk()
    off = desk.engine.portfolio.cash + Usd(100)
    assert causes(desk.look(cash=off).doubted) == ["cash"]
    desk.engine.handle(fill(desk.intent, "5"))
    off = desk.engine.portfolio.cash + Usd(100)
    assert causes(desk.look(1, cash=off).doubted) == ["cash"]
    assert causes(desk.look(1, cash=off).unexplained) == ["cash"]


def test_a_difference_that_heals_is_forgotten() -> None:
    desk = Desk()
    off = desk.engine.portfolio.cash + Usd(1)
    desk.look(cash=off)
    assert desk.look(1).agreed
    assert causes(desk.look(1, cash=off).doubted) == ["cash"]


def test_a_view_that_changed_under_us_proves_nothing_but_not_for_ever() -> None:
    desk = Desk()
    off = desk.engine.portfolio.cash + Usd(1)
    for _ in range(VIEWS_MAX - 1):
        assert causes(desk.look(1, still=False, cash=off).doubted) == ["cash"]
    assert causes(desk.look(1, still=False, cash=off).unexplained) == ["cash"]


def test_memory_and_ledger_are_held_to_the_same_rule() -> None:
    desk = Desk()
    ours = desk.engine.portfolio
    drift = DriftFound("memory", "cash", "1", "2", "halt")
    assert causes(desk.judge.suspect((drift,), ours).doubted) == ["memory"]
    desk.look()
    assert causes(desk.judge.suspect((drift,), ours).unexplained) == ["memory"]
    desk.judge.suspect((), ours)
    assert causes(desk.judge.suspect((drift,), ours).doubted) == ["memory"]


@pytest.mark.parametrize("amount", ["100", "-20.5"])
def test_money_that_was_announced_explains_exactly_itself(amount: str) -> None:
    desk = Desk()
    announced = (Announced(announcement="a1", amount=Usd.parse(amount), reason="from the bank"),)
    cash = desk.engine.portfolio.cash + Usd.parse(amount)
    assert desk.look(announced=announced).agreed
    assert desk.look(1, announced=announced, cash=cash, still=False).doubted
    verdict = desk.look(1, announced=announced, cash=cash)
    assert found(verdict) == [("capital", "record")]
    (moved,) = told(verdict)
    assert isinstance(moved, CapitalMoved)
    desk.apply(verdict)
    assert desk.engine.portfolio.cash == cash
    assert desk.look(1).agreed


def test_money_that_was_announced_explains_nothing_else() -> None:
    desk = Desk()
    announced = (Announced(announcement="a1", amount=Usd.parse("100"), reason="from the bank"),)
    cash = desk.engine.portfolio.cash + Usd.parse("99.999999")
    assert causes(desk.look(announced=announced, cash=cash).doubted) == ["cash"]


def test_shares_of_nobody_forbid_trading() -> None:
    desk = Desk(filled="10")
    more = ((UP, Shares.parse("10.01")),)
    assert causes(desk.look(positions=more).doubted) == ["position"]
    assert causes(desk.look(1, positions=more).unexplained) == ["position"]


def test_a_venue_without_resolutions_shows_them_by_what_it_paid() -> None:
    desk = Desk(filled="10")
    cash = desk.engine.portfolio.cash + Usd.parse("10")
    assert causes(desk.look(positions=(), cash=cash).doubted) == ["position", "cash"]
    desk.now_us = END
    verdict = desk.look(1, positions=(), cash=cash)
    assert (verdict.doubted, verdict.unexplained) == ((), ())
    assert verdict.waiting


def test_an_order_that_is_not_prepared_is_nobodys_business() -> None:
    desk = Desk(OrderState.FILLED)
    desk.engine.handle(book("up1", "0.69", "0.70", frame=5, at_us=desk.now_us + 20 * SECOND))
    assert any(not one.order_hash for one in desk.engine.portfolio.orders.values())
    assert desk.look().agreed


def test_a_fingerprint_changes_with_whatever_counts() -> None:
    desk = Desk()
    seen = {fingerprint(desk.engine.portfolio)}
    desk.engine.handle(fill(desk.intent, "5"))
    seen.add(fingerprint(desk.engine.portfolio))
    desk.engine.apply(
        [
            OrderChanged(
                desk.hash, desk.intent.intent_id, MARKET, OrderState.CANCELLED, "", Shares(0)
            )
        ]
    )
    seen.add(fingerprint(desk.engine.portfolio))
    desk.engine.portfolio.cash += Usd(1)
    seen.add(fingerprint(desk.engine.portfolio))
    assert len(seen) == 4


@st.composite
def facts(draw: st.DrawFn) -> tuple[list[tuple[str, bool, bool]], int]:
    """Return executions as (size, recorded here, listed there), and cash out of nowhere."""
    size = st.sampled_from(["1", "2.5", "5"])
    row = st.tuples(size, st.booleans(), st.booleans()).filter(lambda one: one[1] or one[2])
    return draw(st.lists(row, max_size=4)), draw(st.sampled_from([0, 0, 41, -7_000_000]))


@settings(max_examples=200, deadline=None)
@given(facts())
def test_whatever_differs_is_repaired_or_halts_and_repairing_ends(
    given_: tuple[list[tuple[str, bool, bool]], int],
) -> None:
    """The venue's executions and ours in any overlap, and perhaps cash that nothing explains.

    After a few views either all agree, to the micro, or trading is halted; and it is halted if and
    only if something of ours is not there, or cash came from nowhere.
    """
    rows, stray = given_
    desk = Desk()
    executed = [fill(desk.intent, size, number=n) for n, (size, *_) in enumerate(rows)]
    for event, (_, here, _) in zip(executed, rows, strict=True):
        if here:
            desk.engine.handle(event)
    there = [one.fill for one, (_, _, listed) in zip(executed, rows, strict=True) if listed]
    start = Usd.parse("1000")
    size = sum(one.size.micros for one in there)
    shown: dict[str, Any] = {
        "fills": tuple(there),
        "cash": Usd(start.micros + sum(one.cash.micros for one in there) + stray),
        "positions": ((UP, Shares(size)),) if size else (),
    }
    verdict = Verdict()
    for _ in range(6):
        verdict = desk.look(10, **shown)
        desk.apply(verdict)
        assert not any(isinstance(one, OrderEnded) for one in told(verdict))
        if verdict.unexplained:
            break
    lost = any(here and not listed for _, here, listed in rows)
    assert bool(verdict.unexplained) is (lost or bool(stray))
    if not verdict.unexplained:
        assert verdict.agreed
        assert desk.engine.portfolio.cash == shown["cash"]
        assert all(isinstance(one, OrderFilled) for one in told(verdict))


def test_fees_that_the_venue_rounds_otherwise_are_recorded_and_nothing_more() -> None:
    """One step an execution, of those since cash last agreed."""
    desk = Desk(filled="10")
    ours = desk.engine.portfolio
    cash = ours.cash - Usd(10)
    assert desk.look(cash=cash).waiting == 1
    verdict = desk.look(10, cash=cash)
    assert found(verdict) == [("rounding", "record")]
    desk.apply(verdict)
    assert desk.look(1).agreed
    cash = ours.cash - Usd(10)
    assert causes(desk.look(1, cash=cash).doubted) == ["cash"]


def test_more_than_a_rounding_forbids_trading() -> None:
    desk = Desk(filled="10")
    cash = desk.engine.portfolio.cash - Usd(11)
    assert causes(desk.look(cash=cash).doubted) == ["cash"]
    assert causes(desk.look(1, cash=cash).unexplained) == ["cash"]
