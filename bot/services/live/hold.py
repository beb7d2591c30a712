"""Why trading stands still: any number of causes at once; it goes on when the last one is gone.

A pause heals by itself and is no latch: what a person has to look at is the kill switch's. Every
change goes through the loop, so that it is in the ledger and in the recording at its place.
"""

from typing import Protocol

from bot.domain.entry import TradingState
from bot.domain.event import Event, TradingAsked


class Floor(Protocol):
    """What is needed of the session: one event at a time."""

    @property
    def frame(self) -> int:
        """Return the last frame handled."""
        ...

    @property
    def at_us(self) -> int:
        """Return the time of the last event handled."""
        ...

    async def carry(self, event: Event) -> None:
        """Take one event all the way."""
        ...


STRICT = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}


class Hold:
    """The trading state that the shell asks for: the strictest of its causes."""

    def __init__(self, floor: Floor, latched: str = "") -> None:
        """Hold back until `begin`; what is latched stays HALTED, whatever else comes and goes."""
        self._floor = floor
        self._latched = latched
        self._causes: dict[str, tuple[TradingState, str]] = {}
        self._begun = False
        self._said: tuple[TradingState, str] | None = None

    @property
    def causes(self) -> dict[str, str]:
        """Return what holds trading back now, with its detail."""
        return {cause: detail for cause, (_, detail) in self._causes.items()}

    async def begin(self, agreed: str) -> None:
        """Ask for the state that trading begins with: ACTIVE unless something holds it back."""
        self._begun = True
        await self._ask(agreed)

    async def pause(
        self, cause: str, detail: str, state: TradingState = TradingState.HALTED
    ) -> None:
        """Hold back for a cause; again with the same cause changes nothing."""
        if cause not in self._causes:
            self._causes[cause] = (state, detail)
            await self._ask("")

    async def lift(self, cause: str) -> None:
        """Take a cause away; trading goes on when none is left."""
        if self._causes.pop(cause, None) is not None:
            await self._ask(f"{cause} is over")

    async def _ask(self, why: str) -> None:
        if not self._begun:
            return
        state, cause = self._wanted(why)
        if self._said is not None and (self._said[0] is state is not TradingState.HALTED):
            return
        if self._said == (state, cause):
            return
        self._said = (state, cause)
        floor = self._floor
        await floor.carry(TradingAsked(floor.frame, floor.at_us, state, cause))

    def _wanted(self, why: str) -> tuple[TradingState, str]:
        if self._latched:
            return TradingState.HALTED, self._latched
        if not self._causes:
            return TradingState.ACTIVE, why
        state = max((state for state, _ in self._causes.values()), key=STRICT.__getitem__)
        text = "; ".join(
            f"{cause}: {detail}" for cause, (one, detail) in self._causes.items() if one is state
        )
        return state, text
