"""Halted by its losses it stays halted, wherever it is crashed, and however often it is started.

Every boundary of a day is crashed at once, one day of it for each; then the day is lived to its
end. What was lost is then counted as if nothing had happened.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.proof.verify import verify
from bot.domain.entry import (
    Entry,
    EquityMarked,
    IntentRecorded,
    LimitBroken,
    LossesAccepted,
    SessionStarted,
    Stamp,
    TradingState,
    TradingStateSet,
)
from bot.domain.money import Usd
from bot.engine.engine import Engine
from bot.engine.strategy.composition import Composition
from bot.services.session import Acceptance
from bot.settings import read_strategy
from tests.simulation.day import write
from tests.simulation.invariant import Bookkeeper
from tests.simulation.world import Crash, Dice, World

STRATEGY = Path(__file__).with_name("simulated.toml")
BROKEN: dict[str, dict[str, Any]] = {
    "drawdown_max_usd": {"drawdown_max_usd": Usd.parse("6")},
    "day_loss_max_usd": {"day_loss_max_usd": Usd.parse("5")},
    "equity_min_usd": {"equity_min_usd": Usd.parse("146")},
    "series_loss_max_usd": {"series_loss_max_usd": Usd.parse("3")},
}
"""Which limit is made so narrow that the day breaks it."""
SEED = 7


class Halted:
    """Watches commits, across every crash: what is halted buys nothing more."""

    def __init__(self, strategy: Composition) -> None:
        """Begin with nothing lost."""
        self._books = Bookkeeper(strategy.limits)
        self.broken: list[str] = []
        self.accepted: list[str] = []
        self.bought_since = 0

    def watch(self, engine: Engine, entries: Sequence[Entry], stamp: Stamp) -> None:
        """Take a commit in."""
        self._books.watch(engine, entries, stamp)
        for entry in entries:
            if isinstance(entry, LimitBroken):
                self.broken.append(entry.breach.limit)
            elif isinstance(entry, IntentRecorded) and self.broken:
                assert entry.intent.closing, "bought although a limit was reached"
            elif isinstance(entry, IntentRecorded):
                self.bought_since += bool(self.accepted)
            elif isinstance(entry, LossesAccepted):
                self.accepted.append(entry.acceptance)
                self.broken.clear()
            elif isinstance(entry, TradingStateSet) and self.broken[:1] != ["series_loss_max_usd"]:
                assert not self.broken or entry.state is TradingState.HALTED
        if not any(isinstance(entry, SessionStarted) for entry in entries):
            losses = engine.guard.losses
            standing = [one.limit for one in losses.broken]
            assert len(standing) == len(set(standing)), "a breach stands twice"


@pytest.fixture
def fast() -> Iterator[Path]:
    """Return a directory in memory."""
    root = Path("/dev/shm")  # noqa: S108 - a fresh directory inside
    with tempfile.TemporaryDirectory(dir=root if root.is_dir() else None) as made:
        yield Path(made)


def world(root: Path, name: str, limit: str, seed: int = SEED) -> tuple[World, Halted]:
    directory = root / name
    directory.mkdir()
    strategy = read_strategy(STRATEGY)
    strategy = replace(strategy, limits=replace(strategy.limits, **BROKEN[limit]))
    halted = Halted(strategy)
    recording = root / "day.jsonl"
    if not recording.exists():
        write(recording, seed)
    return World(directory, recording, strategy, halted.watch), halted


def last_mark(directory: Path) -> EquityMarked:
    ledger = SqliteLedger.open(directory, threaded=False)
    try:
        found = ledger.equity_marked()
    finally:
        ledger.drop()
    assert found is not None
    assert isinstance(found.entry, EquityMarked)
    return found.entry


@pytest.mark.parametrize("limit", BROKEN)
@pytest.mark.timeout(300)
async def test_halted_stays_halted_wherever_it_is_crashed(fast: Path, limit: str) -> None:
    calm, watched = world(fast, "calm", limit)
    whole = Dice()
    await calm.live(whole)
    assert watched.broken == [limit], "the day must break this limit, once"
    undisturbed, lost = calm.summary(), last_mark(calm.directory)
    boundaries = whole.passed.total()
    assert boundaries > 30
    for after in range(1, boundaries + 1, 1 if limit == "drawdown_max_usd" else 4):
        day, halted = world(fast, f"crashed-{after}", limit)
        with pytest.raises(Crash):
            await day.live(Dice(after=after))
        await day.live(Dice())
        assert halted.broken == [limit], after
        assert day.summary().content_hash == undisturbed.content_hash, after
        assert day.summary().decision_hash == undisturbed.decision_hash, after
        assert last_mark(day.directory) == lost, after
        if after % 16 == 1:
            assert verify(day.file).ok, after


async def test_a_series_that_lost_too_much_opens_nothing_more(fast: Path) -> None:
    day, halted = world(fast, "day", "series_loss_max_usd")
    await day.live(Dice())
    assert halted.broken == ["series_loss_max_usd"]
    assert last_mark(day.directory).broken[0].subject == "btc-5m"


async def test_only_an_acceptance_lets_it_trade_again_and_counts_once(fast: Path) -> None:
    """Started again and again with the same acceptance, as a container is, it counts once."""
    day, halted = world(fast, "day", "drawdown_max_usd", seed=5)
    after = 0
    while not halted.broken:
        after += 1
        with pytest.raises(Crash):
            await day.live(Dice(after=after))
    day.accepted = Acceptance("latch-1", "operator", "looked at it")
    for boundary in (3, 4):
        with pytest.raises(Crash):
            await day.live(Dice(after=boundary))
    await day.live(Dice())
    assert halted.accepted == ["latch-1"]
    assert halted.bought_since >= 1, "a person let it go on"
    assert last_mark(day.directory).acceptance == "latch-1"
    assert verify(day.file).ok
