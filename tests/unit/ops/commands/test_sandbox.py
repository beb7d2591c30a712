"""`poly sandbox` lists what the stand-ins can do wrong; starting them is tested by processes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.domain.refusal import ExitCode, Refused
from ops.commands import sandbox
from ops.commands.sandbox import command, listed


def test_every_fault_says_what_it_does_and_where_it_was_seen() -> None:
    ran = CliRunner().invoke(command, ["faults", "--json"])
    assert ran.exit_code == 0
    document = json.loads(ran.output)
    assert document["ok"] is True
    for vendor in sandbox.VENDORS:
        rows = document[vendor]
        assert len({row["name"] for row in rows}) == len(rows) > 0
        assert all(row["does"] and row["source"] for row in rows)


def test_a_person_gets_a_table() -> None:
    ran = CliRunner().invoke(command, ["faults"])
    assert "dropped-after" in ran.output
    assert "seen in" in ran.output


def test_a_stand_in_that_cannot_list_is_one_refusal() -> None:
    with pytest.raises(Refused, match="cannot list its faults") as caught:
        listed("nowhere")
    assert caught.value.code is ExitCode.OUTSIDE


@pytest.mark.parametrize("said", ["", "{}", "no JSON", '{"control_token": "x"}'])
def test_what_no_stand_in_said_gives_no_variables(tmp_path: Path, said: str) -> None:
    file = tmp_path / "exchange.json"
    file.write_text(said)
    ran = CliRunner().invoke(command, ["variables", str(file)])
    assert isinstance(ran.exception, Refused)
    assert ran.exception.code is ExitCode.USAGE
    assert str(file) in str(ran.exception)
