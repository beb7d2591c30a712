"""The watchdog's life with real processes, in replay mode: nothing here may call a venue."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.watchdog.desk import ask
from bot.watchdog.kill import latch as latches
from tests.e2e.watchdog.ground import ROOT, Ground, alive

Make = Callable[..., Ground]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda *words, **more: stack.enter_context(Ground(tmp_path, more, *words))


def hang(ground: Ground, pid: int) -> None:
    ground.order("hang")


def stop(ground: Ground, pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def mute(ground: Ground, pid: int) -> None:
    ground.order("mute")


@pytest.mark.parametrize("how", [stop, hang, mute])
def test_a_silent_engine_is_killed_latched_and_started_halted(
    make: Make, how: Callable[[Ground, int], None]
) -> None:
    """Stopped, spinning with the interpreter lock held, alive without progress: all are hung."""
    ground = make().start()
    pid = ground.trading()
    how(ground, pid)
    ground.final()
    again = ground.halted()
    assert again != pid
    assert not alive(pid)
    latch = ground.latch()
    assert latch["cause"] == "hung"
    assert ground.snapshot()["trip"]["id"] == latch["id"]
    assert ground.snapshot()["trip"]["state"] == "final"
    assert ground.snapshot()["orders"]["venue"] is None


def test_an_engine_that_dies_by_itself_is_started_again_without_a_trip(make: Make) -> None:
    ground = make().start()
    for death in range(3):
        os.kill(ground.trading(), signal.SIGKILL)
        ground.until(lambda n=death: len(ground.boots()) == n + 2, "another start")
    assert [state for _, state in ground.boots()] == ["active"] * 4
    assert not (ground.place / "halt.latch").exists()
    assert [row["after_s"] for row in ground.said("engine.restarts")] == [1.0, 2.0, 4.0]


def test_the_fifth_death_in_an_hour_trips(make: Make) -> None:
    ground = make("dies").start()
    ground.final()
    assert ground.latch()["cause"] == "dying"
    assert [state for _, state in ground.boots()][:5] == ["active"] * 5
    ground.until(lambda: ground.boots()[5:], "a start after the trip")
    assert ground.boots()[5][1] == "halted"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_orderly_and_no_trip(make: Make, number: int) -> None:
    ground = make().start()
    pid = ground.trading()
    ground.signal(number)
    assert ground.ended() == 0
    assert not alive(pid)
    assert not (ground.place / "halt.latch").exists()
    ground.start()
    ground.trading()


def test_a_stop_of_a_hung_engine_ends_non_zero_and_is_no_trip(make: Make) -> None:
    ground = make().start()
    pid = ground.trading()
    os.kill(pid, signal.SIGSTOP)
    ground.signal(signal.SIGTERM)
    assert ground.ended() == 6
    assert not alive(pid)
    assert not (ground.place / "halt.latch").exists()


def test_sigusr1_trips(make: Make) -> None:
    ground = make().start()
    ground.trading()
    ground.signal(signal.SIGUSR1)
    ground.final()
    ground.halted()
    assert (ground.latch()["cause"], ground.latch()["reason"]) == ("person", "SIGUSR1")


@pytest.mark.parametrize(
    ("order", "cause"),
    [("die 70", "bug"), ("trip drawdown", "drawdown"), ("trip divergence", "divergence")],
)
def test_a_bug_and_what_the_engine_asks_for_trip(make: Make, order: str, cause: str) -> None:
    ground = make().start()
    ground.trading()
    ground.order(order)
    ground.final()
    ground.halted()
    assert ground.latch()["cause"] == cause


def test_an_engine_that_refuses_its_configuration_is_not_started_again(make: Make) -> None:
    ground = make().start()
    ground.trading()
    ground.order("die 2")
    assert ground.ended() == 2
    assert len(ground.boots()) == 1


def test_the_engine_dies_with_the_watchdog(make: Make) -> None:
    ground = make("deaf").start()
    pid = ground.trading()
    ground.signal(signal.SIGKILL)
    ground.ended()
    ground.until(lambda: not alive(pid), "the engine's death")
    assert not (ground.place / "halt.latch").exists()
    ground.start()
    ground.trading()


def test_orphans_are_adopted_and_reaped(make: Make, tmp_path: Path) -> None:
    """A child of the engine's that outlives it would stay a zombie for ever under PID 1."""
    ground = make().start()
    engine = ground.trading()
    children = Path(f"/proc/{ground.pid}/task/{ground.pid}/children")
    assert children.read_text().split() == [str(engine)]
    for _ in range(3):
        os.kill(ground.trading(), signal.SIGKILL)
        before = len(ground.boots())
        ground.until(lambda n=before: len(ground.boots()) > n, "another start")
    assert children.read_text().split() == [str(ground.trading())]


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b'{"format": 99}', b'{"format": 1, "id": 5}', b"\xff" * 9000]
)
def test_a_latch_that_cannot_be_read_is_a_halt(make: Make, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "halt.latch").write_bytes(content)
    ground = make().start()
    ground.halted()
    assert ground.status()["latch"]["id"].startswith("unreadable-")


