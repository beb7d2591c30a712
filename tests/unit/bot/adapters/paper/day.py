"""A random day and an engine of few rules that lives it, dies anywhere, and comes back.

The ledger here is a list that survives a crash, as the real one does: what was handled, with the
frame it was handled at, and what was asked of the venue before it was asked.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from typing_extensions import override

from bot.adapters.paper.deed import Arrival, Done
from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.store import Place, Store
from bot.adapters.paper.venue import PaperVenue
from bot.domain.book import Side
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    OrderEnded,
    OrderFilled,
    TickChanged,
    TimerFired,
    TradePrinted,
)
from bot.domain.market import Market, MarketId, MarketWindow, Outcome, TokenId
from bot.domain.money import CENT, MICROS, Price, Shares, Usd
from bot.domain.order import OrderHash, Prepared, Quantity, Rejected, Terms, TimeInForce, Unit
from tests.unit.bot.adapters.paper.desk import MARKET, approved

STEP_US = 100_000
LATENCY_US = 250_000
CASH = "60"


class Crash(Exception):  # noqa: N818 - what happens
    """The process is gone, with everything in memory."""


class MortalStore(Store):
    """A store whose process dies right before or after a chosen commit."""

    commits = 0
    dies_at = 0

    def _mortal(self) -> None:
        self.commits += 1
        if self.commits == self.dies_at:
            raise Crash

    @override
    def arrive(self, arrival: Arrival, at_us: int, text: str = "") -> None:
        self._mortal()
        super().arrive(arrival, at_us, text)
        self._mortal()

    @override
    def record(
        self, cause: str, done: Sequence[Done], place: Place, *, resolved: MarketId | None = None
    ) -> None:
        self._mortal()
        super().record(cause, done, place, resolved=resolved)
        self._mortal()

    @override
    def list_market(self, market: Market, ticks: tuple[int, int], place: Place) -> None:
        self._mortal()
        super().list_market(market, ticks, place)
        self._mortal()


@dataclass(frozen=True)
class Ask:
    """What the engine asks at a frame: an order, or a cancel of one of its orders."""

    terms: Terms | None
    cancels: int = 0


@dataclass
class Day:
    """Events in frame order, what is asked at which frame, and where each market is listed."""

    events: list[Event]
    asks: dict[int, list[Ask]]
    listed: dict[MarketId, int]
    resolved: dict[MarketId, int]


class Author:
    """Writes a random day of three markets that follow and overlap each other."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.day = Day([], {}, {}, {})
        self.frame = 0
        self.at_us = MICROS
        self.mid: dict[MarketId, int] = {}

    def write(self) -> Day:
        """Return the day."""
        for number in range(3):
            market = replace(
                MARKET,
                market_id=MarketId(f"m{number}"),
                up=TokenId(f"up{number}"),
                down=TokenId(f"down{number}"),
                window=MarketWindow(0, 10**12),
            )
            self.put(MarketSeen(*self.stamp(), market))
            self.day.listed[market.market_id] = self.frame
            self.mid[market.market_id] = 50
            alive = [one for one in (market, getattr(self, "before", None)) if one is not None]
            for _ in range(self.random.randint(8, 25)):
                self.happen(self.random.choice(alive))
            if len(alive) == 2:
                self.resolve(alive[1])
            self.before = market
        for _ in range(10):
            self.happen(self.before)
        self.resolve(self.before)
        return self.day

    def stamp(self) -> tuple[int, int]:
        """Return the next frame; sometimes of the same time as the last."""
        self.frame += 1
        self.at_us += self.random.choice((0, STEP_US, STEP_US, 4 * STEP_US))
        return self.frame, self.at_us

    def put(self, event: Event) -> None:
        """Add an event, and perhaps what the engine asks in answer to it."""
        self.day.events.append(event)
        for _ in range(self.random.choice((0, 0, 0, 1, 2))):
            if self.mid and self.random.random() < 0.6:
                self.ask()

    def resolve(self, market: Market) -> None:
        """Close a market."""
        winner = self.random.choice(list(Outcome))
        self.put(MarketResolved(*self.stamp(), market.market_id, winner))
        self.day.resolved[market.market_id] = self.frame

    def happen(self, market: Market) -> None:
        """Let something happen in a market."""
        mid = self.mid[market.market_id] = min(
            90, max(10, self.mid[market.market_id] + self.random.randint(-2, 2))
        )
        kind = self.random.random()
        if kind < 0.25:
            self.snapshots(market, mid)
        elif kind < 0.60:
            self.change(market, mid)
        elif kind < 0.93:
            token, side = market.up, self.random.choice(list(Side))
            away = self.random.randint(0, 3)
            price = Price((mid - away if side is Side.SELL else mid + away) * CENT)
            self.put(TradePrinted(*self.stamp(), token, side, price, self.size(60)))
        elif kind < 0.95:
            self.put(FrameRefused(*self.stamp(), "gap", "", (market.up,)))
        elif kind < 0.97:
            self.put(TimerFired(*self.stamp()))
        else:
            tick = Price(self.random.choice((CENT, CENT // 10)))
            self.put(TickChanged(*self.stamp(), market.up, tick))

    def size(self, most: int) -> Shares:
        """Return a random size with 2 decimals."""
        return Shares(self.random.randint(1, most * 10) * MICROS // 10)

    def snapshots(self, market: Market, mid: int) -> None:
        """Show both books whole, as one frame."""
        bids = tuple(((mid - 1 - n) * CENT, self.size(40).micros) for n in range(3))
        asks = tuple(((mid + 1 + n) * CENT, self.size(40).micros) for n in range(3))
        stamp = self.stamp()
        self.put(BookReplaced(*stamp, market.up, bids, asks))
        mirror = [tuple((MICROS - price, size) for price, size in side) for side in (asks, bids)]
        self.put(BookReplaced(*stamp, market.down, *mirror))

    def change(self, market: Market, mid: int) -> None:
        """Change one level with its mirror."""
        side = self.random.choice(list(Side))
        away = self.random.randint(0, 3)
        price = (mid - away if side is Side.BUY else mid + away) * CENT
        size = self.random.choice((0, self.size(40).micros))
        changes = (
            (market.up, side, price, size),
            (market.down, side.opposite, MICROS - price, size),
        )
        self.put(BookChanged(*self.stamp(), changes))

    def ask(self) -> None:
        """Have the engine ask for something at this frame."""
        asks = self.day.asks.setdefault(self.frame, [])
        if self.random.random() < 0.25:
            asks.append(Ask(None, self.random.randint(1, 4)))
            return
        number = self.random.choice(list(self.mid))
        outcome = self.random.choice(list(Outcome))
        token = TokenId(number.replace("m", str(outcome)))
        kind = self.random.choice((*TimeInForce, TimeInForce.GTC))
        side = self.random.choice(list(Side))
        mid = self.mid[number] if outcome is Outcome.UP else 100 - self.mid[number]
        price = Price((mid + self.random.randint(-3, 3)) * CENT)
        unit = Unit.USD if side is Side.BUY and not kind.rests else Unit.SHARES
        most = 2500 if side is Side.BUY else 900
        quantity = Quantity(unit, self.random.randint(500, most) * CENT)
        asks.append(Ask(Terms(number, token, outcome, side, kind, price, quantity)))


@dataclass
class Journal:
    """What survives: what was handled and asked, and where that stands."""

    handled: list[Event] = field(default_factory=list)
    asked: list[tuple[int, int, Prepared | OrderHash]] = field(default_factory=list)
    refused: dict[OrderHash, str] = field(default_factory=dict)
    frame: int = 0
    at_us: int = 0

    @property
    def orders(self) -> list[Prepared]:
        """Return the orders asked for."""
        return [what for _, _, what in self.asked if isinstance(what, Prepared)]


class Tape:
    """A day as a market feed."""

    def __init__(self, day: Day) -> None:
        self.day = day

    async def batches(self, first_frame: int) -> AsyncIterator[Iterable[Event]]:
        """Yield the events from a frame on, in batches of seven."""
        events = [event for event in self.day.events if event.frame >= first_frame]
        for start in range(0, len(events), 7):
            yield events[start : start + 7]


class Life:
    """One process: opens the account, catches up with its journal, lives the day."""

    def __init__(
        self,
        day: Day,
        directory: Path,
        journal: Journal,
        *,
        dies_at: int = 0,
        store_class: type[MortalStore] = MortalStore,
    ) -> None:
        self.day = day
        self.journal = journal
        store = store_class.open(directory, starting_cash=Usd.parse(CASH), seed=3)
        assert isinstance(store, MortalStore)
        store.dies_at = dies_at
        self.store = store
        self.venue = PaperVenue(store, latency_us=LATENCY_US)
        self.known = {identity(event) for event in journal.handled}

    async def live(self, first_frame: int) -> None:
        """Live until the end of the day, or of this process."""
        done_frame = self.journal.frame
        if done_frame:
            self.venue.resume(frame=done_frame, at_us=self.journal.at_us)
            await self.ask_again()
        async for batch in PaperFeed(Tape(self.day), self.venue).batches(first_frame):
            for event in batch:
                if isinstance(event, OrderFilled | OrderEnded):
                    if event.frame >= done_frame:
                        await self.hear(event)
                elif event.frame > done_frame:
                    await self.see(event)

    async def ask_again(self) -> None:
        """Send what the venue proves not to have; repeat the cancels of the last frame."""
        view = await self.venue.view([one.order_hash for one in self.journal.orders], 0)
        handled = {e.fill.fill_id for e in self.journal.handled if isinstance(e, OrderFilled)}
        assert handled <= {fill.fill_id for fill in view.fills}
        assert all(fill.filled_us < self.journal.at_us for fill in view.fills)
        for frame, _, what in self.journal.asked:
            if isinstance(what, Prepared):
                if what.order_hash not in view.seen | self.journal.refused.keys():
                    assert frame == self.journal.frame
                    await self.submit(what)
            elif frame == self.journal.frame:
                await self.venue.cancel(what)

    async def react(self, event: Event) -> None:
        """Handle any event that was not handled before."""
        if isinstance(event, OrderFilled | OrderEnded):
            await self.hear(event)
        else:
            await self.see(event)

    async def see(self, event: Event) -> None:
        """Handle what happens outside: commit what is to be asked, then ask it."""
        asks = self.asks_at(event)
        await self.ask(event, [self.thing(event, ask, n) for n, ask in enumerate(asks)])

    def asks_at(self, event: Event) -> list[Ask]:
        """Return what is asked at the last event of a frame."""
        if isinstance(event, BookReplaced) and event.token.startswith("up"):
            return []
        return self.day.asks.get(event.frame, [])

    def thing(self, event: Event, ask: Ask, number: int) -> Prepared | OrderHash:
        """Return the prepared order or the hash to cancel."""
        if ask.terms is None:
            orders = self.journal.orders
            return orders[-min(ask.cancels, len(orders))].order_hash if orders else OrderHash("?")
        return self.prepared(ask.terms, f"{event.frame}-{number}", event.at_us)

    def prepared(self, terms: Terms, name: str, at_us: int) -> Prepared:
        """Prepare an order; pure."""
        return self.venue.prepare(approved(terms, name, at_us), salt=1, at_us=at_us)

    async def hear(self, event: OrderFilled | OrderEnded) -> None:
        """Handle what the venue says, once; about half of what was bought is sold at once."""
        if identity(event) in self.known:
            return
        self.known.add(identity(event))
        self.journal.handled.append(event)
        things: list[Prepared | OrderHash] = []
        if isinstance(event, OrderFilled) and event.fill.side is Side.BUY:
            fill, size = event.fill, event.fill.size.floor()
            if size.micros > MICROS and fill.fill_id < "8":
                terms = Terms(
                    fill.market_id, fill.token, fill.outcome, Side.SELL, TimeInForce.FAK,
                    Price(CENT), Quantity.of(size),
                )  # fmt: skip
                things.append(self.prepared(terms, f"sell {fill.fill_id}", event.at_us))
        await self.ask(event, things)

    async def ask(self, event: Event, things: Sequence[Prepared | OrderHash]) -> None:
        """Commit, then ask: the journal stands at an event only when it had effects."""
        if not things and not isinstance(event, OrderFilled | OrderEnded):
            return
        self.journal.frame, self.journal.at_us = event.frame, event.at_us
        self.journal.asked += [(event.frame, event.at_us, what) for what in things]
        for what in things:
            if isinstance(what, Prepared):
                await self.submit(what)
            else:
                await self.venue.cancel(what)

    async def submit(self, order: Prepared) -> None:
        """Send an order and remember a refusal."""
        answer = await self.venue.submit(order)
        if isinstance(answer, Rejected):
            self.journal.refused[order.order_hash] = answer.reason


def identity(event: Event) -> str:
    """Return what a told event is known by."""
    if isinstance(event, OrderFilled):
        return event.fill.fill_id
    assert isinstance(event, OrderEnded)
    return f"end {event.order_hash}"


def unsettled_from(day: Day, journal: Journal) -> int:
    """Return the frame of the oldest market that is not settled for the journal."""
    ended = {one.order_hash for one in journal.handled if isinstance(one, OrderEnded)}
    ended |= journal.refused.keys()
    alive = {order_market(order) for order in journal.orders if order.order_hash not in ended}
    return min(
        (
            frame
            for market_id, frame in day.listed.items()
            if day.resolved[market_id] > journal.frame or market_id in alive
        ),
        default=journal.frame + 1,
    )


def order_market(order: Prepared) -> MarketId:
    """Return the market of a prepared order."""
    return MarketId(order.body.split('"market_id":"')[1].split('"')[0])


def lived(day: Day, directory: Path) -> tuple[Journal, MortalStore]:
    """Live a day without any crash."""
    journal = Journal()
    life = Life(day, directory, journal)
    asyncio.run(life.live(1))
    return journal, life.store
