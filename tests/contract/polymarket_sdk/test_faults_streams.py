"""Faults of sockets, chain and the life of a market."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest
from polymarket import (
    AcceptedOrder,
    AsyncSecureClient,
    RequestRejectedError,
    TransportError,
)
from polymarket.models.clob.user_events import UserOrderEvent
from polymarket.streams import CryptoTwapPriceSpec, MarketSpec, UserSpec

from tests.contract.polymarket_sdk.given import fak, limit, live, struck
from tests.contract.polymarket_sdk.standin import StandIn

Client = AsyncSecureClient


async def test_rpc_errors_reach_the_caller(stand_in: StandIn) -> None:
    async with await AsyncSecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallets"]["eoa"]["wallet"],
        environment=stand_in.environment(),
    ) as client:
        window = stand_in.window()
        stand_in.post("markets", condition_id=window["condition_id"], winner="Up")
        for fault in ("rpc-error", "rpc-502"):
            stand_in.strike(fault)
            with pytest.raises(RequestRejectedError):
                await client.redeem_positions(condition_id=window["condition_id"])


async def test_a_handshake_can_be_refused(stand_in: StandIn, client: Client) -> None:
    stand_in.strike("socket-refused")
    token = stand_in.window()["tokens"][0]
    with pytest.raises(TransportError):
        await client.subscribe(MarketSpec(token_ids=[token]))


async def test_price_auth_can_be_unavailable_for_a_while(stand_in: StandIn, client: Client) -> None:
    stand_in.strike("price-auth-unavailable")
    async with asyncio.timeout(20):
        async with await client.subscribe(CryptoTwapPriceSpec(symbols=["btcusd"])):
            assert struck(stand_in, "price-auth-unavailable") >= 1


@pytest.mark.parametrize(
    "fault", ["socket-dead", "price-frozen", "user-frame-twice", "user-frames-swapped"]
)
async def test_a_frame_fault_strikes_once(
    stand_in: StandIn, client: Client, fault: str, eventually: Callable[..., None]
) -> None:
    before = struck(stand_in, fault)
    stand_in.strike(fault)
    async with await client.subscribe([UserSpec(), CryptoTwapPriceSpec(symbols=["btcusd"])]):
        for size in (50, 51):
            await client.post_order(await limit(stand_in, client, size))
        stand_in.step(2)
        eventually(lambda: struck(stand_in, fault) == before + 1, what=fault)
    await client.cancel_all()


async def test_a_malformed_user_frame_is_dropped_by_the_client_in_silence(
    stand_in: StandIn, client: Client
) -> None:
    async with await client.subscribe(UserSpec()) as events:
        stand_in.strike("user-frame-malformed")
        await client.post_order(await limit(stand_in, client, 50))
        second = await client.post_order(await limit(stand_in, client, 51))
        assert isinstance(second, AcceptedOrder)
        async with asyncio.timeout(5):
            event = await anext(aiter(events))
        assert event.payload.id == second.order_id
    await client.cancel_all()


async def test_an_order_can_end_without_an_event(stand_in: StandIn, client: Client) -> None:
    async with await client.subscribe(UserSpec()) as events:
        taken = await client.post_order(await limit(stand_in, client))
        stand_in.strike("no-terminal-event")
        await client.cancel_all()
        assert isinstance(taken, AcceptedOrder)
        stream = aiter(events)
        placed = await asyncio.wait_for(anext(stream), 5)
        assert isinstance(placed, UserOrderEvent)
        assert placed.payload.order_event_type == "PLACEMENT"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.5)
    assert not live(stand_in)


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ("market-v2", "every new window is v2"),
        ("late-book", "a new window has no book"),
        ("late-resolution", "no winner a minute after the end"),
        ("market-resolved-absent", "the winner is known, the frame is not sent"),
    ],
)
async def test_market_faults_at_start(fault: str, what: str) -> None:
    with StandIn("--faults", fault, "--seed", "3") as stand_in:
        stand_in.step(1)
        first = stand_in.truth()["markets"]
        if fault == "market-v2":
            assert {market["version"] for market in first} == {"v2"}, what
        elif fault == "late-book":
            url = f"{stand_in.line['clob_url']}/book?token_id={first[0]['tokens'][0]}"
            assert stand_in.http.get(url).status_code == 404, what
            stand_in.step(121)
            later = stand_in.truth()["markets"][0]
            if later["accepting"]:
                assert stand_in.http.get(url).status_code == 200
        else:
            stand_in.step(330)
            ended = [m for m in stand_in.truth()["markets"] if not m["accepting"]]
            known = [market["winner"] is not None for market in ended if "-5m-" in market["slug"]]
            assert known[0] is (fault == "market-resolved-absent"), what


async def test_amounts_are_told_in_decimal_units(stand_in: StandIn, client: Client) -> None:
    answer = await client.post_order(await fak(stand_in, client))
    assert isinstance(answer, AcceptedOrder)
    assert Decimal("4.99") < answer.making_amount <= 5
