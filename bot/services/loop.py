"""The one loop: next event, handle, commit, perform.

Every `Record` of one event is durable before any `Submit` or `Cancel` of it leaves. The loop draws
nothing and reads no clock: salts are functions of (seed, intent id), which is (frame, ordinal).
"""

import hashlib
from collections.abc import Callable, Sequence

import msgspec

from bot.domain.effect import Cancel, Effect, Prepare, Record, Submit, Trip
from bot.domain.entry import Entry, FrameReached, Stamp
from bot.domain.event import (
    Event,
    FlattenAsked,
    LossesTaken,
    OrderAnswered,
    OrderPrepared,
    ShellEvent,
    StopAsked,
    TimerFired,
    TradingAsked,
    VenueEvent,
)
from bot.domain.order import OrderHash, Prepared
from bot.engine.engine import Engine
from bot.ports import Ledger
from bot.services.hands import Hands
from bot.services.heartbeat import VENUE_S_MAX, beating
from bot.watchdog.beat import Heart

CHECKPOINT_FRAMES = 1_000
"""A commit says how far frames were handled at least this often."""
SALT_BITS = 53
"""The venue takes salts up to 2^53. Source: polymarket-client 0.14.0 orders/typed_data.py."""

Observer = Callable[[Sequence[Entry], Stamp], None]
"""Is told of entries once they are durable; only speaks of them, changes nothing."""

ASKED = (StopAsked, TradingAsked, LossesTaken, FlattenAsked)
"""What a person or the shell asks for: no part of the day's decisions, though they follow it."""
Ours = VenueEvent | OrderPrepared | TimerFired | ShellEvent
"""What no frame of a vendor's says."""
Journal = Callable[[Ours], object]
"""Is told of ours just before the engine is, in the order in which it is handled."""


def unheard(order_hash: OrderHash) -> None:
    """Take no note of what is sent."""
    del order_hash


def unkept(event: Ours) -> None:
    """Keep no journal: a replay has one already."""
    del event


class Loop:
    """Carries events to the engine and its effects to ledger and venue, in this order."""

    def __init__(
        self, engine: Engine, ledger: Ledger, hands: Hands, observe: Observer, *, seed: int
    ) -> None:
        """Join the parts; the engine must already hold what the ledger says."""
        self._engine = engine
        self._observe = observe
        self._ledger = ledger
        self._hands = hands
        self._seed = seed
        self.journal: Journal = unkept
        """Where what is ours is recorded; set it before the first event."""
        self.sent: Callable[[OrderHash], object] = unheard
        """Hears of each order at the moment it is handed over to be sent."""
        self.heart = Heart()
        """Beats with every event and every wait; set it before the first event."""
        self._decisions = ledger.head.stamp.decisions
        self._frame = ledger.head.stamp.frame
        self._at_us = ledger.head.stamp.at_us
        self._checkpoint = self._frame + CHECKPOINT_FRAMES

    @property
    def frame(self) -> int:
        """Return the last frame handled."""
        return self._frame

    @property
    def at_us(self) -> int:
        """Return the time of the last event handled."""
        return self._at_us

    def begin(self, at_us: int) -> None:
        """Take the time at which a live session begins, ahead of its first event."""
        self._at_us = max(self._at_us, at_us)

    async def carry(self, event: Event) -> None:
        """Take one event all the way: decided, durable, sent, answered.

        What the shell asks for itself (to trade, to stop) is no part of the day's decisions.

        Raises:
            CommitUnknown: nothing was sent after it; the process must stop.

        """
        self._frame, self._at_us = event.frame, event.at_us
        if self.journal is not unkept and isinstance(event, Ours):
            self.journal(event)
        self.heart.beat(frame=event.frame, seq=self._ledger.head.seq)
        effects = self._engine.handle(event)
        if effects:
            hashed = not isinstance(event, ASKED)
            await self._carry_out(event, effects, hashed=hashed)
        elif event.frame >= self._checkpoint:
            await self.checkpoint()

    async def record(self, *entries: Entry) -> None:
        """Make entries durable that no event of the day made: boots, drifts, stops.

        The engine does not hear of them: at a start it is made from the ledger afterwards.
        """
        await self._commit(entries)

    async def checkpoint(self) -> None:
        """Say durably how far frames were handled, unless that is on disk already."""
        if self._frame > self._ledger.head.stamp.frame:
            await self._commit((FrameReached(),))

    async def send(self, prepared: Prepared) -> None:
        """Send an order whose intent is on disk, and handle the answer if it is there at once."""
        self.sent(prepared.order_hash)
        sent = self._hands.send(prepared)
        answer = await beating(self.heart, sent, most_s=VENUE_S_MAX)
        if answer is not None:
            frame, at_us = self._frame, self._at_us
            await self.carry(
                OrderAnswered(frame, at_us, prepared.intent_id, prepared.order_hash, answer)
            )

    async def _carry_out(self, event: Event, effects: list[Effect], *, hashed: bool) -> None:
        entries: list[Entry] = []
        actions: list[Submit | Cancel | Trip] = []
        todo = list(effects)
        for effect in todo:
            if hashed:
                self._decisions = _chain(self._decisions, effect)
            match effect:
                case Record(entry):
                    entries.append(entry)
                case Prepare(order):
                    salt = self._salt(order.intent.intent_id)
                    prepared = self._hands.prepare(order, salt=salt, at_us=order.intent.made_us)
                    if prepared is not None:
                        made = OrderPrepared(event.frame, event.at_us, prepared)
                        self.journal(made)
                        todo += self._engine.handle(made)
                case Submit() | Cancel() | Trip():
                    actions.append(effect)
        await self._commit(entries)
        # Cancels first: what rests costs money until it is gone.
        for action in sorted(actions, key=lambda one: isinstance(one, Submit)):
            await self._act(action)

    async def _commit(self, entries: Sequence[Entry]) -> None:
        if entries:
            stamp = Stamp(self._frame, self._at_us, self._decisions)
            await beating(self.heart, self._ledger.append(entries, stamp))
            self._observe(entries, stamp)
            self._checkpoint = self._frame + CHECKPOINT_FRAMES

    async def _act(self, action: Submit | Cancel | Trip) -> None:
        match action:
            case Submit(prepared):
                await self.send(prepared)
            case Cancel(order_hash):
                cancelled = self._hands.cancel(order_hash)
                await beating(self.heart, cancelled, most_s=VENUE_S_MAX)
            case Trip(cause, detail):
                self.heart.trip(cause, detail)

    def _salt(self, intent_id: str) -> int:
        digest = hashlib.sha256(f"{self._seed}/{intent_id}".encode()).digest()
        return int.from_bytes(digest[:8]) >> (64 - SALT_BITS)


def _chain(decisions: str, effect: Effect) -> str:
    content = type(effect).__name__.encode() + msgspec.json.encode(effect)
    return hashlib.sha256(bytes.fromhex(decisions) + content).hexdigest()
