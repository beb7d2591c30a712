"""What becomes of an order is told once, whatever order, number or absence of states it has."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.polymarket.account.follow import News
from bot.domain.event import FillConfirmed, FillVoided, OrderEnded, OrderFilled
from bot.domain.order import Accepted, OrderState, Rejected, Unknown
from bot.ports import Temporary
from tests.unit.bot.adapters.polymarket.account.given import HASH, Case, listed, trade

STATES = ("MATCHED", "MATCHED_NOT_BROADCASTED", "RETRYING", "MINED")


def ends(news: list[News]) -> list[tuple[OrderState, str]]:
    return [(one.state, one.reason) for one in news if isinstance(one, OrderEnded)]


def fills(news: list[News]) -> list[type[News]]:
    return [type(one) for one in news if not isinstance(one, OrderEnded)]


@given(
    st.lists(st.sampled_from(STATES), max_size=6),
    st.sampled_from(["CONFIRMED", "FAILED", None]),
    st.lists(st.sampled_from([*STATES, "CONFIRMED", "FAILED"]), max_size=4),
)
async def test_a_fill_is_told_once_and_ended_once(
    before: list[str], final: str | None, after: list[str]
) -> None:
    """After a final state nothing changes any more, whatever is told late."""
    case = Case()
    case.sent()
    news = list[News]()
    for status in [*before, *([final] if final else [])]:
        news += await case.look(trade(status))
    if final is not None:
        for status in after:
            news += await case.look(trade(status))
    first_failed = not before and final == "FAILED"
    expected: list[type[News]] = [] if first_failed or not (before or final) else [OrderFilled]
    if final == "CONFIRMED":
        expected.append(FillConfirmed)
    if final == "FAILED" and not first_failed:
        expected.append(FillVoided)
    assert fills(news) == expected


async def test_two_trades_of_one_order_are_two_fills_and_one_end() -> None:
    case = Case()
    case.sent()
    both = (trade(id="a", size="4"), trade(id="b", size="6"))
    news = await case.look(*both)
    news += await case.look(*both)
    assert fills(news) == [OrderFilled, OrderFilled]
    assert ends(news) == [(OrderState.FILLED, "filled")]


async def test_dust_up_to_a_hundredth_of_a_share_is_full() -> None:
    case = Case()
    case.sent()
    assert ends(await case.look(trade(size="9.99"))) == [(OrderState.FILLED, "filled")]


async def test_more_than_dust_is_not_full() -> None:
    case = Case()
    case.sent()
    case.venue.resting = [listed()]
    assert ends(await case.look(trade(size="9.98"))) == []


async def test_a_young_order_is_given_time_to_appear() -> None:
    case = Case()
    case.sent()
    assert await case.look() == []
    case.venue.now_s = 11
    assert ends(await case.look()) == [(OrderState.CANCELLED, "not open at the venue any more")]


async def test_an_order_that_was_listed_and_is_not_any_more_has_ended() -> None:
    case = Case()
    case.sent()
    case.venue.resting = [listed()]
    assert await case.look() == []
    case.venue.resting = []
    assert ends(await case.look()) == [(OrderState.CANCELLED, "not open at the venue any more")]
    assert case.follower.idle


async def test_an_incomplete_answer_ends_nothing() -> None:
    case = Case()
    case.sent()
    case.venue.resting = [listed()]
    await case.look()
    case.venue.broken = True
    with pytest.raises(Temporary):
        await case.look()
    assert not case.follower.idle


async def test_a_killed_remainder_ends_once_its_trades_are_seen() -> None:
    case = Case()
    case.sent("FAK", Accepted("matched"), first="t1")
    assert await case.look() == []
    news = await case.look(trade(size="4"))
    assert fills(news) == [OrderFilled]
    assert ends(news) == [(OrderState.CANCELLED, "the remainder was killed")]


async def test_an_order_of_dollars_is_full_when_they_are_spent() -> None:
    """A better price gives more shares than the signed amount names; dollars decide."""
    case = Case()
    case.sent("FAK", Accepted("matched"), first="t1")
    assert ends(await case.look(trade(size="10"))) == [(OrderState.FILLED, "filled")]


async def test_an_unknown_order_is_never_ended_by_its_absence() -> None:
    case = Case()
    case.sent(answer=Unknown("late"))
    case.venue.now_s = 1_000
    assert await case.look() == []
    case.follower.drop(HASH)  # type: ignore[arg-type]
    assert case.follower.idle


async def test_an_unknown_order_that_is_seen_is_an_order_like_any_other() -> None:
    case = Case()
    case.sent(answer=Unknown("late"))
    case.venue.resting = [listed()]
    await case.look()
    case.venue.resting = []
    assert [state for state, _ in ends(await case.look())] == [OrderState.CANCELLED]


async def test_a_rejected_order_is_none() -> None:
    case = Case()
    case.sent(answer=Rejected("no"))
    assert case.follower.idle
    assert await case.look() == []
    assert case.venue.asked == 0


@pytest.mark.parametrize("places", list(itertools.permutations(range(3))))
async def test_a_void_does_not_undo_a_later_fill(places: tuple[int, ...]) -> None:
    """Two fills, one fails: what is told adds up to the one that is left."""
    case = Case()
    case.sent()
    case.venue.resting = [listed()]
    told = [trade("MATCHED", id="a", size="4"), trade("MATCHED", id="b", size="5")]
    news = await case.look(*told)
    later = [trade("FAILED", id="a", size="4"), trade("CONFIRMED", id="b", size="5"), told[0]]
    for place in places:
        news += await case.look(later[place])
    assert sorted(kind.__name__ for kind in fills(news)) == [
        "FillConfirmed", "FillVoided", "OrderFilled", "OrderFilled",
    ]  # fmt: skip
