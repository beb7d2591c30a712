"""The paper venue as the engine's shell sees it: the `Venue` port, and the feed's two hooks.

Nothing here waits for anything outside the process. Orders are prepared and received here; what
they do is the machine's.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from bot.adapters.paper import body
from bot.adapters.paper.deed import CancelRequest, Done, Ended, Filled, PaperOrder, effect
from bot.adapters.paper.machine import NEVER, STEP_BITS, Machine
from bot.adapters.paper.store import Place, Store
from bot.domain.event import Event, VenueEvent
from bot.domain.market import TokenId
from bot.domain.money import Shares, Usd
from bot.domain.order import (
    Accepted,
    Answer,
    ApprovedOrder,
    IntentId,
    OrderHash,
    OrderState,
    Prepared,
    Rejected,
    Terms,
    Unknown,
)
from bot.ports import CommitUnknown, OpenOrder, VenueView

DELAYED = Accepted("delayed")
"""Held for the latency: no fill yet."""


class PaperVenue:
    """Pretended orders against the displayed books; one account in `paper.db`."""

    def __init__(self, store: Store, *, latency_us: int) -> None:
        """Take over an open store; use `open`."""
        self._store = store
        self._latency_us = latency_us
        self._machine = Machine(store)
        self._resumed: Place | None = None

    @classmethod
    def open(
        cls, directory: Path, *, starting_cash: Usd, latency_us: int, seed: int
    ) -> "PaperVenue":
        """Open the account in `directory`, or make one with `starting_cash`.

        Args:
            directory: of the ledger.
            starting_cash: of a new account; the same at every later opening.
            latency_us: one way, stated; each order's own is a fifth more or less by its intent.
            seed: of the latencies.

        Raises:
            Refused: it cannot be opened, or belongs to another seed or starting cash.

        """
        store = Store.open(directory, starting_cash=starting_cash, seed=seed)
        return cls(store, latency_us=latency_us)

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def resume(self, *, frame: int, at_us: int) -> None:
        """Say how far our side has come: until the feed is there again, this is now.

        A view shows nothing that was told later, and what is asked counts as asked then.
        """
        self._resumed = Place(frame << STEP_BITS, at_us)

    def told(self, upto_us: int) -> Iterator[Event]:
        """Yield what happens to our orders up to a time, from due to due.

        What is sent in answer to one may be due before the next.
        """
        while self._machine.next_due_us <= upto_us:
            yield from self._machine.advance(self._machine.next_due_us)

    @property
    def machine(self) -> Machine:
        """Return what the feed drives."""
        return self._machine

    def observe(self, event: Event) -> None:
        """Take over what happened outside; raises as `Machine.observe`."""
        self._machine.observe(event)

    def advance(self, to_us: int) -> list[VenueEvent]:
        """Do what is due by `to_us` and return what we hear by then; raises `CommitUnknown`."""
        return self._machine.advance(to_us)

    @property
    def next_due_us(self) -> int:
        """Return when something is to be done or told next; far away if nothing is."""
        return self._machine.next_due_us

    @property
    def idle(self) -> bool:
        """Say whether nothing is to be done or told."""
        return self._machine.next_due_us == NEVER

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        """Return hash and canonical body; pure."""
        return body.prepared(order, salt=salt, at_us=at_us)

    async def submit(self, prepared: Prepared) -> Answer:
        """Receive an order durably, once; it acts one latency after it was made.

        The very same order again is accepted again and nothing else happens.
        """
        try:
            return self._receive(prepared)
        except CommitUnknown as error:
            return Unknown(str(error))

    def _receive(self, prepared: Prepared) -> Answer:
        try:
            said, terms = body.read(prepared.body)
        except body.Unreadable as error:
            return Rejected(str(error))
        if body.hash_of(prepared.body) != prepared.order_hash:
            return Rejected("Invalid order payload: the hash is not the body's")
        if self._store.order(prepared.order_hash) is not None:
            return DELAYED
        if reason := self._unfit(prepared.order_hash, terms, said.made_us):
            return Rejected(reason)
        latency_us = body.latency_us(self._store.seed, IntentId(said.intent_id), self._latency_us)
        order = PaperOrder(
            seq=self._store.seq + 1,
            order_hash=prepared.order_hash,
            terms=terms,
            step=self._now().step,
            acts_us=max(said.made_us + latency_us, self._store.place.at_us),
            latency_us=latency_us,
        )
        self._store.arrive(order, self._now().at_us, prepared.body)
        self._machine.receive(order)
        return DELAYED

    def _unfit(self, order_hash: OrderHash, terms: Terms, made_us: int) -> str:
        market = self._machine.markets.listed(terms.market_id)
        if (reason := body.closed(market, terms, made_us)) or market is None:
            return reason
        return (
            body.misplaced(market, terms)
            or body.off_tick(order_hash, terms, self._machine.markets.tick_micros(terms.token))
            or body.too_small(order_hash, market, terms)
        )

    def _now(self) -> Place:
        """Return where we are: the latest of the feed, the account, and where our side resumed."""
        step = self._machine.step
        at_us = max(self._machine.now_us, self._store.place.at_us)
        if self._resumed is not None:
            step, at_us = max(step, self._resumed.step), max(at_us, self._resumed.at_us)
        return Place(step, at_us)

    def _heard(self) -> Place:
        """Return the place up to which a view tells: the frame we are in, whole."""
        if self._resumed is None and not self._machine.begun:
            return Place(NEVER, NEVER)
        frame = self._machine.frame if self._machine.begun else 0
        at_us = self._machine.now_us if self._machine.begun else 0
        if self._resumed is not None:
            frame = max(frame, self._resumed.step >> STEP_BITS)
            at_us = max(at_us, self._resumed.at_us)
        return Place((frame + 1 << STEP_BITS) - 1, at_us)

    async def cancel(self, order_hash: OrderHash) -> bool:
        """Ask for a cancel, which acts one latency from now; True if the end was told already.

        An order that was never received is not open.

        Raises:
            CommitUnknown: the store failed; stop.

        """
        order = self._store.order(order_hash)
        if order is None or self._store.ended_told(order_hash, self._heard()):
            return True
        if not self._store.cancel_asked(order_hash):
            acts_us = self._now().at_us + order.latency_us
            self._machine.receive(self._cancel_request(order, acts_us, "cancelled"))
        return False

    def _cancel_request(self, order: PaperOrder, acts_us: int, reason: str) -> CancelRequest:
        now = self._now()
        request = CancelRequest(
            self._store.seq + 1, order.order_hash, order.terms.market_id, now.step, acts_us, reason
        )
        self._store.arrive(request, now.at_us)
        return request

    async def cancel_all(self) -> tuple[OrderHash, ...]:
        """Cancel everything open, at once and without latency: an emergency does not wait.

        Raises:
            CommitUnknown: the store failed; stop.

        """
        cancelled = list[OrderHash]()
        for order in self._store.open_orders():
            now = self._now()
            request = self._cancel_request(order, now.at_us, "all cancelled")
            ended = Ended(OrderState.CANCELLED, request.reason)
            done = Done(ended, now.at_us, now.at_us, order.order_hash)
            self._store.record(f"cancel:{request.seq}", [done], now)
            self._machine.carry_out(request, [done])
            cancelled.append(order.order_hash)
        return tuple(cancelled)

    async def view(self, hashes: Sequence[OrderHash], since_us: int) -> VenueView:
        """Return the account as we have heard of it, and which of `hashes` were received ever."""
        heard = self._heard()
        cash, positions = self._store.cash, self._store.positions()
        untold = self._store.untold(heard)
        for done in untold:
            money, token, shares = effect(done.deed)
            cash -= money
            positions[token] = positions.get(token, 0) - shares
        return VenueView(
            at_us=min(heard.at_us, self._now().at_us),
            open_orders=tuple(self._open_orders(untold, heard)),
            fills=tuple(self._store.fills_told(since_us, heard)),
            cash=Usd(cash),
            positions=tuple(
                (TokenId(token), Shares(size)) for token, size in sorted(positions.items()) if size
            ),
            answers=tuple((one, DELAYED) for one in hashes if self._store.order(one) is not None),
        )

    def _open_orders(self, untold: Sequence[Done], heard: Place) -> list[OpenOrder]:
        orders = {order.order_hash: order for order in self._store.open_orders()}
        for done in untold:
            if isinstance(done.deed, Ended) and done.order_hash is not None:
                order = self._store.order(done.order_hash)
                if order is not None:
                    orders[done.order_hash] = order
        found = list[OpenOrder]()
        for order in sorted(orders.values(), key=lambda order: order.seq):
            if order.step > heard.step:
                continue
            told = [one for one in self._store.done_to(order.order_hash) if one not in untold]
            filled = sum(one.deed.fill.size.micros for one in told if isinstance(one.deed, Filled))
            terms = order.terms
            found.append(OpenOrder(order.order_hash, terms.market_id, terms.token, Shares(filled)))
        return found

    def events(self) -> AsyncIterator[VenueEvent]:
        """Yield nothing: what happens to our orders comes through `PaperFeed`, at its place."""
        return Nothing()


class Nothing:
    """An iterator that is over."""

    def __aiter__(self) -> "Nothing":
        return self

    async def __anext__(self) -> VenueEvent:
        """Be over."""
        raise StopAsyncIteration
