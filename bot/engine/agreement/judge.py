"""Judges one view of the venue after another against the engine's memory.

What has a cause is repaired, after it was given time to explain itself; what has none must show
itself again in a second complete view with nothing of ours in between before it counts. Remembers
only since when a difference has been seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.domain.entry import DriftFound
from bot.domain.event import CapitalMoved, OrderAnswered, OrderEnded
from bot.domain.fill import FillId
from bot.domain.market import FEE_STEP_MICROS
from bot.domain.money import Usd
from bot.domain.order import Accepted, OrderState, Prepared, Unknown
from bot.engine.accounting import Portfolio, WorkingOrder
from bot.engine.agreement.look import (
    PLACE,
    Announced,
    Finding,
    Follow,
    Look,
    Release,
    Remove,
    Tell,
    Verdict,
    fingerprint,
)
from bot.engine.agreement.money import Sums
from bot.engine.agreement.news import fill_findings, resolution_findings

VIEWS_MAX: Final = 10
"""A difference without a cause that so many views show counts, whatever happens in between."""
NO_ANSWER: Final = "no answer was recorded; it may have been taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long what may still explain itself is given, in milliseconds of the wall."""

    settle_ms: int = 10_000
    """Until what the venue shows and nobody told is told from here."""
    absent_ms: int = 60_000
    """Until a doubted order that complete views lack can expire, its window being over."""
    flight_ms: int = 60_000
    """Until an order whose answer has not come is in doubt."""


@dataclass(slots=True)
class Lasting:
    """Since when each difference has been seen in every view."""

    since: dict[str, int] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def ms(self, key: str, now_ms: int) -> int:
        """Take note of a difference; return for how long it has been there."""
        self.seen.add(key)
        return now_ms - self.since.setdefault(key, now_ms)

    def turn(self) -> None:
        """Forget what this view did not show."""
        self.since = {key: at for key, at in self.since.items() if key in self.seen}
        self.seen = set()


@dataclass(slots=True)
class Suspect:
    """A difference without a cause: in how many views, and over what state of ours."""

    views: int
    over: int


