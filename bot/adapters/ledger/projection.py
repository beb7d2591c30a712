"""What an entry does to the tables: statements and rows, a pure function of the entry.

The writer and every rebuild run the same steps, so a table can only differ from the events if
somebody changed one of them. Entries carry the values after the change: applying one twice
changes no value and no sum.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from bot.adapters.ledger import accounts, driver, statement
from bot.adapters.ledger.accounts import Step
from bot.adapters.ledger.codec import Event, compact
from bot.adapters.ledger.statement import Row
from bot.domain import entry as entries
from bot.domain.entry import Entry
from bot.domain.order import OrderState
from bot.ports import Head


class Inconsistent(Exception):  # noqa: N818 - what the entry is
    """An entry about something that no earlier entry made: a bug of whoever recorded it."""


class Counts(NamedTuple):
    """What the head counts, so that a start need not."""

    intents: int = 0
    orders: int = 0
    fills: int = 0
    denied: int = 0


def counts(entry: Entry) -> Counts:
    """Return what the entry adds to the head's counts."""
    match entry:
        case entries.IntentRecorded():
            return Counts(intents=1, orders=1)
        case entries.FillRecorded():
            return Counts(fills=1)
        case entries.IntentDenied(count=count):
            return Counts(denied=count)
        case _:
            return Counts()


def apply(connection: driver.Connection, event: Event, entry: Entry) -> None:
    """Run the entry's steps; the caller owns the transaction.

    Raises:
        Inconsistent: a step found nothing to change.

    """
    for step, row in steps(event, entry):
        cursor = connection.execute(step.sql, step.values(row))
        if step.found and cursor.rowcount != 1:
            raise Inconsistent(
                f"{event.event_type} at sequence {event.seq} is about an order, an intent or a"
                f" market that is not in the ledger: {event.content[:200]}"
            )


def set_head(connection: driver.Connection, head: Head, added: Counts) -> None:
    """Write the head's row, once a commit however many entries it has."""
    row: Row = {
        "seq": head.seq,
        "frame": head.stamp.frame,
        "at_us": head.stamp.at_us,
        "decisions": head.stamp.decisions,
        "hash": head.hash,
        **added._asdict(),
    }
    step = statement.SET_HEAD
    connection.execute(step.sql, step.values(row))


def steps(event: Event, entry: Entry) -> Iterator[Step]:
    """Return what the entry does to the tables, in order."""
    make = _STEPS.get(type(entry))
    return iter(()) if make is None else make(event, entry)


def _session(event: Event, entry: entries.SessionStarted) -> Iterator[Step]:
    yield (
        statement.ADD_BOOT,
        {
            "boot": entry.boot,
            "seq": event.seq,
            "session": entry.session,
            "mode": entry.mode,
            "deployment_id": entry.deployment_id,
            "versions": compact(entry.versions),
            "config_hash": entry.config_hash,
            "recording_hash": entry.recording_hash,
            "strategy_hash": entry.strategy_hash,
            "seed": entry.seed,
            "starting_cash_micros": entry.starting_cash.micros,
            "device": entry.device,
            "started_us": entry.started_us,
            "previous_deployment_id": entry.previous_deployment_id,
            "previous_seq": entry.previous_seq,
            "previous_hash": entry.previous_hash,
        },
    )


def _stop(event: Event, entry: entries.SessionStopped) -> Iterator[Step]:
    yield statement.STOP_BOOT, {"seq": event.seq, "reason": entry.reason}


def _strategy(event: Event, entry: entries.StrategyComposed) -> Iterator[Step]:
    named = dict(entry.components)
    filters = tuple(name for kind, name in entry.components if kind.startswith("filter"))
    row: Row = {
        "strategy_id": entry.strategy,
        "strategy_hash": entry.strategy_hash,
        "base_strategy_id": entry.parent or None,
        "probability_component": named.get("probability"),
        "entry_component": named.get("entry"),
        "sizing_component": named.get("sizing"),
        "exit_component": named.get("exit"),
        "filter_components": compact(filters),
        "component_hashes": compact(entry.component_hashes),
        "config": entry.config,
        "created_us": event.at_us,
        "active": 1,
        "seq": event.seq,
    }
    yield statement.RETIRE, row
    yield statement.COMPOSE, row


def _market(event: Event, entry: entries.MarketListed) -> Iterator[Step]:
    market = entry.market
    yield (
        statement.LIST_MARKET,
        {
            "market_id": market.market_id,
            "slug": market.slug,
            "asset": market.asset,
            "start_us": market.window.start_us,
            "end_us": market.window.end_us,
            "up_token": market.up,
            "down_token": market.down,
            "tick_micros": market.tick.micros,
            "size_min_micros": market.size_min.micros,
            "fee_rate_micros": market.fees.rate_micros,
            "fee_exponent": market.fees.exponent,
            "fee_taker_only": int(market.fees.taker_only),
            "version": market.version,
            "accepting_orders": int(market.accepting_orders),
            "seq": event.seq,
        },
    )


def _settled_market(event: Event, entry: entries.MarketSettled) -> Iterator[Step]:
    yield (
        statement.SETTLE_MARKET,
        {
            "market_id": entry.market_id,
            "winner": entry.winner,
            "seq": event.seq,
            "at_us": event.at_us,
        },
    )


