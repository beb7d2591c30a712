"""A line is JSON for machines and columns for a person; a secret in it is three stars."""

import json
import os
import pty
import subprocess
import sys

import pytest

from bot.domain.refusal import ExitCode, Refused
from bot.services.log import configure
from bot.services.log.form import utc

SAY = (
    "import sys, structlog; from bot.services.log import configure; from bot.domain.secret import"
    " Secret; configure(*sys.argv[1:]); structlog.get_logger().warning('order.fill',"
    " at='2026-11-23T18:00:01.250Z', price_usd='0.53', nothing=None, who=str(Secret('S3cret')),"
    " order_hash='0x' + 'ab' * 32)"
)


def said(*form: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SAY, *form], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_pipe_gets_one_json_object_a_line() -> None:
    [line] = said().splitlines()
    row = json.loads(line)
    assert (row["event"], row["message"], row["level"]) == ("order.fill", "order.fill", "warning")
    assert row["who"] == "***"


def test_a_person_gets_columns_without_what_is_empty() -> None:
    [line] = said("text").splitlines()
    assert line.startswith("18:00:01.250 WARNING order.fill")
    assert "price_usd=0.53" in line
    assert "nothing" not in line
    assert "order_hash=0xabababab…" in line


def test_a_terminal_is_a_person() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.run([sys.executable, "-c", SAY], stdout=theirs, check=True)
    os.close(theirs)
    line = os.read(ours, 4_096).decode()
    os.close(ours)
    assert process.returncode == 0
    assert line.startswith("18:00:01.250 WARNING order.fill")


def test_a_form_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="POLY_LOG: must be json or text, was 'xml'") as refused:
        configure("xml")
    assert refused.value.code is ExitCode.USAGE


def test_an_instant_is_rfc_3339_with_milliseconds() -> None:
    assert utc(1_790_586_000_123_456) == "2026-09-28T09:00:00.123Z"
