"""What an order does when it reaches the venue: take what is displayed, rest, or be refused.

Pure: it changes neither books nor account. A fill is at the displayed price and never for more
than is displayed there; a buy never costs more than there is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bot.adapters.paper import body
from bot.adapters.paper.deed import Deed, Ended, Filled, PaperOrder, Rested, Settled
from bot.adapters.paper.depth import Depth
from bot.domain.book import Level
from bot.domain.fill import Fill, FillId, Liquidity
from bot.domain.market import Market, MarketId, Outcome, TokenId
from bot.domain.money import CENT, MICROS, Price, Rounding, Shares, Usd, divide
from bot.domain.order import OrderState, TimeInForce, Unit

BOUGHT_STEP: Final = 100
"""A buy by amount gets shares in 4 decimals. Source: py-clob-client-v2 issue 99."""

# The venue's own texts. Source: polymarket-client 0.14.0, order_response.py.
FAK_NOTHING = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)
FOK_NOT_FILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
POOR = "not enough balance / allowance: the balance is not enough"


@dataclass(frozen=True, slots=True)
class Means:
    """What an order may use, less what resting orders hold back; in micros."""

    cash: int
    shares: int


@dataclass(frozen=True, slots=True)
class Moment:
    """The market an order acts in, and when."""

    market: Market
    tick_micros: int
    at_us: int


def refused(reason: str) -> list[Deed]:
    """Return the end of an order of which nothing was taken."""
    return [Ended(OrderState.REJECTED, reason)]


def act(order: PaperOrder, moment: Moment, depth: Depth, means: Means) -> list[Deed]:
    """Return what the order does now."""
    terms = order.terms
    offers = list(depth.offers(terms.token, terms.side.opposite, terms.price.micros))
    walked, complete = walk(order, offers)
    fills = legs(order, moment, walked)
    if reason := unfit(order, moment, crossing=bool(fills)):
        return refused(reason)
    if reason := unaffordable(order, moment, fills, means):
        return refused(reason)
    return ending(order, fills, complete=complete)


def unfit(order: PaperOrder, moment: Moment, *, crossing: bool) -> str:
    """Return why the order cannot be taken in at this moment, or nothing."""
    return (
        body.closed(moment.market, order.terms, moment.at_us)
        or body.off_tick(order.order_hash, order.terms, moment.tick_micros)
        or (body.below_marketable(order.terms) if crossing else "")
    )


def walk(order: PaperOrder, offers: Iterable[Level]) -> tuple[list[Level], bool]:
    """Return what to take at which price, and whether that is all the order wants.

    An amount is used up when what is left of it buys no step of a share at the cap.
    """
    if order.terms.quantity.unit is Unit.SHARES:
        return walk_shares(order.remaining, offers)
    left, taken = order.terms.quantity.micros, list[Level]()
    for price, offered in offers:
        wanted = left * MICROS // price
        size = min(wanted, offered)
        size -= size % BOUGHT_STEP
        if size:
            taken.append((price, size))
            left -= divide(price * size, MICROS, Rounding.UP)
        if wanted <= offered:
            return taken, True
    return taken, left * MICROS // order.terms.price.micros < BOUGHT_STEP


def walk_shares(wanted: int, offers: Iterable[Level]) -> tuple[list[Level], bool]:
    """Return what to take of a number of shares in 2 decimals."""
    taken = list[Level]()
    for price, offered in offers:
        size = min(wanted, offered - offered % CENT)
        if size:
            taken.append((price, size))
            wanted -= size
        if not wanted:
            return taken, True
    return taken, False


def legs(order: PaperOrder, moment: Moment, walked: Iterable[Level]) -> list[Fill]:
    """Return one taker fill a level; a buy pays the fraction of a micro, a sale forgoes it."""
    terms = order.terms
    rounding = Rounding.UP if order.is_buy else Rounding.DOWN
    return [
        Fill(
            fill_id=FillId(f"{order.order_hash}-{order.legs + leg}"),
            order_hash=order.order_hash,
            market_id=terms.market_id,
            token=terms.token,
            outcome=terms.outcome,
            side=terms.side,
            price=Price(price),
            size=Shares(size),
            notional=Price(price).notional(Shares(size), rounding),
            fee=moment.market.fees.fee(Price(price), Shares(size), taker=True),
            liquidity=Liquidity.TAKER,
            filled_us=moment.at_us,
        )
        for leg, (price, size) in enumerate(walked, start=1)
    ]


def unaffordable(order: PaperOrder, moment: Moment, fills: list[Fill], means: Means) -> str:
    """Return the venue's text when the account does not cover the whole order, or nothing.

    A buy needs its whole amount plus the fees of what it takes, which come on top; what would
    rest of it is paid for at its price, with what a maker pays there. A sale needs the shares,
    and proceeds above its fees.
    """
    terms = order.terms
    if not order.is_buy:
        if terms.quantity.micros <= means.shares:
            proceeds = sum(fill.cash.micros for fill in fills)
            return "" if means.cash + proceeds >= 0 else f"{POOR} -> balance: {Usd(means.cash)}"
        held = Shares(max(0, means.shares))
        return f"{POOR} -> balance: {held}, order amount: {Shares(order.remaining)}"
    spent = -sum(fill.cash.micros for fill in fills)
    fees = sum(fill.fee.micros for fill in fills)
    rest = 0
    if terms.time_in_force.rests:
        left = order.remaining - sum(fill.size.micros for fill in fills)
        maker_fee = moment.market.fees.fee(terms.price, terms.size, taker=False)
        rest = divide(terms.price.micros * left, MICROS, Rounding.UP) + maker_fee.micros
    need = max(terms.notional.micros + fees, spent + rest)
    return (
        ""
        if need <= means.cash
        else f"{POOR} -> balance: {Usd(means.cash)}, order amount: {Usd(need)}"
    )


def ending(order: PaperOrder, fills: list[Fill], *, complete: bool) -> list[Deed]:
    """Return the fills and what becomes of the order after them."""
    done: list[Deed] = [Filled(fill) for fill in fills]
    if complete:
        return [*done, Ended(OrderState.FILLED, "filled")]
    match order.terms.time_in_force:
        case TimeInForce.FOK:
            return refused(FOK_NOT_FILLED)
        case TimeInForce.FAK if not fills:
            return refused(FAK_NOTHING)
        case TimeInForce.FAK:
            return [*done, Ended(OrderState.CANCELLED, f"killed: {left_over(order, fills)}")]
        case TimeInForce.GTC:
            size = order.remaining - sum(fill.size.micros for fill in fills)
            return [*done, Rested(Shares(size))]


def left_over(order: PaperOrder, fills: list[Fill]) -> str:
    """Return how much of an order found no match, for people."""
    quantity = order.terms.quantity
    if quantity.unit is Unit.USD:
        left = quantity.micros - sum(fill.notional.micros for fill in fills)
        return f"{Usd(left)} of {Usd(quantity.micros)} USD found no match"
    left = quantity.micros - sum(fill.size.micros for fill in fills)
    return f"{Shares(left)} of {Shares(quantity.micros)} shares found no match"


def made(order: PaperOrder, size: int, moment: Moment) -> list[Deed]:
    """Return the execution of a resting order as maker, and its end if that was all.

    Fees are differences of the whole, so that their sum never passes what was held back.
    """
    terms, fees = order.terms, moment.market.fees
    before, after = Shares(order.filled), Shares(order.filled + size)
    fee = fees.fee(terms.price, after, taker=False) - fees.fee(terms.price, before, taker=False)
    fill = legs(order, moment, [(terms.price.micros, size)])[0]
    done: list[Deed] = [Filled(replace(fill, fee=fee, liquidity=Liquidity.MAKER))]
    if size == order.remaining:
        done.append(Ended(OrderState.FILLED, "filled"))
    return done


def held_back(order: PaperOrder, market: Market) -> int:
    """Return micros of USD that a resting buy will need, at most."""
    price, size = order.terms.price, Shares(order.remaining)
    fee = market.fees.fee(price, Shares(order.terms.quantity.micros), taker=False)
    return price.notional(size, Rounding.UP).micros + fee.micros


def settled(market_id: MarketId, held: dict[TokenId, int], paid: dict[TokenId, bool]) -> list[Deed]:
    """Return the payouts of a resolved market: 1 USD a share of the winner, nothing else."""
    return [
        Settled(market_id, token, Shares(held[token]), Usd(held[token] if wins else 0))
        for token, wins in paid.items()
        if held.get(token)
    ]


def paying(market: Market, winner: Outcome) -> dict[TokenId, bool]:
    """Return which tokens of a market win."""
    return {market.up: winner is Outcome.UP, market.down: winner is Outcome.DOWN}
