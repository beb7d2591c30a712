"""One session: start and recovery are the same path, then the day, then an orderly stop.

Nothing is traded before ledger and venue agree (`reconcile`), and memory agrees with the ledger
(`compare`) at the ledger's last frame. SIGTERM and SIGINT stop without a halt: the next boot goes
on where this one ended.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.entry import (
    CapitalDeposited,
    OrderChanged,
    SessionStarted,
    SessionStopped,
    StrategyComposed,
    TradingState,
)
from bot.domain.event import Event, FeedEnded, LossesTaken, OrderAnswered, StopAsked, TradingAsked
from bot.domain.order import Answer, IntentId, OrderHash, OrderState
from bot.domain.refusal import ExitCode, Refused
from bot.engine.accounting import Portfolio, WorkingOrder
from bot.engine.engine import Engine
from bot.engine.reconcile import Plan, compare, reconcile
from bot.engine.recovery import CatchUp, Then, first_frame
from bot.engine.strategy.composition import Composition
from bot.ports import Ledger, MarketFeed, Venue, VenueView
from bot.services.hands import AsRecorded, Hands, InLine
from bot.services.heartbeat import VENUE_S_MAX, beating
from bot.services.inheritance import END, ended, recent, same_run
from bot.services.live.crew import Crew
from bot.services.live.floor import Floor
from bot.services.live.hold import Hold
from bot.services.live.real import Live
from bot.services.loop import Journal, Loop, Observer, unheard, unkept
from bot.watchdog.beat import BEAT_EVERY_S, Heart, Phase

NEVER_US = -1
Agree = Callable[[], Awaitable[bool]]
"""Says whether the three views agree; if not, something holds trading back until they do."""
LAST_WORDS_S = 3.0
"""How long a stop waits to hear the ends of what it cancelled; the next start finds the rest."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Losses taken by a person, by the id of the latch that was cleared with it."""

    acceptance: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What one run is held to: who we are, and how old an unsent order may be."""

    started: SessionStarted
    strategy: Composition
    order_life_us: int
    as_recorded: bool = False
    """Take answers, fills and the trading state from the recording, as they were on that day."""
    journal: Journal = unkept
    live_feed: bool = False
    """The feed cannot be read again: memory is what the ledger says; nothing is caught up with."""
    heart: Heart = field(default_factory=Heart)
    halt: str = ""
    """Why trading stays halted in this session, empty if it does not: nothing is sent at all."""
    agreed: str = "memory, ledger and venue agree"
    """Why trading begins where it does."""
    accepted: Acceptance | None = None
    """What a person accepted with the last halt that was cleared, counted once."""
    sent: Callable[[OrderHash], object] = unheard
    """Hears of each order that goes to the wire."""
    crew: Crew | None = None
    """Tasks beside the loop; if one dies the session does."""
    live: Live | None = None
    """The real venue, None where money is pretended."""


class Session:
    """Starts, recovers, runs and stops one engine on one ledger, one venue and one feed."""

    def __init__(
        self, terms: Terms, ledger: Ledger, venue: Venue, feed: MarketFeed, observe: Observer
    ) -> None:
        """Join the parts; nothing is read or written yet."""
        self._terms = terms
        self._ledger = ledger
        self._venue = venue
        self._feed = feed
        self.engine = Engine((terms.strategy,))
        hands: Hands = AsRecorded() if terms.as_recorded else InLine(venue)
        self._live = terms.live
        if terms.live is not None:
            hands = terms.live.hands
        self._loop = Loop(self.engine, ledger, hands, observe, seed=terms.started.seed)
        self._loop.journal = terms.journal
        self._loop.sent = terms.sent
        self._loop.heart = self._heart = terms.heart
        self.floor = Floor(self._loop)
        """For whoever works beside the loop."""
        self.hold = Hold(self.floor, terms.halt)
        """What keeps trading back, on a live feed."""
        self.agree: Agree | None = None
        """Brings memory, ledger and venue together where money is real; set before the start."""
        self._stop = asyncio.Event()
        self._stop_reason = ""
        self._catch_up: CatchUp | None = None
        self._late: list[OrderAnswered] = []
        self._first_frame = 1
        self._caught_up_frame = 0
        self._ended_before = False

    @property
    def strategy(self) -> Composition:
        """Return what trades."""
        return self._terms.strategy

    @property
    def frame(self) -> int:
        """Return the last frame handled."""
        return self._loop.frame

    def stop(self, reason: str) -> None:
        """Ask for an orderly stop: no new intents, everything recorded, then the end."""
        self._stop_reason = reason
        self._stop.set()

    async def start(self) -> SessionStarted:
        """Record the boot, bring ledger and venue together; trading stays HALTED.

        Raises:
            Refused: the ledger belongs to another run, or something cannot be explained.
            Temporary: the venue's view is incomplete; it is never taken for flat.

        """
        started = self._boot()
        first = self._ledger.started() is None
        if self._terms.as_recorded and not first:
            raise Refused(
                "a day is replayed as recorded from its start: the ledger has "
                f"{self._ledger.head.seq} events; use an empty data directory"
            )
        self._ended_before = ended(self._ledger)
        cash = started.starting_cash
        if self._live is not None:
            self._loop.begin(self._live.now_us())
        pretended = first and self.agree is None and cash.micros
        deposit = (CapitalDeposited(cash, cash),) if pretended else ()
        await self._loop.record(started, self._composed(), *deposit)
        self._heart.beat(Phase.RECONCILING)
        if self.agree is None:
            await self._reconcile()
        self._heart.beat(Phase.CATCHING_UP)
        self._prepare_catch_up()
        return started

    async def run(self, progress: Callable[[int], None]) -> str:
        """Live through the feed until it ends or a stop is asked; return the reason of the end.

        Raises:
            Refused: a decision made again differs from the one on disk.
            CommitUnknown: an outcome is not known; the process must end and recover.

        """
        if self._terms.live_feed or self._terms.as_recorded:
            await self._activate()
        batches = self._feed.batches(self._first_frame)
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            async for batch in self._until(stopped, batches):
                await self._handle_all(batch, self._stop.is_set)
                progress(self._loop.frame)
                await asyncio.sleep(0)
        finally:
            stopped.cancel()
        if self._catch_up is not None and not self._stop.is_set():
            await self._activate()
        over = self._ended_before or self._terms.as_recorded
        if not self._stop.is_set() and not over:
            await self._loop.carry(FeedEnded(self._loop.frame, self._loop.at_us))
        self._heart.beat(Phase.STOPPING, frame=self._loop.frame)
        reason = self._stop_reason or END
        await self._loop.carry(StopAsked(self._loop.frame, self._loop.at_us, reason))
        if self._live is not None:
            await self._clear(self._live)
        await self._loop.record(SessionStopped(reason))
        return reason

    async def _clear(self, live: Live) -> None:
        """Empty the book, and go on hearing what becomes of our orders meanwhile."""
        clearing = asyncio.ensure_future(self._emptied(live))
        async for batch in self._until(clearing, self._feed.batches(self._first_frame)):
            await self._handle_all(batch, clearing.done)
            await asyncio.sleep(0)
        await clearing

    async def _emptied(self, live: Live) -> None:
        await live.clear()
        until_s = asyncio.get_running_loop().time() + LAST_WORDS_S
        while any(order.state is OrderState.OPEN for order in self.engine.portfolio.working()):
            if asyncio.get_running_loop().time() > until_s:
                return
            await asyncio.sleep(LAST_WORDS_S / 50)

    async def _until(
        self, end: asyncio.Future[Any], batches: AsyncIterator[Iterable[Event]]
    ) -> AsyncIterator[Iterable[Event]]:
        """Yield batches until something is over."""
        while not end.done():
            following = asyncio.ensure_future(anext(batches, None))
            await self._first_of({following, end})
            if not following.done():
                following.cancel()
                return
            batch = following.result()
            if batch is None:
                return
            yield batch

    async def _first_of(self, waited: set[asyncio.Future[Any]]) -> None:
        """Wait for the first; a feed that says nothing is not a loop that hangs.

        Raises:
            Died: a task beside the loop did; the watchdog, if there is one, is told.

        """
        every_s = BEAT_EVERY_S if self._heart.heard else None
        first = asyncio.FIRST_COMPLETED
        crew = self._terms.crew
        all_of = waited | {crew.failed} if crew else waited
        while not (await asyncio.wait(all_of, timeout=every_s, return_when=first))[0]:
            self._heart.beat()
        if crew and crew.failed.done():
            self._heart.trip("bug", str(crew.failed.exception()))
            crew.failed.result()

    async def _handle_all(self, batch: Iterable[Event], over: Callable[[], bool]) -> None:
        """Handle a batch, each event made and handled before anybody else's."""
        carry, lock, events = self._loop.carry, self.floor.lock, iter(batch)
        while not over():
            async with lock:
                event = next(events, None)
                if event is None:
                    return
                if self._catch_up is not None:
                    await self._catch(self._catch_up, event)
                else:
                    await carry(event)

    async def _catch(self, catch_up: CatchUp, event: Event) -> None:
        self._heart.beat(frame=event.frame)
        if catch_up.covers(event, self._caught_up_frame):
            _refuse_divergence(catch_up.take(event))
        else:
            await self._activate()
            await self._loop.carry(event)

    async def _activate(self) -> None:
        """Hold memory to the ledger once more, and trade from here on."""
        catch_up, self._catch_up = self._catch_up, None
        if catch_up is not None:
            _refuse_divergence(catch_up.finish())
        _refuse_drifts(compare(self.engine.portfolio, self._fold()))
        frame, at_us = self._loop.frame, self._loop.at_us
        self.engine.portfolio.state = TradingState.HALTED
        halt = self._terms.halt
        self._heart.beat(Phase.HALTED if halt else Phase.TRADING, frame=frame)
        if self._terms.as_recorded:
            return
        state = TradingState.HALTED if halt else TradingState.ACTIVE
        await self._accept_losses()
        if self.agree is not None:
            await self.agree()
        if self._terms.live_feed:
            await self.hold.begin(self._terms.agreed)
        else:
            await self._loop.carry(TradingAsked(frame, at_us, state, halt or self._terms.agreed))
        late, self._late = self._late, []
        for answered in late:
            await self._loop.carry(answered)

    async def _accept_losses(self) -> None:
        one, loop = self._terms.accepted, self._loop
        if one is None or one.acceptance == self.engine.guard.losses.acceptance:
            return
        await loop.carry(LossesTaken(loop.frame, loop.at_us, one.acceptance, one.who, one.reason))

    def _boot(self) -> SessionStarted:
        head, started = self._ledger.head, self._terms.started
        last = self._ledger.started()
        if last is None:
            return started
        assert isinstance(last.entry, SessionStarted)  # noqa: S101 - the port says so
        same_run(last.entry, started, read_again=not self._terms.live_feed)
        return replace(
            started,
            boot=last.entry.boot + 1,
            previous_deployment_id=last.entry.deployment_id,
            previous_seq=head.seq,
            previous_hash=head.hash,
        )

    def _composed(self) -> StrategyComposed:
        one = self._terms.strategy
        return StrategyComposed(
            one.name, one.strategy_hash, one.parent, one.components, one.component_hashes,
            one.config,
        )  # fmt: skip

    async def _reconcile(self) -> None:
        """Compare, carry the plan out, compare again; anything unexplained forbids trading."""
        plan = await self._plan()
        _refuse_drifts(plan.unexplained)
        if plan.drifts:
            await self._loop.record(*plan.drifts)
        for order in plan.expire:
            await self._loop.record(_expired(order))
        for prepared in plan.resend:
            sent = self._venue.submit(prepared)
            answer = await beating(self._heart, sent, most_s=VENUE_S_MAX)
            self._late.append(self._answered(prepared.intent_id, prepared.order_hash, answer))
        for order, answer in plan.answers:
            self._late.append(self._answered(order.intent.intent_id, order.order_hash, answer))
        again = await self._plan()
        if {one.order_hash for one in again.resend} - {one.order_hash for one in self._late}:
            raise Refused(f"reconciliation did not converge: {again.resend}", ExitCode.REFUSED)
        if again.expire or again.unexplained:
            raise Refused(f"reconciliation did not converge: {again.drifts}", ExitCode.REFUSED)

    def _answered(
        self, intent_id: IntentId, order_hash: OrderHash, answer: Answer
    ) -> OrderAnswered:
        """Return an answer heard late; it counts where it would have been heard in time."""
        return OrderAnswered(self._loop.frame, self._loop.at_us, intent_id, order_hash, answer)

    async def _plan(self) -> Plan:
        ours = self._fold()
        unsettled = [order.order_hash for order in ours.orders.values()]
        asked = self._venue.view(unsettled, self._since_us(ours))
        view: VenueView = await beating(self._heart, asked, most_s=VENUE_S_MAX)
        at_us = self._ledger.head.stamp.at_us
        known = self._ledger.known_fills([fill.fill_id for fill in view.fills])
        # Halted, nothing is young enough to be sent again.
        live_us = NEVER_US if self._terms.halt else self._terms.order_life_us
        return reconcile(ours, view, known, at_us=at_us, live_us=live_us)

    def _since_us(self, ours: Portfolio) -> int:
        made = [order.intent.made_us for order in ours.orders.values()]
        return min(made, default=self._loop.at_us)

    def _fold(self) -> Portfolio:
        """Return what the ledger says now, read back from disk."""
        portfolio = Portfolio()
        for recorded in self._ledger.unsettled():
            portfolio.apply(recorded.entry)
        portfolio.cash = self._ledger.cash()
        return portfolio

    def _prepare_catch_up(self) -> None:
        ledger, head = self._ledger, self._ledger.head
        self._first_frame = (
            head.stamp.frame + 1
            if self._terms.live_feed
            else first_frame(ledger.unsettled(), head.stamp.frame)
        )
        seq = ledger.seq_before(self._first_frame)
        before = ledger.unsettled(upto_seq=seq)
        self._catch_up = CatchUp(self.engine, before, Then.of(ledger, seq))
        self._catch_up.expect(ledger.entries(after_seq=seq))
        self.engine.recall(recent(ledger, seq, before))
        self._caught_up_frame = head.stamp.frame


def _expired(order: WorkingOrder) -> OrderChanged:
    intent = order.intent
    return OrderChanged(
        order.order_hash, intent.intent_id, intent.terms.market_id,
        OrderState.EXPIRED, "never sent, and too old to send", order.filled,
    )  # fmt: skip


def _refuse_drifts(drifts: Iterable[object]) -> None:
    for drift in drifts:
        raise Refused(f"reconciliation found something it cannot explain: {drift}")


def _refuse_divergence(difference: str | None) -> None:
    if difference is not None:
        raise Refused(f"{difference}; run with the program and recording the ledger was made with")
