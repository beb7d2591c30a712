"""What the contract suite needs of an adapter under test: a market, a book, and time."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.book import Side
from bot.domain.event import OrderEnded, OrderFilled, VenueEvent
from bot.domain.fill import Fill
from bot.domain.market import Market, Outcome
from bot.domain.money import Price, Shares, Usd, parse_micros
from bot.domain.order import (
    Answer,
    ApprovedOrder,
    Intent,
    IntentId,
    OrderHash,
    Prepared,
    Quantity,
    Rejected,
    Signal,
    StrategyId,
    Terms,
    TimeInForce,
    Unit,
)
from bot.ports import Venue

Levels = tuple[tuple[str, str], ...]
"""(price, size) from the best on."""


class Stage(Protocol):
    """One adapter with one market of tick 0.01 and least size 5, whose book a test can set."""

    market: Market
    cash: Usd

    @property
    def venue(self) -> Venue:
        """Return the adapter."""
        ...

    def now_us(self) -> int:
        """Return the venue's time."""
        ...

    async def show(self, bids: Levels, asks: Levels) -> None:
        """Make this the displayed book of Up, made by others."""
        ...

    async def trade(self, side: Side, price: str, size: str) -> None:
        """Let others trade on Up; `side` is the taker's."""
        ...

    async def settle_down(self) -> list[VenueEvent]:
        """Let the venue do all it has to do, and return what it has told since the last call."""
        ...

    async def close(self) -> None:
        """Let go of what the adapter holds."""
        ...


@dataclass(frozen=True)
class Outturn:
    """What became of an order: the answer, its fills and its end, however they were told."""

    order_hash: OrderHash
    answer: Answer
    fills: tuple[Fill, ...]
    ends: tuple[OrderEnded, ...]

    @property
    def refused(self) -> bool:
        """Say whether the venue proved, either way, that it took nothing."""
        return isinstance(self.answer, Rejected) or (bool(self.ends) and not self.fills)


def terms(stage: Stage, side: Side, kind: TimeInForce, price: str, quantity: str) -> Terms:
    """Return the terms of an order for Up."""
    unit = Unit.USD if side is Side.BUY and not kind.rests else Unit.SHARES
    market = stage.market
    return Terms(
        market.market_id, market.up, Outcome.UP, side, kind,
        Price.parse(price), Quantity(unit, parse_micros(quantity)),
    )  # fmt: skip


def prepare(stage: Stage, asked: Terms, *, salt: int = 1, name: str = "1") -> Prepared:
    """Prepare an order now."""
    signal = Signal("contract", 0, 0, 0, Shares(0), asked.price, Usd(0))
    at_us = stage.now_us()
    intent = Intent(
        IntentId(name), StrategyId("contract"), "", (), at_us,
        closing=False, terms=asked, signal=signal,
    )  # fmt: skip
    return stage.venue.prepare(ApprovedOrder(intent), salt=salt, at_us=at_us)


async def outturn(stage: Stage, prepared: Prepared) -> Outturn:
    """Send an order and wait for what becomes of it."""
    answer = await stage.venue.submit(prepared)
    told = await stage.settle_down()
    order_hash = prepared.order_hash
    fills = [one.fill for one in told if isinstance(one, OrderFilled)]
    return Outturn(
        order_hash,
        answer,
        tuple({one.fill_id: one for one in fills if one.order_hash == order_hash}.values()),
        tuple(o for o in told if isinstance(o, OrderEnded) and o.order_hash == order_hash),
    )
