"""Trips of the kill switch: from the trigger to the first proof of 0 open orders, by kind.

Real processes on loopback: watchdog, an engine that misbehaves on demand, the stand-in exchange
with an order of ours resting each time. Every trip is held to the exchange's own truth; one that
leaves an order, or whose next engine is not halted, ends the measuring.

    python bench/kill.py [TRIPS] [KIND…]     200 of each kind by default, about a second each
"""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.adapters.polymarket import probe  # noqa: E402 - the path first
from bot.adapters.polymarket.connection import Connection  # noqa: E402
from bot.adapters.polymarket.setting import read_live_settings  # noqa: E402
from bot.adapters.system import SystemClock  # noqa: E402
from bot.watchdog.desk import ask  # noqa: E402
from ops.demo.exchange import hosted  # noqa: E402
from ops.demo.exchange.control import Exchange  # noqa: E402
from ops.rehearsal.watched import Watched  # noqa: E402

TRIPS = 200
P50_MS, P99_MS = 400, 1000
START_MS, MEMORY_MB = 150, 30
ENGINE = ROOT / "tests" / "e2e" / "watchdog" / "engine.py"
COMMAND = (sys.executable, "-m", "bot.watchdog", "--engine", sys.executable, str(ENGINE))


def start(
    command: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    output: int | None = None,
    errors: int | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a process in the checkout."""
    return subprocess.Popen(command, env=environment, stdout=output, stderr=errors, cwd=ROOT)


def order(text: str) -> Callable[[Watched, int], None]:
    """Return a trigger: something the engine does when told to by a file."""

    def trigger(watched: Watched, _: int) -> None:
        new = watched.folder / "orders.new"
        new.write_text(text)
        new.rename(watched.folder / "orders")

    return trigger


def stop(_: Watched, engine: int) -> None:
    """SIGSTOP to the engine."""
    os.kill(engine, signal.SIGSTOP)


def ask_it(watched: Watched, _: int) -> None:
    """SIGUSR1 to the watchdog, the engine well."""
    watched.process.send_signal(signal.SIGUSR1)


def ask_while_stopped(watched: Watched, engine: int) -> None:
    """SIGUSR1 to the watchdog, the engine stopped."""
    stop(watched, engine)
    ask_it(watched, engine)


KINDS: Mapping[str, Callable[[Watched, int], None]] = {
    "stopped": stop,
    "spinning": order("hang"),
    "holding-the-lock": order("hold"),
    "out-of-memory": order("eat"),
    "asked": ask_it,
    "asked-while-stopped": ask_while_stopped,
}


@contextmanager
def exchange(folder: Path) -> Iterator[Exchange]:
    """Run a stand-in."""
    process, venue = hosted.start(folder, start)
    try:
        yield venue
    finally:
        venue.close()
        process.terminate()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


def trip(
    watched: Watched, venue: Exchange, rest: Callable[[], tuple[str, ...]],
    trigger: Callable[[Watched, int], None],
) -> float:  # fmt: skip
    """Make one trip and resume from it; return the milliseconds to the first proof."""
    engine = watched.reaches("trading")
    placed = rest()
    trigger(watched, engine)
    ended = watched.trip()
    left = set(placed) & set(hosted.open_orders(venue))
    told = watched.snapshot()
    assert not left, f"{left} rest after {ended}"
    assert told["trip"]["id"] == ended["id"], told
    assert told["orders"]["venue"]["after"] == [], told
    watched.reaches("halted")
    question = {"ask": "resume", "latch": ended["id"], "reason": "bench", "who": "bench"}
    (row,) = ask(watched.folder, question, first_s=5, whole_s=5)
    assert row["said"] == "resumed", row
    return float(ended["first_proof_ms"])


def measure(name: str, trips: int, folder: Path, venue: Exchange, runner: asyncio.Runner) -> None:
    """Make the trips of one kind and print what they took."""
    variables = hosted.account(venue, name)
    environment = {
        **variables, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "POLY_SILENCE_S": "0.5",
    }  # fmt: skip
    settings = read_live_settings(variables, SystemClock().now_us)
    connection = runner.run(Connection.open(settings))
    watched = Watched.start(folder / name, start, environment, COMMAND)
    try:
        took = sorted(
            trip(watched, venue, lambda: runner.run(probe.rest(connection)), KINDS[name])
            for _ in range(trips)
        )
        memory = (watched.status().get("vitals") or {}).get("watchdog_mb")
    finally:
        watched.process.kill()
        watched.process.wait()
        runner.run(connection.close())
    p99 = took[max(round(len(took) * 0.99) - 1, 0)]
    print(
        f"kill {name}: {len(took)} trips, to the first proof p50 {statistics.median(took):.0f} ms "
        f"(limit {P50_MS}), p99 {p99:.0f} ms (limit {P99_MS}), worst {took[-1]:.0f} ms, "
        f"0 open orders, watchdog {memory} MB (limit {MEMORY_MB})",
        flush=True,
    )


def measure_start(folder: Path) -> None:
    """Print how long the watchdog takes until it answers."""
    took = []
    for number in range(20):
        place = folder / f"start-{number}"
        began = time.monotonic()
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        watched = Watched.start(place, start, environment, COMMAND)
        while not (place / "control.sock").exists():
            time.sleep(0.001)
        took.append((time.monotonic() - began) * 1000)
        watched.process.kill()
        watched.process.wait()
    print(f"watchdog's start, to its socket: {statistics.median(took):.0f} ms (limit {START_MS})")


def main(given: list[str]) -> int:
    """Measure every kind, or those named."""
    trips = int(given[0]) if given and given[0].isdecimal() else TRIPS
    wanted = [name for name in given if not name.isdecimal()] or list(KINDS)
    with tempfile.TemporaryDirectory() as place, asyncio.Runner() as runner:
        measure_start(Path(place))
        with exchange(Path(place) / "exchange") as venue:
            for name in wanted:
                measure(name, trips, Path(place), venue, runner)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
