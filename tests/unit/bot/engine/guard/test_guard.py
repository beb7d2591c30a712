"""The engine marks what it holds, halts at a limit before it decides, and goes on only if told."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.book import Side
from bot.domain.effect import Cancel, Effect, Prepare, Record, Trip
from bot.domain.entry import (
    AnomalyCounted,
    CapitalDeposited,
    Entry,
    EquityMarked,
    FlattenBegun,
    IntentDenied,
    LimitBroken,
    LossesAccepted,
    TradingState,
    TradingStateSet,
)
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    FeedEnded,
    FillVoided,
    FrameRefused,
    LossesTaken,
    MarketResolved,
    OrderEnded,
    Together,
    TradingAsked,
)
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Usd
from bot.domain.order import Intent, OrderHash, OrderState
from bot.engine.engine import Engine
from tests.unit.bot.given import (
    END,
    SECOND,
    START,
    book,
    buy,
    engine,
    fill,
    intents,
    levels,
    prepared,
    strategy,
)

NOW = END - 100 * SECOND


def guarded(**risk: str) -> Engine:
    return engine(strategy(risk=risk))


def all_entries(effects: list[Effect]) -> list[Entry]:
    return [effect.entry for effect in effects if isinstance(effect, Record)]


def mark(effects: list[Effect]) -> EquityMarked:
    [found] = [one for one in all_entries(effects) if isinstance(one, EquityMarked)]
    return found


def kinds(effects: list[Effect]) -> list[type]:
    return [type(one) for one in all_entries(effects)]


def bids(*pairs: tuple[str, str], frame: int = 3, at_us: int = NOW + 2 * SECOND) -> BookReplaced:
    return BookReplaced(frame, at_us, TokenId("up1"), levels(*pairs), levels(("0.99", "100")))


def state_of(made: Engine) -> TradingState:
    return made.portfolio.state


def holding(made: Engine, shares: str = "10") -> Intent:
    intent = buy(made)
    made.handle(fill(intent, shares))
    return intent


def test_a_fill_is_marked_with_all_that_the_limits_are_measured_by() -> None:
    made = engine()
    effects = made.handle(fill(buy(made), "10"))
    marked = mark(effects)
    assert (marked.cause, marked.peak, marked.day) == ("fill", Usd.parse("1000"), "2026-09-28")
    [one] = marked.marks
    assert (one.outcome, one.worth, one.source) == (Outcome.UP, Usd.parse("6.9"), "bids")
    assert marked.equity == made.portfolio.cash + Usd.parse("6.9") == made.equity()


def test_a_position_is_worth_what_all_of_it_would_bring() -> None:
    made = engine()
    holding(made, "14")
    made.handle(bids(("0.60", "4"), ("0.50", "6")))
    assert made.equity() == made.portfolio.cash + Usd.parse("5.4")
    made.handle(bids(frame=4))
    assert made.equity() == made.portfolio.cash, "without a bid it is worth nothing"


def test_every_change_of_a_bid_counts_at_once() -> None:
    made = engine()
    holding(made)
    changed = (TokenId("up1"), Side.BUY, 690_000, 5_000_000)
    made.handle(BookChanged(3, NOW + 2 * SECOND, (changed,)))
    assert made.equity() == made.portfolio.cash + Usd.parse("3.45")
    made.handle(BookChanged(4, NOW + 2 * SECOND, (changed,)))
    assert made.guard.worth.total == 3_450_000


def test_a_book_that_is_not_to_be_believed_changes_no_worth() -> None:
    """Else a torn frame, or the empty book after a window's end, would halt trading for good."""
    made = guarded(drawdown_max_usd="3", day_loss_max_usd="3")
    holding(made)
    made.handle(FrameRefused(3, NOW + SECOND, "gap", "lost", (TokenId("up1"),)))
    assert made.equity() == made.portfolio.cash + Usd.parse("6.9")
    crossed = BookReplaced(
        4, NOW + SECOND, TokenId("up1"), levels(("0.9", "9")), levels(("0.1", "9"))
    )
    assert kinds(made.handle(crossed)) == []
    made.handle(TradingAsked(4, NOW, TradingState.HALTED, "no new ones"))
    over = BookReplaced(5, END, TokenId("up1"), (), ())
    assert LimitBroken not in kinds(made.handle(over))
    assert made.guard.worth.total == 6_900_000


def test_what_was_never_marked_is_worth_what_it_cost() -> None:
    made = engine()
    intent = buy(made)
    made.handle(FrameRefused(2, NOW, "gap", "lost", (TokenId("up1"),)))
    made._desks[MarketId("0xm1")].paid.clear()  # noqa: SLF001 - as after a restart
    marked = mark(made.handle(fill(intent, "10")))
    assert marked.marks[0].source == "cost"
    assert marked.equity == Usd.parse("1000")


