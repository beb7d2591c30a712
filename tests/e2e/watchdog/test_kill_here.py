"""`poly kill` and `poly resume` in the container: watchdog alive, stopped, dead, and bad input."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.watchdog.exchange import Exchange
from tests.e2e.watchdog.ground import ROOT, Ground, alive

Row = dict[str, Any]


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as found:
        yield found


@pytest.fixture
def make(exchange: Exchange, tmp_path: Path) -> Iterator[Callable[..., Ground]]:
    exchange.stand_in.disarm()
    with ExitStack() as stack:
        yield lambda **more: stack.enter_context(Ground(tmp_path, {**exchange.variables(), **more}))


def poly(ground: Ground, *words: str, **more: str) -> tuple[int, Row, str]:
    """Run a command as a person in the container would; return code, object and stderr."""
    environment = {**ground.environment, **more}
    done = subprocess.run(
        [sys.executable, "-m", "ops", *words, "--json"],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    (line,) = done.stdout.splitlines() or ["{}"]
    return done.returncode, json.loads(line), done.stderr


def test_the_watchdog_kills_when_asked_and_resumes_when_asked(
    make: Callable[..., Ground], exchange: Exchange
) -> None:
    ground = make().start()
    pid = ground.trading()
    exchange.place()
    code, said, _ = poly(ground, "kill", "--reason", "a drill")
    assert (code, said["by"], said["trip"]["state"]) == (0, "watchdog", "final")
    assert exchange.live() == []
    assert not alive(pid)
    assert ground.latch()["reason"] == "a drill"
    ground.halted()
    latch = said["trip"]["id"]
    code, said, _ = poly(ground, "resume", "--latch", "other", "--reason", "x")
    assert (code, said["error"]) == (1, f"not resumed: the latch is {latch}, not other")
    code, _, _ = poly(ground, "resume", "--latch", latch, "--reason", "looked at it")
    assert code == 0
    ground.trading()


def test_killing_twice_does_everything_twice_and_says_so(
    make: Callable[..., Ground], exchange: Exchange
) -> None:
    ground = make().start()
    ground.trading()
    _, first, _ = poly(ground, "kill", "--reason", "one")
    exchange.place(1)
    code, second, _ = poly(ground, "kill", "--reason", "two")
    assert (code, second["already"]["reason"]) == (1, "one")
    assert second["trip"]["id"] == first["trip"]["id"]
    assert exchange.live() == []


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_without_the_watchdog_the_command_does_every_step(
    make: Callable[..., Ground], exchange: Exchange, number: int
) -> None:
    """Five times: latch, snapshot, no order, engine dead; the next boot is halted."""
    ground = make()
    took = []
    for _ in range(5):
        (ground.place / "halt.latch").unlink(missing_ok=True)
        ground.start()
        pid = ground.trading()
        placed = exchange.place()
        ground.signal(number)
        began = time.monotonic()
        code, said, _ = poly(ground, "kill", "--reason", "it hangs")
        took.append(time.monotonic() - began)
        assert (code, said["by"], said["trip"]["state"]) == (0, "poly", "final"), said
        assert exchange.live() == []
        assert not alive(pid)
        assert said["trip"]["first_proof_ms"] <= 1000
        assert set(placed) <= set(ground.snapshot()["orders"]["venue"]["cancelled"])
        assert ground.latch()["id"] == ground.snapshot()["trip"]["id"]
        ground.signal(signal.SIGKILL)
        ground.ended()
    ground.start()
    ground.halted()


def test_wrong_credentials_still_latch_and_kill_and_say_what_is_left(
    make: Callable[..., Ground], exchange: Exchange
) -> None:
    ground = make().start()
    pid = ground.trading()
    placed = exchange.place(1)
    ground.signal(signal.SIGSTOP)
    code, said, errors = poly(ground, "kill", "--reason", "x", POLYMARKET_API_KEY="nobody")
    assert code == 5
    assert any("401" in text for text in said["problems"])
    assert exchange.live() == placed
    assert not alive(pid)
    assert ground.latch()["cause"] == "person"
    assert ground.environment["POLYMARKET_API_SECRET"] not in errors + json.dumps(said)
    exchange_ids = poly(ground, "kill", "--reason", "again")[1]
    assert exchange_ids["trip"]["state"] == "final"
    assert exchange.live() == []


def test_without_credentials_everything_else_is_done(
    make: Callable[..., Ground], exchange: Exchange
) -> None:
    ground = make().start()
    pid = ground.trading()
    ground.signal(signal.SIGSTOP)
    code, said, _ = poly(ground, "kill", "--reason", "x", POLYMARKET_PASSPHRASE="")
    assert code == 5
    assert "POLYMARKET_PASSPHRASE: is not set" in said["problems"][0]
    assert not alive(pid)
    assert ground.latch()["cause"] == "person"


def test_in_replay_nothing_is_called_and_the_engine_dies_all_the_same(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        pid = ground.start().trading()
        ground.signal(signal.SIGSTOP)
        code, said, _ = poly(ground, "kill", "--reason", "x")
        assert (code, said["trip"]["state"], said["trip"]["open_orders"]) == (0, "final", None)
        assert not alive(pid)


def test_a_drill_needs_somebody_who_trades(tmp_path: Path) -> None:
    words = ("drill", "kill", "--reason", "x")
    with Ground(tmp_path, {}, "lingers", "checking") as ground:
        code, said, _ = poly(ground, *words)
        assert (code, "no watchdog is at work" in said["error"]) == (4, True)
        ground.start()
        ground.until(lambda: ground.phase() == "checking", "the start")
        code, said, _ = poly(ground, *words)
        assert (code, "the engine is checking" in said["error"]) == (1, True)
        (tmp_path / "go").touch()
        ground.trading()
        code, said, _ = poly(ground, *words, "--evidence", "/proc/no/such")
        assert (code, "--evidence /proc/no/such" in said["error"]) == (4, True)
        assert not (tmp_path / "halt.latch").exists()
        ground.signal(signal.SIGUSR1)
        ground.final()
        code, said, _ = poly(ground, *words)
        assert (code, "halted already, by latch" in said["error"]) == (1, True)


def test_nobody_answers_a_resume(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    code, said, _ = poly(ground, "resume", "--latch", "a", "--reason", "b")
    assert code == 4
    assert "start the container" in said["error"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("kill",), 2),
        (("kill", "--reason", "x", "--dry-run"), 2),
        (("kill", "--reason", "x", "--data-dir", "/nowhere"), 4),
        (("kill", "--from", "outside"), 2),
        (("resume", "--latch", "a"), 2),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    ground = Ground(tmp_path)
    found, said, errors = poly(ground, *words)
    assert found == code
    assert said["ok"] is False
    assert len(errors.strip().splitlines()) == 1


def test_a_full_disk_does_not_keep_the_latch_from_being_set(tmp_path: Path) -> None:
    """No file may grow beyond what the armed latch has; the snapshot fails and is told."""
    with Ground(tmp_path) as ground:
        ground.start()
        pid = ground.trading()
        resource.prlimit(ground.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        os.kill(pid, signal.SIGSTOP)
        ground.until((tmp_path / "halt.latch").exists, "the latch")
        ground.halted()
        assert ground.latch()["cause"] == "hung"
