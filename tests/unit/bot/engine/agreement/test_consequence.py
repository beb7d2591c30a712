"""What reconciliation tells the engine changes the books once, and only as far as it is proved."""

from bot.domain.entry import CapitalDeposited, MarketSettled, OrderChanged
from bot.domain.event import CapitalMoved, OrderAnswered, ResolutionFound
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Usd
from bot.domain.order import Accepted, OrderHash, OrderState, Rejected, Unknown
from tests.unit.bot.given import END, buy, engine, entries, market


def test_money_put_in_or_taken_out_moves_cash() -> None:
    made = engine(cash="10")
    moved = CapitalMoved(2, END, Usd.parse("-4"), "taken out", "a1")
    (entry,) = (one for one in entries(made.handle(moved)) if isinstance(one, CapitalDeposited))
    assert entry == CapitalDeposited(Usd.parse("-4"), Usd.parse("6"), "taken out", "a1")
    assert made.portfolio.cash == Usd.parse("6")


def test_the_first_start_takes_the_venues_cash_whatever_was_pretended() -> None:
    made = engine(cash="10")
    made.handle(CapitalMoved(2, END, Usd.parse("7"), "first", afresh=True))
    assert made.portfolio.cash == Usd.parse("7")


def test_a_resolution_that_was_found_settles_like_one_that_was_told() -> None:
    made = engine()
    effects = made.handle(ResolutionFound(2, END, market().market_id, Outcome.UP, "venue"))
    assert any(isinstance(one, MarketSettled) for one in entries(effects))
    assert MarketId("0xm1") not in made.portfolio.markets


def test_an_order_in_doubt_is_answered_by_a_proof_that_it_was_taken() -> None:
    made = engine()
    intent = buy(made)
    order_hash = OrderHash(f"hash-{intent.intent_id}")

    def answer(said: Accepted | Rejected | Unknown) -> list[OrderState]:
        event = OrderAnswered(2, END, intent.intent_id, order_hash, said)
        changed = entries(made.handle(event))
        return [one.state for one in changed if isinstance(one, OrderChanged)]

    assert answer(Unknown("timeout")) == [OrderState.UNKNOWN]
    assert answer(Unknown("again")) == []
    assert answer(Rejected("late")) == []
    assert answer(Accepted("found")) == [OrderState.OPEN]
