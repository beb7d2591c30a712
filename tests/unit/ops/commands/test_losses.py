"""How much of each limit is used is what the engine wrote; getting out is only ever asked for."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.domain.entry import Breach, EquityMarked, Mark, Stamp, StrategyComposed
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Shares, Usd
from bot.domain.order import StrategyId
from bot.domain.refusal import Refused
from bot.domain.secret import Secret
from bot.services.health.control import Control, Row
from bot.services.health.server import Server
from tests.unit.ops.commands.test_reading import asked, run

RISK = {
    "drawdown_max_usd": "100", "day_loss_max_usd": "60", "series_loss_max_usd": "30",
    "equity_min_usd": "0", "losses_in_a_row_max": "3",
}  # fmt: skip
CONFIG = json.dumps({"risk": RISK})
MARKED = EquityMarked(
    cause="fill",
    equity=Usd.parse("950"),
    peak=Usd.parse("1010"),
    day="2026-09-28",
    day_start=Usd.parse("1000"),
    losses_in_a_row=2,
    results=(("btc-15m", Usd.parse("-31")),),
    broken=(Breach("series_loss_max_usd", "btc-15m", "31.00 USD", "30.00 USD", 7),),
    marks=(Mark(MarketId("0xfb"), Outcome.UP, Shares(10), Usd(7), "bids"),),
)


async def tell(folder: Path, marked: EquityMarked) -> None:
    ledger = SqliteLedger.open(folder, threaded=False)
    stamp = ledger.head.stamp
    composed = StrategyComposed(StrategyId("s"), "bb", "", (), (), CONFIG)
    await ledger.append([composed, marked], Stamp(stamp.frame, stamp.at_us, stamp.decisions))
    await ledger.close()


async def test_each_limit_is_shown_with_what_is_used_of_it(
    open_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await tell(open_ledger, MARKED)
    code, out, _ = run(capsys, "losses", "--data-dir", str(open_ledger), "--json")
    said = json.loads(out)
    assert (code, said["ok"], said["equity_usd"]) == (1, False, 950.0)
    rows = {row["limit"]: (row["used"], row["most"], row["reached"]) for row in said["limits"]}
    assert rows == {
        "drawdown_max_usd": (60.0, 100.0, False),
        "day_loss_max_usd": (50.0, 60.0, False),
        "series_loss_max_usd": (31.0, 30.0, True),
        "losses_in_a_row_max": (2, 3, False),
        "equity_min_usd": (950.0, 0.0, False),
    }
    code, out, _ = run(capsys, "losses", "--data-dir", str(open_ledger))
    assert code == 1
    assert "REACHED" in out
    assert asked(capsys, open_ledger, "status")["limits_reached"] == ["series_loss_max_usd"]
    _, out, _ = run(capsys, "status", "--data-dir", str(open_ledger))
    assert "REACHED series btc-15m 31.00 of 30.00" in out


async def test_nothing_reached_is_success(
    open_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await tell(open_ledger, replace(MARKED, broken=()))
    assert asked(capsys, open_ledger, "losses")["ok"] is True


def test_a_ledger_without_a_mark_says_so(
    open_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "losses", "--data-dir", str(open_ledger))
    assert (code, out.count("\n")) == (0, 1)
    assert asked(capsys, open_ledger, "losses")["limits"] == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("losses", "--accept"), "--reason"),
        (("flatten",), "--reason"),
        (("flatten", "--reason", "out", "--max-slippage", "1.5"), "--max-slippage"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_name(
    open_ledger: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], word: str
) -> None:
    code, out, err = run(capsys, *arguments, "--data-dir", str(open_ledger))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert word in err


def test_a_dry_run_says_what_holding_to_resolution_pays(
    open_ledger: Path, closed_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (held,) = list(asked(capsys, open_ledger, "flatten", "--dry-run")["held"])  # type: ignore[call-overload]
    assert (held["cost_usd"], held["resolution_worst_usd"]) == ("8.87", "0.00")
    assert held["resolution_best_usd"] == "10.00"
    other = asked(capsys, open_ledger, "flatten", "--dry-run", "--market", "btc-none")
    assert other["held"] == []
    _, out, _ = run(capsys, "flatten", "--dry-run", "--data-dir", str(closed_ledger))
    assert out == "nothing is held\n"


def test_without_an_engine_nothing_is_sold_and_it_is_said_what_that_means(
    open_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "flatten", "--reason", "out", "--data-dir", str(open_ledger))
    assert (code, out) == (5, "")
    assert "no engine answers there" in err
    assert "held to resolution" in err


@dataclass
class Engine:
    """An engine's socket, and what was asked there."""

    folder: Path
    heard: list[Row]
    refuses: str = ""

    async def work(self, row: Row) -> Row:
        """Hear it."""
        self.heard.append(row)
        if self.refuses:
            raise Refused(self.refuses)
        rows = [{"market": "btc-1", "outcome": "up"}]
        return {"flatten": rows, "accepted": ["x"], "trading_state": "active"}


@pytest.fixture
def engine(open_ledger: Path) -> Iterator[Engine]:
    """Return a control endpoint at the owner's socket, its loop in a thread."""
    import asyncio  # noqa: PLC0415 - only here

    made, control, over = Engine(open_ledger, []), Control(Secret("")), threading.Event()
    ready = threading.Event()

    async def live() -> None:
        control.serve(open_ledger, lambda _: None)
        ready.set()
        await asyncio.to_thread(over.wait)

    control.add("flatten", made.work)
    control.add("accept", made.work)
    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    ready.wait(30)
    server = Server({}, control)
    server.listen_for_owner(open_ledger)
    yield made
    server.close()
    over.set()
    thread.join()


def test_the_engine_is_asked_with_who_and_why(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    told = asked(
        capsys, engine.folder, "flatten", "--reason", "away", "--max-slippage", "0.01",
        "--market", "btc-1",
    )  # fmt: skip
    assert told["flatten"] == [{"market": "btc-1", "outcome": "up"}]
    [row] = engine.heard
    assert (row["market"], row["max_slippage"], row["reason"]) == ("btc-1", "0.01", "away")
    assert row["who"]
    code, out, _ = run(capsys, "flatten", "--reason", "away", "--data-dir", str(engine.folder))
    assert (code, "btc-1" in out) == (0, True)


def test_losses_are_accepted_by_asking_the_engine(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    told = asked(capsys, engine.folder, "losses", "--accept", "--reason", "seen")
    assert told["accepted"] == ["x"]
    _, out, _ = run(capsys, "losses", "--accept", "--reason", "s", "--data-dir", str(engine.folder))
    assert "trading is active" in out
    engine.refuses = "no loss limit is reached"
    code, _, err = run(
        capsys, "losses", "--accept", "--reason", "s", "--data-dir", str(engine.folder)
    )
    assert (code, err.strip()) == (3, "poly: no loss limit is reached") or "no loss limit" in err
