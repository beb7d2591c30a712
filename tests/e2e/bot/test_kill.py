"""A hundred SIGKILLs of the real process, in the middle of a day: the books do not notice.

Each day is paced so that a session lives long enough to trade and short enough to be killed again;
where each kill fell is read from the ledger it left behind.
"""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.ledger.proof.verify import verify
from bot.adapters.ledger.reader import LedgerReader, Summary
from tests.simulation.day import write

DAYS = 5
KILLS = 20
WINDOWS = 16
SPEED = "900"
STRATEGY = Path(__file__).parents[2] / "simulation" / "simulated.toml"


def start(directory: Path, recording: Path, speed: str) -> "subprocess.Popen[str]":
    """Start the engine as the container does: by variables alone."""
    environment = {
        "PATH": os.environ["PATH"],
        "POLY_MODE": "replay",
        "POLY_RECORDING": str(recording),
        "POLY_STRATEGY": str(STRATEGY),
        "POLY_DATA_DIR": str(directory),
        "POLY_SEED": "3",
        "POLY_SPEED": speed,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "bot"],
        env=environment,
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read(directory: Path) -> Summary:
    with LedgerReader.open(directory) as reader:
        return reader.summary()


def kill_after(directory: Path, recording: Path, lines: int) -> bool:
    """Kill a session `lines` trade lines after it became active; say whether it still lived."""
    running = start(directory, recording, SPEED)
    assert running.stdout is not None
    active, left = False, lines
    for line in running.stdout:
        event = json.loads(line)["event"]
        active = active or event == "trading.state"
        left -= active and event.startswith(("order.", "position."))
        if left <= 0:
            break
    running.send_signal(signal.SIGKILL)
    _, errors = running.communicate(timeout=30)
    assert running.returncode in {-signal.SIGKILL, 0}, errors
    return running.returncode == -signal.SIGKILL


@pytest.mark.parametrize("seed", range(DAYS))
@pytest.mark.timeout(300)
def test_killed_twenty_times_a_day_ends_with_the_books_of_a_calm_one(
    tmp_path: Path, seed: int
) -> None:
    recording = write(tmp_path / "day.jsonl", seed, WINDOWS)
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    undisturbed = start(calm, recording, "0")
    _, errors = undisturbed.communicate(timeout=60)
    assert undisturbed.returncode == 0, errors
    expected = read(calm)

    dice = random.Random(seed)
    inside = killed = 0
    while killed < KILLS:
        if not kill_after(stormy, recording, dice.randint(1, 9)):
            break
        killed += 1
        there = read(stormy)
        inside += there.intents > 0 and there.frames < expected.frames
    last = start(stormy, recording, "0")
    _, errors = last.communicate(timeout=60)
    assert last.returncode == 0, errors
    after = read(stormy)

    assert killed == KILLS, "the day was over before the last kill: pace it slower"
    assert inside >= KILLS * 8 // 10, f"only {inside} kills fell between first intent and the end"
    assert after.content_hash == expected.content_hash
    assert after.decision_hash == expected.decision_hash
    assert after.boots == KILLS + 1
    assert verify(stormy / "poly.db").ok
