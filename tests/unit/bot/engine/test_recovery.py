"""Frames handled before decide nothing again; a decision that differs stops the start."""

from dataclasses import replace

from bot.domain.effect import Record
from bot.domain.entry import (
    CapitalDeposited,
    Entry,
    EquityMarked,
    FrameReached,
    IntentRecorded,
    LimitBroken,
    MarketListed,
    Recorded,
    Stamp,
    TradingState,
    TradingStateSet,
)
from bot.domain.event import Event, MarketSeen, OrderAnswered, OrderFilled, TradingAsked
from bot.domain.money import Usd
from bot.domain.order import Accepted, IntentId, OrderHash
from bot.engine.engine import Engine
from bot.engine.recovery import CatchUp, Then, first_frame
from bot.ports import Ledger
from tests.unit.bot.given import (
    END,
    SECOND,
    START,
    book,
    engine,
    fill,
    intents,
    market,
    prepared,
    strategy,
)

CASH = Usd.parse("1000")
THEN = Then(cash=CASH, state=TradingState.ACTIVE)
NOW = END - 100 * SECOND
DAY: list[Event] = [
    MarketSeen(1, START, market()),
    book("up1", "0.40", "0.42", frame=2),
    book("up1", "0.69", "0.70", frame=3),
    book("up1", "0.68", "0.70", frame=4),
]


IDENTIFIED = intents(engine().handle(DAY[2]))[0]


def recorded(seq: int, frame: int, entry: Entry) -> Recorded:
    return Recorded(seq, Stamp(frame, NOW, "00"), "", entry)


def live(day: list[Event] = DAY, **risk: str) -> tuple[Engine, list[Recorded]]:
    """Handle the day and return the engine with what the ledger then holds."""
    made = Engine((strategy(risk=risk),))
    made.apply([CapitalDeposited(CASH, CASH)])
    made.portfolio.state = TradingState.ACTIVE
    ledger = [recorded(1, 0, CapitalDeposited(CASH, CASH))]
    for event in day:
        effects = made.handle(event)
        for intent in intents(effects):
            effects += made.handle(prepared(intent, event.frame))
        ledger += [
            recorded(len(ledger) + number, event.frame, effect.entry)
            for number, effect in enumerate(effects, start=1)
            if isinstance(effect, Record)
        ]
    return made, ledger


def catch_up(ledger: list[Recorded], *, before: int = 1, **risk: str) -> tuple[Engine, CatchUp]:
    made = Engine((strategy(risk=risk),))
    again = CatchUp(made, ledger[:before], THEN)
    again.expect(ledger[before:])
    return made, again


def test_reading_again_ends_where_the_day_ended() -> None:
    undisturbed, ledger = live()
    made, again = catch_up(ledger)
    assert [again.take(event) for event in DAY] == [None] * len(DAY)
    assert again.finish() is None
    assert made.portfolio == undisturbed.portfolio


def test_a_decision_the_ledger_does_not_have_is_a_difference() -> None:
    _, ledger = live()
    without = [one for one in ledger if not isinstance(one.entry, IntentRecorded)]
    made, again = catch_up(without)
    problems = [problem for event in DAY if (problem := again.take(event))]
    assert len(problems) >= 1
    assert "decision at frame 3" in problems[0]
    assert "ledger has none" in problems[0]
    assert made.portfolio.orders == {}


def test_a_decision_that_was_not_made_again_is_a_difference() -> None:
    _, ledger = live()
    made = Engine((strategy(series=["eth-5m"]),))
    again = CatchUp(made, ledger[:1], THEN)
    again.expect(ledger[1:])
    problems = [problem for event in DAY if (problem := again.take(event))]
    assert "decided nothing, ledger has" in problems[0]


def test_another_strategy_decides_otherwise() -> None:
    _, ledger = live()
    made = Engine((strategy(sizing={"component": "fixed", "version": 1, "amount_usd": 11}),))
    again = CatchUp(made, ledger[:1], THEN)
    again.expect(ledger[1:])
    problems = [problem for event in DAY if (problem := again.take(event))]
    assert "decision at frame 3" in problems[0]


def test_markets_listed_before_the_first_frame_are_taken_from_the_ledger() -> None:
    """Their books are not rebuilt from the start, so their decisions cannot be compared."""
    undisturbed, ledger = live()
    made, again = catch_up(ledger, before=2)
    assert [again.take(event) for event in DAY[1:2]] == [None]
    assert again.take(DAY[3]) is None
    assert again.finish() is None
    assert set(made.portfolio.orders) <= set(undisturbed.portfolio.orders)
    only_intent = [one for one in ledger if not isinstance(one.entry, IntentRecorded)]
    older, follow = catch_up(only_intent, before=2)
    assert [follow.take(event) for event in DAY[1:]] == [None, None, None]
    assert older.portfolio.orders == {}


def test_what_the_venue_said_is_covered_only_before_the_last_frame() -> None:
    _, again = catch_up([recorded(1, 0, CapitalDeposited(CASH, CASH))])
    said = OrderAnswered(3, NOW, IntentId("i"), OrderHash("h"), Accepted())
    assert again.covers(said, 4)
    assert not again.covers(said, 3)
    assert again.covers(DAY[2], 3)
    assert not again.covers(DAY[3], 3)
    assert again.take(said) is None


