"""Orders in, matches out: what an accepted order does to the book, and what ends one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from sandbox.polymarket.book.order import Cross, Order, Plan, Want
from sandbox.polymarket.book.units import ONE, fee_of, text, usd_of
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.note import BookNote, LevelsNote, OrderNote, PrintNote
from sandbox.polymarket.venue.rules import FAK_KILLED, FOK_KILLED, POST_ONLY_CROSSES
from sandbox.polymarket.venue.settlement import settle
from sandbox.polymarket.venue.state import RefusedError, Venue
from sandbox.polymarket.venue.trade import Leg, Move, Trade

GONE = "order can't be found - already canceled or matched"
DELAY_US = 250_000
IMMEDIATE = {"FOK", "FAK"}


@dataclass(slots=True)
class Outcome:
    """What the venue answers to an order: amounts in millionths."""

    status: str
    making: int = 0
    taking: int = 0
    trades: list[Trade] = field(default_factory=list)


def want_of(order: Order) -> Want:
    """Return what is left of an order as a question to the book."""
    left = order.budget - order.spent if order.budget else 0
    return Want(order.index, order.side, order.price, order.remaining, budget=left)


def fees(market: Market, crosses: Iterable[Cross]) -> int:
    """Return the taker's fees over all prices it would match at."""
    total = 0
    for price, group in groupby(crosses, key=lambda cross: cross.price):
        size = sum(cross.size for cross in group)
        total += fee_of(size, price, rate=market.rate, exponent=market.exponent)
    return total


def refuse_kill(order: Order, plan: Plan) -> None:
    """Refuse what its type forbids: a crossing post-only, an unfilled FOK or FAK."""
    if order.post_only and plan.crosses:
        raise RefusedError(POST_ONLY_CROSSES)
    if order.order_type == "FOK" and not plan.complete:
        raise RefusedError(FOK_KILLED)
    if order.order_type == "FAK" and not plan.crosses:
        raise RefusedError(FAK_KILLED)


def submit(venue: Venue, market: Market, order: Order, plan: Plan) -> Outcome:
    """Take an order that every check has passed: match it, hold it back, or let it rest."""
    venue.add_order(order)
    if venue.faults.strikes("order-late-visible"):
        order.hidden_until_us = venue.now_us + 3 * ONE
    said = _held_back(venue, market, order)
    if said and plan.crosses:
        order.status = "DELAYED"
        venue.tell(OrderNote(order, "PLACEMENT"))
        due_us = venue.now_us + (market.delay_us or DELAY_US)
        venue.agenda.note(due_us, partial(after_delay, venue, market, order))
        return Outcome(said)
    venue.tell(OrderNote(order, "PLACEMENT"))
    trades = _match(venue, market, order, plan)
    _finish(venue, market, order)
    if not trades:
        return Outcome("live")
    usd = sum(usd_of(trade.size, trade.price) for trade in trades)
    shares = sum(trade.size for trade in trades)
    making, taking = (usd, shares) if order.side == "BUY" else (shares, usd)
    return Outcome("matched", making, taking, trades)


def cancel(venue: Venue, order: Order, status: str = "CANCELED") -> None:
    """End a live order."""
    market = venue.markets[order.market]
    was_resting = market.book.resting.pop(order.id, None) is not None
    order.status = status
    if was_resting:
        _tell_levels(venue, market, [(order.index, order.side, order.price)])
    if not venue.faults.strikes("no-terminal-event"):
        venue.tell(OrderNote(order, "CANCELLATION"))


def recorded_book(
    venue: Venue, market: Market, index: int, sides: dict[str, dict[int, int]]
) -> None:
    """Take a recorded book over and let it meet the orders that rest here."""
    for side, sizes in sides.items():
        market.book.record_side(index, side, sizes)
    _touch(venue, market)
    venue.tell(BookNote(market, index))
    _meet(venue, market, index)


def recorded_levels(venue: Venue, market: Market, levels: list[tuple[int, str, int, int]]) -> None:
    """Take recorded level totals (outcome, side, price, size) over."""
    for index, side, price, size in levels:
        market.book.record(index, side, price, size)
    _touch(venue, market)
    venue.tell(LevelsNote(market, tuple((index, side, price) for index, side, price, _ in levels)))
    for index in {index for index, _, _, _ in levels}:
        _meet(venue, market, index)