def test_a_latch_put_there_by_anybody_trips(make: Make, tmp_path: Path) -> None:
    ground = make().start()
    ground.trading()
    (tmp_path / "halt.latch").touch()
    ground.final()
    ground.halted()


def test_a_latch_outlives_the_watchdog(make: Make) -> None:
    ground = make().start()
    ground.trading()
    ground.signal(signal.SIGUSR1)
    ground.final()
    ground.signal(signal.SIGKILL)
    ground.ended()
    ground.start()
    ground.halted()
    assert all(state == "halted" for _, state in ground.boots()[1:])


def test_resume_needs_the_latchs_own_id_and_works_once(make: Make) -> None:
    ground = make().start()
    ground.trading()
    ground.signal(signal.SIGUSR1)
    ground.final()
    ground.halted()
    latch = ground.latch()["id"]

    def resume(latch_id: str) -> dict[str, object]:
        question = {"ask": "resume", "latch": latch_id, "reason": "looked", "who": "me"}
        (row,) = ask(ground.place, question, first_s=5, whole_s=5)
        return row

    assert "not other" in str(resume("other")["why"])
    assert resume(latch)["said"] == "resumed"
    ground.trading()
    assert resume(latch)["why"] == "nothing is latched"
    assert [one.id for one in latches.history(ground.place)] == [latch]


def test_drawdown_is_resumed_only_when_it_is_accepted(make: Make) -> None:
    ground = make().start()
    ground.trading()
    ground.order("trip drawdown")
    ground.final()
    ground.halted()
    question: dict[str, object] = {"ask": "resume", "latch": ground.latch()["id"]}
    (row,) = ask(ground.place, question, first_s=5, whole_s=5)
    assert row["said"] == "refused"
    assert "--accept-drawdown" in str(row["why"])
    (row,) = ask(ground.place, {**question, "accept_drawdown": True}, first_s=5, whole_s=5)
    assert row["said"] == "resumed"
    ground.trading()


def test_a_halt_from_outside_holds_until_it_is_resumed_by_its_id(make: Make) -> None:
    ground = make(POLY_HALT="out-1").start()
    ground.halted()
    assert ground.latch()["cause"] == "outside"
    ground.signal(signal.SIGTERM)
    ground.ended()
    ground.start(POLY_RESUME="out-2")
    ground.halted()
    ground.signal(signal.SIGTERM)
    ground.ended()
    ground.start(POLY_RESUME="out-1")
    ground.trading()
    ground.signal(signal.SIGUSR1)  # another halt: the same variable must not clear it
    ground.final()
    ground.signal(signal.SIGTERM)
    ground.ended()
    ground.start(POLY_RESUME="out-1")
    ground.halted()


def test_memory_above_the_bound_restarts_the_engine_in_order(make: Make) -> None:
    ground = make(POLY_MEMORY_MB_MAX="1").start()
    ground.until(lambda: len(ground.said("engine.started")) >= 3, "two restarts")
    assert len(ground.said("engine.restarted_for_memory")) >= 2
    assert len(ground.said("watchdog.memory_high")) == 1
    assert not (ground.place / "halt.latch").exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("POLY_SILENCE_S", "0", "POLY_SILENCE_S: must be a number in [0.5, 60], was '0'"),
        ("POLY_MODE", "live", "POLYMARKET_ADDRESS: is not set"),
    ],
)
def test_a_variable_that_cannot_be_is_one_line_and_code_2(
    make: Make, name: str, value: str, words: str
) -> None:
    ground = make(**{name: value}).start()
    assert ground.ended() == 2
    assert words in ground.said_file.read_text()
    assert not ground.boots()


def test_the_default_engine_is_the_product(tmp_path: Path) -> None:
    """Without a strategy `python -m bot` refuses; its line and code come through."""
    environment = {"PATH": os.environ["PATH"], "POLY_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "bot.watchdog"],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "POLY_STRATEGY" in done.stderr
