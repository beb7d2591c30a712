"""Market facts: read strictly, or not at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.polymarket.order.catalog import read_facts
from bot.domain.market import FeeSchedule, MarketId, Outcome, TokenId
from bot.domain.money import Price
from bot.ports import Temporary

MARKET = MarketId("0xm")
GOOD: dict[str, Any] = {
    "t": [{"t": "11", "o": "Up"}, {"t": "22", "o": "Down"}],
    "mts": 0.01,
    "nr": False,
    "fd": {"r": 0.07, "e": 1, "to": True},
}


def test_facts_are_what_the_clob_says() -> None:
    facts = read_facts(MARKET, GOOD | {"nr": True, "c": "ignored"})
    assert (facts.up, facts.down, facts.neg_risk) == ("11", "22", True)
    assert facts.tick == Price.parse("0.01")
    assert facts.fees == FeeSchedule(70_000, 1, taker_only=True)
    assert facts.outcome(TokenId("22")) is Outcome.DOWN
    with pytest.raises(ValueError, match="not of market"):
        facts.outcome(TokenId("33"))


def test_outcomes_are_told_by_their_label_not_their_place() -> None:
    turned = [{"t": "22", "o": "Down"}, {"t": "11", "o": "Up"}]
    facts = read_facts(MARKET, GOOD | {"t": turned})
    assert facts.up == "11"
    assert (facts.winner(0), facts.winner(1)) == (Outcome.DOWN, Outcome.UP)
    assert read_facts(MARKET, GOOD).winner(0) is Outcome.UP


@pytest.mark.parametrize("fd", [None, {}])
def test_no_schedule_is_no_fee(fd: object) -> None:
    assert read_facts(MARKET, GOOD | {"fd": fd}).fees.rate_micros == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"t": None}, "t"),
        ({"t": [{"t": "11", "o": "Yes"}, {"t": "22", "o": "No"}]}, "t"),
        ({"t": [{"t": "11", "o": "Up"}, {"t": "x", "o": "Down"}]}, "t"),
        ({"t": [{"t": "11", "o": "Up"}]}, "t"),
        ({"t": ["11"]}, "t"),
        ({"mts": None}, "mts"),
        ({"mts": "1.5"}, "mts"),
        ({"mts": "0.00000001"}, "mts"),
        ({"nr": None}, "nr"),
        ({"fd": []}, "fd"),
        ({"fd": {"r": 7, "e": 1}}, "fd.r"),
        ({"fd": {"r": "x", "e": 1}}, "fd.r"),
        ({"fd": {"r": 0.07, "e": 0.5}}, "fd.e"),
        ({"fd": {"r": 0.07, "e": 1, "to": 1}}, "fd.to"),
    ],
)
def test_what_cannot_be_believed_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Temporary, match=rf"market 0xm: {field} must be"):
        read_facts(MARKET, GOOD | change)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["t", "mts", "nr", "fd"]), json_like) | json_like)
def test_no_answer_is_a_traceback(said: object) -> None:
    with pytest.raises(Temporary):
        read_facts(MARKET, said)
