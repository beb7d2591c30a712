"""The demo's act `trade`: a script can check what it prints, and it leaves nothing behind."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.place import engine_at

ROOT = Path(__file__).resolve().parents[3]
Poly = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_act_shows_what_it_claims(poly: Poly, tmp_path: Path) -> None:
    """Killed three times it ends with the undisturbed books; without a volume nothing is left."""
    ran = poly("demo", "--act", "trade", "--folder", str(tmp_path), "--json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("\n") == 1
    said = json.loads(ran.stdout)
    assert list(said) == [
        "ok", "act", "windows", "orders", "fills", "kills", "content_hash",
        "undisturbed_content_hash", "without_volume",
    ]  # fmt: skip
    assert said["ok"] is True
    assert (said["act"], said["windows"], said["kills"]) == ("trade", 18, 3)
    assert said["content_hash"] == said["undisturbed_content_hash"]
    assert said["without_volume"] == {"orders_left": 0}
    assert ran.stderr.count("killed at ") == 4
    report = (tmp_path / "report.html").read_text()
    assert report.count("<svg") == 1 + 2 + 18
    assert "http" not in report


def test_an_interrupted_demo_leaves_no_process(
    environment: dict[str, str], eventually: Callable[..., None], tmp_path: Path
) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "ops", "demo", "--act", "trade", "--folder", str(tmp_path)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    volume = tmp_path / "trade" / "undisturbed-volume"
    eventually(lambda: engine_at(volume), within_s=90, what="the engine's start")
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert engine_at(volume) is None


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_live_act_ends_with_the_exchange_s_own_books(poly: Poly, tmp_path: Path) -> None:
    """Three windows over real sockets with faults, killed with an order in flight."""
    ran = poly("demo", "--act", "live", "--folder", str(tmp_path), "--json")
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert list(said) == [
        "ok", "act", "windows", "orders", "fills", "voided", "kills", "faults",
        "ledger_equals_venue", "differences",
    ]  # fmt: skip
    assert said["ok"] is said["ledger_equals_venue"] is True
    assert (said["windows"], said["kills"], said["differences"]) == (3, 1, [])
    assert said["orders"] >= said["fills"] - said["voided"] > 0 < said["voided"]
    assert said["faults"]["timeout-after-accept"] == 1
    assert "found by its hash" in ran.stderr