def test_a_fall_halts_before_anything_is_decided_on_the_same_book() -> None:
    made = guarded(drawdown_max_usd="2.5")
    holding(made)
    made.handle(book("up1", "0.68", "0.70", frame=3, at_us=NOW + 2 * SECOND))
    assert state_of(made) is TradingState.ACTIVE
    effects = made.handle(bids(("0.45", "100"), frame=4, at_us=NOW + 12 * SECOND))
    assert kinds(effects)[:3] == [LimitBroken, EquityMarked, TradingStateSet]
    assert state_of(made) is TradingState.HALTED
    assert Trip("drawdown", "drawdown_max_usd reached: 2.647 USD of 2.50 USD") in effects
    assert not [one for one in effects if isinstance(one, Prepare)]
    again = made.handle(bids(("0.40", "100"), frame=5, at_us=NOW + 13 * SECOND))
    assert LimitBroken not in kinds(again), "it is said once"


def test_a_breach_with_an_order_in_flight_still_counts_its_fill() -> None:
    """The order is out; what it fills is ours, halted or not, and halted it stays."""
    made = guarded(drawdown_max_usd="2.5")
    holding(made)
    made.handle(TradingAsked(3, NOW, TradingState.ACTIVE, "go on"))
    [second] = intents(made.handle(book("up1", "0.69", "0.70", frame=4, at_us=NOW + 10 * SECOND)))
    made.handle(prepared(second, 4))
    effects = made.handle(bids(("0.40", "100"), frame=5, at_us=NOW + 11 * SECOND))
    assert LimitBroken in kinds(effects)
    assert not [one for one in effects if isinstance(one, Cancel)], "it cannot rest"
    marked = mark(made.handle(fill(second, "10")))
    assert marked.marks[0].size.micros == 20_000_000
    assert marked.broken[0].limit == "drawdown_max_usd"
    assert state_of(made) is TradingState.HALTED


def test_while_a_breach_stands_nobody_makes_it_active() -> None:
    made = guarded(drawdown_max_usd="2.5")
    holding(made)
    made.handle(bids(("0.40", "100")))
    for state in (TradingState.ACTIVE, TradingState.REDUCE_ONLY):
        effects = made.handle(TradingAsked(4, NOW, state, "a new boot"))
        assert state_of(made) is TradingState.HALTED
        assert [one for one in effects if isinstance(one, Trip)], "a boot asks for the latch again"
    quiet = made.handle(TradingAsked(4, NOW, TradingState.HALTED, "latched"))
    assert not [one for one in quiet if isinstance(one, Trip)]


def test_only_a_person_accepts_and_then_all_is_counted_from_here() -> None:
    made = guarded(drawdown_max_usd="2.5")
    holding(made)
    made.handle(bids(("0.40", "100")))
    effects = made.handle(LossesTaken(4, NOW + 3 * SECOND, "latch-1", "operator", "seen"))
    accepted, marked = all_entries(effects)
    assert accepted == LossesAccepted("latch-1", "operator", "seen")
    assert isinstance(marked, EquityMarked)
    assert (marked.cause, marked.broken, marked.peak) == ("accepted", (), marked.equity)
    assert state_of(made) is TradingState.HALTED, "accepting is not resuming"
    made.handle(TradingAsked(5, NOW, TradingState.ACTIVE, "resumed"))
    assert state_of(made) is TradingState.ACTIVE


def test_lost_windows_in_a_row_halt() -> None:
    made = guarded(losses_in_a_row_max="1")
    intent = holding(made, "10")
    order_hash = OrderHash(f"hash-{intent.intent_id}")
    made.handle(OrderEnded(3, NOW, order_hash, OrderState.FILLED, "filled"))
    effects = made.handle(MarketResolved(4, END, MarketId("0xm1"), Outcome.DOWN))
    assert kinds(effects)[-3:] == [LimitBroken, EquityMarked, TradingStateSet]
    assert mark(effects).losses_in_a_row == 1
    assert mark(effects).results == (("btc-15m", Usd.parse("-7.147")),)
    assert mark(effects).marks == ()


def test_a_closed_series_opens_nothing_and_trading_goes_on() -> None:
    made = guarded(series_loss_max_usd="5")
    made.guard.losses.realised("btc-15m", -5_000_000)
    made.guard.dirty = True
    effects = made.handle(book("up1", "0.50", "0.52", frame=2))
    assert [one.state for one in all_entries(effects) if isinstance(one, LimitBroken)] == [
        TradingState.REDUCE_ONLY
    ]
    effects = made.handle(book("up1", "0.69", "0.70", frame=3))
    [denied] = [one for one in all_entries(effects) if isinstance(one, IntentDenied)]
    assert (denied.limit, denied.value) == ("series_loss_max_usd", "btc-15m lost 5.00 USD")
    assert state_of(made) is TradingState.ACTIVE


