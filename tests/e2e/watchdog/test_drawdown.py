"""Losses stop trading without anybody watching, and only a person who accepts them resumes it.

The product's own engine on a paced day, under the watchdog; the day loses more than is allowed.
"""

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.adapters.ledger.proof.verify import verify
from tests.e2e.watchdog.test_kill_here import poly
from tests.e2e.watchdog.test_product import STRATEGY, Product
from tests.simulation.day import write


@pytest.fixture
def losing(tmp_path: Path) -> Iterator[Product]:
    """Return a day on which a fall of 6 USD comes early."""
    recording = write(tmp_path / "day.jsonl", 5, 16)
    strategy = tmp_path / "losing.toml"
    narrow = STRATEGY.read_text().replace("drawdown_max_usd = 10000", "drawdown_max_usd = 6")
    strategy.write_text(narrow)
    place = tmp_path / "data"
    place.mkdir()
    given = {
        "POLY_RECORDING": str(recording), "POLY_STRATEGY": str(strategy), "POLY_SEED": "7",
        "POLY_SPEED": "60", "POLY_SILENCE_S": "3",
    }  # fmt: skip
    with ExitStack() as stack:
        yield stack.enter_context(Product(place, given))


def events(product: Product, kind: str) -> list[dict[str, object]]:
    """Return the content of every event of a kind."""
    with sqlite3.connect(product.place / "poly.db") as connection:
        rows = connection.execute(
            "SELECT content FROM trade_events WHERE event_type = ? ORDER BY seq", (kind,)
        ).fetchall()
    connection.close()
    return [json.loads(row[0]) for row in rows]


@pytest.mark.timeout(300)
def test_a_drawdown_latches_and_only_its_acceptance_resumes(losing: Product) -> None:
    losing.begin()
    losing.trading()
    losing.final()
    losing.halted()
    latch = losing.latch()
    assert latch["cause"] == "drawdown"
    assert str(latch["reason"]).startswith("drawdown_max_usd reached: ")
    snapshot = losing.snapshot()
    assert snapshot["trip"]["cause"] == "drawdown"
    assert snapshot["broken_limits"][0]["limit"] == "drawdown_max_usd"
    losing.until(lambda: losing.ledger().trading_cause.startswith("latch"), "the halted boot")
    before = losing.ledger()
    code, said, _ = poly(losing, "losses")
    assert (code, said["ok"]) == (1, False)
    losing.until(lambda: losing.ledger().frame > before.frame + 200, "frames handled while halted")
    assert losing.ledger().orders == before.orders

    code, said, _ = poly(losing, "resume", "--latch", str(latch["id"]), "--reason", "go on")
    assert (code, "accept it with --accept-drawdown" in str(said["error"])) == (1, True)
    assert events(losing, "losses_accepted") == []
    code, _, _ = poly(
        losing, "resume", "--latch", str(latch["id"]), "--reason", "understood",
        "--accept-drawdown",
    )  # fmt: skip
    assert code == 0
    [taken] = losing.until(lambda: events(losing, "losses_accepted"), "the acceptance")
    assert (taken["acceptance"], taken["reason"]) == (latch["id"], "understood")
    losing.until(
        lambda: [one for one in events(losing, "trading_state_set") if one["state"] == "active"][
            1:
        ],
        "trading again",
    )
    losing.signal(signal.SIGTERM)
    losing.ended()
    assert len(events(losing, "losses_accepted")) == 1
    assert verify(losing.place / "poly.db").ok
