"""Every fault of the stand-in that concerns a submit: what the answer claims is what happened."""

import asyncio

import pytest

from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order.budget import Budget
from bot.adapters.polymarket.venue import LiveVenue
from bot.domain.event import OrderFilled
from bot.domain.order import Accepted, Prepared, Rejected, Unknown
from bot.ports import VenueView
from tests.contract.live_venue.given import (
    BUY,
    FAK,
    GTC,
    made,
    orders,
    resting,
    struck,
    taking,
    wallet,
)
from tests.contract.venue.ground import Ground, settings_of
from tests.contract.venue.live import LiveStage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def seen(stage: LiveStage, prepared: Prepared) -> VenueView:
    return await stage.venue.view([prepared.order_hash], 0)


@pytest.mark.parametrize(
    "fault",
    [
        "timeout-after-accept", "html-502-after-accept", "error-500-after-accept",
        "not-json-after-accept", "cut-after-accept", "reset-after-accept",
        "context-canceled-after-accept", "unmatched-after-accept", "null-error-after-accept",
    ],
)  # fmt: skip
async def test_an_order_that_was_taken_is_unknown_until_the_view_proves_it(
    stage: LiveStage, fault: str
) -> None:
    prepared = resting(stage)
    stage.ground.stand_in.strike(fault)
    assert isinstance(await stage.venue.submit(prepared), Unknown)
    assert len(orders(stage, prepared.order_hash)) == 1
    view = await seen(stage, prepared)
    assert view.seen == {prepared.order_hash}
    assert [one.order_hash for one in view.open_orders] == [prepared.order_hash]


@pytest.mark.parametrize("fault", ["timeout-after-accept", "reset-after-accept"])
async def test_a_fill_of_an_unknown_order_is_not_lost(stage: LiveStage, fault: str) -> None:
    prepared = taking(stage)
    stage.ground.stand_in.strike(fault)
    assert isinstance(await stage.venue.submit(prepared), Unknown)
    told = await stage.look()
    assert [f.fill.order_hash for f in told if isinstance(f, OrderFilled)] == [prepared.order_hash]


@pytest.mark.parametrize(
    "fault",
    [
        "market-not-ready", "invalid-nonce", "address-banned", "closed-only", "allowance-missing",
        "engine-restart", "post-only", "cancel-only", "trading-disabled", "rate-limited",
        "cloudflare-403", "unauthorized",
    ],
)  # fmt: skip
async def test_a_refusal_that_is_proved_took_nothing(stage: LiveStage, fault: str) -> None:
    prepared, before = resting(stage), wallet(stage)
    stage.ground.stand_in.post("faults", name=fault, times=1, for_s=0.1, then_s=0.1)
    assert isinstance(await stage.venue.submit(prepared), Rejected)
    assert struck(stage, fault)
    assert orders(stage, prepared.order_hash) == []
    assert wallet(stage) == before


async def test_a_500_proves_nothing_even_where_nothing_was_taken(stage: LiveStage) -> None:
    prepared = resting(stage)
    stage.ground.stand_in.strike("error-500")
    assert isinstance(await stage.venue.submit(prepared), Unknown)
    assert orders(stage, prepared.order_hash) == []
    assert (await seen(stage, prepared)).seen == frozenset()


async def test_a_refusal_inside_a_200_is_read_by_its_text(stage: LiveStage) -> None:
    prepared = made(stage, BUY, GTC, "0.40", "4")
    stage.ground.stand_in.strike("refused-with-200")
    answer = await stage.venue.submit(prepared)
    assert isinstance(answer, Rejected)
    assert "lower than the minimum" in answer.reason
    assert struck(stage, "refused-with-200")


async def test_a_wrong_clock_is_refused_and_took_nothing(stage: LiveStage) -> None:
    prepared = resting(stage)
    stage.ground.stand_in.post("clock", skew_s=600)
    assert isinstance(await stage.venue.submit(prepared), Rejected)
    assert orders(stage, prepared.order_hash) == []