def recorded_trade(venue: Venue, market: Market, want: Want, tx_hash: str) -> None:
    """Let a recorded trade reach the orders that rest here, then report it."""
    for maker, size in market.book.hit(want):
        _as_maker(venue, market, maker, size)
    _print(venue, market, (want.index, want.side, want.limit, want.shares), tx_hash)


def _meet(venue: Venue, market: Market, index: int) -> None:
    for order, size in market.book.crossed(index):
        _as_maker(venue, market, order, size)


def _as_maker(venue: Venue, market: Market, maker: Order, size: int) -> None:
    """Somebody of the recorded book takes from a resting order, at the resting price.

    Half of them come from the other outcome: they buy it, and the match mints a pair.
    """
    draw = venue.draw("counterparty")
    mirrored = draw[0] < 128  # noqa: PLR2004 - a fair coin
    index = 1 - maker.index if mirrored else maker.index
    taker_side = maker.side if mirrored else ("SELL" if maker.side == "BUY" else "BUY")
    price = maker.price_seen_from(index)
    trade = Trade(
        id=venue.new_uuid("trade"),
        market=market.condition_id,
        taker_order_id=venue.new_hash("order"),
        owner=venue.new_uuid("owner"),
        maker="0x" + draw[1:21].hex(),
        taker_ours=False,
        token=market.tokens[index],
        index=index,
        side=taker_side,
        price=price,
        size=size,
        fee=0,
        match_us=venue.now_us,
        update_us=venue.now_us,
        tx_hash=venue.new_hash("transaction"),
        legs=[_leg(maker, size)],
        moves=[_maker_move(maker, size)],
    )
    market.book.fill(maker, size)
    _after_fill(venue, market, maker, trade.id, size)
    settle(venue, trade)
    _print(venue, market, (index, taker_side, price, size), trade.tx_hash)
    _tell_levels(venue, market, [(maker.index, maker.side, maker.price)])


def _match(venue: Venue, market: Market, order: Order, plan: Plan) -> list[Trade]:
    """Carry a plan out: one trade a price, all its makers in it."""
    want, trades, touched = want_of(order), list[Trade](), list[tuple[int, str, int]]()
    for price, group in groupby(plan.crosses, key=lambda cross: cross.price):
        crosses = list(group)
        for cross in crosses:
            market.book.take(want, cross)
        trades.append(_trade(venue, market, order, crosses))
        touched.append((order.index, "SELL" if order.side == "BUY" else "BUY", price))
    for trade in trades:
        settle(venue, trade)
        _print(venue, market, (trade.index, trade.side, trade.price, trade.size), trade.tx_hash)
    if touched:
        _tell_levels(venue, market, touched)
        for index in (0, 1):
            venue.tell(BookNote(market, index))
    return trades


def _trade(venue: Venue, market: Market, order: Order, crosses: list[Cross]) -> Trade:
    price, size = crosses[0].price, sum(cross.size for cross in crosses)
    fee = fee_of(size, price, rate=market.rate, exponent=market.exponent)
    legs = [_leg_of(venue, market, order, cross) for cross in crosses]
    trade = Trade(
        id=venue.new_uuid("trade"),
        market=market.condition_id,
        taker_order_id=order.id,
        owner=order.owner,
        maker=order.maker,
        taker_ours=True,
        token=order.token,
        index=order.index,
        side=order.side,
        price=price,
        size=size,
        fee=fee,
        match_us=venue.now_us,
        update_us=venue.now_us,
        tx_hash=venue.new_hash("transaction"),
        legs=legs,
        moves=[_move(order, size, price, fee)],
    )
    trade.moves += [_maker_move(c.maker, c.size) for c in crosses if c.maker is not None]
    order.matched += size
    order.spent += usd_of(size, price)
    order.trades.append(trade.id)
    for cross in crosses:
        if cross.maker is not None:
            _after_fill(venue, market, cross.maker, trade.id, cross.size)
    return trade


def _after_fill(venue: Venue, market: Market, maker: Order, trade_id: str, size: int) -> None:
    maker.trades.append(trade_id)
    maker.spent += usd_of(size, maker.price)
    if maker.id not in market.book.resting:
        maker.status = "MATCHED"
    _tell_update(venue, maker)


