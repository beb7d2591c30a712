"""What we own, owe and have asked for: the fold of the ledger's entries, and nothing else.

The engine changes money only by applying entries it has just recorded; recovery applies the same
entries read back. Applying an entry twice changes nothing, because entries carry values after.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.domain.book import Side
from bot.domain.entry import (
    CapitalDeposited,
    Entry,
    FillProved,
    FillRecorded,
    FillReversed,
    IntentRecorded,
    MarketListed,
    MarketSettled,
    OrderChanged,
    PositionSettled,
    TradingState,
    TradingStateSet,
)
from bot.domain.fill import Fill, FillId, Position
from bot.domain.market import Market, MarketId, Outcome
from bot.domain.money import ZERO_SHARES, ZERO_USD, Rounding, Shares, Usd
from bot.domain.order import Intent, IntentId, OrderHash, OrderState, StrategyId, Unit

UNPREPARED = OrderHash("")
PositionKey = tuple[StrategyId, MarketId, Outcome]


@dataclass(slots=True)
class WorkingOrder:
    """An order of an unsettled market, final or not. `order_hash` is empty until prepared."""

    intent: Intent
    order_hash: OrderHash = UNPREPARED
    body: str = ""
    state: OrderState = OrderState.IN_FLIGHT
    filled: Shares = ZERO_SHARES
    spent: Usd = ZERO_USD

    def reserved(self, market: Market) -> Usd:
        """Return the most that can still be paid for this order, fees included."""
        terms = self.intent.terms
        if self.state.final or terms.side is Side.SELL:
            return ZERO_USD
        if terms.quantity.unit is Unit.USD:
            left = Usd(max(terms.quantity.micros - self.spent.micros, 0))
            return left + market.fees.most_on_amount(left, terms.price)
        size = Shares(max(terms.quantity.micros - self.filled.micros, 0))
        left = terms.price.notional(size, Rounding.UP)
        return left + market.fees.most_on_size(size, terms.price)


@dataclass(slots=True)
class Executed:
    """A recorded fill of an unsettled market, and whether it may still be voided."""

    fill: Fill
    strategy: StrategyId
    provisional: bool


@dataclass(slots=True)
class Portfolio:
    """Cash, positions and orders of all markets that are not settled yet."""

    cash: Usd = ZERO_USD
    state: TradingState = TradingState.HALTED
    markets: dict[MarketId, Market] = field(default_factory=dict)
    orders: dict[IntentId, WorkingOrder] = field(default_factory=dict)
    positions: dict[PositionKey, Position] = field(default_factory=dict)
    by_hash: dict[OrderHash, WorkingOrder] = field(default_factory=dict)
    fills: dict[FillId, Executed] = field(default_factory=dict)

    def apply(self, entry: Entry) -> None:
        """Take one entry in; idempotent. Entries that carry no money or order are ignored."""
        match entry:
            case FillRecorded() | FillProved() | FillReversed():
                self._fill(entry)
            case OrderChanged() | IntentRecorded():
                self._order(entry)
            case PositionSettled():
                key = (entry.position.strategy, entry.position.market_id, entry.position.outcome)
                self.positions[key] = entry.position
                self.cash = entry.cash
            case MarketListed():
                self.markets[entry.market.market_id] = entry.market
            case MarketSettled():
                self._forget(entry.market_id)
            case CapitalDeposited():
                self.cash = entry.cash
            case TradingStateSet():
                self.state = entry.state
            case _:
                pass

    def _fill(self, entry: FillRecorded | FillProved | FillReversed) -> None:
        if isinstance(entry, FillProved):
            if entry.fill_id in self.fills:
                self.fills[entry.fill_id].provisional = False
            return
        fill, position = entry.fill, entry.position
        order = self.by_hash.get(fill.order_hash)
        known = fill.fill_id in self.fills
        if isinstance(entry, FillReversed):
            self.fills.pop(fill.fill_id, None)
        else:
            self.fills[fill.fill_id] = Executed(fill, entry.strategy, fill.provisional)
        if order is not None:
            if (fill.fill_id in self.fills) is not known:
                order.spent += -fill.notional if known else fill.notional
            order.filled = entry.filled
        self.positions[(position.strategy, position.market_id, position.outcome)] = position
        self.cash = entry.cash

    def _order(self, entry: OrderChanged | IntentRecorded) -> None:
        if isinstance(entry, IntentRecorded):
            order = self.orders.setdefault(entry.intent.intent_id, WorkingOrder(entry.intent))
            order.order_hash, order.body = entry.order_hash, entry.body
            self.by_hash[entry.order_hash] = order
        elif entry.order_hash in self.by_hash:
            order = self.by_hash[entry.order_hash]
            order.state, order.filled = entry.state, entry.filled

    def _forget(self, market_id: MarketId) -> None:
        self.markets.pop(market_id, None)
        for order in list(self.of_market(market_id)):
            del self.orders[order.intent.intent_id]
            self.by_hash.pop(order.order_hash, None)
        self.positions = {k: p for k, p in self.positions.items() if k[1] != market_id}
        self.fills = {k: one for k, one in self.fills.items() if one.fill.market_id != market_id}

    def of_market(self, market_id: MarketId) -> Iterator[WorkingOrder]:
        """Yield all orders of a market, final ones too."""
        return (o for o in self.orders.values() if o.intent.terms.market_id == market_id)

    def working(self) -> Iterator[WorkingOrder]:
        """Yield orders that are not final: in flight, open or unknown."""
        return (order for order in self.orders.values() if not order.state.final)

    def position(self, strategy: StrategyId, market_id: MarketId, outcome: Outcome) -> Position:
        """Return the position held, flat if there never was one."""
        key = (strategy, market_id, outcome)
        return self.positions.get(key) or Position(strategy, market_id, outcome)

    def after_fill(self, fill: Fill, order: WorkingOrder) -> tuple[Position, Usd, Shares]:
        """Return position, cash and the order's filled size as a fill leaves them."""
        held = self.position(order.intent.strategy, fill.market_id, fill.outcome)
        return held.after(fill), self.cash + fill.cash, order.filled + fill.size

    def without_fill(self, gone: Fill, order: WorkingOrder) -> tuple[Position, Usd, Shares]:
        """Return position, cash and the order's filled size as they are without a fill.

        Raises:
            ValueError: what was bought by it has been sold since.

        """
        position = Position(order.intent.strategy, gone.market_id, gone.outcome)
        for one in self.fills.values():
            fill = one.fill
            mine = (one.strategy, fill.market_id, fill.outcome)
            if fill.fill_id != gone.fill_id and mine == (
                position.strategy,
                position.market_id,
                position.outcome,
            ):
                position = position.after(fill)
        return position, self.cash - gone.cash, order.filled - gone.size

    def provisional(self, market_id: MarketId) -> bool:
        """Say whether a fill of a market may still be voided."""
        return any(
            one.provisional for one in self.fills.values() if one.fill.market_id == market_id
        )

    def exposure(self, market_id: MarketId | None = None) -> Usd:
        """Return the most that can be lost: positions at cost plus what open orders may pay."""
        held = sum(
            position.cost.micros
            for (_, market, _), position in self.positions.items()
            if market_id is None or market == market_id
        )
        asked = sum(
            order.reserved(self.markets[order.intent.terms.market_id]).micros
            for order in self.working()
            if market_id is None or order.intent.terms.market_id == market_id
        )
        return Usd(held + asked)

    def with_position(self, position: Position, cash: Usd) -> "Portfolio":
        """Return a view with one position and cash replaced, to value what a change would leave."""
        key = (position.strategy, position.market_id, position.outcome)
        return replace(self, cash=cash, positions={**self.positions, key: position})
