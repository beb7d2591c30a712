"""The loop beats while it waits, for as long as the wait may take, and never without a watchdog."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.venue import PaperVenue
from bot.adapters.replay.feed import ReplayFeed
from bot.domain.entry import Entry, IntentRecorded, SessionStarted, TradingState, TradingStateSet
from bot.ports import GENESIS
from bot.services.heartbeat import beating
from bot.services.session import Session, Terms
from bot.settings import read_strategy
from bot.watchdog.beat import Beat, Heart, Phase, Pulse
from tests.simulation.day import write

STRATEGY = read_strategy(Path(__file__).parents[3] / "simulation" / "simulated.toml")


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def beats(end: int) -> list[Beat]:
    os.set_blocking(end, False)
    try:
        said = Pulse().feed(os.read(end, 65_536))
    except BlockingIOError:
        return []
    return [one for one in said if isinstance(one, Beat)]


async def test_a_wait_beats_until_it_is_over_and_gives_its_result(pipe: tuple[int, int]) -> None:
    loop = asyncio.get_running_loop()
    heart = Heart(pipe[1], loop.time)
    assert await beating(heart, asyncio.sleep(5.0, "done"), most_s=10) == "done"
    assert loop.time() == 5.0
    assert 40 <= len(beats(pipe[0])) <= 51


async def test_a_wait_without_end_beats_for_its_bound_only(pipe: tuple[int, int]) -> None:
    """A hung disk must not look like a loop that works."""
    loop = asyncio.get_running_loop()
    heart = Heart(pipe[1], loop.time)
    waiting = asyncio.ensure_future(beating(heart, asyncio.Event().wait(), most_s=10))
    await asyncio.sleep(11)
    assert beats(pipe[0])
    await asyncio.sleep(60)
    assert not beats(pipe[0])
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_is_awaited_raises_through(pipe: tuple[int, int]) -> None:
    async def fails() -> None:
        await asyncio.sleep(1)
        raise LookupError("as it is")

    with pytest.raises(LookupError, match="as it is"):
        await beating(Heart(pipe[1]), fails())


async def live(folder: Path, recording: Path, heart: Heart, halt: str) -> list[Entry]:
    """Live one day and return what was recorded."""
    entries: list[Entry] = []
    feed = ReplayFeed.open(recording)
    ledger = SqliteLedger.open(folder, threaded=False)
    cash = STRATEGY.paper.cash_usd
    venue = PaperVenue.open(folder, starting_cash=cash, latency_us=2_500_000, seed=7)
    started = SessionStarted(
        1, "s", "replay", "", (), "", feed.recording_hash, STRATEGY.strategy_hash, 7, cash,
        0, 0, "", 0, GENESIS,
    )  # fmt: skip
    terms = Terms(started, STRATEGY, 5_000_000, heart=heart, halt=halt)
    session = Session(
        terms, ledger, venue, PaperFeed(feed, venue), lambda new, _: entries.extend(new)
    )
    try:
        await session.start()
        await session.run(lambda _: None)
    finally:
        venue.close()
        ledger.drop()
    return entries


@pytest.mark.parametrize(("halt", "phase"), [("", Phase.TRADING), ("latch a-1", Phase.HALTED)])
async def test_a_session_says_what_it_is_at_and_a_halted_one_sends_nothing(
    tmp_path: Path, pipe: tuple[int, int], halt: str, phase: Phase
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    recording = write(tmp_path / "day.jsonl", 1)
    entries = await live(folder, recording, Heart(pipe[1], lambda: 0.0), halt)
    phases = list(dict.fromkeys(beat.phase for beat in beats(pipe[0])))
    assert phases[-3:] == [Phase.CATCHING_UP, phase, Phase.STOPPING]
    states = [one for one in entries if isinstance(one, TradingStateSet)]
    state = TradingState.HALTED if halt else TradingState.ACTIVE
    assert [one.state for one in states] == [state]
    assert halt in states[0].cause
    assert any(isinstance(one, IntentRecorded) for one in entries) is not bool(halt)
