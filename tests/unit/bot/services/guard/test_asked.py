"""A person is answered in the engine's own figures; what cannot be done is refused in one line."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.domain.effect import Effect
from bot.domain.entry import TradingState
from bot.domain.event import Event, OrderEnded, TradingAsked
from bot.domain.order import OrderHash, OrderState
from bot.domain.refusal import Refused
from bot.engine.engine import Engine
from bot.services.guard.asked import Asked
from tests.unit.bot.engine.guard.test_guard import bids
from tests.unit.bot.given import END, SECOND, buy, engine, fill, intents, strategy

NOW = END - 100 * SECOND


@dataclass
class Floor:
    """Hands events to an engine, one at a time."""

    engine: Engine
    frame: int = 3
    at_us: int = NOW
    effects: list[Effect] = field(default_factory=list)

    async def carry(self, event: Event) -> None:
        """Handle it."""
        self.effects += self.engine.handle(event)


def ask(made: Engine) -> Asked:
    floor: Any = Floor(made)
    return Asked(made, floor, lambda: "asked-1")


def holding(**risk: str) -> Engine:
    made = engine(strategy(risk=risk))
    intent = buy(made)
    made.handle(fill(intent, "10"))
    order_hash = OrderHash(f"hash-{intent.intent_id}")
    made.handle(OrderEnded(3, NOW, order_hash, OrderState.FILLED, "filled"))
    return made


@pytest.mark.parametrize("market", ["", "0xm1", "btc-updown-15m-1790586000"])
async def test_flattening_begins_with_a_floor_and_the_figures_of_holding(market: str) -> None:
    made = holding()
    told = await ask(made).flatten({"reason": "out", "market": market, "max_slippage": "0.05"})
    assert told["flatten"] == [
        {
            "market": "btc-updown-15m-1790586000", "outcome": "up", "shares": "10.00",
            "cost_usd": "7.147", "worth_usd": "6.90", "worth_by": "bids", "floor_usd": "0.64",
            "resolution_worst_usd": "0.00", "resolution_best_usd": "10.00",
        }
    ]  # fmt: skip
    [intent] = intents(made.handle(bids(("0.69", "100"), frame=6, at_us=NOW + 20 * SECOND)))
    assert intent.closing


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({}, "reason is missing"),
        ({"reason": " "}, "reason is missing"),
        ({"reason": "x", "max_slippage": "2"}, "max_slippage must be a price"),
        ({"reason": "x", "market": "btc-none"}, "'btc-none' is not open here"),
    ],
)
async def test_a_request_that_cannot_be_is_refused(row: dict[str, object], why: str) -> None:
    with pytest.raises(Refused, match=why):
        await ask(holding()).flatten(row)


async def test_nothing_is_flattened_where_nothing_is_held_or_all_is_halted() -> None:
    with pytest.raises(Refused, match="nothing is held anywhere"):
        await ask(engine()).flatten({"reason": "x"})
    with pytest.raises(Refused, match="nothing is held there"):
        await ask(engine()).flatten({"reason": "x", "market": "0xm1"})
    made = holding()
    made.handle(TradingAsked(4, NOW, TradingState.HALTED, "latched"))
    with pytest.raises(Refused, match=r"pays from 0.00 to 10.00 USD"):
        await ask(made).flatten({"reason": "x"})


async def test_losses_are_accepted_only_where_a_limit_is_reached() -> None:
    made = holding(drawdown_max_usd="2.5")
    with pytest.raises(Refused, match="nothing to accept"):
        await ask(made).accept({"reason": "x"})
    made.handle(bids(("0.40", "100"), frame=5))
    told = await ask(made).accept({"reason": "seen", "who": "operator"})
    assert told == {
        "accepted": ["drawdown_max_usd"], "acceptance": "asked-1", "trading_state": "halted",
    }  # fmt: skip
    assert made.guard.losses.broken == []
