"""Out of a market because a person wants out: at which price at the least, and what to sell now.

Pure. A sale is an exit like any other and passes risk; what nobody bids for at the floor or better
stays held to the resolution.
"""

from bot.domain.book import Book, Side
from bot.domain.fill import Position
from bot.domain.market import Outcome
from bot.domain.money import CENT, MICROS, Price
from bot.engine.desk import Desk, Stake
from bot.engine.strategy.view import MarketView, Sale


def floors(desk: Desk, slippage_max: Price) -> tuple[tuple[Outcome, Price], ...]:
    """Return the least price of what is held: its bid, or its last worth, less the slippage."""
    return tuple(
        (outcome, _floor(desk.of(outcome), stake, slippage_max))
        for outcome, stake in sorted(desk.held.items())
    )


def _floor(book: Book, stake: Stake, slippage_max: Price) -> Price:
    worth = stake.worth * MICROS // stake.size
    now = book.bid_micros if book.tradable and book.bid_micros else worth
    return _on_grid(now - slippage_max.micros, book.tick_micros)


def _on_grid(micros: int, tick: int) -> Price:
    """Return the price at or above it on the grid, inside (0, 1)."""
    return Price(min(max(-(-micros // tick) * tick, tick), MICROS - tick))


def way_out(view: MarketView, held: Position, floor: Price, band: Price) -> Sale | None:
    """Return what to sell now, None while nobody bids enough for a sale that the venue takes.

    `band` is how far from the touch risk lets a price be.
    """
    book = view.book(held.outcome)
    if not book.tradable or book.bid_micros < floor.micros:
        return None
    price = max(floor, _on_grid(book.bid_micros - band.micros, book.tick_micros))
    size = min(held.size, book.depth(Side.BUY, price)).floor(CENT)
    if size < view.market.size_min:
        return None
    return Sale(price, size, "flatten")
