"""Faults of cancels, heartbeats, matches and ticks."""

import asyncio
import time

import pytest
from polymarket import (
    AcceptedOrder,
    AsyncSecureClient,
    RequestRejectedError,
)

from tests.contract.polymarket_sdk.given import fak, limit, live
from tests.contract.polymarket_sdk.standin import StandIn

Client = AsyncSecureClient


async def test_a_cancel_may_be_done_though_it_fails(stand_in: StandIn, client: Client) -> None:
    for fault in ("html-502-after-cancel", "timeout-after-cancel"):
        await client.post_order(await limit(stand_in, client))
        stand_in.strike(fault)
        with pytest.raises((RequestRejectedError, TimeoutError)):
            await asyncio.wait_for(client.cancel_all(), 0.5)
        assert not live(stand_in)


async def test_a_cancel_may_be_answered_and_not_done(stand_in: StandIn, client: Client) -> None:
    taken = await client.post_order(await limit(stand_in, client))
    assert isinstance(taken, AcceptedOrder)
    stand_in.strike("not-cancelled")
    answer = await client.cancel_order(order_id=taken.order_id)
    assert answer.canceled == ()
    assert taken.order_id in answer.not_canceled
    assert len(live(stand_in)) == 1
    await client.cancel_all()


async def test_a_heartbeat_can_hang_or_belong_to_another(stand_in: StandIn, client: Client) -> None:
    other = stand_in.post("accounts", label="beating")
    async with await AsyncSecureClient.create(
        private_key=other["private_key"],
        wallet=other["wallet"],
        environment=stand_in.environment(),
    ) as beating:
        first = (await beating.send_order_heartbeat()).heartbeat_id
        stand_in.strike("heartbeat-id-taken")
        with pytest.raises(RequestRejectedError, match="Invalid Heartbeat ID"):
            await beating.send_order_heartbeat(heartbeat_id=first)
        stand_in.strike("heartbeat-hangs")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(beating.send_order_heartbeat(), 0.5)


@pytest.mark.parametrize(
    ("fault", "status", "ends"),
    [("delayed-order", "delayed", "MATCHED"), ("fak-answers-live", "live", "MATCHED")],
)
async def test_an_order_can_match_after_its_answer(
    stand_in: StandIn, client: Client, fault: str, status: str, ends: str
) -> None:
    stand_in.strike(fault)
    answer = await client.post_order(await fak(stand_in, client))
    assert isinstance(answer, AcceptedOrder)
    assert answer.status == status
    assert answer.making_amount == 0
    stand_in.step(1)
    order = next(o for o in stand_in.truth()["orders"] if o["id"] == answer.order_id)
    assert order["status"] == ends
    assert order["matched"] > 0


async def test_a_delayed_order_can_die(stand_in: StandIn, client: Client) -> None:
    stand_in.strike("delayed-order")
    stand_in.strike("delayed-order-dies")
    answer = await client.post_order(await fak(stand_in, client))
    assert isinstance(answer, AcceptedOrder)
    stand_in.step(1)
    order = next(o for o in stand_in.truth()["orders"] if o["id"] == answer.order_id)
    assert (order["status"], order["matched"]) == ("UNMATCHED", 0)


async def test_the_data_api_can_throttle_and_lag(stand_in: StandIn, client: Client) -> None:
    user = str(client.wallet)
    before = (await client.list_positions(user=user).first_page()).items
    stand_in.strike("data-429")
    began = time.monotonic()
    await client.list_positions(user=user).first_page()
    assert time.monotonic() - began > 0.9, "the client waits Retry-After by itself"
    stand_in.post("faults", name="data-lags")
    await client.post_order(await fak(stand_in, client))
    stand_in.step(5)
    assert (await client.list_positions(user=user).first_page()).items == before


async def test_a_tick_changes_in_mid_window_and_the_old_grid_is_refused_nothing(
    stand_in: StandIn, client: Client
) -> None:
    window = stand_in.window()
    order = await limit(stand_in, client)
    stand_in.strike("tick-change")
    ticks = {m["condition_id"]: m["tick"] for m in stand_in.truth()["markets"]}
    assert 1_000 in ticks.values()
    assert isinstance(await client.post_order(order), AcceptedOrder)
    await client.cancel_all()
    changed = next(m for m in stand_in.truth()["markets"] if m["tick"] == 1_000 and m["accepting"])
    fine = await client.create_limit_order(
        token_id=changed["tokens"][0], price="0.015", size=50, side="BUY"
    )
    assert isinstance(await client.post_order(fine), AcceptedOrder)
    await client.cancel_all()
    assert window["tick"] in {1_000, 10_000}
