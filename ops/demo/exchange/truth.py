"""The ledger against the venue's own account of the same wallet, to the micro.

The venue's truth comes from the stand-in's control address, ours from the ledger's entries alone:
neither is corrected by the other. Amounts are millionths. Nothing here asks anybody anything.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.book import Side
from bot.domain.entry import (
    CapitalDeposited,
    Entry,
    FillRecorded,
    FillReversed,
    IntentRecorded,
    MarketListed,
    OrderChanged,
    PositionSettled,
)
from bot.domain.fill import Position
from bot.domain.market import Market, MarketId, Outcome
from bot.domain.order import IntentId, OrderHash, OrderState

Row = Mapping[str, Any]
DUST = 10_000
"""Shares by which an order that counts as filled may miss its size."""
OPEN = {OrderState.IN_FLIGHT, OrderState.OPEN, OrderState.UNKNOWN}
NEVER = {OrderState.REJECTED, OrderState.EXPIRED}
DIFFERENCES_MAX = 100


@dataclass(frozen=True, slots=True)
class Moved:
    """What one fill moved: cash and shares, negative goes out."""

    token: str
    cash: int
    shares: int


@dataclass(slots=True)
class Ours:
    """Books folded from the entries of a ledger."""

    cash: int = 0
    orders: dict[OrderHash, OrderState] = field(default_factory=dict)
    intents: dict[IntentId, set[OrderHash]] = field(default_factory=lambda: defaultdict(set))
    fills: dict[str, Moved] = field(default_factory=dict)
    voided: int = 0
    held: dict[tuple[str, MarketId, Outcome], int] = field(default_factory=dict)
    markets: dict[MarketId, Market] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Ours":
        """Fold entries from the first on."""
        made = cls()
        for entry in entries:
            made.take(entry)
        return made

    def take(self, entry: Entry) -> None:
        """Follow one entry."""
        match entry:
            case CapitalDeposited():
                self.cash = entry.cash.micros
            case MarketListed():
                self.markets[entry.market.market_id] = entry.market
            case IntentRecorded():
                self.orders[entry.order_hash] = OrderState.IN_FLIGHT
                self.intents[entry.intent.intent_id].add(entry.order_hash)
            case OrderChanged():
                self.orders[entry.order_hash] = entry.state
            case FillRecorded():
                fill = entry.fill
                sign = 1 if fill.side is Side.BUY else -1
                self.fills[fill.fill_id] = Moved(
                    fill.token, fill.cash.micros, sign * fill.size.micros
                )
                self._hold(entry.position, entry.cash.micros)
            case FillReversed():
                self.fills.pop(entry.fill.fill_id, None)
                self.voided += 1
                self._hold(entry.position, entry.cash.micros)
            case PositionSettled():
                self._hold(entry.position, entry.cash.micros)
            case _:
                pass

    def _hold(self, position: Position, cash: int) -> None:
        self.held[position.strategy, position.market_id, position.outcome] = position.size.micros
        self.cash = cash

    def tokens(self) -> dict[str, int]:
        """Return shares by token."""
        found: dict[str, int] = defaultdict(int)
        for (_, market_id, outcome), size in self.held.items():
            market = self.markets[market_id]
            found[market.up if outcome is Outcome.UP else market.down] += size
        return {token: size for token, size in found.items() if size}


@dataclass(frozen=True, slots=True)
class Theirs:
    """What the stand-in says is so, of one wallet and one API key."""

    orders: Mapping[str, Row]
    fills: Mapping[str, Moved]
    """Of every trade that has not failed."""
    cash: int
    """On the chain, with matches that are not mined yet."""
    tokens: Mapping[str, int]
    winners: frozenset[str]
    """Tokens that pay 1 USD each."""
    losers: frozenset[str]

    @classmethod
    def of(cls, truth: Row, *, wallet: str, api_key: str) -> "Theirs":
        """Read the control address's truth."""
        [own] = [one for one in truth["wallets"] if _same(one["address"], wallet)]
        cash, tokens = int(own["cash"]), defaultdict[str, int](int, own["tokens"])
        fills: dict[str, Moved] = {}
        for trade, move in _moves(truth, wallet):
            if not trade["mined"]:
                cash += move["cash"]
                tokens[move["token"]] += move["shares"]
            name = f"{trade['id']}/{move['order_id'].lower()}"
            known = fills.get(name, Moved(move["token"], 0, 0))
            fills[name] = Moved(
                known.token, known.cash + move["cash"], known.shares + move["shares"]
            )
        paid = dict(_paid(truth))
        return cls(
            orders={one["id"].lower(): one for one in truth["orders"] if one["owner"] == api_key},
            fills=fills,
            cash=cash,
            tokens={token: size for token, size in tokens.items() if size},
            winners=frozenset(token for token, won in paid.items() if won),
            losers=frozenset(token for token, won in paid.items() if not won),
        )


