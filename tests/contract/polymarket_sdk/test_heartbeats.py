"""The order heartbeat: chained ids, mismatches, and the cancel after ten seconds of silence."""

import time
from collections.abc import Callable

import pytest
from polymarket import AcceptedOrder, AsyncSecureClient, OrderHeartbeatMismatchError, SecureClient

from tests.contract.polymarket_sdk.standin import StandIn


async def rest(stand_in: StandIn, client: AsyncSecureClient) -> str:
    token = stand_in.window()["tokens"][0]
    order = await client.create_limit_order(token_id=token, price="0.02", size=50, side="BUY")
    taken = await client.post_order(order)
    assert isinstance(taken, AcceptedOrder)
    return taken.order_id


def live(stand_in: StandIn, order_id: str) -> bool:
    orders = stand_in.truth()["orders"]
    return any(o["id"] == order_id and o["status"] == "LIVE" for o in orders)


async def beating(client: AsyncSecureClient) -> str:
    """Send a beat, whatever an earlier test has armed."""
    try:
        return (await client.send_order_heartbeat()).heartbeat_id
    except OrderHeartbeatMismatchError as error:
        return (await client.send_order_heartbeat(heartbeat_id=error.heartbeat_id)).heartbeat_id


async def test_each_beat_names_the_next(stand_in: StandIn, client: AsyncSecureClient) -> None:
    first = await beating(client)
    second = await client.send_order_heartbeat(heartbeat_id=first)
    assert second.heartbeat_id != first


async def test_a_wrong_id_is_told_the_expected_one(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    expected = await beating(client)
    with pytest.raises(OrderHeartbeatMismatchError) as mismatch:
        await client.send_order_heartbeat(heartbeat_id="wrong")
    assert mismatch.value.heartbeat_id == expected


@pytest.mark.timeout(60)
async def test_ten_seconds_of_silence_cancel_everything(
    stand_in: StandIn, client: AsyncSecureClient, eventually: Callable[..., None]
) -> None:
    await beating(client)
    began = time.monotonic()
    order = await rest(stand_in, client)
    eventually(lambda: not live(stand_in, order), within_s=15, what="the cancel")
    assert 8 < time.monotonic() - began < 12


async def test_a_key_that_never_beat_keeps_its_orders(stand_in: StandIn) -> None:
    other = stand_in.post("accounts", label="silent")
    async with await AsyncSecureClient.create(
        private_key=other["private_key"],
        wallet=other["wallet"],
        environment=stand_in.environment(),
    ) as client:
        order = await rest(stand_in, client)
        stand_in.step(20)
        assert live(stand_in, order)
        assert other["api_key"] not in stand_in.truth()["heartbeats"]


async def test_expiry_strikes_early_on_demand(
    stand_in: StandIn, client: AsyncSecureClient, eventually: Callable[..., None]
) -> None:
    order = await rest(stand_in, client)
    stand_in.strike("heartbeat-expires")
    await beating(client)
    eventually(lambda: not live(stand_in, order), within_s=3, what="the cancel")


def test_the_sync_client_beats_too(stand_in: StandIn) -> None:
    other = stand_in.post("accounts", label="sync")
    with SecureClient.create(
        private_key=other["private_key"],
        wallet=other["wallet"],
        environment=stand_in.environment(),
    ) as client:
        first = client.send_order_heartbeat().heartbeat_id
        assert client.send_order_heartbeat(heartbeat_id=first).heartbeat_id != first
