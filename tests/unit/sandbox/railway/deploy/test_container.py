"""Start commands in exec form."""

import sys

import pytest

from sandbox.railway.deploy.container import command_of


@pytest.mark.parametrize("name", ["python", "python3"])
def test_a_leading_python_is_the_interpreter_that_runs_us(name: str) -> None:
    assert command_of(f"{name} -m bot")[0] == sys.executable


@pytest.mark.parametrize("text", [None, "", "  "])
def test_without_a_command_the_image_runs_its_own(text: str | None) -> None:
    assert command_of(text) == [sys.executable, "-m", "bot"]


def test_no_shell_reads_it() -> None:
    assert command_of("run $A && 'b c' python") == ["run", "$A", "&&", "b c", "python"]


def test_a_quote_that_does_not_close_is_an_error() -> None:
    with pytest.raises(ValueError, match="No closing quotation"):
        command_of("python -c 'x")