def test_what_is_held_is_marked_durably_every_minute_and_midnight_always() -> None:
    made = engine()
    holding(made)
    early = made.handle(book("up1", "0.68", "0.70", frame=3, at_us=NOW + 2 * SECOND))
    assert EquityMarked not in kinds(early)
    late = made.handle(book("up1", "0.68", "0.70", frame=4, at_us=NOW + 70 * SECOND))
    assert mark(late).cause == "held"
    quiet = engine()
    assert kinds(quiet.handle(book("up1", "0.40", "0.42", frame=2, at_us=NOW + 70 * SECOND))) == []
    midnight = START - START % (86_400 * SECOND) + 86_400 * SECOND
    turned = mark(quiet.handle(book("up1", "0.40", "0.42", frame=3, at_us=midnight)))
    assert (turned.cause, turned.day) == ("day", "2026-09-29")


def test_a_fill_that_failed_gives_its_result_back() -> None:
    made = engine()
    bought = fill(buy(made), "10")
    made.handle(replace(bought, fill=replace(bought.fill, provisional=True)))
    effects = made.handle(FillVoided(3, NOW + 3 * SECOND, bought.fill.fill_id, "failed"))
    assert mark(effects).marks == ()
    assert mark(effects).equity == Usd.parse("1000")


def test_money_put_in_while_trading_is_no_win() -> None:
    made = engine()
    made.apply([CapitalDeposited(Usd.parse("50"), Usd.parse("1050"))])
    assert made.guard.losses.peak == Usd.parse("1050").micros


@pytest.mark.parametrize("source", ["bids", "cost"])
def test_marks_read_back_stand_until_a_book_is_heard(source: str) -> None:
    """After a restart no book is whole: what was marked last still counts."""
    made = engine()
    holding(made)
    [one] = made.guard.worth.marks()
    gone = replace(one, market_id=MarketId("gone"))
    grown = replace(one, worth=Usd.parse("3"), source=source)
    made.guard.worth.recall((gone, grown))
    assert made.guard.worth.total == 3_000_000
    made.guard.worth.recall((replace(grown, size=type(one.size)(1)),))
    assert made.guard.worth.total == 3_000_000, "a mark of another size says nothing of this one"


def test_a_desk_that_is_gone_holds_nothing() -> None:
    made = engine()
    holding(made)
    portfolio: Any = made.portfolio
    made.guard.worth.hold(portfolio, MarketId("gone"), NOW)
    made._desks.clear()  # noqa: SLF001 - as after a settlement elsewhere
    assert made.equity() == Usd.parse("1000"), "at cost: no desk knows better"
    made.apply([FlattenBegun(MarketId("gone"), (), "operator", "out")])


def test_an_order_approved_on_the_first_half_of_a_frame_does_not_survive_its_second() -> None:
    """Both books came in one frame: the one allowed a buy, the other one halts everything."""
    made = guarded(drawdown_max_usd="2.5", exposure_market_max_usd="500")
    holding(made)
    low, at_us = levels(("0.30", "100")), NOW + 12 * SECOND
    high = BookReplaced(4, at_us, TokenId("up1"), levels(("0.69", "100")), levels(("0.70", "100")))
    fallen = BookReplaced(4, at_us, TokenId("up1"), low, levels(("0.99", "100")))
    effects = made.handle(Together(4, at_us, (high, fallen)))
    assert [one for one in effects if isinstance(one, Prepare)] == []
    [denied] = [one for one in all_entries(effects) if isinstance(one, IntentDenied)]
    assert (denied.limit, denied.value) == ("trading_state", "halted")
    assert denied.intent_id not in made.portfolio.orders
    assert state_of(made) is TradingState.HALTED


def test_what_is_said_of_a_market_that_is_gone_is_nobodys_result() -> None:
    made = engine()
    [filled, _] = all_entries(made.handle(fill(buy(made), "10")))
    made.portfolio.markets.clear()
    made.apply([filled])
    assert made.guard.losses.results == {}


def test_what_the_end_of_a_feed_counted_is_not_counted_again() -> None:
    """A crash right behind it reads the same frames, and hears the end, once more."""
    made = engine(strategy(risk={"spread_max": "0.0001"}))
    for frame in (2, 3, 4):
        made.handle(FrameRefused(frame, NOW, "gap", "lost", ()))
        made.handle(book("up1", "0.69", "0.70", frame=frame))
    first = all_entries(made.handle(FeedEnded(5, NOW)))
    assert {type(one) for one in first} == {AnomalyCounted, IntentDenied}
    again = engine(strategy(risk={"spread_max": "0.0001"}))
    for frame in (2, 3, 4):
        again.handle(FrameRefused(frame, NOW, "gap", "lost", ()))
        again.handle(book("up1", "0.69", "0.70", frame=frame))
    for entry in (*first, *first, replace_market(first)):
        again.counted(entry)
    assert all_entries(again.handle(FeedEnded(5, NOW))) == []


def replace_market(entries: list[Entry]) -> Entry:
    """Return a refusal of a market that nobody watches."""
    [denied] = [one for one in entries if isinstance(one, IntentDenied)]
    return replace(denied, market_id=MarketId("gone"))
