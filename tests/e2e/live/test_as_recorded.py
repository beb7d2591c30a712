"""A live day, recorded while it was lived, is decided the same again from its recording alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.ledger.reader import LedgerReader, Summary
from bot.adapters.replay.recorder import parts
from bot.domain.entry import FillRecorded
from tests.simulation.live.life import Life, until


def summary(directory: Path) -> Summary:
    with LedgerReader.open(directory) as reader:
        return reader.summary()


def replayed(recording: Path, strategy: Path, directory: Path) -> Summary:
    """Replay a recording as recorded, by the engine as a process."""
    directory.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLY")}
    given = {
        "POLY_MODE": "replay", "POLY_AS_RECORDED": "1", "POLY_RECORDING": str(recording),
        "POLY_STRATEGY": str(strategy), "POLY_DATA_DIR": str(directory),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bot"], env=kept | given, capture_output=True, timeout=100,
        check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return summary(directory)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("faults", ["timeout-after-accept:0.3,trade-fails:0.2"])
def test_a_recorded_live_day_is_decided_the_same_again(tmp_path: Path, faults: str) -> None:
    """The cash was the venue's, and so were the answers; all of it stands in the recording."""
    with Life(tmp_path / "life", seed=7, faults=faults) as life:
        life.begin()
        until(lambda: len(life.of(FillRecorded)) >= 4, "four fills", within_s=90)
        assert life.stop() == 0
        there = summary(life.data)
        recording = tmp_path / "day.jsonl.zst"
        pieces = parts(life.data / "recording")
        recording.write_bytes(b"".join(part.read_bytes() for part in pieces))
        here = replayed(recording, life.strategy, tmp_path / "again")
    assert (here.orders, here.fills) == (there.orders, there.fills)
    assert here.decision_hash == there.decision_hash
