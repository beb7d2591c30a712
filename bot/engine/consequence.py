"""What an answer, a fill, an end or a resolution means for the books: the entry to record, if any.

Pure functions of the portfolio as it is. The same thing told twice has no consequence the second
time, because a venue may tell it twice.
"""

from collections.abc import Callable
from typing import assert_never

from bot.domain.entry import (
    CapitalDeposited,
    Entry,
    FillProved,
    FillRecorded,
    FillReversed,
    OrderChanged,
    PositionSettled,
    TradingState,
    TradingStateSet,
)
from bot.domain.event import (
    CapitalMoved,
    FillConfirmed,
    FillVoided,
    OrderAnswered,
    OrderEnded,
    OrderFilled,
    VenueEvent,
)
from bot.domain.fill import Position
from bot.domain.market import Outcome
from bot.domain.money import Usd
from bot.domain.order import Accepted, OrderState, Rejected, Unknown
from bot.engine.accounting import Portfolio, WorkingOrder

Valued = Callable[[Portfolio], Usd]
"""Says what a portfolio is worth at the marks of now."""


def of_venue(portfolio: Portfolio, event: VenueEvent, valued: Valued) -> Entry | None:
    """Return what follows from what the venue said of an order of ours, if anything."""
    match event:
        case OrderAnswered():
            return of_answer(portfolio, event)
        case OrderFilled():
            return of_fill(portfolio, event, valued)
        case FillConfirmed():
            return of_proof(portfolio, event)
        case FillVoided():
            return of_failure(portfolio, event, valued)
        case OrderEnded():
            return of_end(portfolio, event)
        case _ as never:
            assert_never(never)


def of_answer(portfolio: Portfolio, event: OrderAnswered) -> OrderChanged | None:
    """Return the order's new state; nothing for an order that is answered already or not ours.

    An order in doubt is answered by a proof that it was taken, and by nothing else.
    """
    order = portfolio.orders.get(event.intent_id)
    doubted = order is not None and order.state is OrderState.UNKNOWN
    if order is None or not (doubted or order.state is OrderState.IN_FLIGHT):
        return None
    if doubted and not isinstance(event.answer, Accepted):
        return None
    match event.answer:
        case Accepted(status):
            return _changed(order, OrderState.OPEN, status)
        case Rejected(reason):
            return _changed(order, OrderState.REJECTED, reason)
        case Unknown(reason):
            return _changed(order, OrderState.UNKNOWN, reason)
        case _ as never:
            assert_never(never)


def of_fill(portfolio: Portfolio, event: OrderFilled, valued: Valued) -> FillRecorded | None:
    """Return the fill with all that it changes; nothing if it is known or not ours."""
    fill = event.fill
    order = portfolio.by_hash.get(fill.order_hash)
    if order is None or fill.fill_id in portfolio.fills:
        return None
    position, cash, filled = portfolio.after_fill(fill, order)
    equity = valued(portfolio.with_position(position, cash))
    intent = order.intent
    return FillRecorded(
        fill, intent.intent_id, intent.strategy, intent.strategy_hash, intent.components,
        filled, position, cash, equity,
    )  # fmt: skip


def of_proof(portfolio: Portfolio, event: FillConfirmed) -> FillProved | None:
    """Return that a fill is final; nothing if it is already, or was never recorded."""
    executed = portfolio.fills.get(event.fill_id)
    if executed is None or not executed.provisional:
        return None
    return FillProved(event.fill_id, executed.fill.order_hash, executed.fill.market_id)


def of_failure(
    portfolio: Portfolio, event: FillVoided, valued: Valued
) -> FillReversed | TradingStateSet | None:
    """Return the books without a fill that failed; nothing if it is not there.

    Shares of it that were sold since cannot be taken back by us: that halts, and a person looks.
    """
    executed = portfolio.fills.get(event.fill_id)
    if executed is None:
        return None
    fill = executed.fill
    order = portfolio.by_hash[fill.order_hash]
    try:
        position, cash, filled = portfolio.without_fill(fill, order)
    except ValueError:
        return TradingStateSet(TradingState.HALTED, f"fill {fill.fill_id} failed after a sale")
    equity = valued(portfolio.with_position(position, cash))
    intent = order.intent
    return FillReversed(
        fill, intent.intent_id, intent.strategy, event.reason, filled, position, cash, equity
    )


def of_end(portfolio: Portfolio, event: OrderEnded) -> OrderChanged | None:
    """Return the order's final state; nothing if it is final already or not ours."""
    order = portfolio.by_hash.get(event.order_hash)
    if order is None or order.state.final:
        return None
    return _changed(order, event.state, event.reason)


def of_resolution(
    portfolio: Portfolio, position: Position, winner: Outcome, valued: Valued
) -> PositionSettled:
    """Return the payout of a position: 1 USD a share of the winner, nothing of the other."""
    flat, payout = position.settled(winner)
    cash = portfolio.cash + payout
    equity = valued(portfolio.with_position(flat, cash))
    profit = payout - position.cost
    return PositionSettled(flat, winner, position.size, position.cost, payout, profit, cash, equity)


def of_capital(portfolio: Portfolio, event: CapitalMoved) -> CapitalDeposited:
    """Return cash after money was put in or taken out."""
    cash = event.amount if event.afresh else portfolio.cash + event.amount
    return CapitalDeposited(event.amount, cash, event.reason, event.announcement)


def _changed(order: WorkingOrder, state: OrderState, reason: str) -> OrderChanged:
    intent = order.intent
    return OrderChanged(
        order.order_hash, intent.intent_id, intent.terms.market_id, state, reason, order.filled
    )
