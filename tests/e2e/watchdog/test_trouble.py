"""A kill when something else is wrong as well: during a start or a kill, no disk, no venue.

Whatever it is: no order rests in the exchange's own truth, the latch is set, the snapshot is true,
and the next engine runs halted.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from typing_extensions import override

from bot.watchdog.desk import ask
from tests.e2e.watchdog.exchange import Exchange
from tests.e2e.watchdog.ground import ROOT, Ground, Row, alive

TRIPS = 5
MOUNTED = ("unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o size=2m none "$0" && exec "$@"')
pytestmark = pytest.mark.timeout(240)
CAN_MOUNT = "unshare -Urm sh -c 'mount -t tmpfs none /mnt'"


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as found:
        yield found


@pytest.fixture
def make(exchange: Exchange, tmp_path: Path) -> Iterator[Callable[..., Ground]]:
    exchange.stand_in.disarm()
    with ExitStack() as stack:
        yield lambda *words, **more: stack.enter_context(
            Ground(tmp_path, {**exchange.variables(), **more}, *words)
        )


def kept(ground: Ground, exchange: Exchange, placed: list[str], state: str = "final") -> Row:
    """Hold what was promised to the exchange's truth; return the snapshot."""
    assert exchange.live() == []
    snapshot = ground.snapshot()
    venue = snapshot["orders"]["venue"]
    assert venue["after"] == []
    assert set(placed) <= {*venue["cancelled"], *venue["late"]}
    assert snapshot["trip"]["id"] == ground.latch()["id"]
    assert snapshot["trip"]["state"] == state
    return snapshot


