"""A crash anywhere leaves the venue as if nothing had happened."""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.paper.store import Place, Store
from bot.domain.book import Side
from bot.domain.event import OrderEnded, OrderFilled, TradePrinted
from bot.domain.money import Shares
from bot.domain.refusal import Refused
from tests.unit.bot.adapters.paper.day import (
    Author,
    Crash,
    Day,
    Journal,
    Life,
    MortalStore,
    lived,
    unsettled_from,
)
from tests.unit.bot.adapters.paper.desk import BUY, FAK, GTC, Desk, terms

FOREVER = Place(1 << 62, 1 << 62)
MEMORY = Path("/dev/shm")  # noqa: S108 - a crash of a process loses nothing there either


@contextmanager
def directory() -> Iterator[Path]:
    """Give a directory of its own to each day."""
    where = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as name:
        yield Path(name)


def account(store: Store) -> dict[str, object]:
    """Return everything the account says in the end."""
    return {
        "cash": store.cash,
        "positions": store.positions(),
        "fills": store.fills_told(0, FOREVER),
        "open": [order.order_hash for order in store.open_orders()],
        "deeds": [done for _, done in store.done_from(-1)],
    }


def crashed(day: Day, path: Path, dies_at: list[int], dice: random.Random) -> tuple[Journal, Store]:
    """Live a day through crashes, each after so many commits of its process."""
    journal, first = Journal(), 1
    for commit in [*dies_at, 0]:
        life = Life(day, path, journal, dies_at=commit)
        try:
            asyncio.run(life.live(first))
        except Crash:
            life.venue.close()
            first = dice.randint(1, unsettled_from(day, journal))
            continue
        return journal, life.store
    raise AssertionError


@pytest.mark.timeout(300)
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_crashes_anywhere_change_nothing(seed: int) -> None:
    """Fills, ends, their times and places, cash and positions are those of the undisturbed day."""
    day, dice = Author(seed).write(), random.Random(seed)
    with directory() as path:
        undisturbed, store = lived(day, path)
        truth, commits = account(store), store.commits
        store.close()
    for _ in range(3):
        dies_at = [dice.randint(1, max(1, commits)) for _ in range(dice.randint(1, 4))]
        with directory() as path:
            journal, after = crashed(day, path, dies_at, dice)
            assert journal.handled == undisturbed.handled, (seed, dies_at)
            assert journal.refused == undisturbed.refused, (seed, dies_at)
            assert account(after) == truth, (seed, dies_at)
            after.close()


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_the_account_alone_brings_a_lost_ledger_back(seed: int) -> None:
    """With an empty journal the same day is told again from the account, to the last micro."""
    day = Author(seed).write()
    with directory() as path:
        first, store = lived(day, path)
        truth = account(store)
        store.close()
        again, store = lived(day, path)
        assert again.handled == first.handled
        assert again.refused == first.refused
        assert account(store) == truth
        store.close()


async def test_a_cancel_of_everything_is_recalled_at_its_place(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.book("0.50x100", "0.52x100")
    await desk.send(terms(BUY, GTC, "0.51", "20"), "rests")
    desk.wait()
    desk.trade(Side.SELL, "0.51", "5")
    desk.wait()
    await desk.send(terms(BUY, FAK, "0.52", "5.20"), "on its way")
    assert len(await desk.venue.cancel_all()) == 2
    desk.trade(Side.SELL, "0.51", "50")
    desk.book("0.50x100", "0.51x100")
    desk.wait()
    told = [*desk.told]
    assert len(told) == 3
    for _ in range(2):
        assert desk.again() == told


async def test_what_is_cancelled_before_the_feed_is_back_ends_after_it(tmp_path: Path) -> None:
    """The kill finds the account alone; the engine hears of it when the feed has come back."""
    desk = Desk(tmp_path)
    desk.book("0.50x100", "0.52x100")
    await desk.send(terms(BUY, GTC, "0.51", "20"))
    desk.wait()
    desk.trade(Side.SELL, "0.51", "5")
    told = desk.wait()
    desk.venue.close()
    desk.open()
    desk.venue.resume(frame=desk.frame, at_us=desk.now_us)
    assert len(await desk.venue.cancel_all()) == 1
    again = desk.again()
    assert again[:-1] == told
    ended = again[-1]
    assert isinstance(ended, OrderEnded)
    assert ended.reason == "all cancelled"
    desk.trade(Side.SELL, "0.51", "5")
    assert desk.wait() == []


async def test_everything_cancelled_during_a_rebuild_ends_at_its_end(tmp_path: Path) -> None:
    """The answer of `cancel_all` is at once, and so may overtake the telling of a fill."""
    desk = Desk(tmp_path)
    desk.book("0.50x100", "0.52x100")
    await desk.send(terms(BUY, GTC, "0.51", "20"))
    desk.wait()
    desk.trade(Side.SELL, "0.51", "5")
    told = desk.wait()
    desk.venue.close()
    desk.open()
    desk.told.clear()
    first, *others = desk.seen
    desk.see(first)
    assert len(await desk.venue.cancel_all()) == 1
    for event in others:
        desk.see(event)
    desk.wait()
    ended, *others_told = desk.told
    assert isinstance(ended, OrderEnded)
    assert others_told == told


async def test_another_recording_is_refused_where_it_differs(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.book("0.50x100", "0.52x100")
    await desk.send(terms(BUY, GTC, "0.51", "20"))
    desk.wait()
    desk.trade(Side.SELL, "0.51", "5")
    desk.wait()
    trade = desk.seen[-1]
    assert isinstance(trade, TradePrinted)
    desk.seen[-1] = replace(trade, size=Shares.parse("4"))
    with pytest.raises(Refused, match="this is another recording") as refused:
        desk.again()
    assert "\n" not in str(refused.value)


def test_the_days_are_worth_living() -> None:
    """The random days reach what the property is about."""
    seen: dict[str, int] = {}
    for seed in range(30):
        with directory() as path:
            journal, store = lived(Author(seed).write(), path)
            for event in journal.handled:
                kind = "other"
                if isinstance(event, OrderFilled):
                    kind = f"{event.fill.liquidity} {event.fill.side}"
                elif isinstance(event, OrderEnded):
                    kind = f"{event.state} {event.reason.split(' ')[0]}"
                seen[kind] = seen.get(kind, 0) + 1
            assert isinstance(store, MortalStore)
            store.close()
    for kind in ("taker buy", "taker sell", "maker buy", "maker sell"):
        assert seen[kind] >= 5, seen
    for kind in ("cancelled killed:", "cancelled cancelled", "cancelled market", "rejected not"):
        assert seen[kind] >= 3, seen
    assert "other" not in seen
