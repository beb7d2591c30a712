"""Faults of taking orders: what the client makes of each, and what is true at the venue."""

import asyncio
import contextlib
import time

import pytest
from polymarket import (
    AcceptedOrder,
    AsyncSecureClient,
    RateLimitError,
    RejectedOrder,
    RequestRejectedError,
    TransportError,
)
from polymarket.errors import UnexpectedResponseError

from tests.contract.polymarket_sdk.given import limit, live
from tests.contract.polymarket_sdk.standin import StandIn

Client = AsyncSecureClient


@pytest.mark.parametrize(
    ("fault", "raises"),
    [
        ("html-502-after-accept", RequestRejectedError),
        ("error-500-after-accept", RequestRejectedError),
        ("not-json-after-accept", UnexpectedResponseError),
        ("null-error-after-accept", UnexpectedResponseError),
        ("cut-after-accept", TransportError),
        ("reset-after-accept", TransportError),
        ("context-canceled-after-accept", RequestRejectedError),
    ],
)
async def test_an_answer_after_accept_says_nothing_of_the_order_that_rests(
    stand_in: StandIn, client: Client, fault: str, raises: type[Exception]
) -> None:
    await client.cancel_all()
    order = await limit(stand_in, client)
    stand_in.strike(fault)
    with pytest.raises(raises):
        await client.post_order(order)
    assert len(live(stand_in)) == 1
    with pytest.raises(RequestRejectedError, match="Duplicated"):
        await client.post_order(order)
    await client.cancel_all()


async def test_a_timeout_after_accept_leaves_an_order(stand_in: StandIn, client: Client) -> None:
    await client.cancel_all()
    order = await limit(stand_in, client)
    stand_in.strike("timeout-after-accept")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.post_order(order), 0.5)
    assert len(live(stand_in)) == 1
    await client.cancel_all()


async def test_unmatched_hides_a_live_order(stand_in: StandIn, client: Client) -> None:
    await client.cancel_all()
    order = await limit(stand_in, client)
    stand_in.strike("unmatched-after-accept")
    answer = await client.post_order(order)
    assert isinstance(answer, RejectedOrder)
    assert answer.code == "unmatched"
    assert len(live(stand_in)) == 1
    await client.cancel_all()


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("error-500", 500, "could not run the execution"),
        ("market-not-ready", 400, "not yet ready"),
        ("invalid-nonce", 400, "invalid nonce"),
        ("address-banned", 400, "address banned"),
        ("closed-only", 400, "closed only mode"),
        ("allowance-missing", 400, "the allowance is not enough"),
        ("unauthorized", 401, "Unauthorized/Invalid api key"),
        ("cloudflare-403", 403, ""),
        ("cancel-only", 503, "cancel-only"),
        ("trading-disabled", 503, "disabled"),
        ("post-only", 503, "post-only mode"),
        ("engine-restart", 425, "service not ready"),
    ],
)
async def test_a_refusal_takes_nothing(
    stand_in: StandIn, client: Client, fault: str, status: int, text: str
) -> None:
    await client.cancel_all()
    order = await limit(stand_in, client)
    stand_in.strike(fault)
    with pytest.raises(RequestRejectedError) as refused:
        await client.post_order(order)
    assert refused.value.status == status
    assert text in str(refused.value)
    assert not live(stand_in)
    stand_in.disarm()
    assert isinstance(await client.post_order(order), AcceptedOrder)
    await client.cancel_all()


async def test_new_accounts_with_old_wallets_are_sent_away(stand_in: StandIn) -> None:
    async with await AsyncSecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallets"]["eoa"]["wallet"],
        environment=stand_in.environment(),
    ) as client:
        order = await limit(stand_in, client)
        stand_in.strike("deposit-wallet-only")
        with pytest.raises(RequestRejectedError, match="use the deposit wallet flow"):
            await client.post_order(order)


async def test_a_refusal_can_come_as_200(stand_in: StandIn, client: Client) -> None:
    order = await limit(stand_in, client, 1)
    stand_in.strike("refused-with-200")
    answer = await client.post_order(order)
    assert isinstance(answer, RejectedOrder)
    assert "lower than the minimum" in answer.message


async def test_a_restart_is_425_then_post_only_then_normal(
    stand_in: StandIn, client: Client
) -> None:
    order = await limit(stand_in, client)
    stand_in.strike("engine-restart", for_s=0.4, then_s=1)
    seen: list[str | None] = []
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            await client.post_order(order)
            break
        except RequestRejectedError as error:
            if not seen or seen[-1] != error.restriction:
                seen.append(error.restriction)
    assert seen == ["restarting", "post_only"]
    await client.cancel_all()


async def test_post_only_mode_takes_post_only_orders_and_cancels(
    stand_in: StandIn, client: Client
) -> None:
    token = stand_in.window()["tokens"][0]
    stand_in.strike("post-only", for_s=60)
    plain = await limit(stand_in, client)
    with pytest.raises(RequestRejectedError) as refused:
        await client.post_order(plain)
    assert refused.value.restriction == "post_only"
    assert refused.value.retry_after == 60
    order = await client.create_limit_order(
        token_id=token, price="0.02", size=60, side="BUY", post_only=True
    )
    assert isinstance(await client.post_order(order), AcceptedOrder)
    assert (await client.cancel_all()).canceled
    leg = (await client.post_orders([plain]))[0]
    assert isinstance(leg, RejectedOrder)
    assert leg.code == "post_only_mode"


async def test_429_says_how_long_to_wait(stand_in: StandIn, client: Client) -> None:
    order = await limit(stand_in, client)
    stand_in.strike("rate-limited")
    with pytest.raises(RateLimitError) as refused:
        await client.post_order(order)
    assert refused.value.retry_after == 1
    assert refused.value.rate_limit is not None
    assert refused.value.rate_limit.tier == "Standard"


async def test_a_burst_over_the_tier_s_budget_is_refused_and_refills(
    stand_in: StandIn, client: Client
) -> None:
    """Standard: 120 cancels at once, 80 a second; a batch costs its length."""
    await client.cancel_orders(order_ids=[f"0x{n:064x}" for n in range(120)])
    with pytest.raises(RateLimitError) as refused:
        await client.cancel_orders(order_ids=[f"0x{n:064x}" for n in range(120)])
    wait = refused.value.retry_after
    assert wait is not None
    assert 0 < wait <= 1.5
    refilled = None
    async with asyncio.timeout(5):
        while refilled is None:
            with contextlib.suppress(RateLimitError):
                refilled = await client.cancel_orders(order_ids=["0x01"])
    assert refilled.canceled == ()
