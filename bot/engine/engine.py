"""`handle(event) -> effects`: what happened in, what is to be recorded and done out.

Synchronous; no I/O, no clock, no randomness, no log. The same events give the same effects, so any
day can be replayed and any crash repeated. Trading starts HALTED; the shell makes it ACTIVE when
memory, ledger and venue agree.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import assert_never

from bot.domain.book import OffGrid
from bot.domain.effect import Effect, Prepare, Record, Submit
from bot.domain.entry import (
    AnomalyCounted,
    Breach,
    Entry,
    FlattenBegun,
    IntentDenied,
    IntentRecorded,
    LossesAccepted,
    MarketListed,
    MarketSettled,
    TradingState,
    TradingStateSet,
)
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    CapitalMoved,
    Event,
    FeedEnded,
    FlattenAsked,
    FrameRefused,
    LossesTaken,
    MarketEvent,
    MarketResolved,
    MarketSeen,
    OrderFilled,
    OrderPrepared,
    ResolutionFound,
    ShellEvent,
    StopAsked,
    TickChanged,
    Together,
    TradingAsked,
    VenueEvent,
)
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Usd
from bot.domain.order import ApprovedOrder, Denied, Intent, IntentId
from bot.engine.accounting import Portfolio, WorkingOrder
from bot.engine.anomaly import Anomalies
from bot.engine.consequence import of_capital, of_resolution, of_venue
from bot.engine.desk import Desk, Seat
from bot.engine.guard.guard import DRAWDOWN, Guard, entries_of, halted, said, stopping
from bot.engine.guard.losses import SERIES
from bot.engine.guard.way_out import floors
from bot.engine.risk import MINUTE_US, Situation, review
from bot.engine.strategy.composition import Composition
from bot.engine.wish import IntentIds, wishes

OrderEvent = VenueEvent | OrderPrepared


class Engine:
    """All that decides. Owns books and portfolio; nobody else changes them."""

    def __init__(self, strategies: tuple[Composition, ...]) -> None:
        """Start empty and HALTED; `apply` what the ledger says is ours before anything else."""
        self.portfolio = Portfolio()
        self.stopping = False
        self._strategies = strategies
        self._desks: dict[MarketId, Desk] = {}
        self._tokens: dict[TokenId, Desk] = {}
        self._made: deque[int] = deque()
        self._ids = IntentIds()
        self._at_us = 0
        self._anomalies = Anomalies()
        self._effects: list[Effect] = []
        self.guard = Guard(self._desks, [one.limits for one in strategies])

    def handle(self, event: Event) -> list[Effect]:
        """Take one event in and return what follows from it, in order."""
        effects: list[Effect] = []
        self._effects, self._at_us = effects, event.at_us
        if event.frame >= self._anomalies.block_end:
            self._record_all(self._anomalies.close(event.frame))
        self._dispatch(event)
        guard = self.guard
        if guard.dirty or (event.at_us >= guard.due_us and not isinstance(event, ShellEvent)):
            self._mark(event.frame)
        return effects

    def _dispatch(self, event: Event) -> None:
        if isinstance(event, BookChanged):
            self._book_changed(event)
        elif isinstance(event, Together):
            for part in event.parts:
                self._market_event(part)
        elif isinstance(event, OrderEvent):
            self._order_event(event)
        elif isinstance(event, ShellEvent):
            self._shell_event(event)
        else:
            self._market_event(event)

    def apply(self, entries: Iterable[Entry], *, at_us: int = 0) -> None:
        """Take entries in that are already on disk: recovery, never a decision.

        `at_us` is when they happened: a book counts for a mark until the end of its window.
        """
        for entry in entries:
            known = isinstance(entry, IntentRecorded) and entry.intent.intent_id in (
                self.portfolio.orders
            )
            self._take(entry, at_us)
            self.guard.recover(entry, at_us)
            if isinstance(entry, MarketListed):
                self._open(entry.market.market_id)
            elif isinstance(entry, MarketSettled):
                self._close(entry.market_id)
            elif isinstance(entry, IntentRecorded) and not known:
                self._count(entry.intent)

    def counted(self, entry: Entry) -> None:
        """Count no repeats again that are on disk though no frame that is read again said them."""
        if isinstance(entry, AnomalyCounted):
            self._anomalies.told(entry)
        elif isinstance(entry, IntentDenied) and entry.market_id in self._desks:
            self._desks[entry.market_id].told(entry)

    @property
    def desks(self) -> Mapping[MarketId, Desk]:
        """Return every market that is watched; to be looked at only."""
        return self._desks

    def recall(self, made_us: Iterable[int]) -> None:
        """Count orders of settled markets that were made within the last minute, oldest first."""
        self._made.extend(made_us)

    def withdraw(self, intent_id: IntentId) -> None:
        """Forget an order that was approved but never prepared: recovery decides nothing anew."""
        del self.portfolio.orders[intent_id]

    def equity(self, portfolio: Portfolio | None = None) -> Usd:
        """Return cash plus positions by the conservative mark of `bot.engine.guard.worth`."""
        valued = portfolio or self.portfolio
        return valued.cash + Usd(self.guard.worth.of(valued, self._at_us))

    def _shell_event(self, event: ShellEvent) -> None:
        match event:
            case StopAsked():
                self.stopping = True
            case TradingAsked():
                self._trading_asked(event)
            case FeedEnded():
                self._end()
            case CapitalMoved():
                self._record(of_capital(self.portfolio, event))
            case ResolutionFound():
                self._market_resolved(event)
            case LossesTaken():
                self._record(LossesAccepted(event.acceptance, event.who, event.reason))
            case FlattenAsked():
                self._flatten(event)
            case _ as never:
                assert_never(never)

    # What keeps us from losing more

    def _trading_asked(self, event: TradingAsked) -> None:
        """Set the state; while a loss limit that halts stands, only HALTED, and a person has to."""
        self.guard.go_on()
        standing = self.guard.losses.halting
        if standing is None or event.state is TradingState.HALTED:
            self._record(TradingStateSet(event.state, event.cause))
        else:
            self._halt(standing)

    def _mark(self, frame: int) -> None:
        guard = self.guard
        if guard.looks_away(frame):
            return
        found, marked = guard.mark(self.portfolio.cash, self._at_us)
        self._record_all(entries_of(found))
        self._record(marked)
        halting = next((one for one in found if one.limit != SERIES), None)
        if halting is not None:
            self._halt(halting)

    def _halt(self, breach: Breach) -> None:
        for effect in [one for one in self._effects if isinstance(one, Prepare)]:
            # Approved on an earlier part of the same frame: nothing of it has left yet.
            self._effects.remove(effect)
            self.withdraw(effect.order.intent.intent_id)
            self._record(halted(effect.order.intent))
        self._record(TradingStateSet(TradingState.HALTED, f"{DRAWDOWN}: {said(breach)}"))
        self._effects += stopping(self.portfolio, breach)

    def _flatten(self, event: FlattenAsked) -> None:
        for market_id, desk in self._desks.items():
            if event.market_id in {"", market_id} and desk.held and desk.winner is None:
                least = floors(desk, event.slippage_max)
                self._record(FlattenBegun(market_id, least, event.who, event.reason))

    def _look(self, desk: Desk, frame: int) -> None:
        """Value what is held here before anything is decided on the same book."""
        if desk.held and self.guard.look(desk, self.portfolio.cash, self._at_us):
            self._mark(frame)

    # What the market does

    def _market_event(self, event: MarketEvent) -> None:
        match event:
            case BookChanged():
                self._book_changed(event)
            case BookReplaced():
                self._book_replaced(event)
            case MarketSeen():
                self._market_seen(event)
            case MarketResolved():
                self._market_resolved(event)
            case FrameRefused():
                self._doubt(event.kind, event.detail, event.tokens)
            case TickChanged() if event.token in self._tokens:
                self._tokens[event.token].regrid(event.token, event.tick)
            case _:
                pass

    def _book_changed(self, event: BookChanged) -> None:
        at_us, tokens = event.at_us, self._tokens
        desk: Desk | None = None
        for token, side, price, size in event.changes:
            found = tokens.get(token)
            if found is None:
                continue
            desk = found
            book = desk.up if token == desk.market.up else desk.down
            try:
                if book.whole:
                    book.change(side, price, size, at_us)
            except OffGrid as error:
                self._doubt("off_grid", f"{token}: {error}", (token,))
        if desk is not None:
            if desk.held:
                self._look(desk, event.frame)
            self._consider(desk, event.frame, at_us)

    def _book_replaced(self, event: BookReplaced) -> None:
        desk = self._tokens.get(event.token)
        if desk is None:
            return
        try:
            desk.book(event.token).snapshot(event.bids, event.asks, event.at_us)
        except OffGrid as error:
            self._doubt("off_grid", f"{event.token}: {error}", (event.token,))
        self._look(desk, event.frame)
        self._consider(desk, event.frame, event.at_us)

    def _market_seen(self, event: MarketSeen) -> None:
        market = event.market
        if self.portfolio.markets.get(market.market_id) == market:
            return
        self._record(MarketListed(market))
        self._open(market.market_id)

    def _market_resolved(self, event: MarketResolved | ResolutionFound) -> None:
        desk = self._desks.get(event.market_id)
        if desk is not None and desk.winner is None:
            desk.winner = event.winner
            self._settle(desk, event.winner)

    def _doubt(self, kind: str, detail: str, tokens: tuple[TokenId, ...]) -> None:
        for token in tokens:
            if (desk := self._tokens.get(token)) is not None:
                desk.doubt(token)
        self._record_all(self._anomalies.seen(kind, detail))

    def _end(self) -> None:
        self._record_all(self._anomalies.close(self._anomalies.block_end))
        for desk in self._desks.values():
            for seat in desk.seats:
                self._record_all(seat.cleared())

    # What the venue says of our orders

    def _order_event(self, event: OrderEvent) -> None:
        if isinstance(event, OrderPrepared):
            prepared = event.prepared
            intent = self.portfolio.orders[prepared.intent_id].intent
            self._record(IntentRecorded(intent, prepared.order_hash, prepared.body))
            self._effects.append(Submit(prepared))
            return
        if isinstance(event, OrderFilled) and event.fill.order_hash not in self.portfolio.by_hash:
            detail = f"fill {event.fill.fill_id} of no order of ours"
            self._doubt("fill_unknown", detail, ())
        self._follow(of_venue(self.portfolio, event, self.equity))

    def _follow(self, entry: Entry | None) -> None:
        """Record a consequence; it may be the last one a resolved market was waiting for."""
        if entry is None:
            return
        self._record(entry)
        for desk in list(self._desks.values()):
            if desk.winner is not None:
                self._settle(desk, desk.winner)

    # What we decide

    def _consider(self, desk: Desk, frame: int, at_us: int) -> None:
        if self.stopping or desk.winner is not None:
            return
        left_us = desk.market.window.end_us - at_us
        for seat in desk.seats:
            if desk.floors or seat.view.clips or seat.strategy.entry.awake(left_us):
                seat.view.at_us = at_us
                for intent in wishes(desk, seat, self.portfolio, self._ids.of(frame)):
                    self._review(desk, seat, intent)

    def _review(self, desk: Desk, seat: Seat, intent: Intent) -> None:
        while self._made and self._made[0] <= intent.made_us - MINUTE_US:
            self._made.popleft()
        book = desk.book(intent.terms.token)
        situation = Situation(
            desk.market, book, self.portfolio, intent.made_us, len(self._made), desk.doubted,
            bool(desk.floors), self.guard.losses.closed(desk.market.series),
        )  # fmt: skip
        verdict = review(intent, situation, seat.strategy.limits)
        if isinstance(verdict, Denied):
            self._record_all(seat.refused(verdict))
        else:
            self._approve(seat, verdict)

    def _approve(self, seat: Seat, order: ApprovedOrder) -> None:
        self._record_all(seat.cleared())
        self.portfolio.orders[order.intent.intent_id] = WorkingOrder(order.intent)
        self._count(order.intent)
        self._effects.append(Prepare(order))

    def _count(self, intent: Intent) -> None:
        """Count an order, whether just approved or read back."""
        self._made.append(intent.made_us)
        desk = self._desks.get(intent.terms.market_id)
        for seat in desk.seats if desk else ():
            if seat.strategy.name == intent.strategy and not intent.closing:
                seat.view.clips += 1
                seat.view.clip_us = intent.made_us

    # Books and bookkeeping

    def _record(self, entry: Entry) -> None:
        self._take(entry, self._at_us)
        self._effects.append(Record(entry))

    def _take(self, entry: Entry, at_us: int) -> None:
        self.guard.before(entry, self.portfolio)
        self.portfolio.apply(entry)
        self.guard.after(entry, self.portfolio, at_us)
        if isinstance(entry, FlattenBegun) and entry.market_id in self._desks:
            self._desks[entry.market_id].floors = dict(entry.floors)

    def _record_all(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._record(entry)

    def _settle(self, desk: Desk, winner: Outcome) -> None:
        """Pay out what is held and close the market, once nothing of ours can change any more.

        An order that is not over may have sold what is held, though nobody has told yet.
        """
        market_id = desk.market.market_id
        for seat in desk.seats:
            self._record_all(seat.cleared())
        over = all(order.state.final for order in self.portfolio.of_market(market_id))
        if not over or self.portfolio.provisional(market_id):
            return
        for position in list(self.portfolio.positions.values()):
            if position.market_id == market_id and position.size.micros:
                self._record(of_resolution(self.portfolio, position, winner, self.equity))
        self._record(MarketSettled(market_id, winner))
        self._close(market_id)

    def _open(self, market_id: MarketId) -> None:
        market = self.portfolio.markets[market_id]
        desk = self._desks.get(market_id)
        if desk is not None:
            desk.renew(market)
            return
        desk = self._desks[market_id] = Desk.open(market, self._strategies)
        self._tokens[market.up] = self._tokens[market.down] = desk

    def _close(self, market_id: MarketId) -> None:
        desk = self._desks.pop(market_id, None)
        if desk is not None:
            self._tokens.pop(desk.market.up, None)
            self._tokens.pop(desk.market.down, None)
