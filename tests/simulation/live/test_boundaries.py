"""Killed at every boundary of a submit, under every kind of answer: the books are the venue's.

The plug is pulled by the ledger itself, in a real process of the whole bot in live mode; then it
is started again, killed at the next boundary, and at last lives on to the end of the windows.
"""

from functools import partial
from pathlib import Path

import pytest

from bot.domain.entry import IntentRecorded
from tests.simulation.live.brittle import BOUNDARIES
from tests.simulation.live.campaign import Outcome, live_for, outcome, revive, together, trades
from tests.simulation.live.life import Life, until

ANSWERS = {
    "accepted, matched": "",
    "accepted, delayed": "delayed-order",
    "accepted, live": "fak-answers-live",
    "rejected by 400": "market-not-ready",
    "rejected by 200": "refused-with-200",
    "unknown, taken": "html-502-after-accept",
    "unknown, cut": "cut-after-accept",
    "unknown, not taken": "error-500",
}
RATE = 0.6
"""Of the orders; the others are answered as usual, so that every boundary is passed."""
SLOW = 25
LEFT_S = 290
FELL_S_MAX = 40.0

pytestmark = pytest.mark.slow


def storm(fault: str, folder: Path) -> tuple[set[str], Outcome]:
    """Fall at one boundary after another; return those it fell at and what came of it."""
    fell: set[str] = set()
    with Life(folder, speed=SLOW, left_s=LEFT_S) as life:
        life.begin()
        trades(life)
        life.kill()
        if fault:
            life.exchange.arm(fault, rate=RATE)
        for boundary in BOUNDARIES:
            life.begin(boundary)
            until(lambda: not life.alive, f"it falls at {boundary!r}", within_s=FELL_S_MAX)
            assert life.fell(), f"{boundary}: {life.words()[-500:]}"
            fell.add(boundary)
        before = len(life.of(IntentRecorded))
        revive(life)
        until(lambda: len(life.of(IntentRecorded)) > before or not life.alive, "it trades again")
        live_for(life, 1.0)
        return fell, outcome(life, life.conclude())


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("half", range(2))
def test_killed_at_every_boundary_of_a_submit(tmp_path: Path, half: int) -> None:
    names = list(ANSWERS)[half::2]
    fell: dict[str, set[str]] = {}

    def one(name: str) -> Outcome:
        fell[name], done = storm(ANSWERS[name], tmp_path / name.replace(" ", "-"))
        return done

    done = together({name: partial(one, name) for name in names})
    for name, came in done.items():
        assert isinstance(came, Outcome), f"{name}: {came}"
        assert not came.differences, f"{name}: {came.differences}"
        assert fell[name] == set(BOUNDARIES), name
        assert came.boots == len(BOUNDARIES) + 2
