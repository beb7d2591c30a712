"""Live, against the stand-in exchange: what rests there is gone, and gone by its own account."""

import os
import signal
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.watchdog.exchange import Exchange
from tests.e2e.watchdog.ground import Ground, alive

TRIPS = 5
P50_MS, P99_MS = 400.0, 1000.0


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


def stopped(ground: Ground, pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def spinning(ground: Ground, pid: int) -> None:
    ground.order("hang")


def holding(ground: Ground, pid: int) -> None:
    ground.order("hold")


def eating(ground: Ground, pid: int) -> None:
    ground.order("eat")


def told(ground: Ground, pid: int) -> None:
    ground.signal(signal.SIGUSR1)


def told_while_stopped(ground: Ground, pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    ground.signal(signal.SIGUSR1)


@pytest.mark.parametrize("how", [stopped, spinning, holding, eating, told, told_while_stopped])
@pytest.mark.timeout(240)
def test_five_trips_leave_no_order_within_a_second(
    make: Callable[..., Ground],
    exchange: Exchange,
    how: Callable[[Ground, int], None],
    record_property: Callable[[str, object], None],
) -> None:
    """Trip, empty book in the exchange's own truth, latch, snapshot, halted; five times."""
    ground = make()
    proofs = []
    for number in range(TRIPS):
        (ground.place / "halt.latch").unlink(missing_ok=True)
        ground.start()
        pid = ground.trading()
        placed = exchange.place()
        how(ground, pid)
        ground.until(lambda n=number: len(ground.said("kill.proved")) > n, "the proof")
        assert exchange.live() == []
        assert not alive(pid)
        ground.halted()
        snapshot = ground.snapshot()
        venue = snapshot["orders"]["venue"]
        assert set(placed) <= set(venue["cancelled"])
        assert (venue["after"], venue["proofs"]) == ([], 2)
        assert snapshot["trip"]["id"] == ground.latch()["id"]
        steps = {row["step"]: row["ms"] for row in reversed(snapshot["time_line"])}
        assert steps["engine_gone"] < steps["proof"]
        proofs.append(steps["proof"])
        ground.signal(signal.SIGKILL)
        ground.ended()
    record_property("first_proof_ms", proofs)
    assert statistics.median(proofs) <= P50_MS, proofs
    assert max(proofs) <= P99_MS, proofs


def test_a_dead_engine_leaves_no_order_and_no_latch(
    make: Callable[..., Ground], exchange: Exchange
) -> None:
    ground = make().start()
    for death in range(2):
        pid = ground.trading()
        exchange.place()
        os.kill(pid, signal.SIGKILL)
        ground.until(lambda n=death: len(ground.said("sweep.proved")) > n, "the sweep")
        assert exchange.live() == []
    assert not (ground.place / "halt.latch").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_proves_the_book_empty_before_it_ends(
    make: Callable[..., Ground], exchange: Exchange, number: int
) -> None:
    ground = make().start()
    ground.trading()
    exchange.place()
    ground.signal(number)
    assert ground.ended() == 0
    assert exchange.live() == []
    assert not (ground.place / "halt.latch").exists()


def test_a_stop_without_the_proof_ends_non_zero(
    make: Callable[..., Ground], exchange: Exchange
) -> None:
    ground = make(POLYMARKET_API_KEY="nobody").start()
    ground.trading()
    exchange.place(1)
    ground.signal(signal.SIGTERM)
    assert ground.ended() == 5
    assert ground.said("watchdog.stopped_unproved")


@pytest.mark.parametrize(
    "fault",
    [
        "rate-limited", "unauthorized", "cloudflare-403", "read-502", "read-timeout",
        "read-trickles", "timeout-after-cancel", "html-502-after-cancel", "not-cancelled",
        "page-lost",
    ],
)  # fmt: skip
def test_a_venue_that_fails_is_asked_until_it_proves(
    make: Callable[..., Ground], exchange: Exchange, fault: str
) -> None:
    ground = make().start()
    ground.trading()
    exchange.place()
    exchange.stand_in.post("faults", name=fault, times=2)
    ground.signal(signal.SIGUSR1)
    ground.until(lambda: ground.said("kill.proved"), "the proof")
    assert exchange.live() == []


def test_a_restarting_venue_is_waited_for(make: Callable[..., Ground], exchange: Exchange) -> None:
    ground = make().start()
    ground.trading()
    exchange.place()
    exchange.stand_in.strike("engine-restart", for_s=3, then_s=1)
    ground.signal(signal.SIGUSR1)
    ground.until(lambda: ground.said("kill.proved"), "the proof")
    assert [row for row in ground.said("kill.unanswered") if row["status"] == 425]
    assert exchange.live() == []


def test_a_wrong_clock_is_learnt_from_the_venue(tmp_path: Path) -> None:
    with Exchange() as own, Ground(tmp_path, own.variables()) as ground:
        ground.start().trading()
        own.place()
        own.stand_in.strike("clock-skew", by_s=300)
        ground.signal(signal.SIGUSR1)
        ground.until(lambda: ground.said("kill.proved"), "the proof")
        assert own.live() == []


@pytest.mark.timeout(240)
def test_an_order_that_comes_late_is_cancelled_before_the_trip_is_final(
    make: Callable[..., Ground], exchange: Exchange
) -> None:
    """A ledger that cannot be read may hide an unanswered intent: the book is watched on."""
    ground = make().start()
    (ground.place / "poly.db").write_text("no database")
    ground.trading()
    exchange.place()
    ground.signal(signal.SIGUSR1)
    ground.until(lambda: ground.said("kill.watching"), "the watch")
    late = exchange.place(1)
    ground.final()
    assert exchange.live() == []
    assert ground.snapshot()["orders"]["venue"]["late"] == late


def test_in_paper_the_venue_is_never_called(tmp_path: Path, exchange: Exchange) -> None:
    with Ground(tmp_path, {**exchange.variables(), "POLY_MODE": "paper"}) as ground:
        before = exchange.requests()
        ground.start().trading()
        ground.signal(signal.SIGUSR1)
        ground.final()
        ground.halted()
        ground.signal(signal.SIGTERM)
        assert ground.ended() == 0
        assert exchange.requests() == before
