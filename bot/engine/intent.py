"""How a strategy's wish becomes an intent: terms the venue can take, and what was seen."""

from bot.domain.book import Side
from bot.domain.fill import Position
from bot.domain.money import Price, Rounding, Usd
from bot.domain.order import Intent, IntentId, Quantity, Signal, Terms, TimeInForce
from bot.engine.strategy.composition import Composition
from bot.engine.strategy.view import MarketView, Proposal, Sale


def opening_intent(
    intent_id: IntentId,
    strategy: Composition,
    view: MarketView,
    proposal: Proposal,
    amount: Usd,
) -> Intent:
    """Return a FAK buy of a USD amount, capped at the proposal's price."""
    market, outcome = view.market, proposal.outcome
    book = view.book(outcome)
    expected = Price(book.ask_micros)
    size = expected.shares_for(amount, Rounding.DOWN)
    signal = Signal(
        proposal.reason, view.believed(outcome), book.bid_micros, book.ask_micros,
        book.depth(Side.SELL, proposal.price), expected,
        market.fees.fee(expected, size, taker=True),
    )  # fmt: skip
    terms = Terms(
        market.market_id, market.token(outcome), outcome, Side.BUY, TimeInForce.FAK,
        proposal.price, Quantity.of(amount),
    )  # fmt: skip
    return _intent(intent_id, strategy, view, terms, signal)


def closing_intent(
    intent_id: IntentId,
    strategy: Composition,
    view: MarketView,
    held: Position,
    sale: Sale,
) -> Intent:
    """Return a FAK sale of shares, at its price or better."""
    market, outcome = view.market, held.outcome
    book = view.book(outcome)
    signal = Signal(
        sale.reason, view.believed(outcome), book.bid_micros, book.ask_micros,
        book.depth(Side.BUY, sale.price),
        Price(book.bid_micros), market.fees.fee(sale.price, sale.size, taker=True),
    )  # fmt: skip
    terms = Terms(
        market.market_id, market.token(outcome), outcome, Side.SELL, TimeInForce.FAK,
        sale.price, Quantity.of(sale.size),
    )  # fmt: skip
    return _intent(intent_id, strategy, view, terms, signal)


def _intent(
    intent_id: IntentId, strategy: Composition, view: MarketView, terms: Terms, signal: Signal
) -> Intent:
    return Intent(
        intent_id, strategy.name, strategy.strategy_hash, strategy.component_hashes,
        view.at_us, terms.side is Side.SELL, terms, signal,
    )  # fmt: skip