def kill(ground: Ground, output: int = subprocess.PIPE) -> "subprocess.Popen[bytes]":
    """Start `poly kill` beside us."""
    return subprocess.Popen(
        [sys.executable, "-m", "ops", "kill", "--reason", "trouble", "--json"],
        env=ground.environment, cwd=ROOT, stdout=output, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("phase", ["boot", "waiting", "checking", "reconciling", "catching_up"])
def test_a_kill_during_a_start_is_a_kill(
    make: Callable[..., Ground], exchange: Exchange, phase: str
) -> None:
    """Orders of the session before may rest while the next one starts, migrates, reconciles."""
    ground = make("lingers", phase).start()
    ground.until(lambda: ground.boots() and ground.phase() == phase, "the phase")
    (pid, _), placed = ground.boots()[0], exchange.place(1)
    asked = {"ask": "kill", "reason": phase, "who": "me"}
    *_, last = ask(ground.place, asked, first_s=20, whole_s=60)
    assert last["said"] == "final"
    assert not alive(pid)
    kept(ground, exchange, placed)
    (ground.place / "go").touch()
    ground.halted()
    assert [state for _, state in ground.boots()] == ["active", "halted"]


def test_a_kill_while_the_watchdog_itself_starts_is_a_kill(
    make: Callable[..., Ground], exchange: Exchange
) -> None:
    """The command falls between nobody there and somebody there; either way it is halted."""
    ground = make()
    for number in range(TRIPS):
        (ground.place / "halt.latch").unlink(missing_ok=True)
        placed = exchange.place(1)
        killing = kill(ground, output=subprocess.DEVNULL)
        time.sleep(number * 0.07)  # where in its start it is struck, not a wait for anything
        ground.start()
        assert killing.wait(120) in {0, 1, 5}  # 5: the watchdog has started an engine meanwhile
        ground.halted()
        ground.until(lambda: exchange.live() == [], "the empty book")
        assert ground.latch()["id"] == ground.snapshot()["trip"]["id"]
        assert placed
        ground.signal(signal.SIGKILL)
        ground.ended()


def test_kills_during_a_kill_are_one_kill(make: Callable[..., Ground], exchange: Exchange) -> None:
    """Asked for three times while the venue restarts: everybody is told the end of the same one."""
    ground = make().start()
    pid, placed = ground.trading(), exchange.place()
    exchange.stand_in.strike("engine-restart", for_s=4, then_s=1)
    ground.signal(signal.SIGUSR1)
    ground.until(lambda: ground.said("kill.unanswered"), "the first refusal")
    killing = [kill(ground), kill(ground)]
    ground.signal(signal.SIGUSR1)
    said = [one.communicate(timeout=120)[0].decode() for one in killing]
    latch = ground.latch()["id"]
    assert all(latch in text and '"final"' in text for text in said), said
    assert len(ground.said("kill.tripped")) == 1
    assert not alive(pid)
    kept(ground, exchange, placed)
    ground.halted()


def test_a_venue_that_is_not_there_is_asked_until_it_is(tmp_path: Path) -> None:
    """Its process ends and comes back with our orders: nothing is believed in between."""
    state = ("--state", str(tmp_path / "venue"), "--seed", "5")
    with ExitStack() as stack:
        first = stack.enter_context(Exchange(*state))
        ground = stack.enter_context(Ground(tmp_path, first.variables()))
        ground.start().trading()
        placed = first.place()
        port = first.stand_in.line["clob_url"].rpartition(":")[2].strip("/")
        first.stand_in.process.terminate()
        first.stand_in.process.wait(60)
        ground.signal(signal.SIGUSR1)
        ground.until(lambda: len(ground.said("kill.unanswered")) > 1, "no answer")
        assert not ground.said("kill.proof")
        again = stack.enter_context(Exchange(*state, "--port", port))
        ground.final()
        kept(ground, again, placed)
        ground.halted()


def test_a_venue_that_hangs_is_asked_until_it_answers(tmp_path: Path) -> None:
    with Exchange() as own, Ground(tmp_path, own.variables()) as ground:
        ground.start().trading()
        own.place()
        venue = own.stand_in.process.pid
        os.kill(venue, signal.SIGSTOP)
        try:
            ground.signal(signal.SIGUSR1)
            ground.until(lambda: ground.said("kill.unanswered"), "no answer")
        finally:
            os.kill(venue, signal.SIGCONT)
        ground.final()
        kept(ground, own, [])  # what it cancels when it wakes up nobody waits for any more
        ground.halted()


class Small(Ground):
    """A ground on a volume of two megabytes, which only its own processes see."""

    @override
    def start(self, **more: str) -> "Small":
        self.wrapped = (*MOUNTED, str(self.place))
        super().start(**more)
        self.place = Path(f"/proc/{self.pid}/root{self.place}")
        self.until((self.place / "control.sock").exists, "the socket")
        return self

    def fill(self) -> None:
        """Leave not one block."""
        with (self.place / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                return


@pytest.fixture
def small(exchange: Exchange, tmp_path: Path) -> Iterator[Callable[[], Small]]:
    can = subprocess.run(["/bin/sh", "-c", CAN_MOUNT], capture_output=True, check=False)
    if can.returncode:
        pytest.skip(f"this system lets nobody mount: {can.stderr.decode().strip()}")
    exchange.stand_in.disarm()
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Small(tmp_path, exchange.variables()))


def test_a_full_disk_keeps_neither_latch_nor_snapshot_from_being_written(
    small: Callable[[], Small], exchange: Exchange
) -> None:
    """Both have their blocks since the boot; five trips, each of a hung engine."""
    ground = small()
    for _ in range(TRIPS):
        ground.start()
        pid, placed = ground.trading(), exchange.place(1)
        ground.fill()
        with pytest.raises(OSError, match="No space"):
            (ground.place / "one-more").write_bytes(b"x")
        os.kill(pid, signal.SIGSTOP)
        ground.final()
        kept(ground, exchange, placed)
        assert ground.snapshot()["trip"]["latch"] == "durable"
        assert not alive(pid)
        ground.halted()
        ground.signal(signal.SIGKILL)
        ground.ended()
        ground.place = Path(str(ground.place).partition("/root")[2])
        ground.said_file.write_text("")


def test_what_a_full_disk_refuses_is_said_and_the_rest_is_done(
    small: Callable[[], Small], exchange: Exchange
) -> None:
    """Without watchdog and without what it had reserved: no latch, no snapshot, and no order."""
    ground = small().start()
    pid, placed = ground.trading(), exchange.place(1)
    for name in ("halt.armed", ".last-known-state.reserve"):
        (ground.place / name).write_bytes(b"")
        (ground.place / name).unlink()
    ground.fill()
    ground.signal(signal.SIGSTOP)
    done = subprocess.run(
        [sys.executable, "-m", "ops", "kill", "--reason", "x", "--json"],
        env={**ground.environment, "POLY_DATA_DIR": str(ground.place)},
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert done.returncode == 4, done.stderr
    assert set(placed) & set(exchange.live()) == set()
    assert not alive(pid)
    (problem,) = said["problems"]
    assert "latch: not durable: No space left on device" in problem
    assert "snapshot: not written: No space left on device" in problem
