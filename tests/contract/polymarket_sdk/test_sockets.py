"""The three sockets as the vendor's client reads them, and what it does not notice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from eth_account import Account
from polymarket import AcceptedOrder, ApiKeyCreds, AsyncSecureClient, RequestRejectedError
from polymarket.errors import ConnectionLostError
from polymarket.streams import CryptoPriceSpec, CryptoTwapPriceSpec, MarketSpec, UserSpec

from tests.contract.polymarket_sdk.standin import StandIn

WITHIN_S = 10.0


async def wanted(events: AsyncIterator[Any], kind: str, count: int = 1) -> list[Any]:
    """Read until `count` events of a kind have come."""
    found: list[Any] = []
    async with asyncio.timeout(WITHIN_S):
        async for event in events:
            if event.type == kind:
                found.append(event)
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")


async def rest(client: AsyncSecureClient, token: str, size: int = 50) -> str:
    order = await client.create_limit_order(token_id=token, price="0.02", size=size, side="BUY")
    taken = await client.post_order(order)
    assert isinstance(taken, AcceptedOrder)
    return taken.order_id


async def test_a_subscription_begins_with_books_and_goes_on_with_changes(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    up, down = stand_in.window()["tokens"]
    async with await client.subscribe(MarketSpec(token_ids=[up, down])) as events:
        books = await wanted(events, "book", 2)
        assert {book.payload.asset_id for book in books} == {up, down}
        stand_in.post("levels", token_id=up, side="BUY", price="0.011", size="77")
        change = (await wanted(events, "price_change"))[0].payload.price_changes[0]
        assert (change.asset_id, change.price, change.size) == (up, Decimal("0.011"), 77)
        stand_in.post("trades", token_id=down, side="BUY", price="0.4", size="9")
        trade = (await wanted(events, "last_trade_price"))[0].payload
        assert (trade.asset_id, str(trade.side)) == (down, "BUY")


async def test_our_order_is_a_level_on_both_outcomes(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    up, down = stand_in.window()["tokens"]
    async with await client.subscribe(MarketSpec(token_ids=[up, down])) as events:
        await wanted(events, "book", 2)
        await rest(client, up, 123)
        changes = (await wanted(events, "price_change"))[0].payload.price_changes
        seen = {(c.asset_id, str(c.side), str(c.price)) for c in changes}
        assert seen == {(up, "BUY", "0.02"), (down, "SELL", "0.98")}
    await client.cancel_all()


async def test_tick_change_new_market_and_resolution_reach_custom_subscribers(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    window = stand_in.window("v2")
    spec = MarketSpec(token_ids=[window["tokens"][0]], custom_feature_enabled=True)
    async with await client.subscribe(spec) as events:
        await wanted(events, "book")
        stand_in.post("markets", condition_id=window["condition_id"], tick="0.001")
        tick = (await wanted(events, "tick_size_change"))[0].payload
        assert tick.new_tick_size == Decimal("0.001")
        stand_in.post("markets", condition_id=window["condition_id"], winner="Down")
        resolved = (await wanted(events, "market_resolved"))[0].payload
        assert resolved.winning_outcome == "Down"


async def test_orders_and_trades_come_over_the_user_socket(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    window = stand_in.window()
    token = window["tokens"][0]
    async with await client.subscribe(UserSpec(markets=[window["condition_id"]])) as events:
        order_id = await rest(client, token)
        placed = (await wanted(events, "order"))[0].payload
        assert (placed.id, placed.order_event_type) == (order_id, "PLACEMENT")
        stand_in.post("trades", token_id=token, side="SELL", price="0.01", size="50")
        seen = [event.payload async for event in _trade(events, stand_in)]
        assert [str(trade.status) for trade in seen] == ["MATCHED", "MINED", "CONFIRMED"]
        assert {trade.id for trade in seen} == {seen[0].id}
        assert seen[0].trader_side == "MAKER"


async def _trade(events: AsyncIterator[Any], stand_in: StandIn) -> AsyncIterator[Any]:
    yield (await wanted(events, "trade"))[0]
    stand_in.step(5)
    for event in await wanted(events, "trade", 2):
        yield event


async def test_wrong_credentials_leave_a_silent_stream_that_redials(stand_in: StandIn) -> None:
    """Nothing is raised: who trusts the stream alone waits for ever."""
    account = stand_in.account
    async with await AsyncSecureClient.create(
        private_key=account["private_key"],
        wallet=account["wallet"],
        environment=stand_in.environment(),
    ) as client:
        good = client.credentials
        bad = ApiKeyCreds(key=good.key, secret=good.secret, passphrase="wrong")
        object.__setattr__(client._ctx, "credentials", bad)  # noqa: SLF001 - no public way
        stand_in.post("faults", name="user-auth-refused")
        async with await client.subscribe(UserSpec()) as events:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await anext(aiter(events))


@pytest.mark.parametrize("fault", ["socket-cut", "user-frame-lost"])
async def test_what_was_missed_is_not_sent_again(
    stand_in: StandIn, client: AsyncSecureClient, fault: str
) -> None:
    """The client redials by itself and says nothing; the stream goes on with a hole in it."""
    token = stand_in.window()["tokens"][0]
    async with await client.subscribe(UserSpec()) as events:
        known = {await rest(client, token, 50)}
        await wanted(events, "order")
        stand_in.strike(fault)
        known.add(await rest(client, token, 51))
        heard: set[str] = set()
        for size in range(52, 72):
            later = await rest(client, token, size)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    heard.add((await wanted(events, "order"))[0].payload.id)
            if later in heard:
                break
        assert heard
        assert not heard & known
    await client.cancel_all()


async def test_a_frozen_socket_pongs_and_sends_nothing(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    async with await client.subscribe(MarketSpec(token_ids=[token])) as events:
        await wanted(events, "book")
        stand_in.strike("socket-frozen")
        for size in ("11", "12", "13"):
            stand_in.post("levels", token_id=token, side="BUY", price="0.011", size=size)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(aiter(events))


@pytest.mark.parametrize(
    ("fault", "sizes"),
    [
        ("market-frame-lost", ["12"]),
        ("market-frame-malformed", ["12"]),
        ("market-frame-twice", ["11", "11"]),
        ("market-frames-swapped", ["12", "11"]),
    ],
)
async def test_market_frames_can_be_lost_doubled_and_swapped(
    stand_in: StandIn, client: AsyncSecureClient, fault: str, sizes: list[str]
) -> None:
    token = stand_in.window()["tokens"][0]
    stand_in.post("levels", token_id=token, side="BUY", price="0.011", size="5")
    async with await client.subscribe(MarketSpec(token_ids=[token])) as events:
        await wanted(events, "book")
        stand_in.strike(fault)
        for size in ("11", "12"):
            stand_in.post("levels", token_id=token, side="BUY", price="0.011", size=size)
        changes = await wanted(events, "price_change", len(sizes))
        assert [str(c.payload.price_changes[0].size) for c in changes] == sizes


async def test_the_average_price_comes_with_a_snapshot_and_every_second(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    stand_in.step(5)
    async with await client.subscribe(CryptoTwapPriceSpec(symbols=["btcusd"])) as events:
        snapshot = (await wanted(events, "subscribe"))[0].payload
        assert len(snapshot.data) >= 5
        stand_in.step(3)
        ticks = [event.payload for event in await wanted(events, "update", 3)]
        gaps = [(b.timestamp - a.timestamp).total_seconds() for a, b in pairwise(ticks)]
        assert gaps == [1, 1]
        assert all(tick.value > 1000 for tick in ticks)


async def test_the_pyth_price_is_another_channel(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    async with await client.subscribe(CryptoPriceSpec(symbols=["btcusd"])) as events:
        await wanted(events, "subscribe")
        stand_in.step(2)
        assert (await wanted(events, "update"))[0].payload.source == "pyth"


async def test_a_lost_tick_is_counted_in_the_next(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    async with await client.subscribe(CryptoTwapPriceSpec(symbols=["btcusd"])) as events:
        await wanted(events, "subscribe")
        stand_in.strike("price-tick-lost")
        stand_in.step(2)
        assert (await wanted(events, "update"))[0].dropped == 1


async def test_close_4001_ends_the_price_stream_with_an_error(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    async with await client.subscribe(CryptoTwapPriceSpec(symbols=["btcusd"])) as events:
        await wanted(events, "subscribe")
        stand_in.strike("price-closed-4001")
        stand_in.step(1)
        with pytest.raises(ConnectionLostError) as lost:
            await wanted(events, "update")
        assert lost.value.code == 4001


async def test_wrong_credentials_end_the_price_stream_with_an_error(stand_in: StandIn) -> None:
    key = "0x" + "66" * 32
    async with await AsyncSecureClient.create(
        private_key=key,
        wallet=str(Account.from_key(key).address),
        environment=stand_in.environment(),
    ) as client:
        await client.delete_api_key()
        with pytest.raises(RequestRejectedError):
            await client.subscribe(CryptoTwapPriceSpec(symbols=["btcusd"]))
