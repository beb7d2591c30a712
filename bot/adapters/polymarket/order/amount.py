"""The two signed amounts of an order, by the SDK's own arithmetic, in integers of a millionth.

Nothing is corrected: a price off the market's grid, amounts that round to nothing and a buy whose
price would rise are `Unfit` and never sent. The venue itself would take some of them, otherwise.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from polymarket._internal.actions.orders.context import MIN_SUPPORTED_TICK_SIZE
from polymarket._internal.actions.orders.limit import _compute_limit_order_amounts
from polymarket._internal.actions.orders.market import _compute_market_order_amounts
from polymarket.models.types import OrderSide

from bot.domain.book import Side
from bot.domain.money import MICROS, Price
from bot.domain.order import Terms

TICKS: Final = tuple(Decimal(one) for one in ("0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001"))
"""Every tick there is. Source: polymarket-client 0.14.0 `context.py`."""


class Unfit(ValueError):  # noqa: N818 - what the order is
    """Terms that no pair of amounts says."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What the maker of an order gives and wants, in millionths."""

    maker: int
    taker: int


def side_of(side: Side) -> OrderSide:
    """Return a side in the SDK's word."""
    return "BUY" if side is Side.BUY else "SELL"


def amounts(terms: Terms, tick: Price) -> Amounts:
    """Return an order's amounts on a market's grid.

    Raises:
        Unfit: the price is off the grid, the amounts round to nothing, or a buy's price would rise.

    """
    price = Decimal(terms.price.micros) / MICROS
    quantity = Decimal(terms.quantity.micros) / MICROS
    grid = _grid(terms.price, tick)
    side = side_of(terms.side)
    if terms.time_in_force.rests:
        maker, taker = _compute_limit_order_amounts(
            price=price, size=quantity, side=side, tick_size=grid
        )
    else:
        maker, taker = _compute_market_order_amounts(
            amount=quantity, price=price, side=side, tick_size=grid
        )
    if maker <= 0 or taker <= 0:
        raise Unfit(f"{terms.quantity.unit} {quantity} at {price} rounds to nothing")
    if not terms.time_in_force.rests and terms.side is Side.BUY:
        _hold_cap(terms.price, maker, taker)
    return Amounts(maker, taker)


def _grid(price: Price, tick: Price) -> Decimal:
    """Return the market's tick as the SDK's arithmetic wants it."""
    own = Decimal(tick.micros) / MICROS
    if own not in TICKS:
        raise Unfit(f"tick {tick} is not one of the venue's")
    if not price.on_grid(tick):
        raise Unfit(f"price {price} breaks the tick {tick}")
    return own


def _hold_cap(price: Price, maker: int, taker: int) -> None:
    """Keep the price that the amounts say below the next possible ask above the cap.

    Source: polymarket-client 0.14.0 `market.py`, `_build_protected_market_order_draft`.
    """
    following = price.micros + int(MIN_SUPPORTED_TICK_SIZE * MICROS)
    if maker * MICROS >= taker * following:
        raise Unfit(f"{maker} for {taker} would pay more than {price}; raise the amount")
