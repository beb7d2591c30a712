"""Paper is the live feed and pretended money: the key is never there, and nothing is ever sent."""

import gc
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot.adapters.ledger.reader import LedgerReader
from bot.adapters.polymarket.variable import VARIABLES
from bot.bootstrap import day_of
from bot.settings import read_settings
from tests.simulation.live.life import Life, until

SIGNING = re.compile(r"\|\s+(polymarket|eth_account|eth_keys|coincurve|bot\.bootstrap\.live)\b")
"""A line of `-X importtime` that names what can sign, or what would load it."""
KEY = "0x" + "5ec7e7" * 10 + "beef"


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with Life(tmp_path_factory.mktemp("paper"), seed=5) as one:
        yield one


def environment(life: Life) -> dict[str, str]:
    """Return what an operator has who goes from live to paper and leaves everything set."""
    given = {**life.environment(), "POLY_MODE": "paper", "POLYMARKET_PRIVATE_KEY": KEY}
    del given["POLY_LIVE_WITHOUT_GATE"]
    return given


@pytest.mark.timeout(180)
def test_a_paper_process_loads_nothing_that_signs(life: Life) -> None:
    """The key is set, and the process that runs never imports what could use it."""
    life.data.mkdir()
    said, imports = life.folder / "said", life.folder / "imports"
    with said.open("wb") as out, imports.open("wb") as err:
        bot = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "bot"],
            env=environment(life), stdout=out, stderr=err,
        )  # fmt: skip
        try:
            until(lambda: b"order.fill" in said.read_bytes(), "a fill on paper", within_s=90)
        finally:
            bot.send_signal(signal.SIGTERM)
            code = bot.wait(60)
    assert code == 0
    loaded = imports.read_text()
    assert "bot.bootstrap.paper" in loaded
    assert SIGNING.findall(loaded) == []
    assert KEY.encode() not in said.read_bytes()
    assert life.exchange.truth()["orders"] == []
    with LedgerReader.open(life.data) as reader:
        assert reader.summary().orders > 0


def test_a_paper_day_holds_no_key_where_a_live_one_does(life: Life) -> None:
    """Everything that can be reached from the day's own fields is looked at."""
    paper = environment(life)
    live = {**life.environment(), "POLYMARKET_PRIVATE_KEY": KEY}
    assert KEY not in texts(day_of(read_settings(paper, VARIABLES), paper))
    assert KEY in texts(day_of(read_settings(live, VARIABLES), live))


def texts(root: object) -> set[str]:
    """Return every text that can be reached from an object."""
    found, todo, seen = set[str](), [root], set[int]()
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            found.add(one)
        todo += [next_ for next_ in gc.get_referents(one) if len(seen) < 20_000]
    return found
