"""Faults of time, reads and balances."""

import asyncio
import time

import pytest
from polymarket import (
    AcceptedOrder,
    AsyncSecureClient,
    RequestRejectedError,
)

from tests.contract.polymarket_sdk.given import fak, limit
from tests.contract.polymarket_sdk.standin import StandIn

Client = AsyncSecureClient


async def test_a_wrong_clock_refuses_everything_and_shows_in_time(
    stand_in: StandIn, client: Client
) -> None:
    stand_in.strike("clock-skew", by_s=300)
    with pytest.raises(RequestRejectedError) as refused:
        await client.cancel_all()
    assert refused.value.status == 401
    told = stand_in.http.get(f"{stand_in.line['clob_url']}/time").json()
    assert 295 < told - time.time() < 305
    stand_in.disarm()
    await client.cancel_all()


@pytest.mark.parametrize("fault", ["geoblocked", "geoblock-close-only"])
async def test_geoblock(stand_in: StandIn, fault: str) -> None:
    url = stand_in.line["geoblock_url"]
    assert stand_in.http.get(url).json()["blocked"] is False
    stand_in.strike(fault)
    told = stand_in.http.get(url).json()
    assert told["blocked"] is (fault == "geoblocked")
    assert told["country"] == ("US" if fault == "geoblocked" else "SG")


async def test_reads_can_fail_hang_and_trickle(stand_in: StandIn, client: Client) -> None:
    token = stand_in.window()["tokens"][0]
    stand_in.strike("read-502")
    with pytest.raises(RequestRejectedError):
        await client.get_order_book(token_id=token)
    stand_in.strike("read-timeout")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.get_order_book(token_id=token), 0.5)
    stand_in.strike("read-trickles")
    began = time.monotonic()
    await client.get_order_book(token_id=token)
    assert time.monotonic() - began > 1.5


async def test_an_incomplete_listing_is_an_error_not_an_end(
    stand_in: StandIn, client: Client
) -> None:
    token = stand_in.window()["tokens"][0]
    stand_in.post("wallets", wallet=stand_in.account["wallet"], tier="Elite")
    for start in range(0, 105, 15):
        await client.post_orders(
            [
                await client.create_limit_order(
                    token_id=token, price="0.01", size=5 + start + n, side="BUY"
                )
                for n in range(15)
            ]
        )
    stand_in.strike("page-lost")
    with pytest.raises(RequestRejectedError):
        [order async for order in client.list_open_orders().iter_items()]
    await client.cancel_all()
    stand_in.post("wallets", wallet=stand_in.account["wallet"], tier="Standard")


async def test_a_young_order_is_missing_for_a_while(stand_in: StandIn, client: Client) -> None:
    await client.cancel_all()
    order = await limit(stand_in, client)
    stand_in.strike("order-late-visible")
    await client.post_order(order)
    assert (await client.list_open_orders().first_page()).items == ()
    stand_in.step(4)
    assert len((await client.list_open_orders().first_page()).items) == 1
    await client.cancel_all()


async def test_a_stale_balance_stays_until_update(stand_in: StandIn, client: Client) -> None:
    before = (await client.get_balance_allowance(asset_type="COLLATERAL")).balance
    stand_in.post("faults", name="stale-balance")
    stand_in.post("wallets", wallet=stand_in.account["wallet"], cash_usd="123")
    assert (await client.get_balance_allowance(asset_type="COLLATERAL")).balance == before
    stand_in.disarm()
    assert (await client.get_balance_allowance(asset_type="COLLATERAL")).balance == 123_000_000
    stand_in.post("wallets", wallet=stand_in.account["wallet"], cash_usd="1000")


async def test_a_phantom_lock_eats_the_balance(stand_in: StandIn) -> None:
    other = stand_in.post("accounts", label="phantom", cash_usd="10")
    async with await AsyncSecureClient.create(
        private_key=other["private_key"],
        wallet=other["wallet"],
        environment=stand_in.environment(),
    ) as client:
        stand_in.strike("phantom-lock")
        assert isinstance(await client.post_order(await fak(stand_in, client)), AcceptedOrder)
        stand_in.step(10)
        with pytest.raises(RequestRejectedError, match="sum of matched orders: 5"):
            await client.post_order(await fak(stand_in, client))
