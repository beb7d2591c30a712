"""The only maker of `ApprovedOrder`: every intent passes here or is denied by the limit's name.

Limits are parameters of the strategy file (FR36). The order of the checks is the order in which
they are reported: the first that fails names the refusal.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.book import Book, Side
from bot.domain.entry import Breach, TradingState
from bot.domain.market import Market
from bot.domain.money import MICROS, Price, Usd
from bot.domain.order import ApprovedOrder, Denied, Intent, OrderState
from bot.engine.accounting import Portfolio, WorkingOrder
from bot.engine.strategy.limit import Limits

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
MARKETABLE_MIN = Usd(MICROS)
"""Least notional of a marketable order. Source: docs.polymarket.com/resources/error-codes."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What risk judges an intent against: one market, one book, the whole portfolio."""

    market: Market
    book: Book
    portfolio: Portfolio
    at_us: int
    recent_orders: int
    """Orders made in the last 60 s."""
    doubted: bool = False
    """One of the market's two books was whole and is not now."""
    leaving: bool = False
    """A person wants out of this market."""
    closed: Breach | None = None
    """The loss for which nothing is opened in this series any more."""


Verdict = tuple[str, str] | None
"""(value, bound) as texts with units where the limit is broken."""
Check = Callable[[Intent, Situation, Limits], Verdict]


def review(intent: Intent, situation: Situation, limits: Limits) -> ApprovedOrder | Denied:
    """Let an intent through, or name the first limit that it breaks."""
    for name, check in CLOSING if intent.closing else OPENING:
        broken = check(intent, situation, limits)
        if broken is not None:
            return Denied(intent, name, *broken)
    return ApprovedOrder(intent)


def _state(intent: Intent, situation: Situation, _: Limits) -> Verdict:
    state = situation.portfolio.state
    if state is TradingState.ACTIVE or (intent.closing and state is TradingState.REDUCE_ONLY):
        return None
    return state.value, TradingState.ACTIVE.value


def _accepting(_: Intent, situation: Situation, __: Limits) -> Verdict:
    return None if situation.market.accepting_orders else ("closed", "accepting orders")


def _whole(_: Intent, situation: Situation, __: Limits) -> Verdict:
    book = situation.book
    if book.tradable and not situation.doubted:
        return None
    return ("crossed" if book.crossed and book.whole else "incomplete"), "whole book"


def _unknown(intent: Intent, situation: Situation, _: Limits) -> Verdict:
    market = intent.terms.market_id
    doubted = sum(
        order.state is OrderState.UNKNOWN for order in situation.portfolio.of_market(market)
    )
    return (f"{doubted} orders", "0 orders") if doubted else None


def _one_position(intent: Intent, situation: Situation, _: Limits) -> Verdict:
    terms, portfolio = intent.terms, situation.portfolio
    other = portfolio.position(intent.strategy, terms.market_id, terms.outcome.other)
    asked = any(
        order.intent.strategy == intent.strategy
        and not order.state.final
        and (order.intent.terms.outcome is not terms.outcome or order.intent.closing)
        for order in portfolio.of_market(terms.market_id)
    )
    return (
        ("another outcome held or asked for", "one position")
        if asked or other.size.micros
        else None
    )


def _leaving(_: Intent, situation: Situation, __: Limits) -> Verdict:
    return ("flattening", "not asked to get out") if situation.leaving else None


def _series(_: Intent, situation: Situation, __: Limits) -> Verdict:
    closed = situation.closed
    return None if closed is None else (f"{closed.subject} lost {closed.value}", closed.bound)


def _held(intent: Intent, situation: Situation, _: Limits) -> Verdict:
    terms = intent.terms
    held = situation.portfolio.position(intent.strategy, terms.market_id, terms.outcome).size
    return (f"{terms.size} shares", f"{held} shares") if terms.size > held else None


def _tick(intent: Intent, situation: Situation, _: Limits) -> Verdict:
    tick = Price(situation.book.tick_micros)
    return (
        None if intent.terms.price.on_grid(tick) else (f"{intent.terms.price} USD", f"tick {tick}")
    )


def _size_min(intent: Intent, situation: Situation, _: Limits) -> Verdict:
    terms, least = intent.terms, situation.market.size_min
    if terms.size < least:
        return f"{terms.size} shares", f"{least} shares"
    if not terms.time_in_force.rests and terms.notional < MARKETABLE_MIN:
        return f"{terms.notional} USD", f"{MARKETABLE_MIN} USD"
    return None


