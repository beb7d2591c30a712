"""`poly sandbox railway` is the stand-in itself: its first line, its signals, its exit code."""

import json
import select
import signal
import subprocess
import sys

POLY = [sys.executable, "-m", "ops"]


def test_it_becomes_the_stand_in_and_ends_by_sigterm() -> None:
    with subprocess.Popen(
        [*POLY, "sandbox", "railway", "--seed", "1", "--plan", "pro"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 20)
        assert ready
        hello = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert set(hello) == {
        "url",
        "workspace_id",
        "account_token",
        "workspace_token",
        "project_token",
        "s3_url",
        "control_url",
        "control_token",
        "state",
    }
    assert all(isinstance(value, str) for value in hello.values())


def test_its_help_is_the_stand_ins_own() -> None:
    ran = subprocess.run(
        [*POLY, "sandbox", "railway", "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ran.returncode == 0
    assert "--delay-scale" in ran.stdout


def test_a_bad_option_keeps_its_code() -> None:
    ran = subprocess.run(
        [*POLY, "sandbox", "railway", "--plan", "gold"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ran.returncode == 2
    assert "gold" in ran.stderr
