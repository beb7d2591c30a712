"""A live engine's front: asked while it trades, killed by HTTP, its alerts lost by no crash.

One life of several boots, because a boot is what costs. At the end every output of the product is
searched for the secrets that were planted in its environment.
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zstandard

from bot.adapters.ledger.directory import DataDirectory
from bot.domain.entry import AlertRaised, FillRecorded, SessionStopped, TradingStateSet
from bot.services.health.figures import GAUGES, WATCHED
from bot.watchdog.kill import latch as latches
from tests.e2e.front.receiver import Receiver
from tests.simulation.live.life import Life, until

pytestmark = pytest.mark.timeout(400)
TOKEN = "c0ntr0lS3cretTokenOfThirtyCharacters"
PLANTED = {
    "POLY_CONTROL_TOKEN": TOKEN,
    "POLY_BACKUP_SECRET_ACCESS_KEY": "b4ckupS3cretAccessKey",
    "RAILWAY_API_TOKEN": "r41lwayS3cretToken",
}
PATHS = ("alertS3cretPath", "aliveS3cretUuid")
SIGNING = ("POLYMARKET_PRIVATE_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE")
COMMANDS = (
    "status", "orders --all --json", "trades --json", "positions", "events --last 100000 --json",
    "alerts list --all --json", "alerts test", "ledger verify", "limits --json", "approvals",
)  # fmt: skip
Ask = Callable[..., tuple[int, str]]


@dataclass
class Told:
    """What the whole life has left behind, for each test to judge."""

    life: Life
    receiver: Receiver
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    output: dict[str, bytes] = field(default_factory=dict)
    boots: dict[str, Any] = field(default_factory=dict)


def ask(life: Life, path: str, body: str | None = None, token: str = "") -> tuple[int, str]:
    """Ask the engine that was started last."""
    port = [line["port"] for line in life.lines() if line["event"] == "health.listening"][-1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def poly(life: Life, command: str) -> bytes:
    """Return all that a command says, with every secret in its environment."""
    done = subprocess.run(
        [sys.executable, "-m", "ops", *command.split()], env=life.environment(),
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    return done.stdout + done.stderr


def traded(told: Told) -> None:
    """Trade, be asked for everything, and be killed over HTTP; there is no watchdog here."""
    life = told.life
    life.begin()
    until(lambda: len(life.of(FillRecorded)) >= 2, "two fills", within_s=90)
    until(lambda: told.receiver.pings, "the first ping")
    for path in ("/health", "/ready", "/metrics"):
        told.answers[path] = ask(life, path)
    reason = json.dumps({"reason": "a test"})
    told.answers["no token"] = ask(life, "/control/kill", reason)
    told.answers["kill"] = ask(life, "/control/kill", reason, TOKEN)
    told.boots["killed"] = life.ended()


def crashed(told: Told) -> None:
    """Start halted by the latch while nobody takes alerts, and die by SIGKILL."""
    life = told.life
    told.receiver.refusing = True
    life.begin()
    assert life.stays()
    until(lambda: told.receiver.refused, "the first refusal")
    told.answers["halted"] = ask(life, "/ready")
    life.kill()
    told.boots["before"] = told.receiver.told(latched(life))


def latched(life: Life) -> str:
    """Return the latch's id: pauses are halts too, on a machine that is busy."""
    latch = latches.read(life.data)
    assert latch is not None
    return latch.id


def recovered(told: Told) -> None:
    """Start again and again: what waited is told, and told once."""
    life = told.life
    told.receiver.refusing = False
    life.begin()
    until(lambda: told.receiver.told(latched(life)), "the alert that waited")
    until(lambda: told.receiver.told("started again"), "the death", within_s=90)
    assert life.stop() == 0
    life.begin()
    assert life.stays()
    assert life.stop() == 0


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    receiver = Receiver()
    at = f"127.0.0.1:{receiver.port}"
    variables = {
        **PLANTED,
        "POLY_ALERT_URLS": f"json://{at}/{PATHS[0]}",
        "POLY_ALIVE_URL": f"http://{at}/{PATHS[1]}",
        "POLY_HEALTH_PORT": "0",
    }
    with Life(tmp_path_factory.mktemp("front"), seed=5, variables=variables) as life:
        whole = Told(life, receiver)
        traded(whole)
        crashed(whole)
        recovered(whole)
        for command in COMMANDS:
            whole.output[command] = poly(life, command)
        whole.output["kill"] = poly(life, "kill --reason again --json")
        whole.output["refused"] = poly(life, "status --data-dir /nowhere --json")
        yield whole
    receiver.close()


def test_it_is_asked_while_it_trades(told: Told) -> None:
    for path, status in (("/health", "ok"), ("/ready", "ready")):
        code, text = told.answers[path]
        row = json.loads(text)
        assert (code, row["status"], row["phase"]) == (200, status, "trading")
    code, text = told.answers["/metrics"]
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert code == 200
    assert set(GAUGES) | set(WATCHED) <= set(figures)
    assert float(figures["poly_boot"]) == 1
    assert float(figures["poly_trading_state"]) == 2
    assert 0 < float(figures["poly_commit_p99_seconds"]) < 10
    assert float(figures["poly_commit_age_seconds"]) < 60
    assert float(figures["poly_wal_bytes"]) > 0
    for stage in ("durable", "sent", "acked", "filled"):
        assert float(figures[f'poly_order_seconds_count{{stage="{stage}"}}']) > 0, stage


