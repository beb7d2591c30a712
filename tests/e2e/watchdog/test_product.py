"""The product's own engine under the watchdog: a paced replay is killed, halted, and traded on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.adapters.ledger.proof.verify import verify
from bot.adapters.ledger.reader import LedgerReader, Status
from tests.e2e.watchdog.ground import ROOT, Ground, alive
from tests.simulation.day import write

STRATEGY = ROOT / "tests" / "simulation" / "simulated.toml"


class Product(Ground):
    """A ground whose engine is `python -m bot`."""

    def begin(self, **more: str) -> None:
        with self.said_file.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.watchdog"],
                env={**self.environment, **more},
                cwd=ROOT,
                stdout=said,
                stderr=said,
            )

    def ledger(self) -> Status:
        with LedgerReader.open(self.place) as reader:
            return reader.status()


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    recording = write(tmp_path / "day.jsonl", 1, 16)
    place = tmp_path / "data"
    place.mkdir()
    given = {
        "POLY_RECORDING": str(recording),
        "POLY_STRATEGY": str(STRATEGY),
        "POLY_SEED": "3",
        "POLY_SPEED": "60",
        "POLY_SILENCE_S": "1",
    }
    with ExitStack() as stack:
        yield stack.enter_context(Product(place, given))


@pytest.mark.timeout(240)
def test_a_stopped_engine_is_halted_in_the_ledger_too(product: Product) -> None:
    """The row is written by the next holder of the ledger's lock: the engine that starts halted."""
    product.begin()
    pid = product.trading()
    product.until(lambda: product.ledger().orders > 0, "an order")
    os.kill(pid, signal.SIGSTOP)
    product.final()
    product.halted()
    assert not alive(pid)
    latch = product.latch()["id"]
    product.until(lambda: product.ledger().trading_state == "halted", "the row")
    before = product.ledger()
    assert before.trading_cause.startswith(f"latch {latch}: hung: no heartbeat")
    snapshot = product.snapshot()
    assert snapshot["ledger"]["chain_intact"] is True
    assert snapshot["ledger"]["problem"] is None
    assert snapshot["ledger"]["head"]["seq"] > 0
    assert snapshot["strategies"]
    product.until(
        lambda: product.ledger().frame > before.frame + 500, "frames handled while halted"
    )
    assert product.ledger().orders == before.orders
    product.signal(signal.SIGTERM)
    assert product.ended() == 0
    assert verify(product.place / "poly.db").ok


@pytest.mark.timeout(240)
def test_a_stop_of_the_product_is_in_order(product: Product) -> None:
    product.begin()
    product.trading()
    product.signal(signal.SIGTERM)
    assert product.ended() == 0
    assert product.ledger().stopped
    assert product.ledger().stop_reason == "SIGTERM"
    assert not (product.place / "halt.latch").exists()


@pytest.mark.timeout(240)
def test_a_fast_replay_under_the_watchdog_ends_by_itself_with_0(product: Product) -> None:
    """No beat is missed while frames are handled as fast as they can be."""
    product.begin(POLY_SPEED="0")
    assert product.ended() == 0
    assert not product.said("kill.tripped")
