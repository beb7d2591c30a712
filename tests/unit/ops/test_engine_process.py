"""What the engine is given, and what its end is taken for."""

from collections import deque
from pathlib import Path

import pytest

from bot.domain.refusal import ExitCode
from bot.settings import VARIABLES
from ops.engine_process import Run, ended_badly, spoken


def test_every_variable_given_is_one_the_engine_knows(tmp_path: Path) -> None:
    """A name it does not know would make every start fail."""
    run = Run("day.jsonl", tmp_path / "s.toml", tmp_path, seed=3, speed=0.5, as_recorded=True)
    made = run.environment({"PATH": "/bin", "POLY_LOCK_WAIT_S": "5", "POLY_SEED": "1"})
    assert {name for name in made if name.startswith("POLY_")} <= set(VARIABLES)
    assert (made["POLY_SEED"], made["POLY_SPEED"], made["POLY_AS_RECORDED"]) == ("3", "0.5", "1")
    assert made["POLY_LOCK_WAIT_S"] == "5", "what the operator set stays"


def test_byte_code_stays_on(tmp_path: Path) -> None:
    run = Run("day.jsonl", tmp_path / "s.toml", tmp_path)
    assert "PYTHONDONTWRITEBYTECODE" not in run.environment({"PYTHONDONTWRITEBYTECODE": "1"})


def test_what_is_no_json_object_is_not_the_engine_speaking() -> None:
    said = [b'{"event":"a"}\n', b"warning: x\n", b"[1]\n", b'{"event":', b'{"event":"b"}\n']
    assert [line["event"] for line in spoken(said)] == ["a", "b"]


def test_a_refusal_keeps_its_line_and_its_code() -> None:
    refused = ended_badly(4, deque(["noise", "poly: data directory x: is full"]))
    assert (str(refused), refused.code) == ("data directory x: is full", ExitCode.UNAVAILABLE)


def test_a_killed_engine_is_an_unknown_outcome() -> None:
    refused = ended_badly(-9, deque())
    assert refused.code is ExitCode.UNKNOWN_OUTCOME
    assert "SIGKILL" in str(refused)


@pytest.mark.parametrize(("code", "said"), [(1, "Traceback"), (3, "no line of ours"), (77, "")])
def test_anything_else_is_a_bug_and_its_trace_is_shown(
    code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_badly(code, deque([said])).code is ExitCode.BUG
    assert said in capsys.readouterr().err
