"""`poly replay` as a person and a script use it: real processes, real signals, one ledger."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.place import engine_at

ROOT = Path(__file__).resolve().parents[3]
DEMO = str(ROOT / "strategies" / "late_favourite.toml")
Poly = Callable[..., subprocess.CompletedProcess[str]]
Answer = Callable[..., dict[str, object]]
Eventually = Callable[..., None]

KEYS = [
    "windows", "frames", "intents", "orders", "fills", "denied", "fees_usd", "realized_pnl_usd",
    "equity_usd", "max_drawdown_usd", "content_hash", "decision_hash", "boots", "frames_per_s",
]  # fmt: skip
SLOW = 600
"""Times real time: the first hour takes some seconds, time enough for a signal."""


def arguments(recording: Path, data_dir: Path, *more: str) -> list[str]:
    """Return what every replay here is given."""
    return [
        "replay", "--recording", str(recording), "--strategy", DEMO,
        "--data-dir", str(data_dir), *more,
    ]  # fmt: skip


def begin(environment: dict[str, str], given: list[str]) -> subprocess.Popen[str]:
    """Start a command that will be interrupted."""
    return subprocess.Popen(
        [sys.executable, "-m", "ops", *given],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fills(answer: Answer, data_dir: Path) -> int:
    """Return how many fills the ledger has by now; 0 while there is no ledger."""
    if not (data_dir / "paper.db").exists():
        return 0
    return int(str(answer("status", "--data-dir", str(data_dir))["fills"]))


def test_the_same_day_gives_the_same_answer(
    answer: Answer, first_hour: Path, tmp_path: Path
) -> None:
    """Keys exactly as documented; a second run on another directory decides the same."""
    said = [answer(*arguments(first_hour, tmp_path / name)) for name in ("one", "two")]
    assert list(said[0]) == KEYS
    assert int(str(said[0]["fills"])) > 0
    for one in said:
        one.pop("frames_per_s")
    assert said[0] == said[1]


def test_an_interrupt_is_an_orderly_stop_and_repeating_goes_on(
    answer: Answer,
    environment: dict[str, str],
    eventually: Eventually,
    first_hour: Path,
    tmp_path: Path,
) -> None:
    calm = answer(*arguments(first_hour, tmp_path / "calm"))
    data = tmp_path / "hit"
    running = begin(environment, arguments(first_hour, data, "--speed", str(SLOW), "--json"))
    eventually(lambda: fills(answer, data) > 0, within_s=60, what="the first fill")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    assert list(json.loads(out)) == KEYS
    status = answer("status", "--data-dir", str(data))
    assert (status["stopped"], status["running"]) == (True, False)
    assert int(str(status["frame"])) < int(str(calm["frames"]))
    again = answer(*arguments(first_hour, data))
    assert again["content_hash"] == calm["content_hash"]
    assert again["boots"] == 2


def test_a_killed_engine_is_told_and_repeating_goes_on(
    answer: Answer,
    environment: dict[str, str],
    eventually: Eventually,
    first_hour: Path,
    tmp_path: Path,
) -> None:
    calm = answer(*arguments(first_hour, tmp_path / "calm"))
    data = tmp_path / "hit"
    running = begin(environment, arguments(first_hour, data, "--speed", str(SLOW)))
    eventually(lambda: fills(answer, data) > 0, within_s=60, what="the first fill")
    os.kill(int((data / ".lock").read_text()), signal.SIGKILL)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 6
    assert (out, err.count("\n")) == ("", 1)
    assert "SIGKILL" in err
    again = answer(*arguments(first_hour, data))
    assert again["content_hash"] == calm["content_hash"]
    assert answer("ledger", "verify", "--data-dir", str(data))["ok"] is True


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.jsonl", None, 2),
        ("empty.jsonl", b"", 3),
        ("binary.jsonl", bytes(range(256)) * 40, 3),
        ("stream.jsonl", b'{"at_us":1,"stream":"tape","frame":{}}\n', 3),
    ],
)
def test_a_bad_recording_is_refused_and_leaves_nothing(
    poly: Poly, tmp_path: Path, name: str, content: bytes | None, code: int
) -> None:
    """One line that names the file; no ledger was begun."""
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    ran = poly(*arguments(file, tmp_path / "data"))
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (code, "", 1), ran.stderr
    assert name in ran.stderr
    assert not (tmp_path / "data" / "poly.db").exists()


def test_an_unknown_protocol_version_is_refused_by_line(
    poly: Poly, first_hour: Path, tmp_path: Path
) -> None:
    """Guessing which exchange trades a market would send orders nowhere."""
    lines = first_hour.read_text().splitlines(keepends=True)
    number = next(at for at, line in enumerate(lines, 1) if '"stream":"gamma"' in line)
    lines[number - 1] = lines[number - 1].replace('"version":"v1"', '"version":"v9"')
    file = tmp_path / "version.jsonl"
    file.write_text("".join(lines))
    ran = poly(*arguments(file, tmp_path / "data"))
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)
    assert f"line {number}" in ran.stderr
    assert "v9" in ran.stderr
    assert not (tmp_path / "data" / "poly.db").exists()


def test_another_seed_or_strategy_than_the_ledgers_is_refused(
    poly: Poly, answer: Answer, first_hour: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    before = answer(*arguments(first_hour, data))
    other = tmp_path / "other.toml"
    other.write_text(Path(DEMO).read_text().replace("clips_max = 4", "clips_max = 3"))
    for more in (("--seed", "9"), ("--strategy", str(other))):
        ran = poly(*arguments(first_hour, data, *more))
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (3, "", 1), ran.stderr
        assert "another data directory" in ran.stderr
    status = answer("status", "--data-dir", str(data))
    assert status["boots"] == before["boots"] == 1, "nothing was written"


def test_a_directory_in_use_is_refused_with_its_process(
    poly: Poly,
    environment: dict[str, str],
    eventually: Eventually,
    first_hour: Path,
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    running = begin(environment, arguments(first_hour, data, "--speed", "1"))
    eventually(lambda: engine_at(data), within_s=60, what="the lock")
    ran = poly(*arguments(first_hour, data))
    running.terminate()
    running.communicate(timeout=30)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (4, "", 1)
    assert "locked by process" in ran.stderr
    assert running.returncode == 0, "SIGTERM is an orderly stop too"


@pytest.mark.parametrize(
    "strategy", sorted((ROOT / "strategies").glob("*.toml")), ids=lambda f: f.stem
)
def test_every_strategy_trades_the_demo_recording(
    answer: Answer, recording: Path, tmp_path: Path, strategy: Path
) -> None:
    said = answer(
        "replay", "--recording", str(recording), "--strategy", str(strategy),
        "--data-dir", str(tmp_path / "data"),
    )  # fmt: skip
    assert int(str(said["fills"])) > 0
    assert said["windows"] == 18


@pytest.mark.parametrize("command", ["status", "positions", "orders", "trades", "events"])
def test_a_reading_command_imports_nothing_heavy(environment: dict[str, str], command: str) -> None:
    """Below 0.2 s is only possible without SQLAlchemy, Alembic, httpx, pyarrow and asyncio."""
    heavy = "'sqlalchemy', 'alembic', 'httpx', 'pyarrow', 'asyncio', 'rich', 'structlog'"
    code = (
        f"import sys, ops.__main__, ops.commands.{command}; print({{{heavy}}} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "set()"
