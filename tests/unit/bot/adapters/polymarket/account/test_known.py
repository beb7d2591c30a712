"""What an earlier process has recorded is not told again, only what becomes of it."""

from dataclasses import replace

import pytest

from bot.adapters.polymarket.account.trade import fill_of, legs
from bot.domain.event import FillConfirmed, FillVoided, OrderEnded
from bot.domain.fill import Fill
from bot.domain.order import Accepted, OrderState
from tests.unit.bot.adapters.polymarket.account.given import FACTS, OURS, Case, prepared, trade


def recorded(*, provisional: bool = True) -> Fill:
    (leg,) = legs(trade(), OURS)
    return replace(fill_of(leg, FACTS), provisional=provisional)


@pytest.mark.parametrize(("status", "told"), [("CONFIRMED", FillConfirmed), ("FAILED", FillVoided)])
async def test_a_provisional_fill_is_followed_to_its_end(status: str, told: type) -> None:
    case = Case()
    case.follower.know(recorded())
    assert not case.follower.idle
    assert await case.look(trade("MINED")) == []
    (news,) = await case.look(trade(status))
    assert isinstance(news, told)
    assert case.follower.idle


async def test_a_final_fill_is_nobodys_business() -> None:
    case = Case()
    case.follower.know(recorded(provisional=False))
    case.follower.know(recorded())
    assert case.follower.idle
    assert await case.look(trade("CONFIRMED")) == []


async def test_a_known_fill_counts_for_its_adopted_order() -> None:
    """Else a filled order would end as cancelled."""
    case = Case()
    case.follower.sent(prepared(), Accepted(""))
    case.follower.know(recorded())
    (end,) = await case.look(trade("MINED"))
    assert isinstance(end, OrderEnded)
    assert end.state is OrderState.FILLED
