"""What durability costs, and how long a start takes on a long history.

Commit: p50 of one intent through the ledger, against a raw append and fdatasync of as many bytes
as the commit writes to the WAL, in alternating rounds on one disk. Start: open and check of a
ledger of N trades (an argument, default 100,000: a million takes ten minutes and 6 GB) against one
of a hundredth of that.
"""

import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.adapters.ledger.directory import DataDirectory
from bot.adapters.ledger.ledger import FILE_NAME, SqliteLedger
from bot.domain import entry as entries
from bot.domain.book import Side
from bot.domain.entry import Entry, Stamp
from bot.domain.fill import Position
from bot.domain.market import Outcome
from bot.domain.money import CENT, Price, Usd
from bot.domain.order import OrderHash, OrderState, Quantity, Unit
from tests.contract.ledger import story

ROUNDS = 5
COMMITS = 300
TRADES = 100_000
IN_A_MARKET = 20
IN_A_COMMIT = 2_000
AMOUNT = Quantity(Unit.USD, 20_000_000)
STAMP = Stamp(frame=1, at_us=story.START_US, decisions="d" * 64)


def micros(begun: float) -> float:
    return (time.perf_counter() - begun) * 1e6


def p50(times: list[float]) -> float:
    return statistics.median(times)


def intents(first: int) -> Iterator[entries.IntentRecorded]:
    """Return ever new intents in one market."""
    of = story.market(0)
    number = first
    while True:
        made = story.intent(number, of, Side.BUY, AMOUNT, Price(53 * CENT))
        yield entries.IntentRecorded(made, OrderHash(story.hexed(str(number))), '{"salt":1}')
        number += 1


async def commit_times(ledger: SqliteLedger, made: Iterator[Entry], count: int) -> list[float]:
    times = []
    for _ in range(count):
        entry = next(made)
        begun = time.perf_counter()
        await ledger.append([entry], STAMP)
        times.append(micros(begun))
    return times