class Judge:
    """Holds one account's memory to the venue."""

    def __init__(self, patience: Patience | None = None) -> None:
        """Have seen nothing."""
        self._patience = patience or Patience()
        self._lasting = Lasting()
        self._suspects: dict[tuple[str, str], Suspect] = {}
        self._waiting = 0
        self._exact: frozenset[FillId] = frozenset()
        """Executions that were recorded when cash last agreed to the micro."""

    def judge(self, ours: Portfolio, look: Look) -> Verdict:
        """Return what to repair, what must halt trading, and what the next view decides."""
        self._waiting = 0
        findings = list(self._orders(ours, look))
        news = fill_findings(ours, look)
        findings += self._ripe(news.explained, look)
        findings += self._ripe(resolution_findings(ours, look), look)
        sums = Sums.of(ours, look, news)
        strange = [*self._strangers(ours, look), *news.strange, *sums.positions()]
        self._waiting += sums.paid_out
        if not sums.gap:
            self._exact = frozenset(ours.fills)
        elif (moved := self._moved(sums, look)) is not None:
            findings.append(moved)
        elif look.still and abs(sums.gap) <= self._rounding(ours):
            findings += self._ripe([_rounded(sums)], look)
        else:
            strange.append(sums.cash())
        unexplained, doubted = self._suspected(strange, ours, look)
        self._lasting.turn()
        return Verdict(tuple(findings), tuple(unexplained), tuple(doubted), self._waiting)

    def suspect(self, drifts: tuple[DriftFound, ...], ours: Portfolio) -> Verdict:
        """Judge differences that were found elsewhere by the same rule: memory and ledger."""
        self._forget(drifts, memory=True)
        confirmed, doubted = self._weighed(drifts, fingerprint(ours), still=True)
        return Verdict((), tuple(confirmed), tuple(doubted))

    # Orders

    def _orders(self, ours: Portfolio, look: Look) -> Iterator[Finding]:
        resting = {one.order_hash for one in look.view.open_orders}
        for order in list(ours.orders.values()):
            if not order.order_hash:
                continue
            is_open = order.order_hash in resting
            if order.state is OrderState.IN_FLIGHT:
                yield from self._in_flight(order, look)
            elif order.state is OrderState.UNKNOWN:
                yield from self._unknown(order, ours, look)
            elif order.state is OrderState.OPEN and not is_open:
                yield from self._vanished(order, look)
            if is_open:
                yield from self._resting(order, ours, look)

    def _in_flight(self, order: WorkingOrder, look: Look) -> Iterator[Finding]:
        key = order.order_hash
        lasted = self._lasting.ms(f"flight {key}", look.wall_ms)
        if not look.start and lasted < self._patience.flight_ms:
            self._waiting += key in look.view.seen
            return
        prepared = _prepared(order)
        if key in look.view.seen:
            answer = dict(look.view.answers)[key]
            drift = DriftFound("answer_lost", key, "in flight", "received", "adopt")
        else:
            answer = Unknown(NO_ANSWER)
            drift = DriftFound("never_answered", key, "in flight", "not seen", "doubt")
        told = OrderAnswered(PLACE, PLACE, order.intent.intent_id, key, answer)
        yield Finding(drift, (Tell(told), Follow(prepared, answer)))

    def _unknown(self, order: WorkingOrder, ours: Portfolio, look: Look) -> Iterator[Finding]:
        key = order.order_hash
        if key in look.view.seen:
            drift = DriftFound("answer_lost", key, "unknown", "received", "adopt")
            answer = Accepted("found")
            told = OrderAnswered(PLACE, PLACE, order.intent.intent_id, key, answer)
            yield Finding(drift, (Tell(told), Follow(_prepared(order), answer)))
            return
        lasted = self._lasting.ms(f"absent {key}", look.wall_ms)
        market = ours.markets[order.intent.terms.market_id]
        if lasted < self._patience.absent_ms or look.now_us < market.window.end_us:
            return
        reason = f"never taken: complete views lacked it for {lasted // 1000} s; its window is over"
        ended = OrderEnded(PLACE, PLACE, key, OrderState.EXPIRED, reason)
        drift = DriftFound("never_taken", key, "unknown", "never seen", "expire")
        yield Finding(drift, (Tell(ended), Release(key)))

    def _vanished(self, order: WorkingOrder, look: Look) -> Iterator[Finding]:
        """Whoever follows it tells how it ended; if nobody has, have it followed again."""
        key = order.order_hash
        fresh = f"vanished {key}" not in self._lasting.since
        lasted = self._lasting.ms(f"vanished {key}", look.wall_ms)
        if not (look.start and fresh) and lasted < 2 * self._patience.settle_ms:
            self._waiting += 1
            return
        drift = DriftFound("end_not_recorded", key, order.state.value, "not open", "follow")
        self._lasting.since[f"vanished {key}"] = look.wall_ms
        yield Finding(drift, (Follow(_prepared(order), Accepted("found")),))

    def _resting(self, order: WorkingOrder, ours: Portfolio, look: Look) -> Iterator[Finding]:
        """Cancel what rests and should not; whoever follows it tells its end."""
        key, state = order.order_hash, order.state
        window = ours.markets[order.intent.terms.market_id].window
        cause = "open_after_end" if state.final else "resting"
        late = look.now_us >= window.end_us
        if not (look.start or state.final or late):
            return
        lasted = self._lasting.ms(f"{cause} {key}", look.wall_ms)
        if not look.start and lasted < self._patience.settle_ms:
            self._waiting += 1
            return
        self._lasting.since[f"{cause} {key}"] = look.wall_ms
        yield Finding(DriftFound(cause, key, state.value, "open", "cancel"), (Remove(key),))

    def _strangers(self, ours: Portfolio, look: Look) -> Iterator[DriftFound]:
        for one in look.view.open_orders:
            if one.order_hash not in ours.by_hash:
                yield DriftFound("external_order", one.order_hash, "none", "open", "halt")

    # Time

    def _ripe(self, news: list[Finding], look: Look) -> Iterator[Finding]:
        """Let through what nobody else has told for a while."""
        for finding in news:
            drift = finding.drift
            lasted = self._lasting.ms(f"{drift.cause} {drift.subject}", look.wall_ms)
            if look.start or lasted >= self._patience.settle_ms:
                yield finding
            else:
                self._waiting += 1

    def _moved(self, sums: Sums, look: Look) -> Finding | None:
        """Return the announcement that is exactly the gap, if the view can be relied on."""
        for one in look.announced:
            if one.amount.micros == sums.gap and look.still:
                return _capital(one, sums)
        return None

    def _rounding(self, ours: Portfolio) -> int:
        """Return what fees of the executions since cash last agreed can be off by, in micros.

        How the venue rounds a fee is not documented; a step is how far two ways can differ.
        """
        charged = (key for key, one in ours.fills.items() if one.fill.fee.micros)
        return sum(key not in self._exact for key in charged) * FEE_STEP_MICROS

    def _suspected(
        self, drifts: list[DriftFound], ours: Portfolio, look: Look
    ) -> tuple[list[DriftFound], list[DriftFound]]:
        self._forget(tuple(drifts), memory=False)
        return self._weighed(tuple(drifts), fingerprint(ours), still=look.still)

    def _forget(self, drifts: tuple[DriftFound, ...], *, memory: bool) -> None:
        """Suspect no longer what has not been seen again."""
        seen = {_key(drift) for drift in drifts}
        for key in list(self._suspects):
            if (key[0] == "memory") is memory and key not in seen:
                del self._suspects[key]

    def _weighed(
        self, drifts: tuple[DriftFound, ...], over: int, *, still: bool
    ) -> tuple[list[DriftFound], list[DriftFound]]:
        """Tell what was seen before with nothing in between from what was not."""
        confirmed: list[DriftFound] = []
        doubted: list[DriftFound] = []
        for drift in drifts:
            before = self._suspects.get(_key(drift))
            views = before.views + 1 if before is not None else 1
            again = before is not None and before.over == over and still
            self._suspects[_key(drift)] = Suspect(views, over if still else 0)
            (confirmed if again or views >= VIEWS_MAX else doubted).append(drift)
        return confirmed, doubted


def _capital(one: Announced, sums: Sums) -> Finding:
    sign = "put in" if one.amount.micros > 0 else "taken out"
    drift = DriftFound("capital", one.announcement, str(sums.expected), str(sums.there), "record")
    told = CapitalMoved(PLACE, PLACE, one.amount, f"{sign}: {one.reason}", one.announcement)
    return Finding(drift, (Tell(told),))


def _rounded(sums: Sums) -> Finding:
    drift = DriftFound("rounding", "cash", str(sums.expected), str(sums.there), "record")
    told = CapitalMoved(PLACE, PLACE, Usd(sums.gap), "fees that the venue rounds otherwise")
    return Finding(drift, (Tell(told),))


def _key(drift: DriftFound) -> tuple[str, str]:
    return drift.cause, f"{drift.subject} {drift.ours} {drift.theirs}"


def _prepared(order: WorkingOrder) -> Prepared:
    return Prepared(order.intent.intent_id, order.order_hash, order.body, order.intent.made_us)