def _intent(event: Event, entry: entries.IntentRecorded) -> Iterator[Step]:
    intent, terms, signal = entry.intent, entry.intent.terms, entry.intent.signal
    row: Row = {
        "seq": event.seq,
        "intent_id": intent.intent_id,
        "strategy_id": intent.strategy,
        "strategy_hash": intent.strategy_hash,
        "components": compact(intent.components),
        "market_id": terms.market_id,
        "token_id": terms.token,
        "outcome": terms.outcome,
        "side": terms.side,
        "order_type": terms.time_in_force,
        "price_micros": terms.price.micros,
        "order_hash": entry.order_hash,
    }
    yield (
        statement.ADD_INTENT,
        {
            **row,
            "intent_type": "close_position" if intent.closing else "open_position",
            "status": "pending",
            "quantity_unit": terms.quantity.unit,
            "quantity_micros": terms.quantity.micros,
            "signal": signal.reason,
            "probability_micros": signal.probability_micros,
            "bid_at_signal_micros": signal.bid_micros,
            "ask_at_signal_micros": signal.ask_micros,
            "depth_at_signal_micros": signal.depth.micros,
            "expected_price_micros": signal.expected_price.micros,
            "expected_fee_micros": signal.expected_fee.micros,
            "diagnostic_flags": compact(signal.flags),
            "created_us": intent.made_us,
            "completed_us": None,
            "result": None,
        },
    )
    yield statement.ADD_ORDER, {**row, **_in_flight(event, terms.size.micros)}


def _in_flight(event: Event, size_micros: int) -> Row:
    return {
        "size_micros": size_micros,
        "filled_size_micros": 0,
        "filled_notional_micros": 0,
        "avg_fill_price_micros": None,
        "fees_micros": 0,
        "status": OrderState.IN_FLIGHT,
        "reason": "",
        "submitted_us": event.at_us,
        "acked_us": None,
        "latency_us": None,
        "filled_us": None,
        "closed_us": None,
        "changed_seq": event.seq,
    }


def _intent_status(state: OrderState, filled_micros: int) -> str:
    if not state.final:
        return "executing"
    return "completed" if state is OrderState.FILLED or filled_micros else "failed"


def _order(event: Event, entry: entries.OrderChanged) -> Iterator[Step]:
    state = entry.state
    heard = state not in {OrderState.IN_FLIGHT, OrderState.UNKNOWN}
    row: Row = {
        "order_hash": entry.order_hash,
        "intent_id": entry.intent_id,
        "status": state,
        "reason": entry.reason,
        "filled_size_micros": entry.filled.micros,
        "acked_us": event.at_us if heard else None,
        "closed_us": event.at_us if state.final else None,
        "seq": event.seq,
        "intent_status": _intent_status(state, entry.filled.micros),
        "result": compact({"reason": entry.reason, "state": state}) if state.final else None,
    }
    yield statement.CHANGE_ORDER, row
    yield statement.CHANGE_INTENT, row


def _denial(event: Event, entry: entries.IntentDenied) -> Iterator[Step]:
    yield (
        statement.ADD_DENIAL,
        {
            "market_id": entry.market_id,
            "strategy_id": entry.strategy,
            "limit_name": entry.limit,
            "value": entry.value,
            "bound": entry.bound,
            "count": entry.count,
            "intent_id": entry.intent_id,
            "seq": event.seq,
            "last_us": event.at_us,
        },
    )


def _anomaly(event: Event, entry: entries.AnomalyCounted) -> Iterator[Step]:
    row: Row = {"kind": entry.kind, "detail": entry.detail, "count": entry.count}
    yield statement.ADD_ANOMALY, {**row, "seq": event.seq, "last_us": event.at_us}


def _drift(event: Event, entry: entries.DriftFound) -> Iterator[Step]:
    row: Row = {"seq": event.seq, "at_us": event.at_us, "cause": entry.cause}
    row |= {"subject": entry.subject, "ours": entry.ours, "theirs": entry.theirs}
    yield statement.ADD_DRIFT, {**row, "action": entry.action}


def _state(event: Event, entry: entries.TradingStateSet) -> Iterator[Step]:
    row: Row = {"seq": event.seq, "at_us": event.at_us, "state": entry.state}
    yield statement.SET_STATE, {**row, "cause": entry.cause}


_STEPS: Final[dict[type[Entry], Callable[[Event, Any], Iterator[Step]]]] = {
    entries.SessionStarted: _session,
    entries.StrategyComposed: _strategy,
    entries.CapitalDeposited: accounts.deposit,
    entries.MarketListed: _market,
    entries.MarketSettled: _settled_market,
    entries.IntentRecorded: _intent,
    entries.IntentDenied: _denial,
    entries.OrderChanged: _order,
    entries.FillRecorded: accounts.fill,
    entries.FillProved: accounts.proof,
    entries.FillReversed: accounts.reversal,
    entries.PositionSettled: accounts.settlement,
    entries.TradingStateSet: _state,
    entries.EquityMarked: accounts.mark,
    entries.AnomalyCounted: _anomaly,
    entries.DriftFound: _drift,
    entries.SessionStopped: _stop,
    entries.ChainStepTaken: accounts.chain_step,
}
"""Every other entry changes nothing but the head; alerts go to the `outbox`."""
