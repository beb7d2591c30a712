"""Our own prices contradict a resolution only where all that was heard agrees with itself."""

from dataclasses import replace

import pytest

from bot.domain.event import MarketResolved, MarketSeen, PriceTicked, ResolutionFound, Together
from bot.domain.market import MarketId, MarketWindow, Outcome
from bot.engine.agreement.witness import MARKETS_MAX, Disagreement, Witness
from tests.unit.bot.given import END, SECOND, START, market

MARKET = MarketId("0xm1")


def tick(at_us: int, dollars: int, symbol: str = "btcusd", window_s: int = 60) -> PriceTicked:
    return PriceTicked(1, at_us, symbol, dollars * 1_000_000, window_s)


def resolved(winner: Outcome) -> MarketResolved:
    return MarketResolved(2, END + 60 * SECOND, MARKET, winner)


def heard(*ticks: PriceTicked) -> Witness:
    witness = Witness()
    witness.hear(MarketSeen(1, START, market()))
    for one in ticks:
        assert witness.hear(one) == []
    return witness


@pytest.mark.parametrize(
    ("end", "answer"), [(101, Outcome.UP), (100, Outcome.UP), (99, Outcome.DOWN)]
)
def test_what_was_heard_at_both_ends_answers(end: int, answer: Outcome) -> None:
    """A tie is Up."""
    witness = heard(tick(START, 100), tick(END + SECOND, end))
    (found,) = witness.hear(resolved(answer.other))
    assert isinstance(found, Disagreement)
    assert found.venue is answer.other
    assert market().slug in str(found)
    again = heard(tick(START, 100), tick(END + SECOND, end))
    assert again.hear(resolved(answer)) == []
    assert again.agreed == 1


def test_prices_that_disagree_among_themselves_answer_nothing() -> None:
    witness = heard(tick(START, 100), tick(END, 99), tick(END + SECOND, 101))
    assert witness.hear(resolved(Outcome.DOWN)) == []
    assert witness.agreed == 0


@pytest.mark.parametrize(
    "ticks",
    [
        (tick(START, 100),),
        (tick(END, 99),),
        (tick(START, 100), tick(END - 10 * SECOND, 99)),
        (tick(START, 100), tick(END, 99, "ethusd")),
        (tick(START, 100), tick(END, 99, window_s=30)),
    ],
    ids=["no end", "no start", "too early", "another asset", "another average"],
)
def test_what_was_not_heard_says_nothing(ticks: tuple[PriceTicked, ...]) -> None:
    assert heard(*ticks).hear(resolved(Outcome.UP)) == []


def test_a_resolution_found_elsewhere_is_held_to_prices_too_and_once() -> None:
    witness = heard(tick(START, 100), tick(END, 99))
    told = ResolutionFound(2, END, MARKET, Outcome.UP, "venue")
    assert len(witness.hear(told)) == 1
    assert witness.hear(resolved(Outcome.UP)) == []


def test_what_one_frame_says_together_is_heard_in_order() -> None:
    parts = (MarketSeen(1, START, market()), tick(START, 100), tick(END, 99), resolved(Outcome.UP))
    assert len(Witness().hear(Together(1, END, parts))) == 1


def test_memory_is_bounded() -> None:
    witness = Witness()
    for number in range(MARKETS_MAX + 1):
        one = replace(market(), market_id=MarketId(str(number)), window=MarketWindow(START, END))
        witness.hear(MarketSeen(1, START, one))
        witness.hear(MarketSeen(1, START, one))
    witness.hear(tick(START, 100))
    witness.hear(tick(END, 99))
    assert witness.hear(MarketResolved(2, END, MarketId("0"), Outcome.UP)) == []
    assert len(witness.hear(MarketResolved(2, END, MarketId("1"), Outcome.UP))) == 1
