"""How long one comparison of memory, ledger and venue takes: 1,000 open orders, 10,000 trades.

Over real sockets to the stand-in exchange, every page of it; beside it the part that is ours alone:
judging the view, and folding the ledger again. Limit: 2 s for all of it.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.adapters.ledger.ledger import SqliteLedger  # noqa: E402 - the path first
from bot.adapters.polymarket.venue import LiveVenue  # noqa: E402
from bot.domain.book import Side  # noqa: E402
from bot.domain.effect import Record  # noqa: E402
from bot.domain.entry import IntentRecorded, OrderChanged, Stamp  # noqa: E402
from bot.domain.event import CapitalMoved, MarketSeen, OrderFilled  # noqa: E402
from bot.domain.money import Shares, Usd  # noqa: E402
from bot.domain.order import (  # noqa: E402
    Accepted,
    Intent,
    IntentId,
    OrderState,
    Prepared,
    Signal,
    StrategyId,
    TimeInForce,
)
from bot.engine.agreement.judge import Judge  # noqa: E402
from bot.engine.agreement.look import Look, fingerprint  # noqa: E402
from bot.engine.engine import Engine  # noqa: E402
from bot.ports import VenueView  # noqa: E402
from bot.services.account.memory import folded  # noqa: E402
from tests.contract.venue.case import prepare, terms  # noqa: E402
from tests.contract.venue.ground import Ground  # noqa: E402
from tests.contract.venue.live import LiveStage  # noqa: E402
from tests.unit.bot.given import strategy  # noqa: E402

OPEN = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdecimal() else 1_000
TRADES = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2].isdecimal() else 10_000
SHARES = 100
LIMIT_S = 2.0
ROUNDS = 5
AT_ONCE = 8


async def post_all(stage: LiveStage, count: int) -> list[Prepared]:
    """Rest so many bids of a hundred shares at one price."""
    venue: LiveVenue = stage.venue
    sent = [
        prepare(
            stage, terms(stage, Side.BUY, TimeInForce.GTC, "0.40", str(SHARES)),
            salt=n + 1, name=f"{n:012d}-001",
        )
        for n in range(count)
    ]  # fmt: skip
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(prepared: Prepared) -> None:
        async with gate:
            answer = await venue.submit(prepared)
            if not isinstance(answer, Accepted):
                raise SystemExit(f"an order was not taken: {answer}")

    await asyncio.gather(*(one(prepared) for prepared in sent))
    return sent


class Books:
    """An engine and a ledger that hold the same."""

    def __init__(self, directory: Path, stage: LiveStage, cash: Usd) -> None:
        self.stage = stage
        self.ledger = SqliteLedger.open(directory, threaded=False)
        self.engine = Engine((strategy(),))
        self._pending = [
            effect.entry
            for event in (
                CapitalMoved(1, 1, cash, "bench", afresh=True),
                MarketSeen(1, 1, stage.market),
            )
            for effect in self.engine.handle(event)
            if isinstance(effect, Record)
        ]

    async def take(self, sent: list[Prepared], view: VenueView) -> None:
        """Record every order, and every execution the venue shows."""
        asked = terms(self.stage, Side.BUY, TimeInForce.GTC, "0.40", str(SHARES))
        signal = Signal("bench", 0, 0, 0, Shares(0), asked.price, Usd(0))
        for one in sent:
            intent = Intent(
                IntentId(one.intent_id), StrategyId("bench"), "", (), one.made_us,
                closing=False, terms=asked, signal=signal,
            )  # fmt: skip
            made = IntentRecorded(intent, one.order_hash, one.body)
            state = OrderChanged(
                one.order_hash, intent.intent_id, asked.market_id, OrderState.OPEN, "live",
                Shares(0),
            )  # fmt: skip
            self.engine.apply([made, state])
            self._pending += [made, state]
        for fill in view.fills:
            effects = self.engine.handle(OrderFilled(2, 2, fill))
            self._pending += [one.entry for one in effects if isinstance(one, Record)]
        resting = {one.order_hash for one in view.open_orders}
        for order in self.engine.portfolio.orders.values():
            if order.order_hash not in resting:
                ended = OrderChanged(
                    order.order_hash, order.intent.intent_id, asked.market_id,
                    OrderState.FILLED, "filled", order.filled,
                )  # fmt: skip
                self.engine.apply([ended])
                self._pending.append(ended)
        for first in range(0, len(self._pending), 500):
            await self.ledger.append(
                self._pending[first : first + 500], Stamp(2, 2, self.ledger.head.stamp.decisions)
            )

    def judge(self, view: VenueView) -> None:
        """Compare all three; whatever differs ends the run."""
        ours = self.engine.portfolio
        before = fingerprint(ours)
        look = Look(view=view, still=fingerprint(ours) == before, now_us=view.at_us, wall_ms=0)
        verdict = Judge().judge(ours, look)
        if not verdict.agreed:
            raise SystemExit(f"the views differ: {verdict.findings[:2]} {verdict.doubted[:2]}")
        folded(self.ledger, self.ledger.head.seq)


async def median_s(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Return the middle of a few runs, by the clock and of this process's own work."""
    times = []
    for _ in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        await work()
        times.append((time.perf_counter() - began, time.process_time() - worked))
    return sorted(times)[ROUNDS // 2]


async def measure(ground: Ground, directory: Path) -> None:
    """Fill a book, trade on it, and compare."""
    stage = await LiveStage.open(ground, timeout_s=10.0, cash="1000000")
    wallet = stage.connection.settings.wallet
    ground.stand_in.post("wallets", wallet=wallet, tier="Elite")
    sent = await post_all(stage, OPEN + TRADES // SHARES)
    for number in range(TRADES):
        await stage.trade(Side.SELL, "0.40", "1")
        if number % 100 == 0:
            ground.stand_in.step(1)  # an account's trades are not all of one second
    await stage.settle_down()
    hashes = [one.order_hash for one in sent]
    view = await stage.venue.view(hashes, 0)
    books = Books(directory, stage, Usd.parse("1000000"))
    await books.take(sent, view)
    print(f"open orders: {len(view.open_orders)}, trades: {len(view.fills)}")

    async def ours() -> None:
        books.judge(view)

    async def whole() -> None:
        books.judge(await stage.venue.view(hashes, 0))

    (judged, _), (all_of_it, worked) = await median_s(ours), await median_s(whole)
    print(f"judging and folding the ledger: {judged:.3f} s")
    print(f"one comparison, every page over the wire: {all_of_it:.3f} s (limit {LIMIT_S} s)")
    print(f"of it work of the bot's own: {worked:.3f} s, the rest is the stand-in's")
    books.ledger.drop()
    await stage.close()


def main() -> None:
    """Measure once."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        ground = Ground(directory)
        try:
            asyncio.run(measure(ground, directory))
        finally:
            ground.close()


if __name__ == "__main__":
    main()
