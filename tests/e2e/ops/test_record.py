"""`poly record` as a person runs it: with and without an account, and what it refuses."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.replay.inspection import inspect_recording
from bot.adapters.replay.recorder import parts
from tests.contract.feed.standin import StandIn
from tests.e2e.ops.conftest import ROOT

NAMES = {
    "POLY_GAMMA_URL": "gamma_url",
    "POLY_CLOB_URL": "clob_url",
    "POLY_MARKET_WS_URL": "market_ws_url",
    "POLY_USER_WS_URL": "user_ws_url",
    "POLY_PRICE_WS_URL": "price_ws_url",
    "POLY_MARKET_CLOCK": "market_clock",
}
ACCOUNT = {
    "POLYMARKET_ADDRESS": "address",
    "POLYMARKET_API_KEY": "api_key",
    "POLYMARKET_API_SECRET": "api_secret",
    "POLYMARKET_PASSPHRASE": "api_passphrase",
}
SERIES = "btc-15m,btc-5m"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn(10) as running:
        yield running


@pytest.fixture
def venue(stand_in: StandIn, environment: dict[str, str]) -> dict[str, str]:
    """Return an environment that knows the stand-in and no account."""
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    kept = {name: value for name, value in environment.items() if name.upper() not in proxies}
    return kept | {name: stand_in.line[key] for name, key in NAMES.items()}


@pytest.fixture
def known(stand_in: StandIn, venue: dict[str, str]) -> dict[str, str]:
    """Return an environment with an account too."""
    return venue | {name: stand_in.line["account"][key] for name, key in ACCOUNT.items()}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "record", *arguments],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_without_an_account_gamma_and_market_are_recorded_and_it_is_said(
    venue: dict[str, str], tmp_path: Path
) -> None:
    done = run(venue, "--series", SERIES, "--out", str(tmp_path), "--for", "5", "--json")
    document = said(done)
    assert "feed.prices_missing" in done.stderr
    assert (document["prices"], document["lost"]) == (False, 0)
    [part] = parts(tmp_path)
    report = inspect_recording(part)
    assert {stream for stream, _ in report.streams} == {"gamma", "market"}
    assert report.recording.frames == document["frames"]
    assert not report.anomalies
    assert len(report.windows) >= 4


def test_with_credentials_prices_are_recorded_and_numbers_go_on(
    known: dict[str, str], tmp_path: Path
) -> None:
    asked = ("--series", SERIES, "--out", str(tmp_path), "--for", "4", "--json")
    first, second = said(run(known, *asked)), said(run(known, *asked))
    assert (first["prices"], second["first_frame"]) == (True, first["frames"] + 1)
    before, behind = parts(tmp_path)
    assert "price" in dict(inspect_recording(before).streams)
    assert int(behind.name[:12]) == first["frames"] + 1


def test_a_signal_ends_it_in_order(
    venue: dict[str, str], tmp_path: Path, eventually: Callable[..., None]
) -> None:
    command = [sys.executable, "-m", "ops", "record", "--series", SERIES, "--out", str(tmp_path)]
    with subprocess.Popen(
        command, env=venue, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        eventually(lambda: parts(tmp_path), within_s=30, what="a part")
        second = run(venue, "--series", SERIES, "--out", str(tmp_path), "--for", "1")
        assert (second.returncode, second.stderr.count("\n")) == (4, 1)
        assert "another process records there" in second.stderr
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert b"frames" in out


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"POLY_MARKET_WS_URL": ""}, 2, "POLY_MARKET_WS_URL: is not set"),
        ({"POLY_CLOB_URL": "https://example.com"}, 2, "POLY_CLOB_URL: must be on this machine"),
        ({"POLY_MARKET_CLOCK": "soon"}, 2, "POLY_MARKET_CLOCK: must be"),
        ({"POLYMARKET_ADDRESS": ""}, 2, "POLYMARKET_ADDRESS: is not set"),
        ({"POLYMARKET_PASSPHRASE": "wrong"}, 5, "POLYMARKET_API_KEY: the venue refused it"),
        ({"POLY_CLOB_URL": "http://127.0.0.1:9"}, 5, "cannot be reached"),
        ({"HTTPS_PROXY": "http://127.0.0.1:9"}, 2, "HTTPS_PROXY: is set"),
        (dict.fromkeys([*NAMES][:5], ""), 2, "POLY_MARKET_CLOCK: is for a stand-in"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_is_refused_in_one_line(
    known: dict[str, str], tmp_path: Path, changes: dict[str, str], code: int, words: str
) -> None:
    done = run(known | changes, "--out", str(tmp_path), "--for", "1")
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
    assert words in done.stderr


def test_a_series_that_is_none_is_refused(venue: dict[str, str], tmp_path: Path) -> None:
    done = run(venue, "--series", "btc-7m", "--out", str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "must be like btc-15m" in done.stderr