def _finish(venue: Venue, market: Market, order: Order) -> None:
    """Rest what is left, or end it."""
    if order.order_type in IMMEDIATE:
        spent = order.budget and (order.budget - order.spent) * ONE // order.price == 0
        done = spent or order.remaining == 0
        order.status = "MATCHED" if done else "CANCELED"
        if done:
            _tell_update(venue, order)
        elif not venue.faults.strikes("no-terminal-event"):
            venue.tell(OrderNote(order, "CANCELLATION"))
        return
    if order.remaining == 0:
        order.status = "MATCHED"
        _tell_update(venue, order)
        return
    if order.matched:
        venue.tell(OrderNote(order, "UPDATE"))
    order.status = "LIVE"
    market.book.rest(order)
    _tell_levels(venue, market, [(order.index, order.side, order.price)])


def _held_back(venue: Venue, market: Market, order: Order) -> str:
    """Return how a marketable order that is held back is answered; empty where none is."""
    if market.delay_us or venue.faults.strikes("delayed-order"):
        return "delayed"
    if order.order_type == "FAK" and venue.faults.strikes("fak-answers-live"):
        return "live"
    return ""


def after_delay(venue: Venue, market: Market, order: Order) -> None:
    """Match a delayed order with the book as it is now; it may find nothing any more."""
    if order.status != "DELAYED":
        return
    plan = market.book.plan(want_of(order))
    killed = order.order_type == "FOK" and not plan.complete
    if killed or venue.faults.strikes("delayed-order-dies") or not market.accepting:
        order.status = "UNMATCHED" if market.accepting else "CANCELED_MARKET_RESOLVED"
        venue.tell(OrderNote(order, "CANCELLATION"))
        return
    _match(venue, market, order, plan)
    _finish(venue, market, order)


def _tell_update(venue: Venue, order: Order) -> None:
    ended = order.status == "MATCHED"
    if not (ended and venue.faults.strikes("no-terminal-event")):
        venue.tell(OrderNote(order, "UPDATE"))


def _leg(maker: Order, size: int) -> Leg:
    return Leg(
        order_id=maker.id,
        owner=maker.owner,
        maker=maker.maker,
        token=maker.token,
        index=maker.index,
        side=maker.side,
        price=maker.price,
        size=size,
        ours=True,
    )


def _leg_of(venue: Venue, market: Market, order: Order, cross: Cross) -> Leg:
    """Return the maker's leg; a recorded maker is on the other outcome half of the time."""
    if cross.maker is not None:
        return _leg(cross.maker, cross.size)
    draw = venue.draw("counterparty")
    mirrored = draw[0] < 128  # noqa: PLR2004 - a fair coin
    index = 1 - order.index if mirrored else order.index
    return Leg(
        order_id=venue.new_hash("order"),
        owner=venue.new_uuid("owner"),
        maker="0x" + draw[1:21].hex(),
        token=market.tokens[index],
        index=index,
        side=order.side if mirrored else ("SELL" if order.side == "BUY" else "BUY"),
        price=ONE - cross.price if mirrored else cross.price,
        size=cross.size,
        ours=False,
    )


def _maker_move(maker: Order, size: int) -> Move:
    return _move(maker, size, maker.price, 0)


def _move(order: Order, size: int, price: int, fee: int) -> Move:
    usd = usd_of(size, price)
    buys = order.side == "BUY"
    return Move(
        wallet=order.maker.lower(),
        cash=-(usd + fee) if buys else usd - fee,
        token=order.token,
        shares=size if buys else -size,
        fee=fee,
        order_id=order.id,
    )


def _touch(venue: Venue, market: Market) -> None:
    market.updated_us = venue.now_us


def _tell_levels(venue: Venue, market: Market, levels: list[tuple[int, str, int]]) -> None:
    """Report changed levels, each with its mirror on the other outcome."""
    _touch(venue, market)
    mirrored = [
        (1 - index, "SELL" if side == "BUY" else "BUY", ONE - price)
        for index, side, price in levels
    ]
    venue.tell(LevelsNote(market, (*levels, *mirrored)))


def _print(venue: Venue, market: Market, what: tuple[int, str, int, int], tx_hash: str) -> None:
    index, side, price, size = what
    market.last_price = text(price)
    market.last_side = side
    market.volume += size
    venue.tell(PrintNote(market, index, side, price, size, tx_hash))
