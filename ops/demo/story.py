"""What happened in each window, told from the ledger's entries alone.

Pure: entries in, values and lines out. It opens nothing and judges nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.domain.book import Side
from bot.domain.entry import (
    FillRecorded,
    IntentRecorded,
    MarketListed,
    MarketSettled,
    OrderChanged,
    PositionSettled,
    Recorded,
)
from bot.domain.fill import Fill, Position
from bot.domain.market import SECOND_US, Market, MarketId, MarketWindow, Outcome
from bot.domain.money import MICROS, ZERO_USD, Rounding, Usd, divide, format_micros
from bot.domain.order import Intent, OrderHash, OrderState, StrategyId

Equity = tuple[int, int]
"""(UTC microseconds, equity in micro USD)."""


@dataclass(slots=True)
class OrderStory:
    """One order: what was expected and what was got."""

    intent: Intent
    state: OrderState = OrderState.IN_FLIGHT
    fills: list[Fill] = field(default_factory=list)

    @property
    def size_micros(self) -> int:
        """Return the shares executed."""
        return sum(fill.size.micros for fill in self.fills)

    @property
    def price_micros(self) -> int:
        """Return the average price paid or got, rounded half up; 0 without a fill."""
        notional = sum(fill.notional.micros for fill in self.fills)
        return divide(notional * MICROS, self.size_micros, Rounding.HALF_UP) if self.fills else 0

    @property
    def fee(self) -> Usd:
        """Return the fees paid."""
        return sum((fill.fee for fill in self.fills), ZERO_USD)

    @property
    def slip_micros(self) -> int:
        """Return how much worse than expected the price was, for us; negative is better."""
        worse = self.price_micros - self.intent.signal.expected_price.micros
        return worse if self.intent.terms.side is Side.BUY else -worse


@dataclass(slots=True)
class WindowStory:
    """One market window: its orders, how it ended, and what that left us."""

    market: Market
    orders: list[OrderStory] = field(default_factory=list)
    winner: Outcome | None = None
    settled: bool = False
    positions: dict[tuple[StrategyId, Outcome], Position] = field(default_factory=dict)

    @property
    def fee(self) -> Usd:
        """Return the fees of all orders."""
        return sum((order.fee for order in self.orders), ZERO_USD)

    @property
    def profit(self) -> Usd:
        """Return what sales and settlement realised, fees taken off."""
        return sum((position.realized for position in self.positions.values()), ZERO_USD)

    def hold(self, position: Position) -> None:
        """Keep the newest state of a position."""
        self.positions[position.strategy, position.outcome] = position


@dataclass(slots=True)
class Story:
    """The whole day."""

    windows: dict[MarketId, WindowStory] = field(default_factory=dict)
    orders: dict[OrderHash, OrderStory] = field(default_factory=dict)
    equity: list[Equity] = field(default_factory=list)

    @property
    def fills(self) -> int:
        """Return how many executions there were."""
        return sum(len(order.fills) for order in self.orders.values())

    def add(self, recorded: Recorded) -> None:
        """Take in the next entry of the ledger."""
        entry = recorded.entry
        match entry:
            case MarketListed():
                window = self.windows.setdefault(entry.market.market_id, WindowStory(entry.market))
                window.market = entry.market
            case IntentRecorded():
                order = OrderStory(entry.intent)
                self.orders[entry.order_hash] = order
                self.windows[entry.intent.terms.market_id].orders.append(order)
            case OrderChanged() if entry.order_hash in self.orders:
                self.orders[entry.order_hash].state = entry.state
            case FillRecorded():
                self._filled(entry)
                self.equity.append((recorded.stamp.at_us, entry.equity.micros))
            case PositionSettled():
                self.windows[entry.position.market_id].hold(entry.position)
                self.windows[entry.position.market_id].winner = entry.winner
                self.equity.append((recorded.stamp.at_us, entry.equity.micros))
            case MarketSettled():
                self.windows[entry.market_id].winner = entry.winner
                self.windows[entry.market_id].settled = True
            case _:
                pass

    def _filled(self, entry: FillRecorded) -> None:
        order = self.orders.get(entry.fill.order_hash)
        if order is not None:
            order.fills.append(entry.fill)
        self.windows[entry.fill.market_id].hold(entry.position)


def tell(entries: Iterable[Recorded]) -> Story:
    """Return the story of these entries."""
    story = Story()
    for recorded in entries:
        story.add(recorded)
    return story


def clock(at_us: int, form: str = "%H:%M") -> str:
    """Return the UTC time of day."""
    return datetime.fromtimestamp(at_us / SECOND_US, UTC).strftime(form)


def span(window: MarketWindow) -> str:
    """Return a window as people say it."""
    return f"{clock(window.start_us)}-{clock(window.end_us)}"


def signed(amount: Usd, decimals: int = 2) -> str:
    """Return an amount in cents with its sign."""
    step = 10 ** (6 - decimals)
    micros = divide(abs(amount.micros), step, Rounding.HALF_UP) * step
    return ("-" if amount.micros < 0 else "+") + format_micros(micros, decimals)


def cents(amount: Usd) -> str:
    """Return an amount rounded to cents, without a plus."""
    return signed(amount).removeprefix("+")


def bought(orders: Sequence[OrderStory]) -> str:
    """Return what orders of one side and outcome did together, against what was expected."""
    done = [order for order in orders if order.fills]
    terms, why = orders[0].intent.terms, orders[0].intent.signal.reason
    if not done:
        return f"{orders[0].state} {terms.side} of {terms.outcome}, nothing filled: {why}"
    size = sum(order.size_micros for order in done)
    asked = [order.intent.signal.expected_price.micros * order.size_micros for order in done]
    got = [order.price_micros * order.size_micros for order in done]
    fee = sum((order.fee for order in done), ZERO_USD)
    verb = "bought" if terms.side is Side.BUY else "sold"
    clips = f" in {len(done)} clips" if len(done) > 1 else ""
    return (
        f"{verb} {shown(size)} {terms.outcome}{clips} at {shown(sum(got) // size, 3)} (expected "
        f"{shown(sum(asked) // size, 3)}), fee {cents(fee)}: {why}"
    )


def shown(micros: int, decimals: int = 2) -> str:
    """Return a size or a price rounded half up."""
    return signed(Usd(micros), decimals).removeprefix("+")


def window_line(window: WindowStory) -> str:
    """Return one window: how it ended, what it made, what was traded and why at first."""
    end = f"{window.winner.title()} won" if window.winner else "open"
    head = f"{span(window.market.window)}  {end:8}"
    if not window.orders:
        return f"{head}  {'':>8}  nothing bought"
    sides: dict[tuple[Side, Outcome], list[OrderStory]] = {}
    for order in window.orders:
        sides.setdefault((order.intent.terms.side, order.intent.terms.outcome), []).append(order)
    return f"{head}  {signed(window.profit):>8}  {'; '.join(map(bought, sides.values()))}"