def test_the_oldest_unsettled_window_says_where_to_read_again() -> None:
    """From the start of its block of a thousand frames, so that what is counted a block agrees."""
    assert first_frame([], 2_070) == 2_000
    assert first_frame([], 5) == 1
    listed = MarketListed(market())
    unsettled = [
        recorded(4, 3_030, FrameReached()),
        recorded(5, 3_040, listed),
        recorded(6, 4_050, listed),
    ]
    assert first_frame(unsettled, 4_070) == 3_000


def asked(frame: int, state: TradingState) -> TradingAsked:
    return TradingAsked(frame, NOW, state, "asked")


HALTED_AND_RESUMED: list[Event] = [
    *DAY[:2],
    asked(2, TradingState.HALTED),
    book("up1", "0.69", "0.70", frame=3),
    asked(3, TradingState.ACTIVE),
    book("up1", "0.68", "0.70", frame=4),
]


def test_a_day_that_was_halted_in_the_middle_is_decided_the_same_again() -> None:
    """Nothing was bought while halted; read again it must not be wanted either."""
    undisturbed, ledger = live(HALTED_AND_RESUMED)
    made, again = catch_up(ledger)
    heard = [event for event in HALTED_AND_RESUMED if not isinstance(event, TradingAsked)]
    assert [again.take(event) for event in heard] == [None] * len(heard)
    assert again.finish() is None
    assert made.portfolio == undisturbed.portfolio
    assert [one.entry.intent.intent_id for one in ledger if isinstance(one.entry, IntentRecorded)]


def test_a_day_begins_again_in_the_state_it_was_in() -> None:
    """Halted long before the first frame that is read again."""
    _, ledger = live([asked(0, TradingState.HALTED), *DAY])
    made = Engine((strategy(),))
    again = CatchUp(made, ledger[:1], Then(cash=CASH, state=TradingState.HALTED))
    again.expect(ledger[1:])
    assert [again.take(event) for event in DAY] == [None] * len(DAY)
    assert again.finish() is None
    assert made.portfolio.orders == {}


FALLING: list[Event] = [
    *DAY[:3],
    replace(fill(IDENTIFIED, "10"), frame=3),
    book("up1", "0.69", "0.70", frame=3, at_us=NOW + 2 * SECOND),
    book("up1", "0.40", "0.42", frame=4, at_us=NOW + 20 * SECOND),
    book("up1", "0.69", "0.70", frame=5, at_us=NOW + 30 * SECOND),
]


def test_a_limit_that_was_reached_is_reached_at_the_same_book_again() -> None:
    undisturbed, ledger = live(FALLING, drawdown_max_usd="2.5")
    assert [one for one in ledger if isinstance(one.entry, LimitBroken)]
    made, again = catch_up(ledger, drawdown_max_usd="2.5")
    heard = [event for event in FALLING if not isinstance(event, OrderFilled)]
    assert [again.take(event) for event in heard] == [None] * len(heard)
    assert again.finish() is None
    assert made.portfolio == undisturbed.portfolio
    assert made.guard.losses == undisturbed.guard.losses
    assert made.guard.due_us == undisturbed.guard.due_us
    assert made.guard.worth.marks() == undisturbed.guard.worth.marks()


def test_what_was_marked_before_the_first_frame_goes_on_counting() -> None:
    """A peak of last week, and a deposit after it."""
    undisturbed, ledger = live(FALLING, drawdown_max_usd="2.5")
    [*_, marked] = [one for one in ledger if isinstance(one.entry, EquityMarked)]
    made = Engine((strategy(risk={"drawdown_max_usd": "2.5"}),))
    then = Then(cash=CASH, marked=marked, deposited=Usd.parse("7"))
    CatchUp(made, [], then)
    assert made.guard.losses.broken == undisturbed.guard.losses.broken
    assert made.guard.losses.peak == undisturbed.guard.losses.peak + 7_000_000
    made.handle(asked(9, TradingState.ACTIVE))
    assert made.portfolio.state is TradingState.HALTED


class Said:
    """What a ledger says when it is asked for the last of something."""

    def __init__(self, *, state: Recorded | None, marked: Recorded | None) -> None:
        self._state = state
        self._marked = marked

    def trading_state(self, *, upto_seq: int | None = None) -> Recorded | None:
        assert upto_seq == 5
        return self._state

    def equity_marked(self, *, upto_seq: int | None = None) -> Recorded | None:
        assert upto_seq == 5
        return self._marked

    def cash(self, *, upto_seq: int | None = None) -> Usd:
        assert upto_seq == 5
        return CASH

    def deposited(self, *, after_seq: int, upto_seq: int | None = None) -> Usd:
        assert (after_seq, upto_seq) == (3, 5)
        return Usd.parse("7")


def test_what_a_ledger_said_then_is_where_reading_again_begins() -> None:
    state = recorded(4, 2, TradingStateSet(TradingState.REDUCE_ONLY, "low disk"))
    _, ledger = live(FALLING)
    marked = replace(next(one for one in ledger if isinstance(one.entry, EquityMarked)), seq=3)
    there: Ledger = Said(state=state, marked=marked)  # type: ignore[assignment]
    assert Then.of(there, 5) == Then(
        cash=CASH, state=TradingState.REDUCE_ONLY, marked=marked, deposited=Usd.parse("7")
    )
    bare: Ledger = Said(state=None, marked=None)  # type: ignore[assignment]
    assert Then.of(bare, 5) == Then(cash=CASH, state=TradingState.HALTED)
