"""Three views of one truth, compared: memory, ledger, venue -> what to do about each difference.

Pure. Every difference has a cause out of `CAUSES`; what has none is unexplained, and trading does
not start. Reconciliation never guesses: an incomplete answer of the venue does not reach it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from bot.domain.book import Side
from bot.domain.entry import DriftFound
from bot.domain.fill import Fill, FillId
from bot.domain.market import TokenId
from bot.domain.money import Usd
from bot.domain.order import Answer, OrderState, Prepared
from bot.engine.accounting import Portfolio, WorkingOrder
from bot.ports import VenueView

CAUSES = {
    "never_sent": "the process stopped after the intent was recorded and before it was sent",
    "answer_lost": "the venue took the order, and its answer was not recorded",
    "fill_not_recorded": "the venue executed, and the process stopped before it was recorded",
    "end_not_recorded": "the order is over at the venue, and that was not recorded",
    "settlement_not_recorded": "the venue paid a market out, and that was not recorded",
    "never_answered": "an order was recorded and its answer was not: it may have been taken",
    "never_taken": "complete views lacked a doubted order, and its window is over",
    "proof_not_recorded": "an execution is final at the venue, and that was not recorded",
    "void_not_recorded": "an execution failed on the chain, and that was not recorded",
    "resting": "an order rests at the venue that should not: from before, or its window is over",
    "open_after_end": "an order that is over here is open at the venue",
    "rounding": "fees of new executions that the venue rounded otherwise, at most a step for each",
    "capital": "a person announced money put in or taken out, and the venue shows it",
    "external_order": "an order at the venue that no intent of ours made",
    "external_fill": "an execution at the venue of an order that no intent of ours made",
    "fill_missing": "an execution was recorded that the venue does not list",
    "position": "shares at the venue that our executions do not explain, or the other way round",
    "cash": "cash that nothing recorded or observed explains",
    "memory": "what the engine holds in memory is not what the ledger says",
}
UNEXPLAINED = frozenset(
    {"external_order", "external_fill", "fill_missing", "position", "cash", "memory"}
)
SETTLED_AT_ONCE_MAX = 12
"""Most markets whose payout may be missing at once; more are not searched but unexplained."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: send again, expire, hear late; and every difference with its cause."""

    resend: tuple[Prepared, ...]
    expire: tuple[WorkingOrder, ...]
    answers: tuple[tuple[WorkingOrder, Answer], ...]
    """Answers that the venue gave and we did not record."""
    drifts: tuple[DriftFound, ...]

    @property
    def unexplained(self) -> tuple[DriftFound, ...]:
        """Return the differences that forbid trading."""
        return tuple(drift for drift in self.drifts if drift.cause in UNEXPLAINED)


def reconcile(
    ours: Portfolio, venue: VenueView, known: frozenset[FillId], *, at_us: int, live_us: int
) -> Plan:
    """Compare the ledger's portfolio with the venue's complete view.

    `known` are the venue's fills that are recorded, of settled markets too.

    An intent whose order the venue proves never to have seen is sent again as the very same order
    while it is younger than `live_us`, and expires otherwise.
    """
    resend: list[Prepared] = []
    expire: list[WorkingOrder] = []
    drifts: list[DriftFound] = []
    for order in ours.working():
        if order.state is OrderState.IN_FLIGHT and order.order_hash not in venue.seen:
            young = at_us - order.intent.made_us <= live_us
            action = "send again" if young else "expire"
            drifts.append(_drift("never_sent", order.order_hash, "recorded", "never seen", action))
            if young:
                resend.append(_prepared(order))
            else:
                expire.append(order)
    missing = [fill for fill in venue.fills if fill.fill_id not in known]
    drifts += _order_drifts(ours, venue)
    drifts += _fill_drifts(ours, missing)
    drifts += _cash_drifts(ours, venue, missing)
    lost = tuple(
        (order, answer)
        for order_hash, answer in venue.answers
        if (order := ours.by_hash[order_hash]).state is OrderState.IN_FLIGHT
    )
    return Plan(tuple(resend), tuple(expire), lost, tuple(drifts))


