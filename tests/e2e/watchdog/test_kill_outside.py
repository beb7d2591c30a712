"""`poly kill --from outside`: two stand-ins, the command, and nothing of the container's help."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.railway_stand_in.railway import Bot, Railway, running
from tests.e2e.watchdog.exchange import Exchange
from tests.e2e.watchdog.ground import ROOT

Row = dict[str, Any]
VENUE_MS, EXITED_MS, PROVED_MS = 3_000, 10_000, 16_000


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as found:
        yield found


@pytest.fixture(scope="module")
def railway() -> Iterator[Railway]:
    with running("--plan", "pro", "--delay-scale", "0", "--budget", "1000000") as found:
        yield found


@pytest.fixture
def bot(railway: Railway, exchange: Exchange) -> Iterator[Bot]:
    exchange.stand_in.disarm()
    made = railway.bot(drainingSeconds=1)
    made.up()
    yield made
    railway.control("faults", "DELETE")


def environment(railway: Railway, exchange: Exchange, bot: Bot) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        **exchange.variables(),
        "RAILWAY_API_URL": railway.hello["url"],
        "RAILWAY_API_TOKEN": railway.hello["workspace_token"],
        "RAILWAY_SERVICE_ID": bot.service,
    }


def poly(given: dict[str, str], *words: str) -> tuple[int, Row, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ops", *words, "--json"],
        env=given, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    (line,) = done.stdout.splitlines() or ["{}"]
    for secret in ("POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE", "RAILWAY_API_TOKEN"):
        assert (given.get(secret) or "-no-secret-") not in done.stdout + done.stderr
    return done.returncode, json.loads(line), done.stderr


OUTSIDE = ("kill", "--from", "outside")


def variable(railway: Railway, bot: Bot, name: str) -> str | None:
    services = railway.config(bot.environment)["services"]
    found = services[bot.service].get("variables", {}).get(name) or {}
    value: str | None = found.get("value")
    return value


@pytest.fixture
def slow() -> Iterator[Railway]:
    """Railway with every delay as documented."""
    with running("--delay-scale", "1", "--budget", "100000") as found:
        yield found


def test_both_are_proved_in_time_and_the_service_is_fenced(
    slow: Railway, exchange: Exchange, record_property: Callable[[str, object], None]
) -> None:
    railway, bot = slow, slow.bot(volume=False, drainingSeconds=1)
    bot.up()
    placed = exchange.place()
    code, said, errors = poly(environment(railway, exchange, bot), *OUTSIDE)
    assert (code, said["problems"]) == (0, []), errors
    assert exchange.live() == []
    assert set(placed) <= set(said["venue"]["cancelled"])
    assert variable(railway, bot, "POLY_HALT") == said["halt"]
    assert set(bot.statuses()) <= {"REMOVED", "REMOVING"}
    container = said["container"]
    record_property("venue_ms", said["venue"]["first_proof_ms"])
    record_property("exited_ms", container["exited_ms"])
    record_property("proved_ms", container["proved_ms"])
    assert said["venue"]["first_proof_ms"] <= VENUE_MS
    assert container["exited_ms"] <= EXITED_MS
    assert container["proved_ms"] <= PROVED_MS


def test_a_dry_run_changes_nothing(railway: Railway, exchange: Exchange, bot: Bot) -> None:
    placed = exchange.place()
    code, said, _ = poly(environment(railway, exchange, bot), *OUTSIDE, "--dry-run")
    assert code == 0
    assert set(said["would_cancel"]) >= set(placed)
    assert [one["stopped"] for one in said["would_stop"]] == [False]
    assert set(placed) <= set(exchange.live())
    assert bot.statuses() == ["SUCCESS"]
    assert variable(railway, bot, "POLY_HALT") is None


def test_with_railway_down_the_book_is_emptied_and_the_rest_is_said(
    railway: Railway, exchange: Exchange, bot: Bot
) -> None:
    exchange.place()
    given = {**environment(railway, exchange, bot), "RAILWAY_API_URL": "http://127.0.0.1:9"}
    code, said, _ = poly(given, *OUTSIDE)
    assert code == 5
    assert exchange.live() == []
    assert said["venue"]["proved"] is False
    assert any("may place more" in text for text in said["problems"])


def test_with_the_venue_down_the_container_is_stopped_and_the_rest_is_said(
    railway: Railway, exchange: Exchange, bot: Bot
) -> None:
    given = {**environment(railway, exchange, bot), "POLY_CLOB_URL": "http://127.0.0.1:9"}
    code, said, _ = poly(given, *OUTSIDE)
    assert code == 5
    assert said["container"]["proved"] is True
    assert said["fenced"] is True
    assert any(text.startswith("venue: 0 open orders are not proved") for text in said["problems"])


@pytest.mark.parametrize(
    ("changed", "code_and_words"),
    [
        ({"RAILWAY_SERVICE_ID": ""}, (2, "RAILWAY_SERVICE_ID is missing")),
        ({"RAILWAY_DEPLOYMENT_ID": "d"}, (2, "this very container")),
        ({"RAILWAY_API_TOKEN": "", "POLYMARKET_API_KEY": ""}, (2, "nothing can be done")),
        ({"RAILWAY_SERVICE_ID": "no-such"}, (5, "the service cannot be found")),
        ({"RAILWAY_API_TOKEN": "wrong"}, (5, "the service cannot be found")),
        ({"RAILWAY_API_TOKEN": ""}, (5, "RAILWAY_API_TOKEN is missing")),
    ],
)
def test_bad_input_is_said_and_everything_else_is_done(
    railway: Railway,
    exchange: Exchange,
    bot: Bot,
    changed: dict[str, str],
    code_and_words: tuple[int, str],
) -> None:
    code, words = code_and_words
    exchange.place(1)
    found, said, _ = poly({**environment(railway, exchange, bot), **changed}, *OUTSIDE)
    assert found == code
    assert words in json.dumps(said)
    assert (exchange.live() == []) is (code == 5)


def test_resume_from_outside_sets_the_variable_and_deploys_once(
    railway: Railway, exchange: Exchange, bot: Bot
) -> None:
    given = {**environment(railway, exchange, bot), "RAILWAY_ENVIRONMENT_ID": bot.environment}
    _, killed, _ = poly(given, *OUTSIDE)
    words = ("resume", "--from", "outside", "--latch", killed["halt"], "--reason", "fine")
    code, said, errors = poly(given, *words)
    assert code == 0, errors
    bot.reaches(said["deployment"], "SUCCESS")
    boot = bot.says(said["deployment"], "boot")["variables"]
    assert (boot["POLY_HALT"], boot["POLY_RESUME"]) == (killed["halt"], killed["halt"])
