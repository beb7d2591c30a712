"""The act of the kill switch: a live engine that hangs with orders resting, ten times over.

Each time another account of the stand-in exchange, the real engine, the real watchdog. Judged by
the exchange's own truth, not by what we say of ourselves.
"""

import asyncio
import os
import signal
import statistics
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bot.adapters.polymarket import probe
from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.setting import read_live_settings
from bot.adapters.system import SystemClock
from bot.domain.refusal import Refused
from ops.demo import chart
from ops.demo.exchange import hosted
from ops.demo.exchange.control import Exchange
from ops.demo.page import rows, tiles
from ops.demo.stage import Stage
from ops.estate.cli import ROOT
from ops.rehearsal.watched import Watched

NAME = "kill"
TITLE = "A hung engine, orders resting: halted, cancelled, proved, within a second, ten times"

TRIPS: Final = 10
ORDERS: Final = 3
SILENCE_S: Final = "1"
"""The default is 3; the demo's time is a person's. It is not part of what is measured."""
PROOF_MS_MOST: Final = 1_000.0
AT_ONCE: Final = 2
"""Halted engines still starting while the next one is killed."""
STEPS: Final = {
    "latched": "latched", "cancelled": "first cancel-all", "engine_gone": "engine dead",
    "proof": "first proof", "proved": "proved",
}  # fmt: skip
Row = dict[str, Any]


@dataclass(slots=True)
class Killed:
    """One trip, as it went."""

    number: int
    watched: Watched
    placed: tuple[str, ...]
    trip: Row
    left: list[str] = field(default_factory=list)
    state: str = ""

    @property
    def proof_ms(self) -> float:
        """Return the time from the trigger to the first proof, infinite without one."""
        ms = self.trip["first_proof_ms"]
        return float("inf") if ms is None else float(ms)

    @property
    def honest(self) -> bool:
        """Say whether the snapshot tells what happened."""
        told = self.watched.snapshot()
        cancelled = {str(one).lower() for one in told["orders"]["venue"]["cancelled"]}
        same = told["trip"]["id"] == self.trip["id"] and told["trip"]["state"] == "final"
        return same and set(self.placed) <= cancelled and told["ledger"]["chain_intact"] is True

    def step_ms(self, step: str) -> float | None:
        """Return when a step was reached first."""
        return next((row["ms"] for row in self.trip["time_line"] if row["step"] == step), None)


def play(stage: Stage) -> dict[str, object]:
    """Hang ten engines, and tell what became of their orders."""
    return hanging(stage, TRIPS)


def hanging(stage: Stage, trips: int) -> dict[str, object]:
    """Play it with so many trips."""
    _, venue = hosted.start(stage.workdir / "exchange", stage.start)
    done: list[Killed] = []
    halted: deque[Killed] = deque()
    stage.say("A stand-in of the exchange listens on this machine. Each time: a live engine on an")
    stage.say(
        f"account of its own, {ORDERS} orders resting, SIGSTOP to the engine, and nobody asks."
    )
    stage.say(f"The watchdog notices after {SILENCE_S} s of silence. From there the clock runs.\n")
    result: dict[str, object] = {"ok": False, "trips": 0}
    try:
        for number in range(1, trips + 1):
            stage.progress(f"trip {number} of {trips}")
            killed = one(stage, venue, number)
            done.append(killed)
            halted.append(killed)
            tell(stage, killed)
            while len(halted) > AT_ONCE:
                come_back(halted.popleft())
        stage.progress("the last engines start again, halted")
        while halted:
            come_back(halted.popleft())
    except Refused as error:
        stage.say(f"It did not go as it should: {error}")
        return {**result, "trips": len(done), "error": str(error)}
    finally:
        stage.progress()
    result = judged(done, venue)
    venue.close()
    close(stage, result, done)
    return result


def one(stage: Stage, venue: Exchange, number: int) -> Killed:
    """Start an engine, rest orders, stop it, and wait until its watchdog has made an end."""
    variables = hosted.account(venue, f"kill-{number}")
    strategy = ROOT / "strategies" / "late_favourite.toml"
    given = {
        **os.environ, **variables, "POLY_STRATEGY": str(strategy), "POLY_SILENCE_S": SILENCE_S,
    }  # fmt: skip
    watched = Watched.start(stage.workdir / f"bot-{number}", stage.start, given)
    engine = watched.reaches("trading")
    placed = asyncio.run(rest(variables))
    os.kill(engine, signal.SIGSTOP)
    killed = Killed(number, watched, placed, watched.trip())
    there = set(hosted.open_orders(venue))
    killed.left = [order for order in placed if order in there]
    return killed


