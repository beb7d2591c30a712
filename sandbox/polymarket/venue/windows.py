"""The life of a market: listed, traded, closed at its end, resolved by the 60 s average price."""

from collections.abc import Callable

from sandbox.polymarket.venue.market import SECOND_US, Market
from sandbox.polymarket.venue.note import ListedNote, ResolvedNote, TickNote
from sandbox.polymarket.venue.state import Venue
from sandbox.polymarket.venue.trading import cancel

LATE_BOOK_US = 120 * SECOND_US
LATE_RESOLUTION_US = 600 * SECOND_US
FINE_TICK = 1_000
Twap = Callable[[str, int], int | None]
"""The 60 s average price of a symbol at an instant of market time, in millionths of a dollar."""


def list_market(venue: Venue, market: Market, twap: Twap) -> None:
    """Bring a market into being and put its end on the agenda."""
    venue.markets[market.condition_id] = market
    for index in (0, 1):
        venue.tokens[market.tokens[index]] = market.condition_id
        venue.recorded[market.recorded_tokens[index]] = (market.condition_id, index)
    if venue.faults.strikes("late-book"):
        market.book_from_us = venue.now_us + LATE_BOOK_US
    watch(venue, market, twap)
    venue.log("market.listed", {"market": market.condition_id, "slug": market.slug})
    venue.tell(ListedNote(market))


def watch(venue: Venue, market: Market, twap: Twap) -> None:
    """Put what is left of a market's life on the agenda."""
    if market.accepting:
        venue.agenda.note(max(market.end_us, venue.now_us), lambda: close(venue, market))
    middle_us = (market.start_us + market.end_us) // 2
    if venue.now_us < middle_us:
        venue.agenda.note(middle_us, lambda: _refine(venue, market))
    if market.winner is None:
        due = market.end_us + venue.pace.resolved_us
        venue.agenda.note(max(due, venue.now_us), lambda: _try_resolve(venue, market, twap))


def close(venue: Venue, market: Market) -> None:
    """Stop trading: no new orders, and the open ones end."""
    market.accepting = False
    for order in venue.live_orders():
        if order.market == market.condition_id:
            cancel(venue, order, "CANCELED_MARKET_RESOLVED")
    venue.log("market.closed", {"market": market.condition_id})


def resolve(venue: Venue, market: Market, winner: int) -> None:
    """Give a market its winner; its tokens can be redeemed from now on."""
    if market.winner is not None:
        return
    if market.accepting:
        close(venue, market)
    market.winner, market.closed, market.resolved_us = winner, True, venue.now_us
    fields: dict[str, object] = {"market": market.condition_id, "winner": market.outcomes[winner]}
    venue.log("market.resolved", fields)
    if not venue.faults.strikes("market-resolved-absent"):
        venue.tell(ResolvedNote(market))


def change_tick(venue: Venue, market: Market, tick: int) -> None:
    """Change a market's price step; orders on the old grid stay."""
    if tick == market.tick:
        return
    before, market.tick = market.tick, tick
    venue.tell(TickNote(market, before))


def winner_of(market: Market, twap: Twap) -> int | None:
    """Return the outcome that pays: Up where the average did not fall, a tie is Up."""
    first = twap(market.symbol, market.start_us)
    last = twap(market.symbol, market.end_us)
    if first is None or last is None:
        return None
    return market.up if last >= first else 1 - market.up


def _refine(venue: Venue, market: Market) -> None:
    if market.accepting and venue.faults.strikes("tick-change"):
        change_tick(venue, market, FINE_TICK)


def _try_resolve(venue: Venue, market: Market, twap: Twap) -> None:
    if market.winner is not None:
        return
    winner = winner_of(market, twap)
    late = venue.faults.strikes("late-resolution")
    if winner is None or late:
        again = venue.now_us + (LATE_RESOLUTION_US if late else SECOND_US)
        venue.agenda.note(again, lambda: _resolve_late(venue, market, twap))
        return
    resolve(venue, market, winner)


def _resolve_late(venue: Venue, market: Market, twap: Twap) -> None:
    winner = winner_of(market, twap)
    if winner is None:
        venue.agenda.note(venue.now_us + 10 * SECOND_US, lambda: _resolve_late(venue, market, twap))
        return
    resolve(venue, market, winner)
