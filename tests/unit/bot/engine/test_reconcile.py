"""Every difference between ledger and venue has a cause and an action, or forbids trading."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fill import Fill, FillId
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Shares, Usd
from bot.domain.order import Accepted, OrderHash, OrderState
from bot.engine.accounting import Portfolio
from bot.engine.engine import Engine
from bot.engine.reconcile import CAUSES, UNEXPLAINED, Plan, compare, reconcile
from bot.ports import OpenOrder, VenueView
from tests.unit.bot.given import SECOND, buy, engine, fill

LIFE = 5 * SECOND


def bought() -> tuple[Engine, OrderHash, Fill]:
    """Return an engine with one order in flight, its hash, and a fill of it."""
    made = engine()
    intent = buy(made)
    return made, OrderHash(f"hash-{intent.intent_id}"), fill(intent, "10").fill


def view(made: Engine, **changes: object) -> VenueView:
    answers = tuple((one, Accepted("delayed")) for one in made.portfolio.by_hash)
    base = VenueView(0, (), (), made.portfolio.cash, (), answers)
    return replace(base, **changes)  # type: ignore[arg-type]


def plan(made: Engine, seen: VenueView, age_us: int = SECOND) -> Plan:
    made_us = next(iter(made.portfolio.orders.values())).intent.made_us
    known = frozenset(made.portfolio.fills)
    return reconcile(made.portfolio, seen, known, at_us=made_us + age_us, live_us=LIFE)


def causes(found: Plan) -> list[tuple[str, str]]:
    return [(drift.cause, drift.action) for drift in found.drifts]


def resting(order_hash: OrderHash) -> OpenOrder:
    return OpenOrder(order_hash, MarketId("0xm1"), TokenId("up1"), Shares(0))


def test_agreement_is_an_empty_plan() -> None:
    made, order_hash, _ = bought()
    made.portfolio.by_hash[order_hash].state = OrderState.OPEN
    assert plan(made, view(made, open_orders=(resting(order_hash),))) == Plan((), (), (), ())


def test_an_order_never_seen_is_sent_again_while_it_is_young() -> None:
    made, order_hash, _ = bought()
    never = view(made, answers=())
    young = plan(made, never, LIFE)
    assert [one.order_hash for one in young.resend] == [order_hash]
    assert causes(young) == [("never_sent", "send again")]
    old = plan(made, never, LIFE + 1)
    assert (old.resend, [one.order_hash for one in old.expire]) == ((), [order_hash])
    assert causes(old) == [("never_sent", "expire")]


def test_a_lost_answer_is_adopted() -> None:
    made, order_hash, _ = bought()
    found = plan(made, view(made, open_orders=(resting(order_hash),)))
    assert causes(found) == [("answer_lost", "adopt")]
    assert [(order.order_hash, answer) for order, answer in found.answers] == [
        (order_hash, Accepted("delayed"))
    ]


def test_a_fill_and_an_end_that_were_not_recorded_are_adopted() -> None:
    made, _, filled = bought()
    after = view(made, fills=(filled,), cash=made.portfolio.cash + filled.cash)
    held = replace(after, positions=((TokenId("up1"), filled.size),))
    assert causes(plan(made, held)) == [
        ("answer_lost", "adopt"),
        ("end_not_recorded", "adopt"),
        ("fill_not_recorded", "adopt"),
    ]


@pytest.mark.parametrize("payout", ["10", "0"])
def test_a_settlement_that_was_not_recorded_explains_cash(payout: str) -> None:
    made, _, filled = bought()
    cash = made.portfolio.cash + filled.cash + Usd.parse(payout)
    found = plan(made, view(made, fills=(filled,), cash=cash))
    assert ("settlement_not_recorded", "adopt") in causes(found)
    assert found.unexplained == ()


def test_recorded_positions_can_be_settled_at_the_venue_as_well() -> None:
    made, order_hash, filled = bought()
    made.handle(fill(made.portfolio.by_hash[order_hash].intent, "10"))
    made.portfolio.by_hash[order_hash].state = OrderState.CANCELLED
    found = plan(made, view(made, cash=made.portfolio.cash + Usd.parse("10")))
    assert causes(found) == [("settlement_not_recorded", "adopt")]
    assert plan(made, view(made, positions=((filled.token, filled.size),))).drifts == ()


def test_what_nothing_of_ours_made_forbids_trading() -> None:
    made, order_hash, filled = bought()
    stranger = replace(filled, fill_id=FillId("x"), order_hash=OrderHash("stranger"))
    found = plan(
        made,
        view(
            made,
            open_orders=(resting(order_hash), resting(OrderHash("stranger"))),
            fills=(stranger,),
        ),
    )
    assert {drift.cause for drift in found.unexplained} == {
        "external_order",
        "external_fill",
        "cash",
    }


def test_more_missing_payouts_than_can_be_searched_are_not_guessed() -> None:
    made, _, filled = bought()
    many = tuple(
        replace(filled, fill_id=FillId(str(n)), token=TokenId(str(n)), notional=Usd(0), fee=Usd(0))
        for n in range(13)
    )
    cash = made.portfolio.cash + Usd(12)
    found = plan(made, view(made, fills=many, cash=cash))
    assert "cash" in {drift.cause for drift in found.unexplained}


@given(st.integers(-(10**9), 10**9).filter(bool))
def test_any_cash_gap_without_a_reason_forbids_trading(gap: int) -> None:
    made, order_hash, _ = bought()
    found = plan(
        made, view(made, cash=made.portfolio.cash + Usd(gap), open_orders=(resting(order_hash),))
    )
    assert [drift.cause for drift in found.unexplained] == ["cash"]


def test_memory_that_equals_the_ledger_has_no_difference() -> None:
    made, *_ = bought()
    assert compare(made.portfolio, made.portfolio) == ()


def test_memory_that_differs_from_the_ledger_is_named() -> None:
    made, order_hash, _ = bought()
    other = Portfolio(cash=Usd.parse("1"))
    made.handle(fill(made.portfolio.by_hash[order_hash].intent, "10"))
    subjects = [drift.subject for drift in compare(made.portfolio, other)]
    assert subjects == ["cash", f"order {order_hash}", "position given/0xm1/up", "market 0xm1"]


def test_every_cause_is_documented() -> None:
    assert set(CAUSES) > UNEXPLAINED
    assert all(CAUSES.values())
    assert Outcome.UP.other is Outcome.DOWN
