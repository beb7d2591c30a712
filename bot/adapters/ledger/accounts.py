"""What money does to the tables: fills, settlements and deposits, with day, position and cash.

The part of `projection` that counts. Every row holds the values after the entry, as the entry
says them; nothing here computes a price, a fee or a profit.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from bot.adapters.ledger import statement
from bot.adapters.ledger.codec import Event, compact
from bot.adapters.ledger.statement import Row, Statement
from bot.domain import entry as entries
from bot.domain.fill import Position
from bot.domain.market import MarketId
from bot.domain.money import MICROS

Step = tuple[Statement, Row]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def utc_date(at_us: int) -> str:
    """Return the UTC day of an instant as 2026-11-23."""
    return (EPOCH + timedelta(microseconds=at_us)).date().isoformat()


class Books(NamedTuple):
    """Cash and equity after an entry, and what else the day wants to know of it."""

    cash: int
    equity: int
    fill_id: str = ""
    fee: int = 0
    trades: int = 0
    deposit: int = 0


def _day(event: Event, books: Books, position: Position | None) -> Row:
    pnl = position.realized.micros if position else 0
    flat = position is not None and position.size.micros == 0
    return {
        "date": utc_date(event.at_us),
        "current_balance_micros": books.cash,
        "equity_micros": books.equity,
        "deposit_micros": books.deposit,
        "market_id": position.market_id if position else "",
        "strategy_id": position.strategy if position else "",
        "outcome": position.outcome if position else "",
        "pnl_micros": pnl,
        "cost_micros": position.cost.micros if position else 0,
        "fill_id": books.fill_id,
        "fee_micros": books.fee,
        "trades": books.trades,
        "won": int(flat and pnl > 0),
        "lost": int(flat and pnl < 0),
        "updated_us": event.at_us,
    }


def _cash(event: Event, books: Books, kind: str, change: int, market_id: MarketId | None) -> Step:
    row: Row = {
        "seq": event.seq,
        "at_us": event.at_us,
        "kind": kind,
        "change_micros": change,
        "cash_micros": books.cash,
        "equity_micros": books.equity,
        "market_id": market_id,
    }
    return statement.ADD_CASH, row


def _position(event: Event, position: Position, token: str | None, close_price: int) -> Step:
    size, cost = position.size.micros, position.cost.micros
    row: Row = {
        "strategy_id": position.strategy,
        "market_id": position.market_id,
        "outcome": position.outcome,
        "token_id": token,
        "side": "long",
        "size_micros": size,
        "cost_micros": cost,
        "entry_price_micros": cost * MICROS // size if size else 0,
        "pnl_micros": position.realized.micros,
        "fees_micros": position.fees.micros,
        "status": "open" if size else "closed",
        "opened_us": event.at_us,
        "closed_us": None if size else event.at_us,
        "close_price_micros": None if size else close_price,
        "opened_seq": event.seq,
        "changed_seq": event.seq,
    }
    return statement.SET_POSITION, row


def fill(event: Event, entry: entries.FillRecorded) -> Iterator[Step]:
    """Return what an execution does to its day, order, position and cash."""
    executed = entry.fill
    books = Books(entry.cash.micros, entry.equity.micros, executed.fill_id, executed.fee.micros, 1)
    row: Row = {
        "seq": event.seq,
        "fill_id": executed.fill_id,
        "order_hash": executed.order_hash,
        "intent_id": entry.intent_id,
        "strategy_id": entry.strategy,
        "strategy_hash": entry.strategy_hash,
        "components": compact(entry.components),
        "market_id": executed.market_id,
        "token_id": executed.token,
        "outcome": executed.outcome,
        "side": executed.side,
        "price_micros": executed.price.micros,
        "size_micros": executed.size.micros,
        "notional_micros": executed.notional.micros,
        "fee_micros": executed.fee.micros,
        "liquidity": executed.liquidity,
        "filled_us": executed.filled_us,
        "status": "provisional" if executed.provisional else "confirmed",
        "filled_size_micros": entry.filled.micros,
    }
    day = _day(event, books, entry.position)
    yield statement.ADD_TO_DAY, day
    yield statement.DRAW_DOWN, day
    yield statement.FILL_ORDER, row
    yield statement.ADD_FILL, row
    yield _position(event, entry.position, executed.token, executed.price.micros)
    yield _cash(event, books, "fill", executed.cash.micros, executed.market_id)


def proof(event: Event, entry: entries.FillProved) -> Iterator[Step]:
    """Return what the confirmation of an execution does to its row."""
    yield statement.MARK_FILL, {"fill_id": entry.fill_id, "status": "confirmed", "seq": event.seq}


def reversal(event: Event, entry: entries.FillReversed) -> Iterator[Step]:
    """Return what a failed execution takes back from its day, order, position and cash."""
    gone = entry.fill
    books = Books(entry.cash.micros, entry.equity.micros, gone.fill_id, -gone.fee.micros, -1)
    row: Row = {
        "seq": event.seq,
        "fill_id": gone.fill_id,
        "order_hash": gone.order_hash,
        "notional_micros": gone.notional.micros,
        "fee_micros": gone.fee.micros,
        "filled_size_micros": entry.filled.micros,
        "status": "voided",
    }
    day = _day(event, books, entry.position) | {"won": 0, "lost": 0}
    yield statement.TAKE_FROM_DAY, day
    yield statement.DRAW_DOWN, day
    yield statement.TAKE_FROM_ORDER, row
    yield statement.MARK_FILL, row
    yield _position(event, entry.position, gone.token, gone.price.micros)
    yield _cash(event, books, "reversal", -gone.cash.micros, gone.market_id)


def settlement(event: Event, entry: entries.PositionSettled) -> Iterator[Step]:
    """Return what a payout does to its day, position and cash."""
    position = entry.position
    books = Books(entry.cash.micros, entry.equity.micros)
    paid = MICROS if entry.winner is position.outcome else 0
    day = _day(event, books, position)
    yield statement.ADD_TO_DAY, day
    yield statement.DRAW_DOWN, day
    yield (
        statement.ADD_SETTLEMENT,
        {
            "seq": event.seq,
            "market_id": position.market_id,
            "strategy_id": position.strategy,
            "outcome": position.outcome,
            "winner": entry.winner,
            "size_micros": entry.size.micros,
            "cost_micros": entry.cost.micros,
            "payout_micros": entry.payout.micros,
            "profit_micros": entry.profit.micros,
            "settled_us": event.at_us,
        },
    )
    yield _position(event, position, None, paid)
    yield _cash(event, books, "settlement", entry.payout.micros, position.market_id)


def deposit(event: Event, entry: entries.CapitalDeposited) -> Iterator[Step]:
    """Return what money from outside does; equity grows by as much and so does its peak."""
    books = Books(entry.cash.micros, 0, deposit=entry.amount.micros)
    _, row = _cash(event, books, "deposit", entry.amount.micros, None)
    yield statement.DEPOSIT_TO_DAY, _day(event, books, None)
    yield statement.DRAW_DOWN, _day(event, books, None)
    yield statement.DEPOSIT, {**row, "deposit_micros": books.deposit}


def mark(event: Event, entry: entries.EquityMarked) -> Iterator[Step]:
    """Return the row of what the loss limits are measured by; it moves no money."""
    yield (
        statement.ADD_MARK,
        {
            "seq": event.seq,
            "at_us": event.at_us,
            "cause": entry.cause,
            "equity_micros": entry.equity.micros,
            "peak_micros": entry.peak.micros,
            "day": entry.day,
            "day_start_micros": entry.day_start.micros,
            "losses_in_a_row": entry.losses_in_a_row,
            "results": compact(entry.results),
            "broken": compact(entry.broken),
            "marks": compact(entry.marks),
        },
    )


def chain_step(event: Event, entry: entries.ChainStepTaken) -> Iterator[Step]:
    """Return what a step of a transaction does: to its action alone, no cash of the books moves."""
    step = entry.step
    yield (
        statement.SET_CHAIN,
        {
            "action": step.action,
            "kind": step.kind,
            "phase": step.phase,
            "subjects": compact(step.subjects),
            "nonce": step.nonce,
            "reference": step.reference,
            "detail": step.detail,
            "planned_seq": event.seq,
            "planned_us": event.at_us,
            "changed_seq": event.seq,
            "changed_us": event.at_us,
        },
    )
