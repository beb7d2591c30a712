"""The paper venue's state machine: market events and arrivals in, deeds and their telling out.

What is decided is stored before it counts. Up to the store's own place the machine only rebuilds:
the same code moves books and queues, and what was done is recalled, not decided. It holds no
clock: time is what the last event or `advance` said.
"""

from heapq import heappop, heappush
from typing import Final

from bot.adapters.paper import taking
from bot.adapters.paper.body import closed
from bot.adapters.paper.deed import (
    BEHIND_ALL,
    Arrival,
    CancelRequest,
    Deed,
    Done,
    Ended,
    Filled,
    PaperOrder,
    Rested,
    Settled,
    effect,
    telling,
)
from bot.adapters.paper.depth import Depth, Markets
from bot.adapters.paper.resting import Execution, RestingOrders
from bot.adapters.paper.store import Place, Store
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    TickChanged,
    TradePrinted,
    VenueEvent,
)
from bot.domain.fill import Liquidity
from bot.domain.market import Market, MarketId, TokenId
from bot.domain.order import OrderHash, OrderState
from bot.domain.refusal import Refused

NEVER: Final = 1 << 62
STEP_BITS: Final = 20
"""A step is a frame number and the ordinal of an event within it."""

ACT, CANCEL, TELL = 0, 1, 2
Due = tuple[int, int, int, int, int, "Arrival | tuple[PaperOrder, Filled | Ended]"]
"""(time, since when, arrival's number, ACT | CANCEL | TELL, number within the arrival, what)."""

MARKET_EVENTS: Final = (
    BookChanged, BookReplaced, TradePrinted, TickChanged, FrameRefused, MarketSeen, MarketResolved,
)  # fmt: skip


