"""What must hold after every commit, computed from the entries alone: a second bookkeeper."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

from bot.domain.book import Side
from bot.domain.entry import (
    CapitalDeposited,
    Entry,
    FillRecorded,
    IntentRecorded,
    OrderChanged,
    PositionSettled,
    SessionStarted,
    Stamp,
)
from bot.domain.market import MarketId, Outcome
from bot.domain.order import OrderHash, StrategyId
from bot.engine.engine import Engine
from bot.engine.strategy.limit import Limits


class Bookkeeper:
    """Keeps books of its own from what was recorded, across every crash, and compares."""

    def __init__(self, limits: Limits) -> None:
        """Start with nothing."""
        self._limits = limits
        self._cash = 0
        self._intents: set[OrderHash] = set()
        self._shares: dict[tuple[StrategyId, MarketId, Outcome], int] = defaultdict(int)
        self._costs: dict[tuple[StrategyId, MarketId, Outcome], Fraction] = defaultdict(Fraction)
        self._frame = 0
        self._at_us = 0

    def watch(self, engine: Engine, entries: Sequence[Entry], stamp: Stamp) -> None:
        """Take a commit in, and hold it and the engine to the rules."""
        assert (stamp.frame, stamp.at_us) >= (self._frame, self._at_us), "time ran backwards"
        self._frame, self._at_us = stamp.frame, stamp.at_us
        for entry in entries:
            self._take(entry)
        if not any(isinstance(entry, SessionStarted) for entry in entries):
            self._exposure(engine)

    def _take(self, entry: Entry) -> None:
        match entry:
            case CapitalDeposited():
                self._cash += entry.amount.micros
            case IntentRecorded():
                assert entry.order_hash not in self._intents, "the same order was intended twice"
                self._intents.add(entry.order_hash)
            case OrderChanged():
                assert entry.order_hash in self._intents, "an order without an intent"
            case FillRecorded():
                self._fill(entry)
            case PositionSettled():
                key = (entry.position.strategy, entry.position.market_id, entry.position.outcome)
                assert entry.size.micros == self._shares.pop(key), "settled what was not held"
                paid = entry.size.micros if entry.winner is entry.position.outcome else 0
                self._cash += paid
                assert entry.payout.micros == paid
                assert entry.cash.micros == self._cash, "cash is not what the fills say"
                del self._costs[key]
            case _:
                pass

    def _fill(self, entry: FillRecorded) -> None:
        fill = entry.fill
        assert fill.order_hash in self._intents, "a fill of no order"
        key = (entry.strategy, fill.market_id, fill.outcome)
        sign = 1 if fill.side is Side.BUY else -1
        self._cash -= sign * fill.notional.micros + fill.fee.micros
        if sign > 0:
            self._costs[key] += fill.notional.micros + fill.fee.micros
        else:
            self._costs[key] *= 1 - Fraction(fill.size.micros, self._shares[key])
        self._shares[key] += sign * fill.size.micros
        assert self._cash >= 0, "more money was spent than there was"
        assert entry.cash.micros == self._cash, "cash is not what the fills say"
        assert entry.position.size.micros == self._shares[key], "the position is not the fills"
        assert abs(entry.position.cost.micros - self._costs[key]) <= len(self._intents)

    def _exposure(self, engine: Engine) -> None:
        portfolio = engine.portfolio
        assert portfolio.exposure() <= self._limits.exposure_total_max_usd
        held: dict[tuple[StrategyId, MarketId], int] = defaultdict(int)
        for (strategy, market_id, _), position in portfolio.positions.items():
            assert portfolio.exposure(market_id) <= self._limits.exposure_market_max_usd
            held[strategy, market_id] += position.size.micros > 0
        assert max(held.values(), default=0) <= 1, "two positions in one market"
