"""The Venue port's contract, the same for every adapter.

A refusal may be the answer to the submit or told afterwards; both prove that nothing was taken.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bot.domain.book import Side
from bot.domain.money import Usd
from bot.domain.order import Accepted, OrderState, TimeInForce
from tests.contract.venue.case import Stage, outturn, prepare, terms
from tests.contract.venue.ground import Ground
from tests.contract.venue.live import LiveStage
from tests.contract.venue.paper import PaperStage

BUY, SELL = Side.BUY, Side.SELL
FAK, FOK, GTC = TimeInForce.FAK, TimeInForce.FOK, TimeInForce.GTC


async def paper(_: pytest.FixtureRequest, directory: Path) -> Stage:
    """Set the paper venue up."""
    return PaperStage(directory)


async def live(request: pytest.FixtureRequest, _: Path) -> Stage:
    """Set the live venue up against a stand-in exchange."""
    ground: Ground = request.getfixturevalue("ground")
    return await LiveStage.open(ground)


Made = Callable[[pytest.FixtureRequest, Path], Awaitable[Stage]]
ADAPTERS: dict[str, Made] = {"paper": paper, "live": live}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Start a stand-in once for the module."""
    made = Ground(tmp_path_factory.mktemp("ground"))
    yield made
    made.close()


