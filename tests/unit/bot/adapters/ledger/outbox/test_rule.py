"""What a person is told of, and what not: silence while all is well."""

from dataclasses import fields
from pathlib import Path

import pytest

from bot.adapters.ledger.outbox.rule import REPAIRED, RUNBOOKS, alert_of, runbook_of
from bot.domain.entry import (
    AlertRaised,
    AnomalyCounted,
    Breach,
    DriftFound,
    Entry,
    LimitBroken,
    Severity,
    TradingState,
    TradingStateSet,
)
from bot.engine.reconcile import CAUSES, UNEXPLAINED
from tests.contract.ledger.story import ALERT, day

ROOT = Path(__file__).resolve().parents[6]
ACTIVE, HALTED = TradingState.ACTIVE, TradingState.HALTED
REDUCE = TradingState.REDUCE_ONLY


def test_an_ordinary_day_tells_nothing() -> None:
    """Fills, refusals, settlements and repaired differences are no alerts."""
    quiet = [
        entry
        for said, _ in day(3, windows=8)
        for entry in said
        if not isinstance(entry, AlertRaised | DriftFound | LimitBroken)
        and type(entry).__name__ != "FillReversed"
    ]
    assert len(quiet) > 100
    assert [one for entry in quiet if (one := alert_of(entry, ACTIVE))] == []


@pytest.mark.parametrize(
    ("before", "state", "kind"),
    [
        (None, ACTIVE, None),
        (ACTIVE, ACTIVE, None),
        (HALTED, ACTIVE, "trading.active"),
        (REDUCE, ACTIVE, "trading.active"),
        (ACTIVE, HALTED, "trading.halted"),
        (None, HALTED, "trading.halted"),
        (ACTIVE, REDUCE, "trading.reduce_only"),
    ],
)
def test_a_change_of_the_trading_state_is_told(
    before: TradingState | None, state: TradingState, kind: str | None
) -> None:
    alert = alert_of(TradingStateSet(state, "venue: does not answer"), before)
    assert (alert and alert.kind) == kind


def test_the_same_latch_is_told_once_however_often_the_container_starts() -> None:
    one = alert_of(TradingStateSet(HALTED, "latch 1: hung: no beat"), ACTIVE)
    two = alert_of(TradingStateSet(HALTED, "latch 2: hung: no beat"), ACTIVE)
    assert one
    assert two
    assert one.key != two.key
    assert one.quiet_s >= 7 * 86_400
    assert one.severity is Severity.CRITICAL


def test_a_pause_is_told_every_time() -> None:
    """Else the last word heard might be that all is well."""
    alert = alert_of(TradingStateSet(HALTED, "feed: frozen"), ACTIVE)
    assert alert
    assert alert.quiet_s == 0


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_a_difference_is_told_unless_its_repair_is_known(cause: str) -> None:
    told = alert_of(DriftFound(cause, "x", "0", "1", "done"), ACTIVE) is not None
    assert told is (cause in UNEXPLAINED)


def test_a_cause_that_is_new_is_told() -> None:
    assert alert_of(DriftFound("a new one", "x", "0", "1", "done"), ACTIVE) is not None
    assert set(CAUSES) - UNEXPLAINED == REPAIRED


@pytest.mark.parametrize(
    ("entry", "severity"),
    [
        (AnomalyCounted("off_grid", "x", 1), None),
        (AnomalyCounted("off_grid", "", 49), None),
        (AnomalyCounted("off_grid", "", 50), Severity.WARNING),
        (AnomalyCounted("fill_unknown", "f", 1), Severity.CRITICAL),
        (ALERT, Severity.INFO),
        (LimitBroken(Breach("day_loss", "", "51 USD", "50 USD", 1), HALTED), Severity.CRITICAL),
        (LimitBroken(Breach("losses", "", "4", "3", 1), REDUCE), Severity.WARNING),
    ],
)
def test_how_urgent_it_is(entry: Entry, severity: Severity | None) -> None:
    alert = alert_of(entry, ACTIVE)
    assert (alert and alert.severity) == severity


def test_every_alert_names_a_page_that_is_there() -> None:
    pages = {page for _, page in RUNBOOKS} | {runbook_of("whatever")}
    causes: list[Entry] = [TradingStateSet(HALTED, word) for word, _ in RUNBOOKS]
    drift = DriftFound("external_order", "x", "", "", "")
    for entry in (*causes, drift, AnomalyCounted("a", "", 99)):
        alert = alert_of(entry, ACTIVE)
        assert alert
        pages.add(alert.runbook)
        assert all(getattr(alert, field.name) != "" for field in fields(alert))
    assert {page for page in pages if not (ROOT / page).is_file()} == set()