class Machine:
    """Books, queues, orders and account of the venue; mutable, used from one thread."""

    __slots__ = (
        "_decided", "_depth", "_due", "_live", "_markets", "_pending", "_plain",
        "_positions", "_recalled", "_resting", "_step", "_store", "begun", "frame", "next_due_us",
        "now_us",
    )  # fmt: skip

    def __init__(self, store: Store) -> None:
        """Start at the store's place with the markets it knows and no book."""
        self._store = store
        self._decided = store.place.step
        self._positions = store.positions()
        self._depth = Depth()
        self._markets = Markets(self._depth)
        for market, up, down in store.markets():
            self._markets.see(market)
            self._depth.regrid(market.up, up)
            self._depth.regrid(market.down, down)
        self._resting = RestingOrders()
        self._live: dict[OrderHash, PaperOrder] = {}
        self._due: list[Due] = []
        self._pending: list[Arrival] = []
        self._recalled: dict[str, list[Done]] = {}
        self.begun = self._plain = False
        self._step = -1
        self.frame = max(0, store.place.step >> STEP_BITS)
        self.now_us = store.place.at_us
        self.next_due_us = NEVER

    @property
    def step(self) -> int:
        """Return the last market event that anything can have come after."""
        return max(self._step, self._store.place.step)

    @property
    def markets(self) -> Markets:
        """Return what is listed."""
        return self._markets

    def observe(self, event: Event) -> None:
        """Take over what happened outside, and do what follows from it.

        Raises:
            CommitUnknown: the store failed; stop.
            Refused: the recording is not the one these deeds were done on.

        """
        self.frame = event.frame
        self.now_us = event.at_us
        if self._plain and type(event) is BookChanged:
            step = event.frame << STEP_BITS
            self._step = step if step > self._step else self._step + 1
            self._depth.change(event)
        elif isinstance(event, MARKET_EVENTS):
            self._observe(event)
        elif self._pending:
            self._receive_pending(event.frame << STEP_BITS)

    def _observe(self, event: Event) -> None:
        step = event.frame << STEP_BITS
        if not self.begun:
            self._begin(step)
        self._step = step if step > self._step else self._step + 1
        if isinstance(event, BookChanged | BookReplaced | TradePrinted):
            self._execute(self._traded(event))
        else:
            self._take_over(event)
        self._receive_pending(self._step)

    def _receive_pending(self, step: int) -> None:
        while self._pending and self._pending[0].step <= step:
            self._schedule(self._pending.pop(0))
        self._refresh()

    def _traded(self, event: BookChanged | BookReplaced | TradePrinted) -> list[Execution]:
        match event:
            case BookChanged():
                self._depth.change(event)
                return self._resting.changed(event, self._depth)
            case BookReplaced():
                self._depth.replace(event)
                return self._resting.replaced(event, self._depth)
            case TradePrinted():
                return self._resting.traded(event)

    def _take_over(self, event: Event) -> None:
        match event:
            case TickChanged():
                self._keep(self._markets.regrid(event.token, event.tick))
            case FrameRefused():
                self._depth.distrust(event.tokens)
            case MarketSeen():
                self._keep(self._markets.see(event.market))
            case MarketResolved():
                self._resolve(event)
            case _:
                """Own orders and prices: nothing of the venue's books."""

    def _begin(self, step: int) -> None:
        """Get ready for a feed that starts at `step`: behind, to rebuild, or after a gap."""
        self.begun = True
        if step <= self._decided:
            self._markets.clear()
            self._pending = self._store.arrivals_from(step)
            for cause, done in self._store.done_from(step):
                self._recalled.setdefault(cause, []).append(done)
            return
        for order in self._store.open_orders():
            self._restore(order)

    def _restore(self, order: PaperOrder) -> None:
        """Take over an order from before a gap: at the end of the queue, until a book is seen."""
        done = self._store.done_to(order.order_hash)
        order.told = len(done)
        for one in done:
            if isinstance(one.deed, Filled):
                order.filled += one.deed.fill.size.micros
                order.legs += 1
        if any(isinstance(one.deed, Rested) for one in done):
            self._live[order.order_hash] = order
            self._resting.rest(order, BEHIND_ALL)
        else:
            self._pending.append(order)

    def _refresh(self) -> None:
        self._plain = not self._pending and not self._resting and self._step > self._decided
        self.next_due_us = self._due[0][0] if self._due else NEVER

    def receive(self, arrival: Arrival) -> None:
        """Take an arrival that the store has; it acts at its time."""
        if not self.begun:
            return
        if arrival.step > self._step:
            self._pending.append(arrival)
        else:
            self._schedule(arrival)
        self._refresh()

    def _schedule(self, arrival: Arrival) -> None:
        stage = CANCEL
        if isinstance(arrival, PaperOrder):
            stage = ACT
            self._live[arrival.order_hash] = arrival
        heappush(self._due, (arrival.acts_us, arrival.acts_us, arrival.seq, stage, 0, arrival))

    def advance(self, to_us: int) -> list[VenueEvent]:
        """Do what is due by `to_us` in order, and return what we hear by then.

        Raises:
            CommitUnknown: the store failed; stop.

        """
        told = list[VenueEvent]()
        while self._due and self._due[0][0] <= to_us:
            due_us, _, _, _, _, what = heappop(self._due)
            self.now_us = max(self.now_us, due_us)
            match what:
                case PaperOrder():
                    self._act(what)
                case CancelRequest():
                    self.cancel(what)
                case (order, deed):
                    told.append(telling(order.order_hash, deed, self.frame, self.now_us))
        self.now_us = max(self.now_us, to_us)
        self._refresh()
        return told

    def _act(self, order: PaperOrder) -> None:
        cause = f"act:{order.order_hash}"
        done = self._recalled.pop(cause, None)
        if done is None:
            if order.ended:
                return
            done = self._record(cause, [(order, deed) for deed in self._decide(order)])
        self._apply(done)

    def _decide(self, order: PaperOrder) -> list[Deed]:
        market = self._markets.listed(order.terms.market_id)
        if market is None:
            return taking.refused(closed(None, order.terms, self.now_us))
        means = self._means(order.terms.token)
        return taking.act(order, self._moment(order, market), self._depth, means)

    def _moment(self, order: PaperOrder, market: Market) -> taking.Moment:
        tick = self._markets.tick_micros(order.terms.token)
        return taking.Moment(market, tick, self.now_us)

    def _means(self, token: TokenId) -> taking.Means:
        cash, shares = self._store.cash, self._positions.get(token, 0)
        for order in self._resting.all():
            market = self._markets.listed(order.terms.market_id)
            if order.is_buy and market is not None:
                cash -= taking.held_back(order, market)
            elif order.terms.token == token:
                shares -= order.remaining
        return taking.Means(cash, shares)

    def cancel(self, request: CancelRequest) -> None:
        """Carry out a cancel now, if there is something left to cancel."""
        cause = f"cancel:{request.seq}"
        done = self._recalled.pop(cause, None)
        if done is None:
            order = self._live.get(request.order_hash)
            if order is None or order.ended:
                return
            done = self._record(cause, [(order, Ended(OrderState.CANCELLED, request.reason))])
        self._apply(done)

    def carry_out(self, request: CancelRequest, done: list[Done]) -> None:
        """Apply a cancel that the store already has: now, or at its place if that is to come."""
        if not self.begun:
            return
        self._recalled[f"cancel:{request.seq}"] = done
        if request.step > self._step:
            self._pending.append(request)
        else:
            self.cancel(request)
        self._refresh()

    def _execute(self, executions: list[Execution]) -> None:
        """Execute resting orders as makers, or check that this is what was done here before."""
        if not executions and self._step > self._decided:
            return
        decided: list[tuple[PaperOrder | None, Deed]] = []
        for order, size in executions:
            market = self._markets.listed(order.terms.market_id)
            if market is not None:
                made = taking.made(order, size, self._moment(order, market))
                decided += [(order, deed) for deed in made]
        cause = f"step:{self._step}"
        if self._step > self._decided:
            self._apply(self._record(cause, decided))
            return
        done = self._recalled.pop(cause, [])
        if [one.deed for one in done] != [deed for _, deed in decided]:
            raise Refused(
                f"paper.db: frame {self.frame} executes {len(decided)} deeds of resting orders, "
                f"the account has {len(done)}: this is another recording; use the one it began with"
            )
        self._apply(done)

    def _resolve(self, event: MarketResolved) -> None:
        market = self._markets.listed(event.market_id)
        if market is None:
            return
        cause = f"step:{self._step}"
        if self._step > self._decided:
            over = Ended(OrderState.CANCELLED, "market resolved")
            deeds: list[tuple[PaperOrder | None, Deed]] = [
                (order, over) for order in self._resting.of(market.market_id)
            ]
            paying = taking.paying(market, event.winner)
            deeds += [
                (None, deed) for deed in taking.settled(market.market_id, self._positions, paying)
            ]
            done = self._record(cause, deeds, resolved=market.market_id)
        else:
            done = self._recalled.pop(cause, [])
        self._apply(done)
        self._markets.resolve(market)

    def _keep(self, market: Market | None) -> None:
        """Store a market that is new or has changed, so that a restart can check orders at once."""
        if market is not None and self._step > self._decided:
            ticks = (self._markets.tick_micros(market.up), self._markets.tick_micros(market.down))
            self._store.list_market(market, ticks, self._place())

    def _place(self) -> Place:
        return Place(self.step, self.now_us)

    def _record(
        self,
        cause: str,
        deeds: list[tuple[PaperOrder | None, Deed]],
        *,
        resolved: MarketId | None = None,
    ) -> list[Done]:
        """Store what was decided; it counts from here on."""
        done = [
            Done(deed, self.now_us, self._told_us(order, deed), order.order_hash if order else None)
            for order, deed in deeds
        ]
        self._store.record(cause, done, self._place(), resolved=resolved)
        for one in done:
            _, token, shares = effect(one.deed)
            if shares:
                self._positions[token] = self._positions.get(token, 0) + shares
                if not self._positions[token]:
                    del self._positions[token]
        return done

    def _told_us(self, order: PaperOrder | None, deed: Deed) -> int:
        """Return when we hear of a deed: the venue tells in the order in which things happen.

        A payout is seen with the resolution, but not before the fills it pays for.
        """
        if order is not None:
            return max(self.now_us + order.latency_us, self._store.told_us)
        told = [self.now_us]
        for due_us, _, _, _, _, what in self._due:
            if isinstance(what, tuple) and isinstance(deed, Settled):
                late, news = what
                if isinstance(news, Filled) and late.terms.market_id == deed.market_id:
                    told.append(due_us)
        return max(told)

    def _apply(self, done: list[Done]) -> None:
        """Move books, queues and orders by what was done, and put its telling on the calendar."""
        for one in done:
            order = self._live.get(one.order_hash) if one.order_hash else None
            if order is None:
                continue
            self._move(order, one.deed)
            order.told += 1
            if isinstance(one.deed, Filled | Ended):
                what = (order, one.deed)
                key = (one.told_us, one.at_us, order.seq, TELL, order.told)
                heappush(self._due, (*key, what))
        self._refresh()

    def _move(self, order: PaperOrder, deed: Deed) -> None:
        terms = order.terms
        match deed:
            case Filled(fill):
                order.filled += fill.size.micros
                order.legs += 1
                if fill.liquidity is Liquidity.TAKER:
                    level = (terms.side.opposite, fill.price.micros)
                    self._depth.take(fill.token, *level, fill.size.micros)
            case Ended():
                order.ended = True
                self._resting.remove(order)
                del self._live[order.order_hash]
            case Rested():
                ahead = self._depth.displayed(terms.token, terms.side, terms.price.micros)
                self._resting.rest(order, ahead)
            case Settled():
                """Nothing of an order's."""
