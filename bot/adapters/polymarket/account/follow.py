"""What becomes of our orders, found by reading: fills, their confirmation or failure, and ends.

Open orders are read before trades: an order that is gone from the first has all its fills in the
second. A socket may tell trades earlier (`hear`); nothing depends on it. Every piece of news is
told once. Orders whose submit ended `Unknown` are never ended here: reconciliation does that.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from polymarket.models.clob.account import ClobTrade
from polymarket.models.clob.user_events import UserTradePayload

from bot.adapters.polymarket.account.reading import Reads
from bot.adapters.polymarket.account.trade import (
    US_S,
    Leg,
    Ours,
    State,
    fill_of,
    later,
    leg_of,
    legs,
)
from bot.adapters.polymarket.order.catalog import Catalog, Facts
from bot.adapters.polymarket.order.signing import read_body
from bot.domain.event import FillConfirmed, FillVoided, OrderEnded, OrderFilled
from bot.domain.fill import Fill, FillId
from bot.domain.market import MarketId
from bot.domain.money import CENT
from bot.domain.order import Accepted, Answer, OrderHash, OrderState, Prepared, Rejected
from bot.ports import Temporary

News = OrderFilled | FillConfirmed | FillVoided | OrderEnded
APPEAR_S: Final = 10.0
"""How long an order may be missing from the listing before it counts as over: nautilus #3797."""
MARGIN_S: Final = 15
"""How much further back than needed trades are read: the venue's clock may be behind ours."""
FRAME: Final = 0
"""Whoever puts an event in order gives it its frame."""


@dataclass(slots=True)
class Working:
    """An order that may still be something at the venue; amounts in millionths."""

    order_hash: OrderHash
    market_id: MarketId
    rests: bool
    counts_usd: bool
    asked: int
    made_us: int
    sent_s: float
    doubted: bool
    """The submit ended `Unknown`, and nothing has proved since that it was taken."""
    word: str = ""
    trade_ids: frozenset[str] = frozenset()
    """Trades that the answer named: the order is not over before they are seen."""
    done: dict[FillId, int] = field(default_factory=dict)
    seen_open: bool = False
    cancelled: bool = False

    @property
    def full(self) -> bool:
        """Say whether it is filled but for dust: 0.01 share, or what a cent buys."""
        return bool(self.done) and sum(self.done.values()) >= self.asked - CENT


@dataclass(slots=True)
class Told:
    """What was told of one fill."""

    leg: Leg
    state: State


