"""What is said of each entry: a constant event, and values with their unit in the key.

Money is decimal text, times after the signal are whole microseconds. docs/logs.md says what each
key means; a test holds the two together.
"""

from dataclasses import dataclass
from typing import Final

from bot.domain.book import Side
from bot.domain.entry import (
    AlertRaised,
    AnomalyCounted,
    CapitalDeposited,
    ChainStepTaken,
    DriftFound,
    Entry,
    FillProved,
    FillRecorded,
    FillReversed,
    FlattenBegun,
    IntentDenied,
    IntentRecorded,
    LimitBroken,
    LossesAccepted,
    MarketListed,
    MarketSettled,
    OrderChanged,
    PositionSettled,
    Severity,
    TradingState,
    TradingStateSet,
)
from bot.domain.fill import Fill
from bot.domain.money import MICROS, format_micros
from bot.domain.order import Intent, OrderHash

Fields = dict[str, object]
LEVELS: Final = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "error",
}


def level_of(entry: Entry) -> str:
    """Return how loud an entry is: error is for what a person must act on."""
    match entry:
        case TradingStateSet(state=TradingState.HALTED) | LimitBroken(state=TradingState.HALTED):
            return "error"
        case TradingStateSet(state=TradingState.REDUCE_ONLY) | LimitBroken():
            return "warning"
        case AnomalyCounted() | DriftFound() | FillReversed():
            return "warning"
        case AlertRaised(severity=severity):
            return LEVELS[severity]
        case _:
            return "info"


def describe(entry: Entry) -> tuple[str, Fields] | None:
    """Return event name and fields of an entry, None where there is nothing to say."""
    match entry:
        case IntentRecorded():
            return "order.intended", _intent(entry)
        case IntentDenied():
            return "order.denied", {
                "intent_id": entry.intent_id,
                "market_id": entry.market_id,
                "strategy": entry.strategy,
                "limit": entry.limit,
                "value": entry.value,
                "bound": entry.bound,
                "count": entry.count,
            }
        case OrderChanged():
            return f"order.{entry.state.value}", {
                "order_hash": entry.order_hash,
                "intent_id": entry.intent_id,
                "filled_shares": str(entry.filled),
                "market_id": entry.market_id,
                "reason": entry.reason,
            }
        case FillRecorded():
            return "order.fill", _fill(entry)
        case PositionSettled():
            return "position.settled", {
                "market_id": entry.position.market_id,
                "outcome": entry.position.outcome.value,
                "winner": entry.winner.value,
                "size_shares": str(entry.size),
                "cost_usd": str(entry.cost),
                "payout_usd": str(entry.payout),
                "profit_usd": str(entry.profit),
                "cash_usd": str(entry.cash),
            }
        case _:
            return _other(entry)


def _other(entry: Entry) -> tuple[str, Fields] | None:  # noqa: PLR0911 - one return an entry
    match entry:
        case FillReversed(fill=fill):
            return "order.fill_reversed", {
                "order_hash": fill.order_hash,
                "fill_id": fill.fill_id,
                "intent_id": entry.intent_id,
                "strategy": entry.strategy,
                "market_id": fill.market_id,
                "outcome": fill.outcome.value,
                "side": fill.side.value,
                "price_usd": str(fill.price),
                "size_shares": str(fill.size),
                "fee_usd": str(fill.fee),
                "filled_shares": str(entry.filled),
                "reason": entry.reason,
                "cash_usd": str(entry.cash),
                "equity_usd": str(entry.equity),
            }
        case FillProved():
            return "order.fill_confirmed", {
                "order_hash": entry.order_hash,
                "fill_id": entry.fill_id,
                "market_id": entry.market_id,
            }
        case MarketListed():
            slug = entry.market.slug
            return "market.listed", {"market_id": entry.market.market_id, "slug": slug}
        case MarketSettled():
            return "market.settled", {"market_id": entry.market_id, "winner": entry.winner.value}
        case TradingStateSet():
            return "trading.state", {"state": entry.state.value, "cause": entry.cause}
        case AnomalyCounted():
            return "anomaly", {"kind": entry.kind, "detail": entry.detail, "count": entry.count}
        case DriftFound():
            return "drift.found", {
                "cause": entry.cause,
                "subject": entry.subject,
                "ours": entry.ours,
                "theirs": entry.theirs,
                "action": entry.action,
            }
        case _:
            return _of_limits(entry)


