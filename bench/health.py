"""Whether being asked for the metrics every second slows the loop down.

An engine's loop handles 1,000 book changes a second on a clock; how late each is done is measured
in alternating rounds, with and without another process that scrapes once a second. The figures
are those of a real ledger.
"""

import asyncio
import contextlib
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.adapters.ledger.ledger import SqliteLedger  # noqa: E402 - the path first
from bot.bootstrap.front import Ledgers  # noqa: E402
from bot.domain.book import Side  # noqa: E402
from bot.domain.event import BookChanged  # noqa: E402
from bot.domain.market import TokenId  # noqa: E402
from bot.domain.secret import Secret  # noqa: E402
from bot.services.health.control import Control  # noqa: E402
from bot.services.health.figures import Figures  # noqa: E402
from bot.services.health.page import Pages  # noqa: E402
from bot.services.health.pulse import HeardHeart  # noqa: E402
from bot.services.health.server import Server  # noqa: E402
from bot.watchdog.beat import Phase  # noqa: E402
from tests.contract.ledger.story import day  # noqa: E402
from tests.unit.bot.given import START, book, engine  # noqa: E402

RATE = 1_000
ROUND_S = 10
ROUNDS = 3
SCRAPE = """
import sys, time, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
due, took = time.monotonic(), []
while due < float(sys.argv[2]) or not took:
    begun = time.perf_counter()
    opener.open(f"http://127.0.0.1:{sys.argv[1]}/metrics", timeout=30).read()
    took.append(time.perf_counter() - begun)
    due += 1
    time.sleep(max(0, due - time.monotonic()))
print(max(took))
"""


def quantile(values: list[float], share: float) -> float:
    """Return the value below which a share of them lies."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


async def lateness(heart: HeardHeart) -> list[float]:
    """Return how many microseconds after its time each change was handled."""
    made = engine()
    made.handle(book("up1", "0.40", "0.42", at_us=START + 1))
    begun, late = time.perf_counter(), []
    for number in range(RATE * ROUND_S):
        due = begun + number / RATE
        while (wait := due - time.perf_counter()) > 0:  # noqa: ASYNC110 - a clock
            await asyncio.sleep(wait if wait > 0.0005 else 0)
        price = 400_000 if number % 2 else 390_000
        change = (TokenId("up1"), Side.BUY, price, 1_000_000 + number)
        heart.beat(frame=number)
        made.handle(BookChanged(number, START + number, (change,)))
        late.append((time.perf_counter() - due) * 1e6)
    return late


async def measure(folder: Path) -> None:
    ledger = SqliteLedger.open(folder)
    for entries, stamp in day(1, windows=30):
        await ledger.append(entries, stamp)
    heart = HeardHeart()
    heart.beat(Phase.TRADING)
    figures = Figures(heart, folder)
    figures.facts = Ledgers(folder, ledger).gauges
    ledger.measure(figures.committed)
    pages = Pages(heart, lambda: ("active", ""), figures)
    server = Server(pages.by_path(), Control(Secret("")))
    port = server.listen("127.0.0.1", 0)
    alone: list[float] = []
    asked: list[float] = []
    worst: list[float] = []
    await lateness(heart)  # warm
    for _ in range(ROUNDS):
        alone += await lateness(heart)
        scraper = subprocess.Popen(  # noqa: ASYNC220 - a moment before a round
            [sys.executable, "-c", SCRAPE, str(port), str(time.monotonic() + ROUND_S)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        await asyncio.sleep(1)
        asked += await lateness(heart)
        worst.append(float(scraper.communicate(timeout=60)[0]))
    server.close()
    await ledger.close()
    for name, late in (("nobody asks", alone), ("a scrape every second", asked)):
        print(
            f"loop's lateness, {name}: p50 {statistics.median(late):.0f} us,"
            f" p99 {quantile(late, 0.99):.0f} us, p99.9 {quantile(late, 0.999):.0f} us"
        )
    ratio = quantile(asked, 0.99) / quantile(alone, 0.99)
    print(f"p99 asked / alone: {ratio:.2f} (limit 1.5, the noise of two runs)")
    print(f"longest scrape: {max(worst) * 1e3:.1f} ms")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(dir=ROOT, prefix="bench-health-") as made,
        contextlib.suppress(KeyboardInterrupt),
    ):
        asyncio.run(measure(Path(made)))


if __name__ == "__main__":
    main()
