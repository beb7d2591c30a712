"""The body of a paper order: canonical JSON, the hash that names the order, and the way back.

It also says what the venue refuses on sight. It knows no book and no money: what depends on them
is found out when the order acts.
"""

import hashlib
from typing import Final

import msgspec

from bot.domain.book import Side
from bot.domain.market import Market, MarketId, Outcome, TokenId
from bot.domain.money import MICROS, Price, Usd, format_micros
from bot.domain.order import (
    ApprovedOrder,
    IntentId,
    OrderHash,
    Prepared,
    Quantity,
    Terms,
    TimeInForce,
    Unit,
)

MARKETABLE_MIN: Final = Usd(MICROS)
"""A buy that takes at once is at least 1 USD. Source: docs.polymarket.com, read 2026-11-22."""

JITTER_PARTS: Final = 5
"""A latency is the stated one, a fifth more or less."""


class Unreadable(ValueError):  # noqa: N818 - what the body is
    """A body that is not one of ours."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is hashed and sent; money in micros."""

    intent_id: str
    made_us: int
    market_id: str
    outcome: Outcome
    price: int
    quantity: int
    salt: int
    side: Side
    time_in_force: TimeInForce
    token: str
    unit: Unit


def prepared(order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
    """Return the canonical body of an order and its SHA-256."""
    terms = order.intent.terms
    body = msgspec.json.encode(
        Body(
            intent_id=order.intent.intent_id,
            made_us=at_us,
            market_id=terms.market_id,
            outcome=terms.outcome,
            price=terms.price.micros,
            quantity=terms.quantity.micros,
            salt=salt,
            side=terms.side,
            time_in_force=terms.time_in_force,
            token=terms.token,
            unit=terms.quantity.unit,
        ),
        order="sorted",
    ).decode()
    return Prepared(order.intent.intent_id, hash_of(body), body, at_us)


def hash_of(body: str) -> OrderHash:
    """Return the order hash of a body."""
    return OrderHash(hashlib.sha256(body.encode()).hexdigest())


def read(body: str) -> tuple[Body, Terms]:
    """Return what a body says and the terms in it.

    Raises:
        Unreadable: not a body, or terms that cannot be.

    """
    try:
        found = msgspec.json.decode(body, type=Body)
        terms = Terms(
            MarketId(found.market_id),
            TokenId(found.token),
            found.outcome,
            found.side,
            found.time_in_force,
            Price(found.price),
            Quantity(found.unit, found.quantity),
        )
    except ValueError as error:
        raise Unreadable(f"Invalid order payload: {error}") from error
    return found, terms


def latency_us(seed: int, intent_id: IntentId, stated_us: int) -> int:
    """Return how long an order is under way, each way: a function of seed and intent alone.

    Never 0, so that nothing acts within the frame it was decided on.
    """
    spread = stated_us // JITTER_PARTS
    drawn = hashlib.sha256(f"{seed}:{intent_id}".encode()).digest()
    return max(1, stated_us - spread + int.from_bytes(drawn[:8]) % (2 * spread + 1))


def closed(market: Market | None, terms: Terms, at_us: int) -> str:
    """Return why the market takes no order at `at_us`, or nothing.

    The end of the window is the hard stop: the venue names no instant.
    Source: docs.polymarket.com, no text found, read 2026-11-22.
    """
    if market is None:
        return f"market {terms.market_id} is not known or already resolved"
    if not market.accepting_orders or at_us >= market.window.end_us:
        return f"market {market.slug} is closed for orders"
    return ""


def off_tick(order_hash: OrderHash, terms: Terms, tick_micros: int) -> str:
    """Return the venue's text for a price off the grid, or nothing."""
    if terms.price.micros % tick_micros == 0:
        return ""
    return (
        f"order {order_hash} is invalid. Price ({terms.price}) breaks minimum tick size rule: "
        f"{format_micros(tick_micros)}"
    )


def too_small(order_hash: OrderHash, market: Market, terms: Terms) -> str:
    """Return the venue's text for an order below the minimum, or nothing.

    Resting orders have a least size, market buys a least amount; what is held can be sold.
    """
    if terms.time_in_force.rests and terms.size < market.size_min:
        return (
            f"order {order_hash} is invalid. Size ({terms.size}) lower than the minimum: "
            f"{market.size_min}"
        )
    if not terms.time_in_force.rests and terms.side is Side.BUY:
        return below_marketable(terms)
    return ""


def below_marketable(terms: Terms) -> str:
    """Return the venue's text for a taking buy of less than 1 USD, or nothing."""
    if terms.side is Side.SELL or terms.notional >= MARKETABLE_MIN:
        return ""
    return f"invalid amount for a marketable BUY order (${terms.notional}), min size: $1"


def misplaced(market: Market, terms: Terms) -> str:
    """Return why token and outcome do not belong to the market, or nothing."""
    if market.token(terms.outcome) != terms.token:
        return f"Invalid order payload: token {terms.token} is not {terms.outcome} of {market.slug}"
    return ""