def _of_limits(entry: Entry) -> tuple[str, Fields] | None:
    match entry:
        case LimitBroken(breach=breach):
            return "limit.broken", {
                "limit": breach.limit,
                "subject": breach.subject,
                "value": breach.value,
                "bound": breach.bound,
                "state": entry.state.value,
            }
        case LossesAccepted():
            return "losses.accepted", {
                "acceptance": entry.acceptance,
                "who": entry.who,
                "reason": entry.reason,
            }
        case FlattenBegun():
            return "flatten.begun", {
                "market_id": entry.market_id,
                "floors_usd": {outcome.value: str(price) for outcome, price in entry.floors},
                "who": entry.who,
                "reason": entry.reason,
            }
        case _:
            return _of_account(entry)


def _of_account(entry: Entry) -> tuple[str, Fields] | None:
    match entry:
        case ChainStepTaken(step=step):
            return "chain.step", {
                "action": step.action,
                "kind": step.kind,
                "phase": step.phase.value,
                "subjects": list(step.subjects),
                "nonce": step.nonce,
                "reference": step.reference,
                "detail": step.detail,
            }
        case CapitalDeposited():
            return "capital.deposited", {
                "amount_usd": str(entry.amount),
                "cash_usd": str(entry.cash),
            }
        case AlertRaised():
            return "alert.raised", {
                "kind": entry.kind,
                "severity": entry.severity.value,
                "title": entry.title,
                "detail": entry.detail,
                "runbook": entry.runbook,
            }
        case _:
            return None


def _intent(entry: IntentRecorded) -> Fields:
    intent, terms = entry.intent, entry.intent.terms
    return {
        **orders_line(entry.order_hash, intent),
        "strategy_hash": intent.strategy_hash,
        "components": dict(intent.components),
        "closing": intent.closing,
        "order_type": terms.time_in_force.value,
        "price_usd": str(terms.price),
        f"quantity_{terms.quantity.unit.value}": format_micros(terms.quantity.micros),
        "expected_price_usd": str(intent.signal.expected_price),
        "expected_fee_usd": str(intent.signal.expected_fee),
        **_seen(intent),
        "size_vs_depth": _ratio(terms.size.micros, intent.signal.depth.micros),
        "reason": intent.signal.reason,
    }


def orders_line(order_hash: OrderHash, intent: Intent) -> Fields:
    """Return which order a line is about."""
    terms = intent.terms
    return {
        "order_hash": order_hash,
        "intent_id": intent.intent_id,
        "strategy": intent.strategy,
        "market_id": terms.market_id,
        "outcome": terms.outcome.value,
        "side": terms.side.value,
    }


def _seen(intent: Intent) -> Fields:
    """Return what the strategy saw at its signal."""
    signal = intent.signal
    return {
        "probability": format_micros(signal.probability_micros),
        "bid_usd": format_micros(signal.bid_micros),
        "ask_usd": format_micros(signal.ask_micros),
        "spread_usd": format_micros(signal.ask_micros - signal.bid_micros),
        "depth_shares": str(signal.depth),
        "flags": list(signal.flags),
    }


def _ratio(part: int, whole: int) -> str | None:
    return format_micros(part * MICROS // whole) if whole else None


def _fill(entry: FillRecorded) -> Fields:
    fill = entry.fill
    return {
        "order_hash": fill.order_hash,
        "intent_id": entry.intent_id,
        "fill_id": fill.fill_id,
        "strategy": entry.strategy,
        "strategy_hash": entry.strategy_hash,
        "components": dict(entry.components),
        "market_id": fill.market_id,
        "outcome": fill.outcome.value,
        "side": fill.side.value,
        "price_usd": str(fill.price),
        "size_shares": str(fill.size),
        "fee_usd": str(fill.fee),
        "liquidity": fill.liquidity.value,
        "provisional": fill.provisional,
        "filled_shares": str(entry.filled),
        "cash_usd": str(entry.cash),
        "equity_usd": str(entry.equity),
    }


@dataclass(frozen=True, slots=True)
class Expected:
    """What an order expected, beside one of its fills."""

    intent: Intent
    fill: Fill

    def fields(self) -> Fields:
        """Return expectation and difference; a positive slippage cost us money."""
        intent, fill, signal = self.intent, self.fill, self.intent.signal
        worse = fill.price.micros - signal.expected_price.micros
        if fill.side is Side.SELL:
            worse = -worse
        asked = intent.terms.size
        fee = signal.expected_fee.micros * fill.size.micros // asked.micros if asked.micros else 0
        return {
            "asked_shares": str(asked),
            "expected_price_usd": str(signal.expected_price),
            "slippage_usd": format_micros(worse),
            "expected_fee_usd": format_micros(fee),
            **_seen(intent),
            "size_vs_depth": _ratio(fill.size.micros, signal.depth.micros),
        }
