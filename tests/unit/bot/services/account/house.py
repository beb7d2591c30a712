"""A real engine, ledger, loop and hold under a reconciler, and a venue of a test's making."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.ledger.ledger import SqliteLedger
from bot.domain.book import Side
from bot.domain.entry import Entry, Stamp, TradingState
from bot.domain.event import MarketSeen, OrderFilled, VenueEvent
from bot.domain.fill import Fill, FillId
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Shares, Usd
from bot.domain.order import Accepted, Answer, ApprovedOrder, OrderHash, Prepared
from bot.engine.agreement.look import Announced
from bot.engine.engine import Engine
from bot.ports import OpenOrder, Temporary, VenueView
from bot.services.account.part import Outside, Pace, Views
from bot.services.account.reconciler import Reconciler
from bot.services.hands import InLine
from bot.services.live.floor import Floor
from bot.services.live.hold import Hold
from bot.services.loop import Loop
from tests.unit.bot.given import END, START, book, fill, market, strategy

QUICK = Pace(
    every_s=0.2, again_s=0.01, doubt_s=0.05, silent_s=0.05, start_s=30.0, settle_s=0.02,
    absent_s=0.05, flight_s=0.1, latch_s=0.05,
)  # fmt: skip
UP = TokenId("up1")


@dataclass
class Account:
    """The venue: what it holds for us, and how it answers."""

    cash: Usd = field(default_factory=lambda: Usd.parse("1000"))
    resting: dict[OrderHash, OpenOrder] = field(default_factory=dict)
    seen: set[OrderHash] = field(default_factory=set)
    fills: dict[FillId, Fill] = field(default_factory=dict)
    down: bool = False
    deaf: bool = False
    """Cancels are answered and nothing happens."""
    resolved: tuple[tuple[MarketId, Outcome], ...] = ()
    adopted: dict[OrderHash, Answer] = field(default_factory=dict)
    known: set[FillId] = field(default_factory=set)
    released: list[OrderHash] = field(default_factory=list)
    settlements: list[MarketId] = field(default_factory=list)
    sent: list[OrderHash] = field(default_factory=list)
    views: int = 0

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        """Return the order under the hash of `given.prepared`."""
        del salt
        intent = order.intent
        return Prepared(intent.intent_id, OrderHash(f"hash-{intent.intent_id}"), "{}", at_us)

    async def submit(self, prepared: Prepared) -> Answer:
        """Take it."""
        self.sent.append(prepared.order_hash)
        self.seen.add(prepared.order_hash)
        return Accepted("live")

    async def cancel(self, order_hash: OrderHash) -> bool:
        """Cancel one."""
        if not self.deaf:
            self.resting.pop(order_hash, None)
        return not self.deaf

    async def cancel_all(self) -> tuple[OrderHash, ...]:
        """Cancel all."""
        if self.down:
            raise Temporary("the venue is away")
        gone = tuple(self.resting)
        self.resting.clear()
        return gone

    async def view(self, hashes: Sequence[OrderHash], since_us: int) -> VenueView:
        """Show everything, or nothing."""
        del since_us
        self.views += 1
        if self.down:
            raise Temporary("the venue is away")
        held = sum(
            (1 if one.side is Side.BUY else -1) * one.size.micros for one in self.fills.values()
        )
        spent = sum(one.cash.micros for one in self.fills.values())
        return VenueView(
            0,
            tuple(self.resting.values()),
            tuple(self.fills.values()),
            Usd(self.cash.micros + spent),
            ((UP, Shares(held)),) if held and not self.resolved else (),
            tuple((one, Accepted("live")) for one in hashes if one in self.seen),
            resolved=self.resolved,
        )

    def events(self) -> AsyncIterator[VenueEvent]:
        """Tell nothing."""
        raise NotImplementedError

    def adopt(self, prepared: Prepared, answer: Answer) -> None:
        """Follow."""
        self.adopted[prepared.order_hash] = answer

    def adopt_fill(self, fill: Fill) -> None:
        """Know."""
        self.known.add(fill.fill_id)

    def settled(self, market_id: MarketId, winner: Outcome) -> None:
        """Know."""
        del winner
        self.settlements.append(market_id)

    def release(self, order_hash: OrderHash) -> None:
        """Let go."""
        self.released.append(order_hash)

    def stranger(self, name: str = "stranger") -> OrderHash:
        """Rest an order that nobody here made."""
        one = OrderHash(name)
        self.resting[one] = OpenOrder(one, MarketId("0xm1"), UP, Shares(0))
        return one


class House:
    """One process: an engine on a ledger; `again` is the next one on the same directory."""

    def __init__(
        self, directory: Path, account: Account | None = None, announced: Sequence[Announced] = ()
    ) -> None:
        self.directory = directory
        self.account = account or Account()
        self.ledger = SqliteLedger.open(directory, threaded=False)
        self.engine = Engine((strategy(),))
        for recorded in self.ledger.unsettled():
            self.engine.apply([recorded.entry])
        self.engine.portfolio.cash = self.ledger.cash()
        self.engine.portfolio.state = TradingState.HALTED
        self.entries: list[Entry] = []
        self.loop = Loop(self.engine, self.ledger, InLine(self.account), self._observe, seed=1)
        self.floor = Floor(self.loop)
        self.hold = Hold(self.floor)
        self.trips: list[str] = []
        self.told: list[str] = []
        self.now_us = START
        views = Views(
            engine=self.engine, ledger=self.ledger, venue=self.account, floor=self.floor,
            following=self.account, announced=tuple(announced),
        )  # fmt: skip
        outside = Outside(
            now_us=lambda: self.now_us, wall_s=time.monotonic, hold=self.hold,
            diverged=self.trips.append, tell=self._tell,
        )  # fmt: skip
        self.reconciler = Reconciler(views, outside, QUICK)

    def _observe(self, entries: Sequence[Entry], stamp: Stamp) -> None:
        del stamp
        self.entries += entries

    def _tell(self, event: str, fields: Mapping[str, str]) -> None:
        del fields
        self.told.append(event)

    async def start(self) -> bool:
        """Agree, and trade if nothing holds back."""
        agreed = await self.reconciler.at_start()
        await self.hold.begin("all agree")
        return agreed

    async def buy(self, *, frame: int = 1) -> OrderHash:
        """Have the engine list the market and buy; return the order's hash."""
        await self.floor.carry(MarketSeen(frame, START, market()))
        await self.floor.carry(book("up1", "0.69", "0.70", frame=frame, at_us=END - 100_000_000))
        return self.account.sent[-1]

    def fill_of(self, order_hash: OrderHash, size: str = "10", number: int = 1) -> OrderFilled:
        """Return an execution of an order, told to nobody yet."""
        return fill(self.engine.portfolio.by_hash[order_hash].intent, size, number=number)

    @property
    def state(self) -> TradingState:
        """Return the trading state."""
        return self.engine.portfolio.state

    def of(self, kind: type[Entry]) -> list[Entry]:
        """Return what was recorded of a kind."""
        return [one for one in self.entries if isinstance(one, kind)]

    def again(self, announced: Sequence[Announced] = ()) -> "House":
        """Crash, and start the next process."""
        self.ledger.drop()
        return House(self.directory, self.account, announced)

    @classmethod
    async def of_entries(
        cls, directory: Path, account: Account, entries: Sequence[Entry]
    ) -> "House":
        """Return a process whose ledger says just this."""
        ledger = SqliteLedger.open(directory, threaded=False)
        await ledger.append(entries, ledger.head.stamp)
        ledger.drop()
        return cls(directory, account)

    async def until(self, probe: Callable[[], object], what: str = "it") -> None:
        """Run the reconciler until something is true."""
        running = asyncio.ensure_future(self.reconciler.run())
        try:
            async with asyncio.timeout(40):
                while not probe():
                    assert not running.done(), running.result()
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"not in time: {what}") from None
        finally:
            running.cancel()
