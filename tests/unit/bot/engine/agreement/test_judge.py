"""A view is judged with patience: what has a cause is repaired, the rest must repeat itself."""

from typing import Any

import pytest

from bot.domain.event import (
    OrderAnswered,
)
from bot.domain.money import Shares
from bot.domain.order import OrderState, Unknown
from bot.engine.agreement.look import (
    Follow,
    Release,
    Remove,
    Tell,
    Verdict,
)
from bot.ports import OpenOrder
from tests.unit.bot.engine.agreement.desk import MARKET, UP, Desk, deeds, found
from tests.unit.bot.given import END, fill


def test_agreement_finds_nothing() -> None:
    desk = Desk(filled="10")
    verdict = desk.look()
    assert verdict == Verdict()
    assert verdict.agreed


def test_an_order_without_an_answer_is_in_doubt_at_a_start_and_never_sent() -> None:
    desk = Desk(OrderState.IN_FLIGHT)
    verdict = desk.look(start=True, answers=(), open_orders=())
    assert found(verdict) == [("never_answered", "doubt")]
    answered, follow = deeds(verdict)
    assert isinstance(answered, Tell)
    assert isinstance(answered.event, OrderAnswered)
    assert isinstance(answered.event.answer, Unknown)
    assert isinstance(follow, Follow)
    desk.apply(verdict)
    assert desk.order.state is OrderState.UNKNOWN


def test_an_order_that_the_venue_shows_was_taken() -> None:
    desk = Desk(OrderState.IN_FLIGHT)
    resting = (OpenOrder(desk.hash, MARKET, UP, Shares(0)),)
    verdict = desk.look(start=True, open_orders=resting)
    assert ("answer_lost", "adopt") in found(verdict)
    desk.apply(verdict)
    assert desk.order.state is OrderState.OPEN


def test_while_trading_an_answer_may_still_come() -> None:
    desk = Desk(OrderState.IN_FLIGHT)
    assert desk.look(answers=()) == Verdict()
    assert desk.look(59).waiting == 1
    assert found(desk.look(1, answers=())) == [("never_answered", "doubt")]


def test_an_order_in_doubt_that_is_found_is_open() -> None:
    desk = Desk(OrderState.UNKNOWN)
    verdict = desk.look()
    assert found(verdict) == [("answer_lost", "adopt")]
    desk.apply(verdict)
    assert desk.order.state is OrderState.OPEN


def test_an_order_in_doubt_expires_only_absent_and_with_its_window_over() -> None:
    desk = Desk(OrderState.UNKNOWN)
    assert desk.look(answers=()).findings == ()
    assert desk.look(600, answers=()).findings == ()
    desk.now_us = END
    verdict = desk.look(1, answers=())
    assert found(verdict) == [("never_taken", "expire")]
    assert deeds(verdict)[1] == Release(desk.hash)
    desk.apply(verdict)
    assert desk.order.state is OrderState.EXPIRED


def test_a_window_that_is_over_is_not_enough() -> None:
    desk = Desk(OrderState.UNKNOWN)
    desk.now_us = END
    assert desk.look(answers=()).findings == ()
    assert desk.look(59, answers=()).findings == ()
    assert found(desk.look(1, answers=())) == [("never_taken", "expire")]


def test_absence_counts_from_the_last_time_it_was_there() -> None:
    desk = Desk(OrderState.UNKNOWN)
    desk.now_us = END
    desk.look(answers=())
    assert found(desk.look(30)) == [("answer_lost", "adopt")]
    assert desk.look(40, answers=()).findings == ()


def test_an_expired_order_that_executes_after_all_is_still_ours() -> None:
    """Its hash is watched until the market is settled."""
    desk = Desk(OrderState.EXPIRED)
    executed = fill(desk.intent, "10").fill
    shown: dict[str, Any] = {
        "fills": (executed,),
        "cash": desk.engine.portfolio.cash + executed.cash,
        "positions": ((UP, executed.size),),
    }
    assert desk.look(**shown).waiting == 1
    verdict = desk.look(10, **shown)
    assert found(verdict) == [("fill_not_recorded", "adopt")]
    desk.apply(verdict)
    assert executed.fill_id in desk.engine.portfolio.fills


def test_an_order_that_vanished_is_followed_again_once_in_a_while() -> None:
    desk = Desk()
    assert desk.look(open_orders=()).waiting == 1
    assert found(desk.look(20, open_orders=())) == [("end_not_recorded", "follow")]
    assert desk.look(1, open_orders=()).findings == ()
    assert found(desk.look(20, open_orders=())) == [("end_not_recorded", "follow")]


def test_at_a_start_a_vanished_order_is_followed_once() -> None:
    desk = Desk()
    assert found(desk.look(start=True, open_orders=())) == [("end_not_recorded", "follow")]
    assert desk.look(start=True, open_orders=()).findings == ()


def test_what_rests_from_before_is_cancelled_at_a_start() -> None:
    desk = Desk()
    verdict = desk.look(start=True)
    assert deeds(verdict) == [Remove(desk.hash)]
    assert found(verdict) == [("resting", "cancel")]


@pytest.mark.parametrize(
    ("state", "now_us", "cause"),
    [(OrderState.OPEN, END, "resting"), (OrderState.CANCELLED, 0, "open_after_end")],
)
def test_what_should_not_rest_any_more_is_cancelled(
    state: OrderState, now_us: int, cause: str
) -> None:
    desk = Desk(state)
    desk.now_us = now_us or desk.now_us
    resting = (OpenOrder(desk.hash, MARKET, UP, Shares(0)),)
    assert desk.look(open_orders=resting).waiting == 1
    assert found(desk.look(10, open_orders=resting)) == [(cause, "cancel")]
