"""The live engine under its watchdog: killed in a submit, with nobody left, in a drill."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ledger.reader import LedgerReader, Status
from bot.adapters.polymarket import probe
from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.setting import read_live_settings
from bot.adapters.system import SystemClock
from ops.demo import kill
from ops.demo.exchange import hosted
from ops.demo.exchange.control import Exchange
from ops.demo.stage import Stage
from ops.halt import drill
from ops.rehearsal.watched import Watched
from tests.e2e.watchdog.ground import ROOT, alive

STRATEGY = ROOT / "tests" / "simulation" / "live" / "campaign.toml"
END_S = 1_795_450_500 + 900
"""A quarter of an hour and five minutes end together then; the favourite is bought before."""
CLEARED_S_MAX = 40.0
"""Ten seconds after the last heartbeat, and as much again three times for a busy machine."""
Row = dict[str, Any]
Start = Callable[..., tuple[Watched, dict[str, str]]]
pytestmark = pytest.mark.timeout(240)


class Nursery:
    """Starts processes and ends them all."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []

    def __call__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        output: int | None = None,
        errors: int | None = None,
    ) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=errors, cwd=ROOT)
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.end()


@pytest.fixture
def left_s() -> int:
    """Seconds left of the windows: the engine trades at once."""
    return 280


@pytest.fixture
def venue(nursery: Nursery, tmp_path: Path, left_s: int) -> Iterator[Exchange]:
    options = ("--seed", "5", "--begin", str(END_S - left_s))
    _, made = hosted.start(tmp_path / "exchange", nursery, options=options)
    yield made
    made.close()


@pytest.fixture
def bot(nursery: Nursery, venue: Exchange, tmp_path: Path) -> Start:
    """Return `start(**more)`: a live engine on one account, in one directory."""
    variables = hosted.account(venue, "bot")

    def start(**more: str) -> tuple[Watched, dict[str, str]]:
        given = {
            "PATH": os.environ["PATH"], "POLY_STRATEGY": str(STRATEGY), "POLY_SILENCE_S": "1",
            **variables, "POLY_MARKET_CLOCK": venue.variables()["POLY_MARKET_CLOCK"], **more,
        }  # fmt: skip
        watched = Watched.start(tmp_path / "data", nursery, given)
        return watched, {**given, "POLY_DATA_DIR": str(watched.folder)}

    return start


def rest(environment: Mapping[str, str], count: int = 2) -> tuple[str, ...]:
    """Rest orders with the engine's own key."""

    async def resting() -> tuple[str, ...]:
        settings = read_live_settings(environment, SystemClock().now_us)
        connection = await Connection.open(settings)
        try:
            return await probe.rest(connection, count=count)
        finally:
            await connection.close()

    return asyncio.run(resting())


def ledger(watched: Watched) -> Status:
    with LedgerReader.open(watched.folder) as reader:
        return reader.status()


def poly(environment: Mapping[str, str], *words: str) -> tuple[int, Row, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ops", *words, "--json"],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    secrets = ("POLYMARKET_PRIVATE_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE")
    assert not [name for name in secrets if environment[name] in done.stdout + done.stderr]
    (line,) = done.stdout.splitlines() or ["{}"]
    return done.returncode, json.loads(line), done.stderr


def test_a_kill_in_the_middle_of_a_submit_watches_for_the_order(
    bot: Start, venue: Exchange
) -> None:
    """The answer never came; the intent is durable, so its hash is watched before it is final."""
    venue.arm("timeout-after-accept", rate=1)
    watched, _ = bot(POLY_CALL_TIMEOUT_S="30")
    engine = watched.reaches("trading")
    watched.until(lambda: venue.struck().get("timeout-after-accept"), "no order was sent")
    os.kill(engine, signal.SIGSTOP)
    trip = watched.trip()
    venue.disarm()
    assert trip["state"] == "final"
    assert hosted.open_orders(venue) == []
    assert not alive(engine)
    snapshot = watched.snapshot()
    sent = {str(row["id"]).lower() for row in venue.truth()["orders"]}
    assert sent
    assert {one.lower() for one in snapshot["unanswered"]} & sent
    assert snapshot["trip"]["id"] == trip["id"]
    (watching,) = (row for row in trip["time_line"] if row["step"] == "watching")
    final = next(row for row in trip["time_line"] if row["step"] == "final")
    assert final["ms"] - watching["ms"] >= 15_000
    watched.reaches("halted")
    watched.until(lambda: ledger(watched).trading_state == "halted", "no row of the halt")
    assert watched.stop() == 0
    assert {str(row["id"]).lower() for row in venue.truth()["orders"]} == sent


def test_with_nobody_left_the_venue_itself_clears_the_book(bot: Start, venue: Exchange) -> None:
    """Engine and watchdog killed at once: no latch is promised, an empty book is; it goes on."""
    watched, environment = bot()
    engine = watched.reaches("trading")
    placed = rest(environment)
    assert set(placed) <= set(hosted.open_orders(venue))
    os.kill(engine, signal.SIGSTOP)  # so that it cannot even notice that its parent is gone
    watched.process.kill()
    watched.process.wait()
    deadline = time.monotonic() + CLEARED_S_MAX
    while left := set(placed) & set(hosted.open_orders(venue)):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    assert not alive(engine)
    again, _ = bot()
    again.reaches("trading")
    assert not (again.folder / "halt.latch").exists()
    assert again.stop() == 0
    assert hosted.open_orders(venue) == []


@pytest.mark.parametrize("left_s", [890])
def test_a_drill_proves_every_promise_and_resumes(bot: Start, venue: Exchange) -> None:
    """Before the engine trades: an intent without an answer would be watched for 15 s more."""
    watched, environment = bot(POLY_STRATEGY=str(ROOT / "strategies" / "late_favourite.toml"))
    engine = watched.reaches("trading")
    words = ("drill", "kill", "--reason", "test", "--hang", "--resume")
    code, said, errors = poly(environment, *words)
    assert (code, said["ok"]) == (0, True), (said, errors)
    assert not alive(engine)
    assert {check["name"] for check in said["checks"]} == {
        "trip", "engine", "latch", "snapshot", "book", "orders", "time", "restart", "ledger",
        "resume",
    }  # fmt: skip
    assert said["first_proof_ms"] <= 1_000
    assert not set(said["orders"]) & set(hosted.open_orders(venue))
    kept = json.loads(Path(said["evidence"]).read_text())
    assert kept["hash"] == drill.digest(kept)
    assert kept["hash"] != drill.digest({**kept, "ok": False})
    assert kept["mode"] == "live"
    watched.reaches("trading")


def test_the_demos_act_shows_what_it_claims(tmp_path: Path) -> None:
    """Two trips instead of ten; nothing else is different."""
    with Stage(tmp_path, act="kill", as_json=True) as stage:
        stage.enter("kill")
        said = kill.hanging(stage, 2)
        (chapter,) = stage.chapters
    assert list(said) == [
        "ok", "trips", "p50_ms", "p99_ms", "open_orders_after", "state_after_restart", "snapshot",
    ]  # fmt: skip
    assert said["ok"] is True, said
    assert (said["trips"], said["open_orders_after"]) == (2, 0)
    assert said["state_after_restart"] == "halted"
    assert json.loads(Path(str(said["snapshot"])).read_text())["trip"]["state"] == "final"
    assert chapter.body.count("<svg") == 1