def compare(memory: Portfolio, ledger: Portfolio) -> tuple[DriftFound, ...]:
    """Return where the engine's memory differs from the fold of the ledger's entries."""
    differences = [
        ("cash", str(memory.cash), str(ledger.cash)),
        *_different("order", _orders(memory), _orders(ledger)),
        *_different("position", _positions(memory), _positions(ledger)),
        *_different("market", _markets(memory), _markets(ledger)),
    ]
    return tuple(
        _drift("memory", subject, ours, theirs, "halt")
        for subject, ours, theirs in differences
        if ours != theirs
    )


def _orders(portfolio: Portfolio) -> dict[str, str]:
    return {
        order.order_hash: f"{order.state} {order.filled} {order.spent}"
        for order in portfolio.orders.values()
    }


def _positions(portfolio: Portfolio) -> dict[str, str]:
    return {
        "/".join(key): f"{position.size} at {position.cost}"
        for key, position in portfolio.positions.items()
    }


def _markets(portfolio: Portfolio) -> dict[str, str]:
    return {market_id: repr(market) for market_id, market in portfolio.markets.items()}


def _different(
    kind: str, memory: dict[str, str], ledger: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    for key in sorted(memory.keys() | ledger.keys()):
        yield f"{kind} {key}", memory.get(key, "none"), ledger.get(key, "none")


def _order_drifts(ours: Portfolio, venue: VenueView) -> Iterator[DriftFound]:
    resting = {order.order_hash for order in venue.open_orders}
    for order_hash in sorted(resting - ours.by_hash.keys()):
        yield _drift("external_order", order_hash, "none", "open", "halt")
    for order in ours.working():
        if order.order_hash not in venue.seen:
            continue
        if order.state is OrderState.IN_FLIGHT:
            yield _drift("answer_lost", order.order_hash, "in flight", "received", "adopt")
        if order.order_hash not in resting:
            state = order.state.value
            yield _drift("end_not_recorded", order.order_hash, state, "not open", "adopt")


def _fill_drifts(ours: Portfolio, missing: Iterable[Fill]) -> Iterator[DriftFound]:
    for fill in missing:
        known = fill.order_hash in ours.by_hash
        cause, action = ("fill_not_recorded", "adopt") if known else ("external_fill", "halt")
        yield _drift(cause, fill.fill_id, "none", f"{fill.size} at {fill.price}", action)


def _cash_drifts(ours: Portfolio, venue: VenueView, missing: list[Fill]) -> Iterator[DriftFound]:
    expected = ours.cash.micros + sum(fill.cash.micros for fill in missing)
    gap = venue.cash.micros - expected
    payouts = _unrecorded_payouts(ours, venue, missing)
    paid = explain(gap, list(payouts.values()))
    if paid is None:
        theirs = str(venue.cash)
        yield _drift("cash", "cash", str(Usd(expected)), theirs, "halt")
        return
    for token, payout in payouts.items():
        theirs = f"0 shares, at most {Usd(payout)} paid"
        yield _drift("settlement_not_recorded", token, f"{Usd(payout)} shares", theirs, "adopt")


def _unrecorded_payouts(
    ours: Portfolio, venue: VenueView, missing: list[Fill]
) -> dict[TokenId, int]:
    """Return what each outcome would have paid that we hold and the venue does not any more."""
    held: dict[TokenId, int] = {}
    for (_, market_id, outcome), position in ours.positions.items():
        token = ours.markets[market_id].token(outcome)
        held[token] = held.get(token, 0) + position.size.micros
    for fill in missing:
        sign = 1 if fill.side is Side.BUY else -1
        held[fill.token] = held.get(fill.token, 0) + sign * fill.size.micros
    there = {token: size.micros for token, size in venue.positions}
    return {token: size for token, size in held.items() if size > 0 and not there.get(token, 0)}


def explain(gap: int, payouts: list[int]) -> tuple[int, ...] | None:
    """Return payouts that add up to the gap, or None: nothing but settlements may explain it."""
    if len(payouts) > SETTLED_AT_ONCE_MAX:
        return None
    for count in range(len(payouts) + 1):
        for chosen in combinations(payouts, count):
            if sum(chosen) == gap:
                return chosen
    return None


def _prepared(order: WorkingOrder) -> Prepared:
    return Prepared(order.intent.intent_id, order.order_hash, order.body, order.intent.made_us)


def _drift(cause: str, subject: str, ours: str, theirs: str, action: str) -> DriftFound:
    return DriftFound(cause, subject, ours, theirs, action)
