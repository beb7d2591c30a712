"""Orders of the live venue's tests, each with a salt of its own, and the venue's truth of them."""

import asyncio
import itertools
from collections.abc import Callable

from bot.domain.book import Side
from bot.domain.order import OrderHash, Prepared, TimeInForce
from tests.contract.polymarket_sdk.standin import Row
from tests.contract.venue.case import prepare, terms
from tests.contract.venue.live import LiveStage

BUY, SELL = Side.BUY, Side.SELL
FAK, FOK, GTC = TimeInForce.FAK, TimeInForce.FOK, TimeInForce.GTC
_salts = itertools.count(1)


def resting(stage: LiveStage, size: str = "10") -> Prepared:
    """Prepare a bid that rests."""
    return made(stage, BUY, GTC, "0.40", size)


def taking(stage: LiveStage, usd: str = "5.20") -> Prepared:
    """Prepare a buy of what is shown."""
    return made(stage, BUY, FAK, "0.52", usd)


def made(stage: LiveStage, side: Side, kind: TimeInForce, price: str, quantity: str) -> Prepared:
    salt = next(_salts)
    return prepare(stage, terms(stage, side, kind, price, quantity), salt=salt, name=f"1-{salt}")


def orders(stage: LiveStage, order_hash: OrderHash) -> list[Row]:
    """Return what the venue has under a hash: nothing, or one order."""
    found: list[Row] = stage.ground.stand_in.truth()["orders"]
    return [order for order in found if order["id"] == order_hash]


def wallet(stage: LiveStage) -> Row:
    """Return our wallet as the venue has it."""
    return stage.ground.stand_in.wallet(stage.connection.settings.wallet)


async def until(probe: Callable[[], object], *, within_s: float = 10.0) -> None:
    """Poll until true: for what the stand-in does by the wall clock."""
    async with asyncio.timeout(within_s):
        while not probe():  # noqa: ASYNC110 - another process tells nothing
            await asyncio.sleep(0.02)


def struck(stage: LiveStage, name: str) -> int:
    faults: list[Row] = stage.ground.stand_in.truth()["faults"]
    return int(next(fault["struck"] for fault in faults if fault["name"] == name))
