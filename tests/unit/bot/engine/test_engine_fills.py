"""A fill is provisional until its trade is confirmed, and is taken back whole if it fails."""

from dataclasses import replace

from bot.domain.entry import (
    FillProved,
    FillReversed,
    MarketSettled,
    PositionSettled,
    TradingState,
    TradingStateSet,
)
from bot.domain.event import (
    FillConfirmed,
    FillVoided,
    MarketResolved,
    OrderEnded,
    OrderFilled,
)
from bot.domain.fill import FillId
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Shares, Usd
from bot.domain.order import Intent, OrderHash, OrderState
from tests.unit.bot.given import (
    END,
    SECOND,
    book,
    buy,
    engine,
    entries,
    fill,
    intents,
    prepared,
    strategy,
)

NOW = END - 100 * SECOND


PROFIT = {"component": "take_profit", "version": 1, "price_min": "0.90"}


def ended(intent: Intent, state: OrderState, frame: int = 3) -> OrderEnded:
    return OrderEnded(frame, NOW + SECOND, OrderHash(f"hash-{intent.intent_id}"), state, "killed")


def provisional(intent: Intent, size: str, number: int = 1) -> OrderFilled:
    event = fill(intent, size, number=number)
    return replace(event, fill=replace(event.fill, provisional=True))


def failed(event: OrderFilled) -> FillVoided:
    return FillVoided(4, NOW + 2 * SECOND, event.fill.fill_id, "failed on the chain")


def test_a_provisional_fill_that_fails_is_taken_back_whole() -> None:
    """Order, position and cash are what they were, in one entry; told twice it changes nothing."""
    made = engine()
    intent = buy(made)
    first, second = provisional(intent, "4"), provisional(intent, "6", 2)
    made.handle(first)
    before = (made.portfolio.cash, dict(made.portfolio.positions))
    made.handle(second)
    [entry] = entries(made.handle(failed(second)))
    assert isinstance(entry, FillReversed)
    assert (entry.cash, entry.filled) == (before[0], Shares.parse("4"))
    assert (made.portfolio.cash, made.portfolio.positions) == before
    assert made.portfolio.orders[intent.intent_id].spent == Usd.parse("2.8")
    assert made.handle(failed(second)) == []
    made.portfolio.apply(entry)
    assert made.portfolio.orders[intent.intent_id].spent == Usd.parse("2.8")


def test_a_market_is_not_paid_out_while_a_fill_may_still_fail() -> None:
    made = engine()
    intent = buy(made)
    event = provisional(intent, "10")
    made.handle(event)
    made.handle(ended(intent, OrderState.FILLED))
    assert entries(made.handle(MarketResolved(9, END, MarketId("0xm1"), Outcome.UP))) == []
    proved = FillConfirmed(10, END, event.fill.fill_id)
    kinds = [type(entry) for entry in entries(made.handle(proved))]
    assert kinds == [FillProved, PositionSettled, MarketSettled]
    assert made.handle(proved) == []


def test_a_fill_that_fails_after_its_shares_were_sold_halts() -> None:
    """What we no longer have cannot be taken back by us: a person has to look."""
    made = engine(strategy(exit=PROFIT))
    intent = buy(made)
    event = provisional(intent, "10")
    made.handle(event)
    made.handle(ended(intent, OrderState.FILLED))
    [sale] = intents(made.handle(book("up1", "0.91", "0.93", frame=5)))
    made.handle(prepared(sale, 5))
    made.handle(fill(sale, "10", "0.91"))
    [entry] = entries(made.handle(failed(event)))
    assert isinstance(entry, TradingStateSet)
    assert entry.state is TradingState.HALTED


def test_a_proof_read_back_of_a_fill_that_is_gone_changes_nothing() -> None:
    made = engine()
    made.portfolio.apply(FillProved(FillId("gone"), OrderHash("h"), MarketId("m")))
    assert made.portfolio.fills == {}
