"""What the positions are worth by a conservative mark, kept up book by book.

A position is worth what selling all of it into the bids of its book would bring; without a bid
nothing. A book that is not whole, is crossed, or whose window is over says nothing: then the last
worth stays, and before there ever was one what was paid. Changed only where we hold something.
"""

from collections.abc import Iterable

from bot.domain.entry import Mark
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Shares, Usd
from bot.engine.accounting import Portfolio
from bot.engine.desk import Desk, Stake

Stakes = dict[tuple[MarketId, Outcome], tuple[int, int]]
"""(size, cost) in micros by market and outcome, all strategies together."""


def stakes(portfolio: Portfolio, market_id: MarketId | None = None) -> Stakes:
    """Return what is held of each outcome, of one market or of all."""
    found: Stakes = {}
    for (_, market, outcome), position in portfolio.positions.items():
        if position.size.micros and market_id in {None, market}:
            size, cost = found.get((market, outcome), (0, 0))
            found[market, outcome] = (size + position.size.micros, cost + position.cost.micros)
    return found


class Worth:
    """The worth of all that is held, as a running sum in micro USD."""

    def __init__(self, desks: dict[MarketId, Desk]) -> None:
        """Value what is held at these desks."""
        self._desks = desks
        self.total = 0
        self.held = False

    def hold(self, portfolio: Portfolio, market_id: MarketId, at_us: int) -> None:
        """Take over what is held in a market now, and value it."""
        desk = self._desks.get(market_id)
        if desk is not None:
            desk.held = {
                outcome: desk.stake(outcome, size, cost, at_us)
                for (_, outcome), (size, cost) in stakes(portfolio, market_id).items()
            }
        self.count()

    def count(self) -> None:
        """Add everything up again."""
        every = [stake for desk in self._desks.values() for stake in desk.held.values()]
        self.total = sum(stake.worth for stake in every)
        self.held = bool(every)

    def look(self, desk: Desk, at_us: int) -> bool:
        """Value a desk's stakes by its books as they are now; say whether the sum has changed."""
        before = self.total
        for outcome, stake in desk.held.items():
            worth = desk.bids_pay(outcome, stake.size, at_us)
            if worth is not None:
                self.total += worth - stake.worth
                stake.worth, stake.source = worth, "bids"
                desk.paid[outcome] = (worth, stake.size)
        return self.total != before

    def of(self, portfolio: Portfolio, at_us: int) -> int:
        """Return what a portfolio that is not there yet would be worth, without its cash."""
        total = 0
        for (market_id, outcome), (size, cost) in stakes(portfolio).items():
            desk = self._desks.get(market_id)
            total += cost if desk is None else desk.stake(outcome, size, cost, at_us).worth
        return total

    def marks(self) -> tuple[Mark, ...]:
        """Return the stakes one by one."""
        return tuple(
            Mark(market_id, outcome, Shares(stake.size), Usd(stake.worth), stake.source)
            for market_id, desk in sorted(self._desks.items())
            for outcome, stake in sorted(desk.held.items())
        )

    def recall(self, marks: Iterable[Mark]) -> None:
        """Take what was marked last for what the books said last: they are not heard yet."""
        for mark in marks:
            desk = self._desks.get(mark.market_id)
            if desk is None:
                continue
            if mark.source != "cost":
                desk.paid[mark.outcome] = (mark.worth.micros, mark.size.micros)
            stake = desk.held.get(mark.outcome)
            if stake is not None and stake.size == mark.size.micros:
                desk.held[mark.outcome] = Stake(stake.size, mark.worth.micros, mark.source)
        self.count()
