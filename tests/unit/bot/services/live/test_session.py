"""A session on a live feed dies with its tasks, pauses and resumes, and stops in order."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.paper.venue import PaperVenue
from bot.domain.entry import Entry, SessionStarted, SessionStopped, Stamp, TradingStateSet
from bot.domain.event import Event
from bot.ports import GENESIS
from bot.services.live.crew import Crew, Died
from bot.services.session import Session, Terms
from bot.settings import read_strategy
from bot.watchdog.beat import Heart

STRATEGY = read_strategy(Path(__file__).parents[4] / "simulation" / "simulated.toml")
STARTED = SessionStarted(
    1, "s", "paper", "", (), "", "", STRATEGY.strategy_hash, 7, STRATEGY.paper.cash_usd,
    0, 0, "", 0, GENESIS,
)  # fmt: skip


class Silence:
    """A feed that says nothing and does not end."""

    async def batches(self, first_frame: int) -> AsyncIterator[Iterable[Event]]:
        await asyncio.Event().wait()
        yield ((),)[first_frame]


class Life:
    """A session on silence, what it recorded, and what it told its watchdog."""

    def __init__(self, directory: Path) -> None:
        self.entries: list[Entry] = []
        self.crew = Crew()
        self.pipe, end = os.pipe()
        self.end = end
        self.ledger = SqliteLedger.open(directory, threaded=False)
        cash = STRATEGY.paper.cash_usd
        self.venue = PaperVenue.open(directory, starting_cash=cash, latency_us=1, seed=7)
        terms = Terms(
            STARTED,
            STRATEGY,
            5_000_000,
            live_feed=True,
            crew=self.crew,
            heart=Heart(end, asyncio.get_running_loop().time),
        )
        self.session = Session(terms, self.ledger, self.venue, Silence(), self.heard)

    def heard(self, entries: Iterable[Entry], stamp: Stamp) -> None:
        del stamp
        self.entries += entries

    def told(self) -> str:
        return os.read(self.pipe, 1 << 16).decode()

    async def close(self) -> None:
        await self.crew.close()
        self.venue.close()
        self.ledger.drop()
        os.close(self.pipe)
        os.close(self.end)


async def broken() -> None:
    await asyncio.sleep(1)
    raise ValueError("planted")


async def test_a_task_that_dies_takes_the_session_with_it_and_trips_the_switch(
    tmp_path: Path,
) -> None:
    life = Life(tmp_path)
    await life.session.start()
    life.crew.begin("renewal", broken())
    with pytest.raises(Died, match="renewal: ValueError: planted"):
        await life.session.run(lambda _: None)
    assert "trip bug renewal: ValueError: planted\n" in life.told()
    assert SessionStopped("SIGTERM") not in life.entries
    await life.close()


async def test_a_silent_feed_is_no_hung_loop(tmp_path: Path) -> None:
    """Beats go on while nothing is heard, and a stop is heard at once."""
    life = Life(tmp_path)
    await life.session.start()
    asyncio.get_running_loop().call_later(5, life.session.stop, "SIGTERM")
    assert await life.session.run(lambda _: None) == "SIGTERM"
    assert life.told().count("beat trading") >= 2
    assert life.entries[-1] == SessionStopped("SIGTERM")
    await life.close()


async def test_a_pause_stands_in_the_ledger_and_is_lifted_there(tmp_path: Path) -> None:
    life = Life(tmp_path)
    hold = life.session.hold
    await life.session.start()

    async def pause() -> None:
        await asyncio.sleep(1)
        await hold.pause("feed", "frozen")
        await asyncio.sleep(1)
        await hold.lift("feed")
        life.session.stop("SIGTERM")

    life.crew.begin("pause", pause())
    await life.session.run(lambda _: None)
    states = [
        (one.state.value, one.cause) for one in life.entries if isinstance(one, TradingStateSet)
    ]
    assert states == [
        ("active", "memory, ledger and venue agree"),
        ("halted", "feed: frozen"),
        ("active", "feed is over"),
    ]
    await life.close()
