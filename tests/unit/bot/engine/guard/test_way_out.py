"""A person wants out: sold at the floor or better, nothing opened, nothing sold twice."""

import pytest

from bot.domain.entry import FlattenBegun, IntentDenied, TradingState
from bot.domain.event import (
    BookReplaced,
    FlattenAsked,
    FrameRefused,
    MarketResolved,
    OrderEnded,
    TradingAsked,
)
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Price, Shares
from bot.domain.order import Intent, OrderHash, OrderState, TimeInForce
from bot.engine.engine import Engine
from tests.unit.bot.given import (
    END,
    SECOND,
    book,
    engine,
    entries,
    fill,
    intents,
    levels,
    prepared,
)
from tests.unit.bot.given import buy as bought

NOW = END - 100 * SECOND


def asked(market: str = "", slippage: str = "0.05") -> FlattenAsked:
    return FlattenAsked(3, NOW, MarketId(market), Price.parse(slippage), "operator", "out")


def holding(shares: str = "10") -> Engine:
    made = engine()
    intent = bought(made)
    made.handle(fill(intent, shares))
    made.handle(ended(intent))
    return made


def ended(intent: Intent) -> OrderEnded:
    order_hash = OrderHash(f"hash-{intent.intent_id}")
    return OrderEnded(3, NOW, order_hash, OrderState.FILLED, "filled")


def at(*pairs: tuple[str, str], frame: int = 5) -> BookReplaced:
    asks = levels(("0.99", "100"))
    return BookReplaced(frame, NOW + 20 * SECOND, TokenId("up1"), levels(*pairs), asks)


def test_the_floor_is_the_bid_less_the_slippage() -> None:
    made = holding()
    [begun] = entries(made.handle(asked()))
    assert begun == FlattenBegun(
        MarketId("0xm1"), ((Outcome.UP, Price.parse("0.64")),), "operator", "out"
    )


def test_without_a_book_the_floor_is_what_was_marked_last() -> None:
    made = holding()
    made.handle(FrameRefused(3, NOW, "gap", "lost", (TokenId("up1"),)))
    [begun] = entries(made.handle(asked(slippage="0.99")))
    assert isinstance(begun, FlattenBegun)
    assert begun.floors == ((Outcome.UP, Price.parse("0.01")),)


@pytest.mark.parametrize("market", ["", "0xm1"])
def test_what_is_held_is_sold_within_the_band_of_the_bid(market: str) -> None:
    made = holding()
    made.handle(asked(market))
    [intent] = intents(made.handle(at(("0.70", "100"))))
    assert intent.closing
    assert intent.terms.time_in_force is TimeInForce.FAK
    assert (intent.terms.price, intent.terms.size) == (Price.parse("0.65"), Shares.parse("10"))
    assert intent.signal.reason == "flatten"
    made.handle(prepared(intent, 5))
    assert intents(made.handle(at(("0.70", "100"), frame=6))) == [], "one sale at a time"


def test_nothing_is_sold_below_the_floor_nor_in_crumbs() -> None:
    made = holding()
    made.handle(asked())
    assert intents(made.handle(at(("0.63", "100")))) == []
    assert intents(made.handle(at(("0.64", "4"), ("0.63", "100"), frame=6))) == []
    [intent] = intents(made.handle(at(("0.64", "6"), ("0.63", "100"), frame=7)))
    assert intent.terms.size == Shares.parse("6")


def test_another_market_is_left_alone_and_a_settled_one_too() -> None:
    assert entries(holding().handle(asked("0xother"))) == []
    assert entries(engine().handle(asked())) == []
    made = holding()
    made.handle(MarketResolved(3, END, MarketId("0xm1"), Outcome.UP))
    assert entries(made.handle(asked())) == []


def test_nothing_is_opened_where_a_person_wants_out() -> None:
    made = holding()
    made.handle(asked())
    effects = made.handle(book("up1", "0.69", "0.70", frame=6, at_us=NOW + 20 * SECOND))
    [intent] = intents(effects)
    assert intent.closing
    [denied] = [one for one in entries(effects) if isinstance(one, IntentDenied)]
    assert denied.limit == "flatten"
    made.handle(prepared(intent, 6))
    made.handle(fill(intent, "10", "0.69"))
    made.handle(ended(intent))
    effects = made.handle(book("up1", "0.69", "0.70", frame=7, at_us=NOW + 40 * SECOND))
    assert intents(effects) == []


def test_halted_nothing_is_sold_either() -> None:
    made = holding()
    made.handle(asked())
    made.handle(TradingAsked(4, NOW, TradingState.HALTED, "latched"))
    assert intents(made.handle(at(("0.70", "100")))) == []
