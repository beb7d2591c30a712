"""What the shell says: one JSON object a line, each once, at the place where it happened.

Everything is said after it is durable. Money is decimal text with its unit in the key. `message`
repeats `event`, because Railway's text filter looks at `message` only.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from bot.domain.entry import (
    AnomalyCounted,
    DriftFound,
    Entry,
    FillRecorded,
    FillReversed,
    IntentDenied,
    IntentRecorded,
    MarketListed,
    MarketSettled,
    OrderChanged,
    PositionSettled,
    Stamp,
    TradingStateSet,
)
from bot.domain.money import MICROS, format_micros

Fields = dict[str, str | int]


def configure() -> None:
    """Write JSON lines to stdout, flushed at once."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _message,
            structlog.processors.JSONRenderer(separators=(",", ":")),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _message(_: object, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {"event": fields["event"], "message": fields["event"], **fields}


def utc(at_us: int) -> str:
    """Return an instant as RFC 3339 with milliseconds."""
    at = datetime.fromtimestamp(at_us / MICROS, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tell(entries: Sequence[Entry], stamp: Stamp) -> None:
    """Say what has just become durable; what no person reads line by line is left out."""
    log = structlog.get_logger()
    for entry in entries:
        said = describe(entry)
        if said is not None:
            event, fields = said
            log.info(event, at=utc(stamp.at_us), frame=stamp.frame, **fields)


def describe(entry: Entry) -> tuple[str, Fields] | None:
    """Return event name and fields of an entry, None where there is nothing to say."""
    match entry:
        case IntentRecorded():
            return "order.intended", _intent(entry)
        case IntentDenied():
            return "order.denied", {
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
                "size_shares": str(fill.size),
                "reason": entry.reason,
                "cash_usd": str(entry.cash),
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
            return None


def _intent(entry: IntentRecorded) -> Fields:
    intent, terms, signal = entry.intent, entry.intent.terms, entry.intent.signal
    return {
        "order_hash": entry.order_hash,
        "intent_id": intent.intent_id,
        "strategy": intent.strategy,
        "strategy_hash": intent.strategy_hash,
        "market_id": terms.market_id,
        "outcome": terms.outcome.value,
        "side": terms.side.value,
        "order_type": terms.time_in_force.value,
        "price_usd": str(terms.price),
        f"quantity_{terms.quantity.unit.value}": format_micros(terms.quantity.micros),
        "expected_price_usd": str(signal.expected_price),
        "expected_fee_usd": str(signal.expected_fee),
        "probability": format_micros(signal.probability_micros),
        "bid_usd": format_micros(signal.bid_micros),
        "ask_usd": format_micros(signal.ask_micros),
        "spread_usd": format_micros(signal.ask_micros - signal.bid_micros),
        "depth_shares": str(signal.depth),
        "reason": signal.reason,
    }


def _fill(entry: FillRecorded) -> Fields:
    fill = entry.fill
    return {
        "order_hash": fill.order_hash,
        "intent_id": entry.intent_id,
        "fill_id": fill.fill_id,
        "market_id": fill.market_id,
        "outcome": fill.outcome.value,
        "side": fill.side.value,
        "price_usd": str(fill.price),
        "size_shares": str(fill.size),
        "fee_usd": str(fill.fee),
        "liquidity": fill.liquidity.value,
        "cash_usd": str(entry.cash),
        "equity_usd": str(entry.equity),
    }
