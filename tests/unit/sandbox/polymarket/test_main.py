"""The process: its first line, its list, its refusals, its journal and its memory."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.polymarket.faults import FAULTS
from sandbox.polymarket.journal import ENTRIES_MOST, Journal

COMMAND = [sys.executable, "-m", "sandbox.polymarket"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)


def test_the_list_is_one_json_array() -> None:
    told = run("--list-faults")
    rows = json.loads(told.stdout)
    assert [row["name"] for row in rows] == [fault.name for fault in FAULTS]
    assert all(set(row) == {"name", "does", "source"} for row in rows)


@pytest.mark.parametrize(
    ("options", "code", "names"),
    [
        (("--speed", "fast"), 2, "--speed"),
        (("--speed", "-1"), 2, "--speed"),
        (("--port", "70000"), 2, "--port"),
        (("--seed", "x"), 2, "--seed"),
        (("--begin", "noon"), 2, "--begin"),
        (("--begin", "0"), 2, "--begin"),
        (("--begin", "1795450560", "--recording", "x"), 2, "--begin"),
        (("--faults", "nonsense"), 2, "nonsense"),
        (("--faults", "trade-fails:2"), 2, "trade-fails"),
        (("--recording", "/nonexistent"), 2, "/nonexistent"),
        (("--state", "/proc/nowhere"), 4, "/proc/nowhere"),
        (("--port", "1", "--surprise"), 2, "--surprise"),
    ],
)
def test_a_refusal_is_one_line_that_names_its_cause(
    options: tuple[str, ...], code: int, names: str
) -> None:
    told = run(*options)
    assert told.returncode == code
    assert told.stdout == ""
    assert told.stderr.count("\n") == 1
    assert names in told.stderr


def test_the_first_line_holds_every_address_and_a_signal_ends_it(tmp_path: Path) -> None:
    options = ["--speed", "0", "--state", str(tmp_path)]
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        other = run(*options)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert other.returncode == 4
    assert "another stand-in uses it" in other.stderr
    addresses = [value for name, value in line.items() if name.endswith("_url")]
    assert len(addresses) == 10
    assert all("127.0.0.1" in address for address in addresses)
    assert {"control_token", "market_clock", "account"} <= set(line)
    assert (tmp_path / "state.json").exists()
    different = run("--state", str(tmp_path), "--seed", "7")
    assert different.returncode == 2
    assert "was kept with seed 0" in different.stderr


def test_the_journal_is_bounded_and_numbered(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(ENTRIES_MOST + 10):
        journal.write("x", wall_us=0, market_us=0, fields={"n": number})
    journal.close()
    kept = journal.since(0, ENTRIES_MOST * 2)
    assert len(kept) == ENTRIES_MOST
    assert kept[0]["seq"] == 11
    assert [e["seq"] for e in journal.since(ENTRIES_MOST, 3)] == [
        ENTRIES_MOST + 1,
        ENTRIES_MOST + 2,
        ENTRIES_MOST + 3,
    ]
    assert (tmp_path / "journal.jsonl").stat().st_size > 0
