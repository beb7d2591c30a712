"""Equity and the loss limits, kept up with every entry: when to mark, and what a mark breaks.

The engine asks before and after each entry it records, and after each book of something held.
While days that are on disk are read again nothing is decided here: the ledger says what was.
"""

from collections.abc import Iterable
from typing import Final

from bot.domain.effect import Cancel, Effect, Trip
from bot.domain.entry import (
    Breach,
    CapitalDeposited,
    Entry,
    EquityMarked,
    FillRecorded,
    FillReversed,
    IntentDenied,
    LimitBroken,
    LossesAccepted,
    MarketSettled,
    PositionSettled,
    TradingState,
)
from bot.domain.fill import Position
from bot.domain.market import MarketId
from bot.domain.money import Usd
from bot.domain.order import Intent
from bot.engine.accounting import Portfolio
from bot.engine.desk import Desk
from bot.engine.guard.losses import SERIES, Bounds, Losses
from bot.engine.guard.worth import Worth
from bot.engine.strategy.limit import Limits

MARK_EVERY_US: Final = 60 * 1_000_000
"""Held positions are marked durably this often; a limit is looked at with every book."""
DRAWDOWN: Final = "drawdown"
"""What the kill switch is told, and what the cause of the halt begins with."""
Traded = FillRecorded | FillReversed | PositionSettled


class Guard:
    """Owned by one engine; `dirty` or `due_us` reached means that a mark is due."""

    def __init__(self, desks: dict[MarketId, Desk], limits: Iterable[Limits]) -> None:
        """Guard what is held at these desks by the strictest of these limits."""
        self.worth = Worth(desks)
        self.losses = Losses(Bounds.of(limits))
        self.due_us = 0
        self.cause = "start"
        self.dirty = False
        self._told: frozenset[int] | None = None

    def read_again(self, breaches: frozenset[int]) -> None:
        """Decide nothing from here on but in the frames in which a limit was reached before."""
        self._told = breaches

    def go_on(self) -> None:
        """Decide again: what was on disk is read."""
        if self._told is not None:
            self._told, self.dirty = None, False

    def looks_away(self, frame: int) -> bool:
        """Say whether what happens in a frame is on disk already."""
        return self._told is not None and frame not in self._told

    def look(self, desk: Desk, cash: Usd, at_us: int) -> bool:
        """Value what is held at a desk anew; say whether a limit may be reached by it."""
        return self.worth.look(desk, at_us) and cash.micros + self.worth.total <= self.losses.alarm

    def before(self, entry: Entry, portfolio: Portfolio) -> None:
        """Count what an entry is about to change."""
        match entry:
            case FillRecorded() | FillReversed() | PositionSettled():
                self._realised(entry.position, portfolio)
                self._due("payout" if isinstance(entry, PositionSettled) else "fill")
            case MarketSettled():
                self._window_over(entry.market_id, portfolio)
            case CapitalDeposited():
                self.losses.deposited(entry.cash.micros - portfolio.cash.micros)
                self._due("deposit")
            case LossesAccepted():
                self.losses.accept(entry.acceptance)
                self._due("accepted")
            case _:
                pass

    def after(self, entry: Entry, portfolio: Portfolio, at_us: int) -> None:
        """Value what an entry has changed."""
        if isinstance(entry, Traded):
            self.worth.hold(portfolio, entry.position.market_id, at_us)
        elif isinstance(entry, MarketSettled):
            self.worth.count()

    def recover(self, entry: Entry, at_us: int) -> None:
        """Take over what a mark read back from disk says; nothing else counts twice."""
        if isinstance(entry, EquityMarked):
            self.losses.restore(entry)
            self.worth.recall(entry.marks)
            self.dirty = False
            self._plan(at_us)

    def mark(self, cash: Usd, at_us: int) -> tuple[list[Breach], EquityMarked]:
        """Return the limits that are newly reached, and all that is measured, for the disk."""
        equity = cash.micros + self.worth.total
        turned = at_us >= self.losses.day_end_us and self.losses.known
        cause = self.cause if self.dirty or not self.losses.known else "day" if turned else "held"
        found = self.losses.mark(equity, at_us)
        self.dirty, self.cause = False, ""
        self._plan(at_us)
        return found, self.losses.written(cause, equity, self.worth.marks())

    def _plan(self, at_us: int) -> None:
        held_us = (at_us // MARK_EVERY_US + 1) * MARK_EVERY_US
        day_us = self.losses.day_end_us
        self.due_us = min(held_us, day_us) if self.worth.held else day_us

    def _due(self, cause: str) -> None:
        self.dirty, self.cause = True, cause

    def _realised(self, after: Position, portfolio: Portfolio) -> None:
        before = portfolio.position(after.strategy, after.market_id, after.outcome)
        market = portfolio.markets.get(after.market_id)
        if market is not None:
            self.losses.realised(market.series, after.realized.micros - before.realized.micros)

    def _window_over(self, market_id: MarketId, portfolio: Portfolio) -> None:
        traded = [one for key, one in portfolio.positions.items() if key[1] == market_id]
        if traded:
            self.losses.window_over(sum(one.realized.micros for one in traded))
            self._due("window")


def entries_of(found: Iterable[Breach]) -> list[LimitBroken]:
    """Return what to record of limits that are reached: what is still traded after each."""
    return [
        LimitBroken(one, TradingState.REDUCE_ONLY if one.limit == SERIES else TradingState.HALTED)
        for one in found
    ]


def halted(intent: Intent) -> IntentDenied:
    """Return the refusal of an intent that was approved just before everything halted."""
    return IntentDenied(
        intent.intent_id, intent.strategy, intent.terms.market_id,
        "trading_state", TradingState.HALTED.value, TradingState.ACTIVE.value, 1,
    )  # fmt: skip


def stopping(portfolio: Portfolio, breach: Breach) -> list[Effect]:
    """Return what to do when everything halts: take back what rests, and pull the kill switch."""
    resting = [
        Cancel(order.order_hash, DRAWDOWN)
        for order in portfolio.working()
        if order.order_hash and order.intent.terms.time_in_force.rests
    ]
    return [*resting, Trip(DRAWDOWN, said(breach))]


def said(breach: Breach) -> str:
    """Return a breach in words, for the halt's cause and the kill switch."""
    return f"{breach.limit} reached: {breach.value} of {breach.bound}"
