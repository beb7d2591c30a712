"""Every fault of the exchange, alone and in mixtures, against the whole bot in live mode.

After each life the ledger is the venue's truth to the micro: no fill is lost, no order doubled, no
order left behind, no state guessed. `bench/campaign.py` plays ten times as many mixtures.
"""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bot.domain.refusal import ExitCode
from tests.simulation.live.campaign import Outcome, mixture, perform, together
from tests.simulation.live.plays import PLAYS, Play, When

GROUPS = 3
MIXTURES = 50
MIXED = 25
"""Mixtures in one test."""

pytestmark = pytest.mark.slow


def problems(play: Play, done: Outcome | BaseException) -> list[str]:
    """Return everything that is not as it should be after a fault alone."""
    if not isinstance(done, Outcome):
        return [f"{play.fault}: {done}"]
    found = [f"{play.fault}: {one}" for one in done.differences]
    if not done.faults.get(play.fault):
        found.append(f"{play.fault}: it never struck")
    if not done.names(play):
        found.append(f"{play.fault}: nothing says {play.names!r} in {sorted(done.said)}")
    refused = play.when is When.REFUSED
    if done.code != (ExitCode.REFUSED if refused else ExitCode.OK):
        found.append(f"{play.fault}: ended with {done.code}: {done.words[-300:]}")
    if refused and (done.orders or done.words.count("\n")):
        found.append(f"{play.fault}: {done.orders} orders, {done.words[-300:]}")
    return found


def test_every_fault_has_its_play() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "sandbox.polymarket", "--list-faults"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert [one["name"] for one in json.loads(listed.stdout)] == [play.fault for play in PLAYS]


@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.timeout(2400)
def test_a_fault_alone_leaves_the_books_equal(tmp_path: Path, group: int) -> None:
    plays = {play.fault: play for play in PLAYS[group::GROUPS]}
    done = together({n: partial(perform, play, tmp_path / n) for n, play in plays.items()})
    assert not [one for name, play in plays.items() for one in problems(play, done[name])]


@pytest.mark.parametrize("first", range(0, MIXTURES, MIXED))
@pytest.mark.timeout(2400)
def test_a_mixture_of_faults_leaves_the_books_equal(tmp_path: Path, first: int) -> None:
    seeds = {f"seed {seed}": seed for seed in range(first, first + MIXED)}
    done = together({n: partial(mixture, seed, tmp_path / n) for n, seed in seeds.items()})
    wrong: dict[str, object] = {}
    for name, one in done.items():
        if not isinstance(one, Outcome):
            wrong[name] = one
        elif one.differences or not one.fills:
            wrong[name] = (one.faults, one.differences)
    assert not wrong
