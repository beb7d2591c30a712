"""Catching up with the ledger: frames that were handled before rebuild books, and decide nothing.

The recording is read again from the first frame of the oldest unsettled window. Up to the last
committed frame every decision made here is compared with the one on disk, and what is on disk is
what counts: a difference means another program, strategy or recording, and nothing is traded.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.effect import Effect, Prepare, Record
from bot.domain.entry import (
    Entry,
    IntentRecorded,
    LimitBroken,
    MarketListed,
    Recorded,
    TradingState,
    TradingStateSet,
)
from bot.domain.event import Event, VenueEvent
from bot.domain.market import MarketId
from bot.domain.money import ZERO_USD, Usd
from bot.domain.order import Intent, IntentId
from bot.engine.anomaly import BLOCK_FRAMES
from bot.engine.engine import Engine
from bot.ports import Ledger


def first_frame(unsettled: Iterable[Recorded], head_frame: int) -> int:
    """Return the frame to read again from: the start of the block that holds the one needed.

    Needed is the frame in which the oldest window that is not settled was first seen; `unsettled`
    are the entries of all such markets, in order. Without any it is the one after the head.
    """
    needed = next(
        (one.stamp.frame for one in unsettled if isinstance(one.entry, MarketListed)),
        head_frame + 1,
    )
    return max(needed - needed % BLOCK_FRAMES, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What the ledger said before the first frame that is read again, besides open markets."""

    cash: Usd
    state: TradingState = TradingState.HALTED
    marked: Recorded | None = None
    """The last `EquityMarked`."""
    deposited: Usd = ZERO_USD
    """What came from outside since that."""

    @classmethod
    def of(cls, ledger: Ledger, seq: int) -> "Then":
        """Return what a ledger said when `seq` was its last entry."""
        state = ledger.trading_state(upto_seq=seq)
        marked = ledger.equity_marked(upto_seq=seq)
        return cls(
            cash=ledger.cash(upto_seq=seq),
            state=state.entry.state
            if state is not None and isinstance(state.entry, TradingStateSet)
            else TradingState.HALTED,
            marked=marked,
            deposited=ZERO_USD
            if marked is None
            else ledger.deposited(after_seq=marked.seq, upto_seq=seq),
        )


class CatchUp:
    """Feeds an engine with frames it has seen before, and holds it to the ledger."""

    def __init__(self, engine: Engine, before: Iterable[Recorded], then: Then) -> None:
        """Bring the engine to where it was before the first frame that is read again."""
        self._engine = engine
        self._frames: dict[int, list[Recorded]] = defaultdict(list)
        self._followed: set[MarketId] = set()
        self._decided: set[IntentId] = set()
        self._frame = 0
        self._said: list[Entry] = []
        self._apply(before)
        self._older = set(engine.portfolio.markets)
        engine.portfolio.cash, engine.portfolio.state = then.cash, then.state
        if then.marked is not None:
            self._apply((then.marked,))
            engine.guard.losses.deposited(then.deposited.micros)
        engine.guard.read_again(frozenset())

    def expect(self, entries: Iterable[Recorded]) -> None:
        """Say what the ledger holds from the first frame on."""
        for recorded in entries:
            self._frames[recorded.stamp.frame].append(recorded)
            if isinstance(recorded.entry, MarketListed):
                self._followed.add(recorded.entry.market.market_id)
        self._followed -= self._older
        breaches = {
            frame
            for frame, there in self._frames.items()
            if any(isinstance(one.entry, LimitBroken) for one in there)
        }
        self._engine.guard.read_again(frozenset(breaches))

    def covers(self, event: Event, frame: int) -> bool:
        """Say whether an event was handled before the ledger's last commit, at `frame`.

        What the venue said after that very frame may or may not have been committed: it is handled
        again, and the engine knows a fill or an end that it has already seen.
        """
        if isinstance(event, VenueEvent):
            return event.frame < frame
        return event.frame <= frame

    def take(self, event: Event) -> str | None:
        """Handle an event seen before; return how its decisions differ from the ledger, if so."""
        if isinstance(event, VenueEvent):
            return None
        missing = None if event.frame == self._frame else self.finish()
        self._frame = event.frame
        return missing or self._hold(self._engine.handle(event), event.frame)

    def finish(self) -> str | None:
        """Apply what the ledger holds of the last frame, after all of its events were handled.

        Returns how its decisions differ: a recorded intent that was not decided again.
        """
        recorded = self._frames.pop(self._frame, [])
        self._apply(recorded)
        said, self._said = self._said, []
        for one in recorded:
            entry = one.entry
            if entry in said:
                said.remove(entry)
            else:
                self._engine.counted(entry)
            if (
                isinstance(entry, IntentRecorded)
                and entry.intent.terms.market_id in self._followed
                and entry.intent.intent_id not in self._decided
            ):
                there = f"ledger has {entry.intent.terms!r}"
                return f"decision at frame {one.stamp.frame}: decided nothing, {there}"
        return None

    def _apply(self, recorded: Iterable[Recorded]) -> None:
        for one in recorded:
            self._engine.apply((one.entry,), at_us=one.stamp.at_us)

    def _hold(self, effects: Iterable[Effect], frame: int) -> str | None:
        recorded = {
            one.entry.intent.intent_id: one.entry.intent
            for one in self._frames.get(frame, ())
            if isinstance(one.entry, IntentRecorded)
        }
        for effect in effects:
            if isinstance(effect, Record):
                self._said.append(effect.entry)
            elif isinstance(effect, Prepare):
                problem = self._judge(effect.order.intent, recorded, frame)
                if problem is not None:
                    return problem
        return None

    def _judge(self, intent: Intent, recorded: dict[IntentId, Intent], frame: int) -> str | None:
        self._decided.add(intent.intent_id)
        known = recorded.get(intent.intent_id)
        if known is None:
            self._engine.withdraw(intent.intent_id)
        if known == intent or (known is None and intent.terms.market_id not in self._followed):
            return None
        there = "none" if known is None else repr(known.terms)
        return f"decision at frame {frame}: decided {intent.terms!r}, ledger has {there}"