def _size_max(intent: Intent, _: Situation, limits: Limits) -> Verdict:
    size = intent.terms.size
    return (
        (f"{size} shares", f"{limits.order_size_max} shares")
        if size > limits.order_size_max
        else None
    )


def _notional_max(intent: Intent, _: Situation, limits: Limits) -> Verdict:
    notional = intent.terms.notional
    bound = limits.order_notional_max_usd
    return (f"{notional} USD", f"{bound} USD") if notional > bound else None


def _band(intent: Intent, situation: Situation, limits: Limits) -> Verdict:
    touch = (
        situation.book.ask_micros if intent.terms.side is Side.BUY else situation.book.bid_micros
    )
    far = abs(intent.terms.price.micros - touch)
    if far <= limits.price_band.micros:
        return None
    return f"{far / MICROS:g} USD from the touch", f"{limits.price_band} USD"


def _spread(_: Intent, situation: Situation, limits: Limits) -> Verdict:
    wide = situation.book.ask_micros - situation.book.bid_micros
    return (
        (f"{wide / MICROS:g} USD", f"{limits.spread_max} USD")
        if wide > limits.spread_max.micros
        else None
    )


def _age(_: Intent, situation: Situation, limits: Limits) -> Verdict:
    age_us = situation.at_us - situation.book.at_us
    if age_us <= limits.book_age_s_max * SECOND_US:
        return None
    return f"{age_us // SECOND_US} s", f"{limits.book_age_s_max} s"


def _end(_: Intent, situation: Situation, limits: Limits) -> Verdict:
    left_us = situation.market.window.left_us(situation.at_us)
    if left_us >= limits.end_s_min * SECOND_US:
        return None
    return f"{left_us // SECOND_US} s", f"{limits.end_s_min} s"


def _open_orders(_: Intent, situation: Situation, limits: Limits) -> Verdict:
    working = sum(1 for _ in situation.portfolio.working())
    bound = limits.open_orders_max
    return None if working < bound else (f"{working + 1} orders", f"{bound} orders")


def _rate(_: Intent, situation: Situation, limits: Limits) -> Verdict:
    bound = limits.orders_per_minute_max
    recent = situation.recent_orders
    return None if recent < bound else (f"{recent + 1} orders a minute", f"{bound} orders a minute")


def _cost(intent: Intent, situation: Situation) -> Usd:
    """Return the most the order can pay, fees included: what it will reserve."""
    return WorkingOrder(intent).reserved(situation.market)


def _market_exposure(intent: Intent, situation: Situation, limits: Limits) -> Verdict:
    after = situation.portfolio.exposure(intent.terms.market_id) + _cost(intent, situation)
    bound = limits.exposure_market_max_usd
    return (f"{after} USD", f"{bound} USD") if after > bound else None


def _total_exposure(intent: Intent, situation: Situation, limits: Limits) -> Verdict:
    after = situation.portfolio.exposure() + _cost(intent, situation)
    bound = limits.exposure_total_max_usd
    return (f"{after} USD", f"{bound} USD") if after > bound else None


def _cash(intent: Intent, situation: Situation, _: Limits) -> Verdict:
    portfolio = situation.portfolio
    reserved = sum(
        order.reserved(portfolio.markets[order.intent.terms.market_id]).micros
        for order in portfolio.working()
    )
    needed = Usd(reserved) + _cost(intent, situation)
    return (f"{needed} USD", f"{portfolio.cash} USD") if needed > portfolio.cash else None


ALWAYS: tuple[tuple[str, Check], ...] = (
    ("trading_state", _state),
    ("market_open", _accepting),
    ("order_unknown", _unknown),
    ("book_whole", _whole),
    ("book_age_s_max", _age),
    ("end_s_min", _end),
    ("tick", _tick),
    ("order_size_min", _size_min),
    ("order_size_max", _size_max),
    ("order_notional_max_usd", _notional_max),
    ("price_band", _band),
    ("open_orders_max", _open_orders),
    ("orders_per_minute_max", _rate),
)
CLOSING: tuple[tuple[str, Check], ...] = (*ALWAYS, ("position_held", _held))
OPENING: tuple[tuple[str, Check], ...] = (
    *ALWAYS,
    ("flatten", _leaving),
    ("series_loss_max_usd", _series),
    ("one_position", _one_position),
    ("spread_max", _spread),
    ("exposure_market_max_usd", _market_exposure),
    ("exposure_total_max_usd", _total_exposure),
    ("cash", _cash),
)
"""Every limit by the name a `Denied` carries, in the order of checking."""
