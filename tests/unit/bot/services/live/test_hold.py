"""Trading is held back by any number of causes and goes on when the last one is gone."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entry import TradingState
from bot.domain.event import Event, TradingAsked
from bot.services.live.hold import Hold

ACTIVE, REDUCE, HALTED = TradingState.ACTIVE, TradingState.REDUCE_ONLY, TradingState.HALTED


class Heard:
    """A floor that remembers."""

    frame = 7
    at_us = 70

    def __init__(self) -> None:
        self.asked: list[TradingAsked] = []

    async def carry(self, event: Event) -> None:
        assert isinstance(event, TradingAsked)
        assert (event.frame, event.at_us) == (7, 70)
        self.asked.append(event)

    @property
    def states(self) -> list[TradingState]:
        return [one.state for one in self.asked]


async def test_two_causes_are_two_to_be_lifted() -> None:
    heard = Heard()
    hold = Hold(heard)
    await hold.begin("all agree")
    await hold.pause("heartbeat", "silent")
    await hold.pause("feed", "frozen")
    await hold.lift("heartbeat")
    assert heard.states == [ACTIVE, HALTED, HALTED, HALTED]
    assert heard.asked[-1].cause == "feed: frozen"
    await hold.lift("feed")
    assert heard.asked[-1] == TradingAsked(7, 70, ACTIVE, "feed is over")
    assert hold.causes == {}


async def test_the_strictest_state_counts() -> None:
    heard = Heard()
    hold = Hold(heard)
    await hold.begin("all agree")
    await hold.pause("disk", "low", REDUCE)
    await hold.pause("feed", "frozen")
    await hold.lift("feed")
    assert heard.states == [ACTIVE, REDUCE, HALTED, REDUCE]


async def test_what_is_latched_stays_halted() -> None:
    heard = Heard()
    hold = Hold(heard, "latch 7: drawdown")
    await hold.begin("all agree")
    await hold.pause("feed", "frozen")
    await hold.lift("feed")
    assert heard.asked == [TradingAsked(7, 70, HALTED, "latch 7: drawdown")]


async def test_a_cause_before_the_start_keeps_it_from_trading() -> None:
    heard = Heard()
    hold = Hold(heard)
    await hold.pause("reconciliation", "no view")
    assert heard.asked == []
    await hold.begin("all agree")
    assert heard.states == [HALTED]
    await hold.lift("reconciliation")
    assert heard.states == [HALTED, ACTIVE]


async def test_the_same_cause_again_changes_nothing() -> None:
    heard = Heard()
    hold = Hold(heard)
    await hold.begin("all agree")
    await hold.pause("feed", "frozen")
    await hold.pause("feed", "frozen still")
    await hold.lift("feed")
    await hold.lift("feed")
    assert heard.states == [ACTIVE, HALTED, ACTIVE]


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("abc"), st.sampled_from([REDUCE, HALTED])))
)
async def test_it_never_trades_while_anything_stands_against_it(
    moves: list[tuple[bool, str, TradingState]],
) -> None:
    heard = Heard()
    hold = Hold(heard)
    await hold.begin("all agree")
    standing: dict[str, TradingState] = {}
    for pausing, cause, state in moves:
        if pausing:
            standing.setdefault(cause, state)
            await hold.pause(cause, "x", state)
        else:
            standing.pop(cause, None)
            await hold.lift(cause)
        wanted = HALTED if HALTED in standing.values() else REDUCE if standing else ACTIVE
        assert heard.states[-1] is wanted