def _moves(truth: Row, wallet: str) -> Iterator[tuple[Row, Row]]:
    """Yield what trades move in a wallet, unless they have failed."""
    for trade in truth["trades"]:
        for move in trade["moves"]:
            if trade["status"] != "FAILED" and _same(move["wallet"], wallet):
                yield trade, move


def _paid(truth: Row) -> Iterator[tuple[str, bool]]:
    """Yield the tokens of resolved markets, and whether each pays."""
    for market in truth["markets"]:
        for token, outcome in zip(market["tokens"], market["outcomes"], strict=True):
            if market["winner"] is not None:
                yield token, outcome == market["winner"]


def differences(ours: Ours, theirs: Theirs) -> Sequence[str]:
    """Return every difference, one line each, none where the books are the same."""
    found = [
        *_orders(ours, theirs),
        *_fills(ours.fills, theirs.fills),
        *_money(ours, theirs),
    ]
    return found[:DIFFERENCES_MAX]


def _orders(ours: Ours, theirs: Theirs) -> Iterator[str]:
    for intent_id, hashes in ours.intents.items():
        if len(hashes) > 1:
            yield f"intent {intent_id}: {len(hashes)} orders of it"
    for order_id, order in theirs.orders.items():
        problem = _problem(order, ours.orders.get(OrderHash(order_id)))
        if problem:
            yield f"order {order_id}: {problem}"
    for order_hash, state in ours.orders.items():
        if state in OPEN:
            yield f"order {order_hash}: still {state} in the ledger"
        elif state not in NEVER and order_hash not in theirs.orders:
            yield f"order {order_hash}: {state} in the ledger, the venue never had it"


def _problem(order: Row, state: OrderState | None) -> str:
    """Say what the ledger has wrong about an order that the venue took."""
    if state is None:
        return "at the venue, not in the ledger"
    if order["status"] in {"LIVE", "DELAYED"}:
        return f"left open at the venue, {state} in the ledger"
    if state is OrderState.EXPIRED and not order["matched"]:
        return ""  # it rested, or was held, and ended without a trace in any page
    if state in NEVER:
        return f"{state} in the ledger, the venue took it"
    if state is OrderState.FILLED and not _filled(order):
        return f"filled in the ledger, the venue matched {order['matched']}"
    return ""


def _filled(order: Row) -> bool:
    if order["budget"]:
        return bool(order["budget"] - order["spent"] <= DUST)
    return bool(order["size"] - order["matched"] <= DUST)


def _fills(ours: Mapping[str, Moved], theirs: Mapping[str, Moved]) -> Iterator[str]:
    for name in sorted({*ours, *theirs}):
        here, there = ours.get(name), theirs.get(name)
        if here is None:
            yield f"fill {name}: lost, the venue says {there}"
        elif there is None:
            yield f"fill {name}: in the ledger, not at the venue"
        elif here != there:
            yield f"fill {name}: {here} in the ledger, the venue says {there}"


def _money(ours: Ours, theirs: Theirs) -> Iterator[str]:
    """Compare cash and shares; a payout that we count and have not redeemed yet is both's."""
    held = ours.tokens()
    cash = theirs.cash
    for token, size in theirs.tokens.items():
        here = held.pop(token, 0)
        if here != size and here == 0 and token in theirs.winners:
            cash += size
        elif here != size and not (here == 0 and token in theirs.losers):
            yield f"token {token[:20]}: {here} in the ledger, {size} at the venue"
    for token, size in held.items():
        yield f"token {token[:20]}: {size} in the ledger, none at the venue"
    if ours.cash != cash:
        yield f"cash: {ours.cash} in the ledger, {cash} at the venue"


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()