@pytest.mark.parametrize("fault", ["delayed-order", "fak-answers-live"])
async def test_a_held_order_is_accepted_and_fills_later(stage: LiveStage, fault: str) -> None:
    prepared = taking(stage)
    stage.ground.stand_in.strike(fault)
    assert isinstance(await stage.venue.submit(prepared), Accepted)
    stage.ground.stand_in.step(1)
    told = await stage.look()
    assert [str(f.fill.size) for f in told if isinstance(f, OrderFilled)] == ["10.00"]


async def test_a_held_order_that_dies_ends_without_a_fill(stage: LiveStage) -> None:
    prepared = taking(stage)
    stage.ground.stand_in.post("faults", name="delayed-order", times=1)
    stage.ground.stand_in.post("faults", name="delayed-order-dies", times=1)
    assert await stage.venue.submit(prepared) == Accepted("delayed")
    stage.ground.stand_in.step(1)
    told = await stage.look()
    assert not [one for one in told if isinstance(one, OrderFilled)]
    assert stage.venue.follower.idle


async def test_an_unloaded_market_makes_an_order_that_is_never_sent(
    stage: LiveStage, ground: Ground
) -> None:
    other = await LiveStage.open(ground, timeout_s=1.0)
    other.venue.catalog.forget(other.market.market_id)
    prepared = taking(other)
    answer = await other.venue.submit(prepared)
    assert isinstance(answer, Rejected)
    assert "not loaded" in answer.reason
    assert orders(other, prepared.order_hash) == []
    await other.close()


async def test_a_price_off_the_grid_is_never_sent(stage: LiveStage) -> None:
    answer = await stage.venue.submit(made(stage, BUY, FAK, "0.525", "5"))
    assert answer == Rejected("not sent: price 0.525 breaks the tick 0.01")


async def test_nobody_there_took_nothing(stage: LiveStage, ground: Ground) -> None:
    """Connection refused: the one transport error that proves something."""
    variables = ground.variables(stage.account, timeout_s=1.0)
    dead = settings_of(variables | {"POLY_CLOB_URL": "http://127.0.0.1:1"})
    connection = await Connection.open(dead)
    away = LiveVenue(connection, Budget(1.0, asyncio.get_running_loop().time))
    prepared = resting(stage)
    answer = await away.submit(prepared)
    assert isinstance(answer, Rejected)
    assert answer.reason.startswith("unsent")
    await connection.close()


async def test_between_a_decision_and_its_order_nothing_is_fetched(stage: LiveStage) -> None:
    """Preparing asks nobody; submitting is one call, also of an order that matches at once."""
    last = stage.ground.stand_in.get("journal")["last"]
    await stage.venue.submit(taking(stage))
    entries = stage.ground.stand_in.get(f"journal?after={last}&limit=1000")["entries"]
    calls = [(e["method"], e["path"]) for e in entries if e["kind"] == "request"]
    assert calls == [("POST", "/order")]


async def test_an_order_made_again_by_another_process_is_the_same_bytes(
    stage: LiveStage, ground: Ground
) -> None:
    prepared = resting(stage)
    other = LiveVenue(stage.connection, Budget(1.0, asyncio.get_running_loop().time))
    assert await other.submit(prepared) == Accepted("live")
    again = await stage.venue.submit(prepared)
    assert isinstance(again, Unknown)
    assert again.reason.startswith("duplicate")
    assert len(orders(stage, prepared.order_hash)) == 1


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("kind", ["eoa", "proxy", "safe", "deposit"])
async def test_the_venue_calls_an_order_by_our_hash(
    ground: Ground, kind: str, version: str
) -> None:
    """Accepted means that the venue's id equals ours: signature types 0 to 3, domains 2 and 3."""
    other = await LiveStage.open(ground, version=version, kind=kind, timeout_s=5.0)
    prepared = resting(other)
    assert await other.venue.submit(prepared) == Accepted("live")
    assert len(orders(other, prepared.order_hash)) == 1
    assert await other.venue.cancel(prepared.order_hash)
    await other.close()
