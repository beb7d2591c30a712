"""A view shows the account as we have heard of it: no more than was told by where we are."""

from pathlib import Path

import pytest

from bot.domain.market import Outcome
from bot.domain.money import Usd
from bot.domain.order import OrderHash
from tests.unit.bot.adapters.paper.desk import BUY, FAK, GTC, SELL, UP, Desk, fills, terms


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A market of one tick with 100 shares on each side."""
    made = Desk(tmp_path)
    made.book("0.50x100", "0.52x100")
    return made


async def test_what_is_not_told_yet_is_not_shown(desk: Desk) -> None:
    _, order_hash = await desk.send(terms(BUY, FAK, "0.52", "5.20"))
    desk.venue.advance(desk.venue.next_due_us)
    view = await desk.venue.view([order_hash], 0)
    assert [one.order_hash for one in view.open_orders] == [order_hash]
    assert (view.cash, view.fills, view.positions) == (Usd.parse("1000"), (), ())
    assert view.seen == {order_hash}
    desk.wait()
    view = await desk.venue.view([order_hash], 0)
    assert view.open_orders == ()
    assert [str(fill.size) for fill in view.fills] == ["10.00"]
    assert [(token, str(size)) for token, size in view.positions] == [(UP, "10.00")]
    assert view.cash < Usd.parse("1000")


async def test_a_part_filled_order_is_open_with_what_was_told_of_it(desk: Desk) -> None:
    await desk.send(terms(BUY, GTC, "0.51", "20"))
    desk.wait()
    desk.trade(SELL, "0.51", "5")
    [before] = (await desk.venue.view([], 0)).open_orders
    desk.wait()
    [after] = (await desk.venue.view([], 0)).open_orders
    assert (str(before.filled), str(after.filled)) == ("0.00", "5.00")


async def test_after_a_restart_the_view_stands_where_our_side_stood(desk: Desk) -> None:
    """What the venue did later reaches the engine at its own time and place, never at boot."""
    _, early = await desk.send(terms(BUY, FAK, "0.52", "5.20"), "early")
    desk.wait()
    frame, at_us = desk.frame, desk.now_us
    _, late = await desk.send(terms(BUY, FAK, "0.52", "10.40"), "late")
    desk.wait()
    desk.resolve(Outcome.UP)
    desk.venue.close()
    desk.open()
    desk.venue.resume(frame=frame, at_us=at_us)
    view = await desk.venue.view([early, late], 0)
    assert [fill.order_hash for fill in view.fills] == [early]
    assert [one.order_hash for one in view.open_orders] == [late]
    assert [(token, str(size)) for token, size in view.positions] == [(UP, "10.00")]
    assert view.cash == Usd.parse("1000") + view.fills[0].cash
    assert view.at_us == at_us


async def test_an_account_without_a_feed_shows_everything(desk: Desk) -> None:
    """For who only looks: no place was named, so nothing is hidden."""
    _, order_hash = await desk.send(terms(BUY, FAK, "0.52", "5.20"))
    desk.venue.advance(desk.venue.next_due_us)
    desk.venue.close()
    desk.open()
    view = await desk.venue.view([order_hash], 0)
    assert len(view.fills) == 1
    assert view.open_orders == ()


async def test_a_payout_is_not_shown_before_the_fill_it_pays_for(desk: Desk) -> None:
    await desk.send(terms(BUY, FAK, "0.52", "5.20"))
    desk.venue.advance(desk.venue.next_due_us)
    desk.now_us = desk.venue.next_due_us - 1
    desk.resolve(Outcome.UP)
    view = await desk.venue.view([], 0)
    assert (view.cash, view.positions) == (Usd.parse("1000"), ())
    told = desk.wait()
    view = await desk.venue.view([], 0)
    assert view.positions == ()
    assert view.cash == Usd.parse("1010") + fills(told)[0].cash


async def test_fills_before_the_time_asked_for_are_left_out(desk: Desk) -> None:
    await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "1")
    since_us = desk.now_us
    await desk.trade_now(terms(BUY, FAK, "0.52", "5.20"), "2")
    assert len((await desk.venue.view([], since_us)).fills) == 1
    assert len((await desk.venue.view([], 0)).fills) == 2


async def test_a_cancel_of_what_was_never_received_has_nothing_to_do(desk: Desk) -> None:
    assert await desk.venue.cancel(OrderHash("unknown"))
    assert desk.venue.idle


async def test_a_kill_leaves_nothing_open_even_before_the_feed_is_back(desk: Desk) -> None:
    _, order_hash = await desk.send(terms(BUY, GTC, "0.50", "20"))
    desk.wait()
    desk.venue.close()
    desk.open()
    desk.venue.resume(frame=desk.frame, at_us=desk.now_us)
    assert await desk.venue.cancel_all() == (order_hash,)
    assert (await desk.venue.view([order_hash], 0)).open_orders == ()
