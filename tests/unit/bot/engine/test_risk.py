"""Risk lets nothing through that breaks a limit, and names the limit, the value and the bound."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.book import Book, Side
from bot.domain.entry import TradingState
from bot.domain.fill import Position
from bot.domain.market import Outcome
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import (
    ApprovedOrder,
    Denied,
    Intent,
    IntentId,
    OrderHash,
    OrderState,
    Quantity,
    Signal,
    StrategyId,
    Terms,
    TimeInForce,
)
from bot.engine.accounting import Portfolio, WorkingOrder
from bot.engine.risk import ALWAYS, CLOSING, OPENING, Situation, review
from bot.engine.strategy.limit import Limits
from tests.unit.bot.given import END, SECOND, levels, market

NOW = END - 100 * SECOND
NAMES = [name for name, _ in OPENING]


def intent(price: str = "0.70", amount: str = "10", **changes: Any) -> Intent:
    one = market()
    base = Intent(
        IntentId("i1"), StrategyId("s"), "hash", (), NOW, False,  # noqa: FBT003 - a field
        Terms(
            one.market_id, one.up, Outcome.UP, Side.BUY, TimeInForce.FAK,
            Price.parse(price), Quantity.of(Usd.parse(amount)),
        ),
        Signal("given", 700_000, 690_000, 700_000, Shares(0), Price.parse("0.7"), Usd(0)),
    )  # fmt: skip
    return replace(base, **changes)


def sale(size: str = "10", price: str = "0.69") -> Intent:
    one = market()
    terms = Terms(
        one.market_id, one.up, Outcome.UP, Side.SELL, TimeInForce.FAK,
        Price.parse(price), Quantity.of(Shares.parse(size)),
    )  # fmt: skip
    return intent(terms=terms, closing=True)


def situation(**changes: Any) -> Situation:
    book = Book(Price.parse("0.01"))
    book.snapshot(levels(("0.69", "100")), levels(("0.70", "100")), NOW)
    one = market()
    portfolio = Portfolio(Usd.parse("1000"), TradingState.ACTIVE, {one.market_id: one})
    return replace(Situation(one, book, portfolio, NOW, 0), **changes)


def holding(
    size: str = "10", outcome: Outcome = Outcome.UP, state: OrderState | None = None
) -> Portfolio:
    """Return a portfolio with a position and, if asked for, an order in a state."""
    one = market()
    portfolio = situation().portfolio
    held = Position(StrategyId("s"), one.market_id, outcome, Shares.parse(size), Usd.parse("7"))
    portfolio.positions[held.strategy, held.market_id, outcome] = held
    if state is not None:
        order = WorkingOrder(intent(intent_id=IntentId("i0")), OrderHash("h0"), "{}", state)
        portfolio.orders[IntentId("i0")] = order
    return portfolio


def limits(**changes: Any) -> Limits:
    return replace(Limits(), **changes)


def refused(asked: Intent, at: Situation, within: Limits | None = None) -> str:
    verdict = review(asked, at, within or limits())
    return verdict.limit if isinstance(verdict, Denied) else "approved"


def test_an_ordinary_intent_is_approved() -> None:
    assert review(intent(), situation(), limits()) == ApprovedOrder(intent())


def crossed() -> Book:
    book = Book(Price.parse("0.01"))
    book.snapshot(levels(("0.71", "1")), levels(("0.70", "1")), NOW)
    return book


HELD = {"portfolio": holding()}
OPEN_ORDER = {"portfolio": holding(state=OrderState.OPEN)}
LITTLE = Usd.parse("17.1")


@pytest.mark.parametrize(
    ("asked", "at", "within", "limit"),
    [
        (intent(), {"portfolio": Portfolio()}, {}, "trading_state"),
        (intent(), {"market": market(accepting_orders=False)}, {}, "market_open"),
        (intent(), {"portfolio": holding(state=OrderState.UNKNOWN)}, {}, "order_unknown"),
        (intent(), {"book": Book(Price.parse("0.01"))}, {}, "book_whole"),
        (intent(), {"book": crossed()}, {}, "book_whole"),
        (intent(), {"doubted": True}, {}, "book_whole"),
        (intent(), {"at_us": NOW + 11 * SECOND}, {}, "book_age_s_max"),
        (intent(), {}, {"end_s_min": 101}, "end_s_min"),
        (intent("0.705"), {}, {}, "tick"),
        (intent(amount="3.49"), {}, {}, "order_size_min"),
        (intent("0.05", "0.99"), {}, {"price_band": Price.parse("0.9")}, "order_size_min"),
        (intent(), {}, {"order_size_max": Shares.parse("14.28")}, "order_size_max"),
        (intent(), {}, {"order_notional_max_usd": Usd.parse("9.99")}, "order_notional_max_usd"),
        (intent("0.76"), {}, {}, "price_band"),
        (intent(), OPEN_ORDER, {"open_orders_max": 1}, "open_orders_max"),
        (intent(), {"recent_orders": 5}, {"orders_per_minute_max": 5}, "orders_per_minute_max"),
        (intent(), {"portfolio": holding(outcome=Outcome.DOWN)}, {}, "one_position"),
        (intent(), {}, {"spread_max": Price.parse("0.0099")}, "spread_max"),
        (intent(), HELD, {"exposure_market_max_usd": LITTLE}, "exposure_market_max_usd"),
        (intent(), HELD, {"exposure_total_max_usd": LITTLE}, "exposure_total_max_usd"),
        (intent(), {"portfolio": replace(situation().portfolio, cash=Usd.parse("10"))}, {}, "cash"),
        (sale("10.01"), {"portfolio": holding()}, {}, "position_held"),
        (sale(), {"portfolio": replace(holding(), state=TradingState.HALTED)}, {}, "trading_state"),
        (sale(price="0.6"), {"portfolio": holding()}, {}, "price_band"),
    ],
)  # fmt: skip
def test_each_limit_refuses_by_its_name(
    asked: Intent, at: dict[str, Any], within: dict[str, Any], limit: str
) -> None:
    assert refused(asked, situation(**at), limits(**within)) == limit


def test_a_marketable_order_is_at_least_one_dollar() -> None:
    """Twenty shares at 4 cents are enough shares and too little money."""
    book = Book(Price.parse("0.01"))
    book.snapshot(levels(("0.03", "100")), levels(("0.04", "100")), NOW)
    verdict = review(intent("0.04", "0.8"), situation(book=book), limits())
    assert isinstance(verdict, Denied)
    assert (verdict.limit, verdict.value, verdict.bound) == (
        "order_size_min",
        "0.80 USD",
        "1.00 USD",
    )


def test_a_sale_is_approved_when_only_closing_is_allowed() -> None:
    portfolio = replace(holding(), state=TradingState.REDUCE_ONLY)
    assert refused(sale(), situation(portfolio=portfolio)) == "approved"
    assert refused(intent(), situation(portfolio=portfolio)) == "trading_state"


def test_another_clip_of_the_same_outcome_is_one_position() -> None:
    assert refused(intent(), situation(portfolio=holding(state=OrderState.OPEN))) == "approved"


def test_every_limit_of_the_file_has_a_check() -> None:
    """A limit that nothing checks would be a promise nobody keeps."""
    fields = set(Limits.__dataclass_fields__)
    halting = {"drawdown_max_usd", "day_loss_max_usd", "equity_min_usd", "losses_in_a_row_max"}
    assert fields - halting <= set(NAMES), "what halts is checked by bot.engine.guard"
    assert len(NAMES) == len(set(NAMES))
    assert {name for name, _ in ALWAYS} < {name for name, _ in CLOSING}


@given(
    cents=st.integers(1, 99),
    amount=st.integers(1, 40_000),
    held=st.integers(0, 5_000),
    exposure=st.integers(1, 30_000),
)
def test_whatever_is_approved_stays_inside_the_exposure(
    cents: int, amount: int, held: int, exposure: int
) -> None:
    """Position at cost plus the most the order can pay, fee included, never exceeds the limit."""
    portfolio = holding(size=f"{held / 100:.2f}")
    within = limits(
        exposure_market_max_usd=Usd(exposure * 10_000), price_band=Price.parse("0.99"),
        order_notional_max_usd=Usd.parse("1000"), order_size_max=Shares.parse("100000"),
    )  # fmt: skip
    asked = intent(f"0.{cents:02d}", f"{amount / 100:.2f}")
    at = situation(portfolio=portfolio)
    verdict = review(asked, at, within)
    if isinstance(verdict, ApprovedOrder):
        portfolio.orders[asked.intent_id] = WorkingOrder(asked)
        assert portfolio.exposure(asked.terms.market_id) <= within.exposure_market_max_usd
