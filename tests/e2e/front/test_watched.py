"""The control endpoint under the real watchdog: its kill switch is what is pulled."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.watchdog.kill import latch as latches
from tests.e2e.watchdog.ground import ROOT
from tests.e2e.watchdog.test_product import Product
from tests.simulation.day import write

TOKEN = "c0ntr0lTokenOfTwentyFourCharacters"


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    place = tmp_path / "data"
    place.mkdir()
    given = {
        "POLY_RECORDING": str(write(tmp_path / "day.jsonl", 1, 16)),
        "POLY_STRATEGY": str(ROOT / "tests" / "simulation" / "simulated.toml"),
        "POLY_SPEED": "60",
        "POLY_HEALTH_PORT": "0",
        "POLY_CONTROL_TOKEN": TOKEN,
    }
    with Product(place, given) as one:
        yield one


def lines(product: Product, event: str) -> list[dict[str, Any]]:
    rows = [
        json.loads(line)
        for line in product.said_file.read_text().splitlines()
        if line.startswith("{") and line.endswith("}")
    ]
    return [row for row in rows if row["event"] == event]


def ask(product: Product, path: str, body: str | None = None) -> tuple[int, dict[str, Any]]:
    port = lines(product, "health.listening")[-1]["port"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    row = json.loads(answer.read())
    connection.close()
    return answer.status, row


@pytest.mark.timeout(240)
def test_a_kill_by_http_is_the_watchdogs(product: Product) -> None:
    product.begin()
    product.trading()
    status, row = ask(product, "/control/kill", '{"reason":"by http"}')
    assert (status, row["ok"], row["by"], row["said"]) == (202, True, "watchdog", "accepted")
    product.until(lambda: latches.read(product.place) is not None, "the latch")
    latch = latches.read(product.place)
    assert latch is not None
    assert (latch.cause, latch.reason) == ("person", "by http")
    assert latch.who == "control 127.0.0.1"

    def alerts() -> list[dict[str, Any]]:
        return [one for one in lines(product, "alert") if one["kind"] == "trading.halted"]

    product.until(lambda: alerts() != [], "the alert of a halted engine")
    assert any(row["state"] == "halted" for row in lines(product, "trading.state"))
    [alert] = alerts()
    assert latch.id in alert["detail"]
    assert (alert["level"], alert["runbook"]) == ("error", "runbooks/resume.md")
    snapshot = product.place / "last-known-state.json"
    product.until(snapshot.is_file, "the snapshot")
    said = product.said_file.read_text() + snapshot.read_text()
    assert TOKEN not in said, "neither process says it"
