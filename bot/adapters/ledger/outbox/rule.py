"""Which entries a person is to be told of, how urgently, and which page says what to do.

A pure function of the entry and the trading state before it. Nothing is told while all is well:
fills, refusals and repaired differences are in the log and the ledger.
"""

from typing import Final

from bot.domain.entry import (
    AlertRaised,
    AnomalyCounted,
    DriftFound,
    Entry,
    FillReversed,
    LimitBroken,
    Severity,
    TradingState,
    TradingStateSet,
)

DAY_S: Final = 86_400
RESUME: Final = "runbooks/resume.md"
RUNBOOKS: Final[tuple[tuple[str, str], ...]] = (
    ("latch", RESUME),
    ("drawdown", "runbooks/drawdown.md"),
    ("loss", "runbooks/drawdown.md"),
    ("floor", "runbooks/drawdown.md"),
    ("diverg", "runbooks/divergence.md"),
    ("reconcil", "runbooks/divergence.md"),
    ("feed", "runbooks/feed-frozen.md"),
    ("frozen", "runbooks/feed-frozen.md"),
    ("clock", "runbooks/clock.md"),
    ("disk", "runbooks/disk-low.md"),
    ("error", "runbooks/error-rate.md"),
    ("unknown", "runbooks/unknown-orders.md"),
    ("heartbeat", "runbooks/heartbeat.md"),
    ("restart", "runbooks/venue-restart.md"),
    ("venue", "runbooks/venue-restart.md"),
)
"""A word of the cause, and the page for it; the first one that occurs counts."""

ANOMALIES: Final[dict[str, tuple[Severity, str]]] = {
    "fill_unknown": (Severity.CRITICAL, "runbooks/divergence.md"),
}
"""What may not happen even once."""
MANY: Final = 50
"""So many repetitions in one block of frames are told of, whatever the anomaly."""
REPAIRED: Final = frozenset(
    {
        "never_sent", "answer_lost", "fill_not_recorded", "end_not_recorded",
        "settlement_not_recorded", "never_answered", "never_taken", "proof_not_recorded",
        "void_not_recorded", "resting", "open_after_end", "capital", "rounding",
    }
)  # fmt: skip
"""Causes of differences that a crash, the network or a person leaves, and reconciliation repairs;
whatever else is found is told, a cause that is new as well."""


def alert_of(entry: Entry, before: TradingState | None) -> AlertRaised | None:  # noqa: PLR0911 - one a kind
    """Return what is to be told, None for nothing; `before` is the trading state until now."""
    match entry:
        case AlertRaised():
            return entry
        case TradingStateSet():
            return _state(entry, before)
        case DriftFound():
            return _drift(entry)
        case AnomalyCounted():
            return _anomaly(entry)
        case LimitBroken(breach=breach):
            halted = entry.state is TradingState.HALTED
            return AlertRaised(
                "limit.broken", Severity.CRITICAL if halted else Severity.WARNING,
                f"limit {breach.limit} {breach.subject} {breach.at_us}", "a loss limit was reached",
                f"{breach.limit} {breach.subject}: {breach.value}, allowed {breach.bound};"
                f" trading is {entry.state}".replace(" :", ":"),
                "runbooks/drawdown.md",
            )  # fmt: skip
        case FillReversed():
            return AlertRaised(
                "fill.reversed", Severity.WARNING, f"fill.reversed {entry.fill.fill_id}",
                "a fill failed on the chain and was taken back",
                f"fill {entry.fill.fill_id} of {entry.fill.size} shares: {entry.reason}",
                "runbooks/divergence.md",
            )  # fmt: skip
        case _:
            return None


def _state(entry: TradingStateSet, before: TradingState | None) -> AlertRaised | None:
    key, runbook = f"trading {entry.state} {entry.cause}", runbook_of(entry.cause)
    match entry.state:
        case TradingState.ACTIVE if before in {TradingState.HALTED, TradingState.REDUCE_ONLY}:
            return AlertRaised(
                "trading.active", Severity.INFO, key, "trading is active again", entry.cause,
                RESUME, 0,
            )  # fmt: skip
        case TradingState.ACTIVE:
            return None
        case TradingState.HALTED:
            # A latch is told once however often the container starts: its id is in the cause.
            latched = entry.cause.startswith("latch ")
            return AlertRaised(
                "trading.halted", Severity.CRITICAL, key, "trading is halted", entry.cause,
                runbook, 7 * DAY_S if latched else 0,
            )  # fmt: skip
        case TradingState.REDUCE_ONLY:
            return AlertRaised(
                "trading.reduce_only", Severity.WARNING, key, "trading only closes positions",
                entry.cause, runbook, 0,
            )  # fmt: skip


def _drift(entry: DriftFound) -> AlertRaised | None:
    if entry.cause in REPAIRED:
        return None
    return AlertRaised(
        "drift.found", Severity.CRITICAL, f"drift {entry.cause} {entry.subject}",
        "ledger and venue do not agree",
        f"{entry.cause} of {entry.subject}: ours {entry.ours}, theirs {entry.theirs};"
        f" {entry.action}",
        "runbooks/divergence.md",
    )  # fmt: skip


def _anomaly(entry: AnomalyCounted) -> AlertRaised | None:
    severity, runbook = ANOMALIES.get(entry.kind, (Severity.WARNING, "runbooks/feed-frozen.md"))
    if entry.kind not in ANOMALIES and entry.count < MANY:
        return None
    times = f"{entry.count} times: " if entry.count > 1 else ""
    return AlertRaised(
        f"anomaly.{entry.kind}", severity, f"anomaly {entry.kind}",
        "something received cannot be believed", f"{times}{entry.kind} {entry.detail}".strip(),
        runbook,
    )  # fmt: skip


def runbook_of(cause: str) -> str:
    """Return the page for a cause of halt or pause."""
    said = cause.lower()
    return next((page for word, page in RUNBOOKS if word in said), RESUME)