async def grouped_rate(ledger: SqliteLedger, made: Iterator[Entry], clients: int) -> float:
    """Return commits a second with some clients at once."""

    async def client() -> None:
        for _ in range(COMMITS // clients):
            await ledger.append([next(made)], STAMP)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return COMMITS // clients * clients / (time.perf_counter() - begun)


def raw_times(folder: Path, size: int, count: int) -> list[float]:
    """Append and fdatasync `size` bytes to a growing file."""
    block, times = os.urandom(size), []
    handle = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for _ in range(count):
        begun = time.perf_counter()
        os.write(handle, block)
        os.fdatasync(handle)
        times.append(micros(begun))
    os.close(handle)
    return times


def wal_bytes_a_commit(folder: Path) -> int:
    """Return what one intent adds to the WAL, on a fresh ledger of some thousand of them."""
    ledger = SqliteLedger.open(folder, threaded=False)
    made = intents(0)
    wal = folder / f"{FILE_NAME}-wal"
    asyncio.run(commit_times(ledger, made, 3_000))
    asyncio.run(ledger.close())
    ledger = SqliteLedger.open(folder, threaded=False)
    asyncio.run(commit_times(ledger, made_after(3_000), 1))
    before = wal.stat().st_size
    asyncio.run(commit_times(ledger, made_after(3_001), 50))
    size = (wal.stat().st_size - before) // 50
    asyncio.run(ledger.close())
    return size


def made_after(number: int) -> Iterator[entries.IntentRecorded]:
    return intents(number)


async def commits(folder: Path) -> None:
    """Print the figures of the commit."""
    size = await asyncio.to_thread(wal_bytes_a_commit, folder)
    made: Iterator[Entry] = intents(10_000)
    threaded: list[float] = []
    inline: list[float] = []
    raw: list[float] = []
    ratios, rates = [], []
    for _ in range(ROUNDS):
        before = raw_times(folder, size, COMMITS)
        ledger = SqliteLedger.open(folder)
        ours = await commit_times(ledger, made, COMMITS)
        rates.append(await grouped_rate(ledger, made, 16))
        await ledger.close()
        ledger = SqliteLedger.open(folder, threaded=False)
        inline += await commit_times(ledger, made, COMMITS)
        await ledger.close()
        after = raw_times(folder, size, COMMITS)
        ratios.append(p50(ours) / p50(before + after))
        raw += before + after
        threaded += ours
    print(f"commit of an intent: {size} bytes of WAL")
    print(f"raw append+fdatasync of as many, p50: {p50(raw):.0f} us")
    print(f"durable commit of an intent, p50: {p50(threaded):.0f} us")
    print(f"commit / raw: {statistics.median(ratios):.2f} (limit 1.5)")
    print(f"  in the calling thread, p50: {p50(inline):.0f} us: the rest is the hand-over")
    print(f"  16 clients: {statistics.median(rates):.0f} commits a second, grouped")


def trade(number: int, books: dict[str, int]) -> list[Entry]:
    """Return one whole trade: intent, fill, end of the order; a new market every few."""
    of = story.market(number // IN_A_MARKET)
    first, last = number % IN_A_MARKET == 0, number % IN_A_MARKET == IN_A_MARKET - 1
    price = Price(53 * CENT)
    wanted = story.intent(number, of, Side.BUY, AMOUNT, price)
    order_hash = OrderHash(story.hexed(str(number)))
    teller = story.Story(0, at_us=STAMP.at_us)
    size = wanted.terms.size.floor()
    fill = teller.fill(wanted, order_hash, 0, size)
    held = Position(story.STRATEGY, of.market_id, Outcome.UP)
    position = held.after(fill)
    settled, payout = position.settled(Outcome.UP)
    cash = Usd(books["cash"])
    end = entries.OrderChanged(
        order_hash, wanted.intent_id, of.market_id, OrderState.FILLED, "", size
    )
    made: list[Entry] = [entries.MarketListed(of)] if first else []
    made += [
        entries.IntentRecorded(wanted, order_hash, "{}"),
        entries.FillRecorded(
            fill,
            wanted.intent_id,
            story.STRATEGY,
            story.STRATEGY_HASH,
            wanted.components,
            size,
            position,
            cash,
            cash,
        ),
        end,
    ]
    if last:
        made += [
            entries.PositionSettled(
                settled, Outcome.UP, size, position.cost, payout, payout - position.cost, cash, cash
            ),
            entries.MarketSettled(of.market_id, Outcome.UP),
        ]
    return made


async def write_history(folder: Path, trades: int) -> float:
    """Write a history and return how long it took."""
    begun = time.perf_counter()
    ledger = SqliteLedger.open(folder, threaded=False)
    books = {"cash": 1_000_000_000}
    await ledger.append([story.started(1), entries.CapitalDeposited(Usd(10**9), Usd(10**9))], STAMP)
    waiting: list[Entry] = []
    for number in range(trades):
        waiting += trade(number, books)
        if len(waiting) >= IN_A_COMMIT:
            await ledger.append(waiting, STAMP)
            waiting = []
    if waiting:
        await ledger.append(waiting, STAMP)
    await ledger.close()
    return time.perf_counter() - begun


def start_s(folder: Path) -> float:
    """Return how long lock, open, check and load take."""
    begun = time.perf_counter()
    with DataDirectory.hold(folder):
        ledger = SqliteLedger.open(folder)
        ledger.unsettled()
        ledger.cash()
        ledger.started()
        ledger.trading_state()
        took = time.perf_counter() - begun
        asyncio.run(ledger.close())
    return took


def starts(place: Path, trades: int) -> None:
    """Print the figures of the start."""
    for count in (trades // 100, trades):
        folder = place / str(count)
        folder.mkdir()
        took = asyncio.run(write_history(folder, count))
        size_mb = (folder / FILE_NAME).stat().st_size / 1e6
        os.sync()
        first, again = start_s(folder), [start_s(folder) for _ in range(5)]
        print(
            f"start with {count} trades ({size_mb:.0f} MB, written in {took:.0f} s):"
            f" {first:.3f} s first, {p50(again):.3f} s p50 (limit 1 s, flat)"
        )


def within(measure: Callable[[Path], object]) -> None:
    """Measure in a folder of its own on the disk of the working directory."""
    folder = Path(tempfile.mkdtemp(prefix="bench-ledger-", dir=Path.cwd()))
    try:
        measure(folder)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    trades = int(sys.argv[1]) if len(sys.argv) > 1 else TRADES
    within(lambda folder: asyncio.run(commits(folder)))
    within(lambda folder: starts(folder, trades))


if __name__ == "__main__":
    main()