@pytest.fixture(params=sorted(ADAPTERS))
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Return an adapter with a market of 100 shares at 0.50 and 0.52."""
    made = await ADAPTERS[request.param](request, tmp_path)
    await made.show((("0.50", "100"),), (("0.52", "100"),))
    yield made
    await made.close()


async def test_preparing_is_pure_and_the_salt_makes_another_order(stage: Stage) -> None:
    asked = terms(stage, BUY, FAK, "0.52", "5.20")
    first = prepare(stage, asked)
    assert prepare(stage, asked) == first
    assert prepare(stage, asked, salt=2).order_hash != first.order_hash
    view = await stage.venue.view([first.order_hash], 0)
    assert view.seen == frozenset()


async def test_a_buy_takes_what_is_displayed_and_moves_cash_and_position(stage: Stage) -> None:
    done = await outturn(stage, prepare(stage, terms(stage, BUY, FAK, "0.53", "5.20")))
    assert isinstance(done.answer, Accepted)
    assert [str(fill.price) for fill in done.fills] == ["0.52"]
    assert sum(fill.size.micros for fill in done.fills) == 10_000_000
    view = await stage.venue.view([done.order_hash], 0)
    spent = sum(fill.cash.micros for fill in done.fills)
    assert view.cash == stage.cash + Usd(spent)
    assert [(token, str(size)) for token, size in view.positions] == [(stage.market.up, "10.00")]
    assert {fill.fill_id for fill in view.fills} == {fill.fill_id for fill in done.fills}
    assert view.open_orders == ()


async def test_the_fee_is_the_markets(stage: Stage) -> None:
    done = await outturn(stage, prepare(stage, terms(stage, BUY, FAK, "0.52", "5.20")))
    for fill in done.fills:
        assert fill.fee == stage.market.fees.fee(fill.price, fill.size, taker=True)


async def test_an_order_that_is_filled_ends_filled(stage: Stage) -> None:
    done = await outturn(stage, prepare(stage, terms(stage, BUY, FAK, "0.52", "5.20")))
    assert [end.state for end in done.ends] == [OrderState.FILLED]


async def test_what_was_bought_can_be_sold(stage: Stage) -> None:
    await outturn(stage, prepare(stage, terms(stage, BUY, FAK, "0.52", "5.20"), name="buy"))
    sold = await outturn(stage, prepare(stage, terms(stage, SELL, FAK, "0.50", "10"), name="sell"))
    assert [str(fill.price) for fill in sold.fills] == ["0.50"]
    view = await stage.venue.view([], 0)
    assert view.positions == ()
    assert view.cash == stage.cash + Usd(sum(fill.cash.micros for fill in view.fills))


async def test_the_very_same_order_sent_again_executes_once(stage: Stage) -> None:
    prepared = prepare(stage, terms(stage, BUY, FAK, "0.52", "5.20"))
    first = await outturn(stage, prepared)
    again = await outturn(stage, prepared)
    assert first.fills
    assert not again.fills
    view = await stage.venue.view([prepared.order_hash], 0)
    assert view.seen == {prepared.order_hash}
    assert {fill.fill_id for fill in view.fills} == {fill.fill_id for fill in first.fills}


@pytest.mark.parametrize(
    ("side", "kind", "price", "quantity"),
    [
        (BUY, FAK, "0.51", "5"),
        (BUY, FOK, "0.52", "52.01"),
        (BUY, FAK, "0.525", "5"),
        (BUY, FAK, "0.52", "0.50"),
        (BUY, GTC, "0.40", "4"),
        (SELL, FAK, "0.50", "10"),
        (BUY, GTC, "0.40", "1000000"),
    ],
    ids=["no match", "not whole", "off tick", "under 1 USD", "too small", "no shares", "no cash"],
)
async def test_what_the_venue_refuses_takes_nothing(
    stage: Stage, side: Side, kind: TimeInForce, price: str, quantity: str
) -> None:
    done = await outturn(stage, prepare(stage, terms(stage, side, kind, price, quantity)))
    assert done.refused
    assert all(end.state.final for end in done.ends)
    view = await stage.venue.view([done.order_hash], 0)
    assert (view.cash, view.positions, view.fills) == (stage.cash, (), ())
    assert view.open_orders == ()


async def test_a_remainder_is_killed_and_the_part_is_kept(stage: Stage) -> None:
    done = await outturn(stage, prepare(stage, terms(stage, BUY, FAK, "0.52", "80")))
    assert sum(fill.size.micros for fill in done.fills) == 100_000_000
    assert [end.state for end in done.ends] == [OrderState.CANCELLED]


async def test_a_resting_order_is_open_until_it_is_cancelled(stage: Stage) -> None:
    done = await outturn(stage, prepare(stage, terms(stage, BUY, GTC, "0.51", "10")))
    assert not done.fills
    view = await stage.venue.view([done.order_hash], 0)
    assert [one.order_hash for one in view.open_orders] == [done.order_hash]
    await stage.venue.cancel(done.order_hash)
    await stage.settle_down()
    assert await stage.venue.cancel(done.order_hash)
    assert (await stage.venue.view([done.order_hash], 0)).open_orders == ()


async def test_a_resting_order_is_executed_as_maker(stage: Stage) -> None:
    done = await outturn(stage, prepare(stage, terms(stage, BUY, GTC, "0.51", "10")))
    await stage.trade(SELL, "0.51", "4")
    await stage.settle_down()
    view = await stage.venue.view([done.order_hash], 0)
    assert [(str(fill.size), fill.fee) for fill in view.fills] == [("4.00", Usd(0))]
    assert [str(one.filled) for one in view.open_orders] == ["4.00"]


async def test_cancel_all_leaves_nothing_open_and_says_what_it_cancelled(stage: Stage) -> None:
    hashes = set()
    for name in ("1", "2"):
        prepared = prepare(stage, terms(stage, BUY, GTC, "0.40", "10"), name=name)
        hashes.add((await outturn(stage, prepared)).order_hash)
    assert set(await stage.venue.cancel_all()) == hashes
    await stage.settle_down()
    assert (await stage.venue.view([], 0)).open_orders == ()
    assert await stage.venue.cancel_all() == ()


async def test_a_cancel_of_what_was_never_sent_is_nothing_open(stage: Stage) -> None:
    prepared = prepare(stage, terms(stage, BUY, GTC, "0.40", "10"))
    assert await stage.venue.cancel(prepared.order_hash)


async def test_a_view_gives_fills_from_the_time_asked_for(stage: Stage) -> None:
    await outturn(stage, prepare(stage, terms(stage, BUY, FAK, "0.52", "5.20"), name="1"))
    since_us = stage.now_us()
    second = await outturn(stage, prepare(stage, terms(stage, BUY, FAK, "0.52", "5.20"), name="2"))
    view = await stage.venue.view([], since_us)
    assert {fill.order_hash for fill in view.fills} == {second.order_hash}


async def test_shown_size_is_not_sold_twice(stage: Stage) -> None:
    for name in ("1", "2"):
        await outturn(stage, prepare(stage, terms(stage, BUY, FAK, "0.52", "40"), name=name))
    view = await stage.venue.view([], 0)
    assert sum(fill.size.micros for fill in view.fills) == 100_000_000
