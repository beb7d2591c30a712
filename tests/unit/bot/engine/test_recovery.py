"""Frames handled before decide nothing again; a decision that differs stops the start."""

from bot.domain.effect import Record
from bot.domain.entry import (
    CapitalDeposited,
    Entry,
    FrameReached,
    IntentRecorded,
    MarketListed,
    Recorded,
    Stamp,
    TradingState,
)
from bot.domain.event import Event, MarketSeen, OrderAnswered
from bot.domain.money import Usd
from bot.domain.order import Accepted, IntentId, OrderHash
from bot.engine.engine import Engine
from bot.engine.recovery import CatchUp, Then, first_frame
from tests.unit.bot.given import END, SECOND, START, book, intents, market, prepared, strategy

CASH = Usd.parse("1000")
THEN = Then(cash=CASH, state=TradingState.ACTIVE)
NOW = END - 100 * SECOND
DAY: list[Event] = [
    MarketSeen(1, START, market()),
    book("up1", "0.40", "0.42", frame=2),
    book("up1", "0.69", "0.70", frame=3),
    book("up1", "0.68", "0.70", frame=4),
]


def recorded(seq: int, frame: int, entry: Entry) -> Recorded:
    return Recorded(seq, Stamp(frame, NOW, "00"), "", entry)


def live() -> tuple[Engine, list[Recorded]]:
    """Handle the day and return the engine with what the ledger then holds."""
    made = Engine((strategy(),))
    made.apply([CapitalDeposited(CASH, CASH)])
    made.portfolio.state = TradingState.ACTIVE
    ledger = [recorded(1, 0, CapitalDeposited(CASH, CASH))]
    for event in DAY:
        effects = made.handle(event)
        for intent in intents(effects):
            effects += made.handle(prepared(intent, event.frame))
        ledger += [
            recorded(len(ledger) + number, event.frame, effect.entry)
            for number, effect in enumerate(effects, start=1)
            if isinstance(effect, Record)
        ]
    return made, ledger


def catch_up(ledger: list[Recorded], *, before: int = 1) -> tuple[Engine, CatchUp]:
    made = Engine((strategy(),))
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
