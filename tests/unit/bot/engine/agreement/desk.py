"""An engine with one order, a venue that agrees with it, and a judge between them."""

from dataclasses import replace
from typing import Any

from bot.domain.entry import DriftFound
from bot.domain.event import (
    Event,
)
from bot.domain.fill import Fill, FillId
from bot.domain.market import MarketId, TokenId
from bot.domain.money import Shares
from bot.domain.order import Accepted, OrderHash, OrderState
from bot.engine.agreement.judge import Judge, Patience
from bot.engine.agreement.look import (
    Deed,
    Look,
    Tell,
    Verdict,
)
from bot.ports import OpenOrder, VenueView
from tests.unit.bot.given import buy, engine, fill

PATIENCE = Patience(settle_ms=10_000, absent_ms=60_000, flight_ms=60_000)
UP = TokenId("up1")
MARKET = MarketId("0xm1")


class Desk:
    """An engine with one order, a venue that agrees with it, and a judge."""

    def __init__(self, state: OrderState = OrderState.OPEN, filled: str = "") -> None:
        self.engine = engine()
        self.intent = buy(self.engine)
        self.hash = OrderHash(f"hash-{self.intent.intent_id}")
        if filled:
            self.engine.handle(fill(self.intent, filled))
        self.order.state = state
        self.judge = Judge(PATIENCE)
        self.wall_ms = 0
        self.now_us = self.intent.made_us

    @property
    def order(self):  # type: ignore[no-untyped-def]
        return self.engine.portfolio.by_hash[self.hash]

    def view(self, **changes: object) -> VenueView:
        """Return the venue's view as it is when everything agrees, but for the changes."""
        ours = self.engine.portfolio
        resting = self.order.state is OrderState.OPEN
        base = VenueView(
            0,
            (OpenOrder(self.hash, MARKET, UP, Shares(0)),) if resting else (),
            tuple(one.fill for one in ours.fills.values()),
            ours.cash,
            tuple(
                (UP, position.size) for position in ours.positions.values() if position.size.micros
            ),
            ((self.hash, Accepted("live")),),
        )
        return replace(base, **changes)  # type: ignore[arg-type]

    def look(self, after_s: int = 0, *, still: bool = True, **more: Any) -> Verdict:
        """Judge one more view, so many seconds later; `start`, `announced` or view's fields."""
        self.wall_ms += after_s * 1000
        shown = {name: more.pop(name) for name in ("start", "announced", "known") if name in more}
        return self.judge.judge(
            self.engine.portfolio,
            Look(
                view=self.view(**more), still=still, now_us=self.now_us, wall_ms=self.wall_ms,
                **shown,
            ),
        )  # fmt: skip

    def apply(self, verdict: Verdict) -> None:
        """Do what is to be told, as the shell does."""
        for event in told(verdict):
            self.engine.handle(replace(event, frame=3, at_us=self.now_us))


def deeds(verdict: Verdict) -> list[Deed]:
    return [deed for finding in verdict.findings for deed in finding.deeds]


def told(verdict: Verdict) -> list[Event]:
    return [deed.event for deed in deeds(verdict) if isinstance(deed, Tell)]


def causes(drifts: tuple[DriftFound, ...]) -> list[str]:
    return [drift.cause for drift in drifts]


def found(verdict: Verdict) -> list[tuple[str, str]]:
    return [(one.drift.cause, one.drift.action) for one in verdict.findings]


def other(filled: Fill, **changes: object) -> Fill:
    return replace(filled, fill_id=FillId("other"), **changes)  # type: ignore[arg-type]
