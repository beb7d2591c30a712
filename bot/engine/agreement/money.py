"""Cash and shares as our executions explain them, beside what the venue says: to the micro."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.domain.book import Side
from bot.domain.entry import DriftFound
from bot.domain.fill import Fill
from bot.domain.market import TokenId
from bot.domain.money import Usd
from bot.engine.accounting import Portfolio
from bot.engine.agreement.look import Look
from bot.engine.agreement.news import News
from bot.engine.reconcile import explain


@dataclass(slots=True)
class Sums:
    """Both sides of cash, and of each token of a market that is not resolved at the venue."""

    expected: Usd
    there: Usd
    shares: dict[TokenId, int] = field(default_factory=dict)
    shares_there: dict[TokenId, int] = field(default_factory=dict)
    paid_out: int = 0
    """Outcomes whose payout explains what is missing; the feed will tell their resolution."""

    @classmethod
    def of(cls, ours: Portfolio, look: Look, news: News) -> "Sums":
        """Add up what is recorded, what is about to be, and what resolutions pay."""
        cash = ours.cash.micros + sum(fill.cash.micros for fill in news.missing)
        cash -= sum(fill.cash.micros for fill in news.failed)
        shares = _shares(ours, news)
        for market_id, winner in look.view.resolved:
            market = ours.markets.get(market_id)
            if market is not None:
                paid = {market.up: shares.pop(market.up, 0), market.down: 0}
                paid[market.down] = shares.pop(market.down, 0)
                cash += paid[market.token(winner)]
        sums = cls(Usd(cash), look.view.cash, shares)
        sums.shares_there = {token: size.micros for token, size in look.view.positions}
        sums.explain(ours, look)
        return sums

    @property
    def gap(self) -> int:
        """Return how much more cash the venue has, in micros."""
        return self.there.micros - self.expected.micros

    def explain(self, ours: Portfolio, look: Look) -> None:
        """Let payouts explain what a venue without resolutions shows: shares gone, cash there."""
        over = {
            token
            for market in ours.markets.values()
            if look.now_us >= market.window.end_us
            for token in (market.up, market.down)
        }
        gone = {
            token: size
            for token, size in self.shares.items()
            if size > 0 and token in over and not self.shares_there.get(token)
        }
        chosen = explain(self.gap, list(gone.values())) if gone else None
        if chosen is not None:
            self.expected = self.there
            self.paid_out = len(gone)
            self.shares = {token: n for token, n in self.shares.items() if token not in gone}

    def cash(self) -> DriftFound:
        """Return the difference in cash."""
        return DriftFound("cash", "cash", str(self.expected), str(self.there), "halt")

    def positions(self) -> Iterator[DriftFound]:
        """Yield each token whose shares differ."""
        for token in sorted(self.shares.keys() | self.shares_there.keys()):
            here, there = self.shares.get(token, 0), self.shares_there.get(token, 0)
            if here != there:
                yield DriftFound("position", token, _text(here), _text(there), "halt")


def _shares(ours: Portfolio, news: News) -> dict[TokenId, int]:
    held: dict[TokenId, int] = {}
    for (_, market_id, outcome), position in ours.positions.items():
        token = ours.markets[market_id].token(outcome)
        held[token] = held.get(token, 0) + position.size.micros
    for fill in news.missing:
        held[fill.token] = held.get(fill.token, 0) + _sign(fill) * fill.size.micros
    for fill in news.failed:
        held[fill.token] = held.get(fill.token, 0) - _sign(fill) * fill.size.micros
    return held


def _sign(fill: Fill) -> int:
    return 1 if fill.side is Side.BUY else -1


def _text(micros: int) -> str:
    return f"{Usd(micros)} shares"
