"""The watchdog as a deployment's first process: it kills in the container, and a redeploy obeys."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.watchdog.desk import NoAnswer, ask
from ops.estate.cli import ROOT
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import Workbench
from tests.e2e.pulumi.stacks import Made, keys, up
from tests.e2e.pulumi.test_operator import ids, poly

WAIT_S = 90.0
LOOK_S = 0.05
TRADING = {
    "POLY_RECORDING": "resolvedkit",
    "POLY_STRATEGY": str(ROOT / "strategies" / "late_favourite.toml"),
    "POLY_SEED": "7",
    "POLY_SPEED": "60",
}


def status(folder: Path) -> dict[str, Any]:
    try:
        (row,) = ask(folder, {"ask": "status"}, first_s=5, whole_s=5)
    except (NoAnswer, OSError, ValueError):
        return {}
    return dict(row)


def until(probe: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not probe():
        assert time.monotonic() < deadline, what
        time.sleep(LOOK_S)


def test_a_kill_in_the_container_outlives_a_redeploy(railway: StandIn, bench: Workbench) -> None:
    command = f"{sys.executable} -m bot.watchdog"
    bench.init("dev", keys(startCommand=command, mode="REPLAY", variables=TRADING))
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    truth = railway.control("truth")
    assert isinstance(truth, dict)
    (volume,) = truth["volumes"]
    folder = Path(volume["directory"])  # the volume, from outside the container

    def phase() -> str:
        return str((status(folder).get("engine") or {}).get("phase", ""))

    until(lambda: phase() == "trading", "the deployed bot trades")
    where = ("--data-dir", str(folder))
    code, said, errors = poly(bench, "kill", "--reason", "drill", *where)
    assert (code, said["by"], said["trip"]["state"]) == (0, "watchdog", "final"), errors
    latch = said["trip"]["id"]
    until(lambda: phase() == "halted", "the next engine is halted")

    _, said, errors = poly(bench, "verify", "persistence", **ids(made))
    verdicts = {check["name"]: check["verdict"] for check in said["checks"]}
    assert verdicts.pop("mounted") != "failed"
    assert set(verdicts.values()) == {"proved"}, (said["checks"], errors)
    until(lambda: phase() == "halted", "the next deployment is halted")
    assert status(folder)["latch"]["id"] == latch

    asked = ("resume", "--latch", latch, "--reason", "looked at it", *where)
    code, _, errors = poly(bench, *asked)
    assert code == 0, errors
    until(lambda: phase() == "trading", "it trades again")