async def rest(variables: dict[str, str]) -> tuple[str, ...]:
    """Rest orders with the engine's own account."""
    connection = await Connection.open(read_live_settings(variables, SystemClock().now_us))
    try:
        return await probe.rest(connection, count=ORDERS)
    finally:
        await connection.close()


def come_back(killed: Killed) -> None:
    """Wait until its next engine runs, note how, and stop it in order."""
    killed.watched.reaches("halted")
    latch = killed.watched.status().get("latch") or {}
    killed.state = "halted" if latch.get("id") == killed.trip["id"] else "not latched"
    killed.watched.stop()


def tell(stage: Stage, killed: Killed) -> None:
    """Draw one time line."""
    seen = [
        f"{name} {killed.step_ms(step):.0f}" if killed.step_ms(step) is not None else f"{name} -"
        for step, name in STEPS.items()
    ]
    stage.say(f"  {killed.number:>2}  {'  ·  '.join(seen)} ms   open orders {len(killed.left)}")


def judged(done: list[Killed], venue: Exchange) -> dict[str, object]:
    """Return the figures; the exchange's truth decides."""
    proofs = sorted(killed.proof_ms for killed in done)
    left = len(hosted.open_orders(venue))
    states = {killed.state for killed in done}
    worst = max(proofs)
    return {
        "ok": left == 0
        and states == {"halted"}
        and worst <= PROOF_MS_MOST
        and all(killed.honest and not killed.left for killed in done),
        "trips": len(done),
        "p50_ms": round(statistics.median(proofs), 1),
        "p99_ms": worst,
        "open_orders_after": left,
        "state_after_restart": states.pop() if len(states) == 1 else "mixed",
        "snapshot": str(done[-1].watched.folder / "last-known-state.json"),
    }


def close(stage: Stage, result: dict[str, object], done: list[Killed]) -> None:
    """Say the end of the story and put it into the report."""
    stage.say(
        f"\n  {result['trips']} trips: to the first proof of 0 open orders {result['p50_ms']} ms "
        f"at the median, {result['p99_ms']} ms at worst.\n  Open orders at the exchange: "
        f"{result['open_orders_after']}. Every next engine: {result['state_after_restart']}.\n"
        f"  The state at the last kill: {Path(str(result['snapshot']))}"
    )
    figures = [
        (f"{result['p50_ms']} ms", "to the first proof, median"),
        (f"{result['p99_ms']} ms", "at worst"),
        (str(result["open_orders_after"]), "open orders left"),
        (str(result["state_after_restart"]), "after the restart"),
    ]
    table = [
        [str(killed.number), str(len(killed.placed)),
         *(f"{killed.step_ms(step)} ms" for step in STEPS), str(len(killed.left)), killed.state]
        for killed in done
    ]  # fmt: skip
    heads = ("trip", "orders", *STEPS.values(), "left", "then")
    stage.chapter(TITLE, tiles(figures) + line(done) + rows(heads, table))


def line(done: list[Killed]) -> str:
    """Return the picture: a line a trip, a mark a step, milliseconds from the trigger."""
    times = [ms for killed in done for step in STEPS if (ms := killed.step_ms(step)) is not None]
    frame = chart.Frame(1072, 40 + 26 * len(done), 0, max([*times, 1.0]), 0, len(done) + 1, left=64)
    kinds = {"proof": "up", "proved": "dot Up", "engine_gone": "sell"}
    return '<div class="card">' + frame.svg(
        *(chart.rule(frame, len(done) + 1 - one.number, f"trip {one.number}") for one in done),
        chart.marks(
            [
                chart.Mark(ms, len(done) + 1 - killed.number, kinds.get(step, "dot"),
                           f"{name}: {ms} ms")
                for killed in done
                for step, name in STEPS.items()
                if (ms := killed.step_ms(step)) is not None
            ],
            frame,
        ),
        *(
            chart.text(frame.x(at), frame.height - 6, f"{at:g} ms", anchor="middle")
            for at in chart.ticks(0, frame.x_max, 6)
        ),
        label="what happened when, from the trigger on, trip by trip",
    ) + "</div>"  # fmt: skip