class Follower:
    """Knows which orders are not over, and which fills are not final."""

    def __init__(self, reads: Reads, catalog: Catalog, ours: Ours, clocks: "Clocks") -> None:
        """Read with `reads`, know orders as `ours`."""
        self._reads = reads
        self._catalog = catalog
        self._ours = ours
        self._clocks = clocks
        self._working: dict[OrderHash, Working] = {}
        self._fills: dict[FillId, Told] = {}
        self._trades_seen: dict[str, int] = {}

    @property
    def idle(self) -> bool:
        """Say whether nothing is to be found out."""
        return not self._working and all(told.state.final for told in self._fills.values())

    @property
    def markets(self) -> frozenset[MarketId]:
        """Return the markets of orders and fills that are not final."""
        own = {working.market_id for working in self._working.values()}
        own |= {told.leg.market_id for told in self._fills.values() if not told.state.final}
        return frozenset(own)

    def sent(self, prepared: Prepared, answer: Answer, trade_ids: Iterable[str] = ()) -> None:
        """Follow an order from its answer on; one that was rejected is none."""
        if isinstance(answer, Rejected):
            return
        signed, body = read_body(prepared.body)
        buys = signed.side == "BUY"
        rests = signed.order_type in {"GTC", "GTD"}
        in_usd = buys and not rests
        known = self._working.get(prepared.order_hash)
        if known is not None and not known.doubted:
            return
        self._working[prepared.order_hash] = Working(
            order_hash=prepared.order_hash,
            market_id=MarketId(body.market_id),
            rests=rests,
            counts_usd=in_usd,
            asked=signed.maker_amount if in_usd or not buys else signed.taker_amount,
            made_us=prepared.made_us,
            sent_s=self._clocks.wall_s(),
            doubted=not isinstance(answer, Accepted),
            word=answer.status if isinstance(answer, Accepted) else "",
            trade_ids=frozenset(trade_ids),
        )

    def know(self, fill: Fill) -> None:
        """Take note of a fill that is recorded: it is not told again, only what becomes of it."""
        if fill.fill_id in self._fills:
            return
        leg = leg_of(fill)
        state = State.MATCHED if fill.provisional else State.CONFIRMED
        self._fills[fill.fill_id] = Told(leg, state)
        self._trades_seen[leg.trade_id] = leg.matched_us
        self._count(leg, fill.notional.micros if self._in_usd(leg) else leg.size.micros)

    def gone(self, order_hash: OrderHash) -> None:
        """Take note that the venue cancelled an order: its end is told at the next look."""
        working = self._working.get(order_hash)
        if working is not None:
            working.cancelled = True

    def drop(self, order_hash: OrderHash) -> None:
        """Follow an order no more: reconciliation has closed it."""
        self._working.pop(order_hash, None)

    async def look(self) -> list[News]:
        """Read and return what is new.

        Raises:
            Temporary: an answer is incomplete; nothing of it was taken over.

        """
        if self.idle:
            return []
        resting = (
            {one.id.lower() for one in await self._reads.open_orders()} if self._working else set()
        )
        after_s = self._after_s()
        trades = await self._reads.trades(after_s)
        news = await self._take(trades)
        news += self._ends(frozenset(resting))
        self._forget(after_s)
        return news

    async def hear(self, trade: UserTradePayload) -> list[News]:
        """Take a trade from the user socket; what it says will not be told again.

        Raises:
            Temporary: its market's facts cannot be had, or it cannot be believed.

        """
        if trade.matched_at is None and trade.updated_at is None:
            return []
        return await self._take((trade,))

    async def _take(self, trades: Iterable[ClobTrade | UserTradePayload]) -> list[News]:
        found = [(trade.id, legs(trade, self._ours)) for trade in trades]
        found = [(trade_id, own) for trade_id, own in found if own]
        facts = {
            leg.market_id: await self._catalog.learn(leg.market_id)
            for _, own in found
            for leg in own
        }
        news = list[News]()
        for trade_id, own in sorted(found, key=lambda one: (one[1][0].matched_us, one[0])):
            self._trades_seen[trade_id] = own[0].matched_us
            for leg in own:
                news += self._tell(leg, facts[leg.market_id])
        return news

    def _tell(self, leg: Leg, facts: Facts) -> Iterator[News]:
        known = self._fills.get(leg.fill_id)
        now_us = self._clocks.market_us()
        if known is None:
            self._fills[leg.fill_id] = known = Told(leg, State.MATCHED)
            if leg.state is State.FAILED:
                known.state = State.FAILED
                return
            try:
                fill = fill_of(leg, facts)
            except ValueError as error:
                raise Temporary(f"trade {leg.trade_id}: {error}") from error
            self._count(leg, fill.notional.micros if self._in_usd(leg) else leg.size.micros)
            yield OrderFilled(FRAME, now_us, fill)
        state = later(known.state, leg.state)
        if state is known.state:
            return
        known.state = state
        if state is State.CONFIRMED:
            yield FillConfirmed(FRAME, now_us, leg.fill_id)
        if state is State.FAILED:
            self._uncount(leg)
            yield FillVoided(FRAME, now_us, leg.fill_id, "the trade failed on the chain")

    def _in_usd(self, leg: Leg) -> bool:
        working = self._working.get(leg.order_hash)
        return working is not None and working.counts_usd

    def _count(self, leg: Leg, amount: int) -> None:
        working = self._working.get(leg.order_hash)
        if working is not None:
            working.done[leg.fill_id] = amount
            working.doubted = False

    def _uncount(self, leg: Leg) -> None:
        working = self._working.get(leg.order_hash)
        if working is not None:
            working.done.pop(leg.fill_id, None)

    def _ends(self, resting: frozenset[str]) -> Iterator[News]:
        now_us = self._clocks.market_us()
        for working in list(self._working.values()):
            end = self._end(working, resting)
            if end is None:
                continue
            state, reason = end
            del self._working[working.order_hash]
            yield OrderEnded(FRAME, now_us, working.order_hash, state, reason)

    def _end(self, working: Working, resting: frozenset[str]) -> tuple[OrderState, str] | None:
        """Say how an order is over, None while it may not be."""
        if working.full:
            return OrderState.FILLED, "filled"
        if working.order_hash.lower() in resting:
            working.seen_open, working.doubted = True, False
            return None
        if working.doubted or not working.trade_ids <= self._trades_seen.keys():
            return None
        reason = self._over(working)
        return (OrderState.CANCELLED, reason) if reason else None

    def _over(self, working: Working) -> str:
        """Say why an order that does not rest is over, nothing while it may still appear."""
        if working.cancelled:
            return "cancelled"
        if not working.rests and working.word == "matched":
            return "the remainder was killed"
        if working.seen_open or self._clocks.wall_s() - working.sent_s >= self._clocks.appear_s:
            return "not open at the venue any more"
        return ""

    def _after_s(self) -> int:
        """Return from when on trades can still matter."""
        times = [working.made_us for working in self._working.values()]
        times += [t.leg.matched_us for t in self._fills.values() if not t.state.final]
        return max(0, min(times, default=self._clocks.market_us()) // US_S - self._clocks.margin_s)

    def _forget(self, after_s: int) -> None:
        """Forget what is final and will not be read again."""
        old = {
            fill_id
            for fill_id, told in self._fills.items()
            if told.state.final and told.leg.matched_us < (after_s - 1) * US_S
        }
        for fill_id in old:
            del self._fills[fill_id]
        self._trades_seen = {
            trade_id: at_us
            for trade_id, at_us in self._trades_seen.items()
            if at_us >= (after_s - 1) * US_S
        }


@dataclass(frozen=True, slots=True)
class Clocks:
    """Market time for what trades say, the wall's seconds for how long we have waited."""

    market_us: Callable[[], int]
    wall_s: Callable[[], float]
    appear_s: float = APPEAR_S
    margin_s: int = MARGIN_S
