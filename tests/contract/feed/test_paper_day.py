"""A day on paper over a live feed, recorded, is decided the same again from its recording."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.reader import LedgerReader, Summary
from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.venue import PaperVenue
from bot.adapters.polymarket.feed.feed import LiveFeed
from bot.adapters.polymarket.feed.place import Notice
from bot.adapters.replay.feed import ReplayFeed
from bot.adapters.replay.recorder import Bounds, Recorder, parts
from bot.bootstrap.market import unsettled
from bot.domain.entry import Entry, FillRecorded, SessionStarted, Stamp
from bot.ports import GENESIS, MarketFeed
from bot.services.session import Session, Terms
from bot.settings import read_strategy
from tests.contract.feed.standin import StandIn

STRATEGY = read_strategy(Path(__file__).with_name("eager.toml"))
SPEED = 60
WALL_S = 10
"""Two windows of five minutes."""
MOST_S = 60
STARTED = SessionStarted(
    1, "s", "paper", "", (), "", "", STRATEGY.strategy_hash, 7, STRATEGY.paper.cash_usd,
    0, 0, "", 0, GENESIS,
)  # fmt: skip
NEVER = 10**6
SMALL = Bounds(part_bytes=200_000)


def silent(entries: Sequence[Entry], stamp: Stamp) -> None:
    """Say nothing of what became durable."""


def untold(notice: Notice) -> None:
    """Tell nobody."""


def lost(event: str, detail: str) -> None:
    pytest.fail(f"{event}: {detail}")


async def stop_after_a_fill(session: Session, ledger: SqliteLedger) -> None:
    """Stop after two windows, or on a busy machine as soon as this session has filled anything."""
    loop, began = asyncio.get_running_loop(), ledger.head.seq
    until_s = loop.time() + MOST_S
    await asyncio.sleep(WALL_S)
    while loop.time() < until_s:
        if any(isinstance(one.entry, FillRecorded) for one in ledger.entries(after_seq=began)):
            break
        await asyncio.sleep(1)
    session.stop("SIGTERM")


async def live_on_paper(stand_in: StandIn, directory: Path, **changes: object) -> LiveFeed:
    """Live for a while as the composition root does in paper mode."""
    ledger = SqliteLedger.open(directory)
    paper = STRATEGY.paper
    venue = PaperVenue.open(
        directory, starting_cash=paper.cash_usd, latency_us=paper.latency_ms * 1_000, seed=7
    )
    stamp = ledger.head.stamp
    venue.resume(frame=stamp.frame, at_us=stamp.at_us)
    tape = Recorder(directory / "recording", lost, after=stamp.frame, bounds=SMALL)
    held = tuple(market.slug for market in unsettled(ledger.unsettled()))
    ground = stand_in.ground(untold, slugs=held, **changes)
    live = LiveFeed(ground, tape, before=venue.told)
    terms = Terms(STARTED, STRATEGY, 5_000_000, journal=tape.write_ours, live_feed=True)
    session = Session(terms, ledger, venue, PaperFeed(live, venue), silent)
    try:
        await session.start()
        async with live:
            stopping = asyncio.create_task(stop_after_a_fill(session, ledger))
            assert await session.run(lambda _: None) == "SIGTERM"
            await stopping
    finally:
        tape.close()
        venue.close()
        ledger.drop()
    return live


async def again(recording: Path, directory: Path) -> None:
    """Replay the recording as recorded."""
    ledger = SqliteLedger.open(directory)
    venue = PaperVenue.open(
        directory, starting_cash=STRATEGY.paper.cash_usd, latency_us=250_000, seed=7
    )
    feed: MarketFeed = ReplayFeed.open(recording, ours=True)
    terms = Terms(STARTED, STRATEGY, 5_000_000, as_recorded=True)
    session = Session(terms, ledger, venue, feed, silent)
    try:
        await session.start()
        await session.run(lambda _: None)
    finally:
        venue.close()
        ledger.drop()


def whole(directory: Path) -> Path:
    """Put the parts one behind the other: they are one recording."""
    found = parts(directory / "recording")
    assert len(found) > 1
    path = directory / "day.jsonl.zst"
    path.write_bytes(b"".join(part.read_bytes() for part in found))
    return path


def summary(directory: Path) -> Summary:
    with LedgerReader.open(directory) as reader:
        return reader.summary()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behind", "faults"),
    [(NEVER, ""), (0, ""), (NEVER, "market-frame-lost:0.002,socket-cut:0.0005")],
    ids=["in time", "always behind", "with faults"],
)
async def test_a_recorded_paper_day_is_decided_the_same_again(
    tmp_path: Path, behind: int, faults: str
) -> None:
    (tmp_path / "live").mkdir()
    with StandIn(SPEED, "--seed", "5", "--faults", faults) as stand_in:
        live = await live_on_paper(stand_in, tmp_path / "live", behind_items=behind)
    assert (live.figures.conflated > 0) is (behind == 0)
    there = summary(tmp_path / "live")
    assert there.orders > 0
    assert there.fills > 0
    (tmp_path / "again").mkdir()
    await again(whole(tmp_path / "live"), tmp_path / "again")
    here = summary(tmp_path / "again")
    assert (here.orders, here.fills) == (there.orders, there.fills)
    assert here.decision_hash == there.decision_hash


@pytest.mark.slow
async def test_a_paper_day_goes_on_after_a_stop(tmp_path: Path) -> None:
    """The feed cannot be read again: memory is what ledger and venue say, and frames go on."""
    with StandIn(SPEED, "--seed", "5") as stand_in:
        await live_on_paper(stand_in, tmp_path)
        before = summary(tmp_path)
        held = len(parts(tmp_path / "recording"))
        await live_on_paper(stand_in, tmp_path)
    there = summary(tmp_path)
    assert (before.boots, there.boots) == (1, 2)
    assert there.orders > before.orders > 0
    assert there.fills > before.fills > 0
    behind = parts(tmp_path / "recording")[held]
    assert int(behind.name[:12]) > before.frames
