"""The stage gives an act an empty folder and ends every process with it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.refusal import ExitCode, Refused
from ops.demo import ACTS, load
from ops.demo.stage import Stage

SLEEPER = """
import subprocess
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
child.wait()
"""


def test_what_an_act_started_ends_with_the_stage(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """Its children too: a demo that was interrupted must leave nothing that trades."""
    reading, writing = os.pipe()
    with Stage(tmp_path) as stage:
        process = stage.start([sys.executable, "-c", SLEEPER], output=writing)
        os.close(writing)
        child = int(os.read(reading, 32))
    assert process.poll() is not None
    eventually(lambda: ended(child), what="the end of the child")
    os.close(reading)


def ended(child: int) -> bool:
    """Say whether a process is gone, or only waits to be reaped."""
    try:
        return Path(f"/proc/{child}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def test_an_act_begins_with_an_empty_folder(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        stage.enter("trade")
        (stage.workdir / "old").write_text("")
        stage.enter("trade")
        assert list(stage.workdir.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Stage(tmp_path / "file") as stage, pytest.raises(Refused) as refused:
        stage.enter("trade")
    assert refused.value.code is ExitCode.UNAVAILABLE
    assert str(tmp_path / "file") in str(refused.value)


def test_with_json_the_story_goes_to_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Stage(tmp_path, as_json=True) as stage:
        stage.say("once upon a time")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "once upon a time\n")


@pytest.mark.parametrize("name", ACTS)
def test_every_act_is_what_it_says(name: str) -> None:
    act = load(name)
    assert name == act.NAME
    assert name in ACTS
    assert act.TITLE
    assert callable(act.play)
