"""However often and wherever the bot is crashed, the day ends with the books it would have had.

A hundred days of two windows each, crashed at random boundaries over and over; a seed that fails
is printed by its parameter and fails again.
"""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.ledger.proof.verify import verify
from bot.settings import read_strategy
from tests.simulation.day import write
from tests.simulation.invariant import Bookkeeper
from tests.simulation.world import BOUNDARIES, Crash, Dice, World

STRATEGY = Path(__file__).with_name("simulated.toml")
DAYS = 100
CRASHES_A_DAY = 21
"""2,100 crashes in all."""
STEPS_MAX = 14
GROUPS = 10


@pytest.fixture
def fast() -> Iterator[Path]:
    """Return a directory in memory: a sync costs nothing there, and is tested elsewhere."""
    root = Path("/dev/shm")  # noqa: S108 - a fresh directory inside
    with tempfile.TemporaryDirectory(dir=root if root.is_dir() else None) as made:
        yield Path(made)


def world(root: Path, name: str, seed: int) -> World:
    directory = root / name
    directory.mkdir()
    strategy = read_strategy(STRATEGY)
    recording = write(root / f"day-{seed}.jsonl", seed)
    return World(directory, recording, strategy, Bookkeeper(strategy.limits).watch)


async def crash_through(day: World, dice: random.Random) -> Counter[str]:
    """Crash, start again, crash again, and at last live to the end; return where it fell."""
    fell: Counter[str] = Counter()
    while fell.total() < CRASHES_A_DAY:
        fate = Dice(after=dice.randint(1, STEPS_MAX))
        try:
            await day.live(fate)
        except Crash:
            fell[fate.fell_at] += 1
        else:
            break
    await day.live(Dice())
    return fell


@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.timeout(300)
async def test_crashes_change_nothing(fast: Path, group: int) -> None:
    """A crash is followed by a start that may crash again, until the day is over."""
    fell: Counter[str] = Counter()
    for seed in range(group * DAYS // GROUPS, (group + 1) * DAYS // GROUPS):
        calm = world(fast, f"calm-{seed}", seed)
        await calm.live(Dice())
        undisturbed = calm.summary()
        dice = random.Random(seed)
        crashes = 0
        attempt = 0
        while crashes < CRASHES_A_DAY:
            stormy = world(fast, f"stormy-{seed}-{attempt}", seed)
            here = await crash_through(stormy, dice)
            fell += here
            crashes += here.total()
            after = stormy.summary()
            assert after.content_hash == undisturbed.content_hash, seed
            assert after.decision_hash == undisturbed.decision_hash, seed
            assert verify(stormy.file).ok, seed
            shutil.rmtree(stormy.directory)
            attempt += 1
        shutil.rmtree(calm.directory)
    assert fell.total() >= DAYS * CRASHES_A_DAY // GROUPS
    assert set(fell) >= set(BOUNDARIES)


async def test_the_simulated_days_trade(fast: Path) -> None:
    """A day on which nothing happens proves nothing."""
    traded = Counter[str]()
    for seed in range(10):
        calm = world(fast, f"calm-{seed}", seed)
        await calm.live(Dice())
        told = calm.summary()
        traded += Counter(intents=told.intents, fills=told.fills, denied=told.denied)
    assert traded["intents"] >= 40
    assert traded["fills"] >= 40
    assert traded["denied"] >= 10