def test_every_step_of_an_order_is_timed_in_the_log(told: Told) -> None:
    fills = [line for line in told.life.lines() if line["event"] == "order.fill"]
    assert fills
    for line in fills:
        assert 0 <= line["durable_us"] <= line["sent_us"]
        assert {"filled_us", "expected_price_usd", "probability", "depth_shares"} <= set(line)


def test_a_kill_by_http_latches_and_stops(told: Told) -> None:
    assert told.answers["no token"][0] == 403
    code, text = told.answers["kill"]
    assert (code, json.loads(text)["by"]) == (202, "engine")
    assert told.boots["killed"] == 0
    latch = latches.read(told.life.data)
    assert latch is not None
    assert (latch.cause, latch.reason) == ("person", "a test")
    assert told.life.resting() == []


def test_it_starts_halted_and_is_not_ready(told: Told) -> None:
    code, text = told.answers["halted"]
    row = json.loads(text)
    assert (code, row["phase"], row["trading_state"]) == (503, "halted", "halted")
    states = [(one.state.value, one.cause) for one in told.life.of(TradingStateSet)]
    first = next(n for n, (_, cause) in enumerate(states) if latched(told.life) in cause)
    assert "active" in {state for state, _ in states[:first]}
    assert {state for state, _ in states[first:]} == {"halted"}


def test_an_alert_survives_a_crash_and_a_service_that_refused_it(told: Told) -> None:
    assert told.boots["before"] == 0
    assert told.receiver.told(latched(told.life)) == 1, "and is told once, over three more boots"
    deaths = [one for one in told.life.of(AlertRaised) if one.kind == "engine.died"]
    assert len(deaths) == 1
    assert len(told.life.of(SessionStopped)) == 3
    listed = json.loads(told.output["alerts list --all --json"])["alerts"]
    assert {row["state"] for row in listed} == {"sent"}


def test_no_secret_is_in_anything_the_product_says_or_keeps(told: Told) -> None:
    life = told.life
    given = life.environment()
    secrets = [*PLANTED.values(), *PATHS, *(given[name] for name in SIGNING)]
    secrets += [one.removeprefix("0x") for one in secrets if one.startswith("0x")]
    assert all(len(one) > 8 for one in secrets)
    places = {**told.output, "log": life.log.read_bytes()}
    places |= {path: text.encode() for path, (_, text) in told.answers.items()}
    places |= {str(number): json.dumps(one).encode() for number, one in enumerate(
        told.receiver.alerts)}  # fmt: skip
    places |= {str(file.relative_to(life.data)): content(file) for file in files(life.data)}
    assert any(name.startswith("recording") for name in places)
    assert {"last-known-state.json", "poly.db"} <= set(places)
    found = [
        (name, secret[:4]) for name, text in places.items() for secret in secrets
        if secret.encode() in text
    ]  # fmt: skip
    assert found == []


def test_the_scan_finds_what_is_there(told: Told, tmp_path: Path) -> None:
    """Else it would prove nothing."""
    packed = tmp_path / "part.zst"
    packed.write_bytes(zstandard.compress(b'{"token":"' + TOKEN.encode() + b'"}'))
    assert TOKEN.encode() in content(packed)
    assert len(told.output["status"]) > 100
    assert b"order_hash" in told.output["orders --all --json"]


def files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())


def content(file: Path) -> bytes:
    """Return a file's bytes, and those it is compressed from."""
    whole = file.read_bytes()
    if file.suffix != ".zst":
        return whole
    return zstandard.ZstdDecompressor().decompressobj().decompress(whole)


def engine(place: Path, **variables: str) -> "subprocess.Popen[bytes]":
    """Start a replay of the bundled windows."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLY")}
    strategies = Path(__file__).resolve().parents[3] / "strategies"
    environment = {
        **kept, "POLY_MODE": "replay", "POLY_RECORDING": "resolvedkit",
        "POLY_STRATEGY": str(min(strategies.glob("*.toml"))), "POLY_DATA_DIR": str(place),
        **variables,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "bot"], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def test_health_answers_while_the_lock_is_waited_for(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """Else a deploy whose old container still holds the volume would time out."""
    with DataDirectory.hold(tmp_path):
        process = engine(tmp_path, POLY_LOCK_WAIT_S="300", POLY_HEALTH_PORT="0")
        try:
            assert process.stdout is not None
            line: Mapping[str, Any] = json.loads(process.stdout.readline())
            phases: list[str] = []

            def waits() -> bool:
                connection = http.client.HTTPConnection("127.0.0.1", line["port"], timeout=60)
                connection.request("GET", "/health")
                answer = connection.getresponse()
                assert answer.status == 200
                phases.append(json.loads(answer.read())["phase"])
                connection.close()
                return phases[-1] == "waiting"

            eventually(waits, within_s=60)
            assert not (tmp_path / "poly.db").exists()
            process.terminate()
            _, said = process.communicate(timeout=60)
            assert (process.returncode, said) == (0, b""), "a stop is an orderly end there, too"
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POLY_ALERT_URLS", "json://127.0.0.1/x slack://S3cretToken", "number 2 (slack://***)"),
        ("POLY_ALIVE_URL", "S3cretWithoutScheme", "must be an http or https address"),
        ("POLY_CONTROL_TOKEN", "S3cret", "24 characters or more"),
    ],
)
def test_what_cannot_be_is_refused_at_the_start_in_one_line(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    given = {"POLY_MODE": "paper", name: value, "POLY_RECORDING": ""}
    process = engine(tmp_path / "data", **given)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 2
    [line] = err.decode().splitlines()
    assert line.startswith(f"poly: {name}: ")
    assert said in line
    assert b"S3cret" not in out + err
    assert not (tmp_path / "data").exists()
