"""A running engine gets out of what it holds when a person asks, at the floor or better."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.book import Side
from bot.domain.entry import FillRecorded, FlattenBegun, IntentRecorded
from bot.domain.fill import Fill
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Price
from bot.domain.refusal import Refused
from ops.engine_socket import ask
from tests.simulation.live.life import Life, until

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """Slow enough for a person to ask while something is held."""
    with Life(tmp_path, seed=5, speed=10) as one:
        yield one


def test_what_is_held_is_sold_and_nothing_is_bought_there_again(life: Life) -> None:
    life.begin()
    told: dict[str, Any] = {}

    def asked() -> bool:
        """Ask again and again: before the first fill nothing is held."""
        try:
            told.update(
                ask(life.data, "flatten", {"reason": "away", "max_slippage": "0.30", "who": "me"})
            )
        except Refused:
            return False
        return True

    until(asked, "something to get out of")
    [row] = told["flatten"][:1]
    assert row["resolution_worst_usd"] == "0.00"
    floors: dict[tuple[MarketId, Outcome], Price] = {}
    for begun in life.of(FlattenBegun):
        assert (begun.who, begun.reason) == ("me", "away")
        floors |= {(begun.market_id, outcome): floor for outcome, floor in begun.floors}
    left = {market_id for market_id, _ in floors}

    def sold() -> list[Fill]:
        fills = [one.fill for one in life.of(FillRecorded)]
        return [one for one in fills if one.side is Side.SELL and one.market_id in left]

    until(sold, "a sale")
    assert all(one.price >= floors[one.market_id, one.outcome] for one in sold())
    said = [one for one in life.entries() if isinstance(one, FlattenBegun | IntentRecorded)]
    after = said[max(n for n, one in enumerate(said) if isinstance(one, FlattenBegun)) :]
    intents = [one.intent for one in after if isinstance(one, IntentRecorded)]
    assert all(one.closing for one in intents if one.terms.market_id in left)
    assert life.conclude() == []
