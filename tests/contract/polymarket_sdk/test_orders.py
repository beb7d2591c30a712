"""Orders of every type and signature through the vendor's client, and how they end."""

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from polymarket import (
    AcceptedOrder,
    AsyncSecureClient,
    RejectedOrder,
    RequestRejectedError,
    SignedOrder,
)
from polymarket._internal.actions.orders.typed_data import build_order_typed_data
from polymarket._internal.actions.orders.types import UnsignedOrder
from polymarket._internal.environment import get_environment_config
from polymarket._internal.protocol import is_v2_position_id
from polymarket.types import EvmAddress

from tests.contract.polymarket_sdk.standin import StandIn

KINDS = ("eoa", "proxy", "safe", "deposit")


async def client_of(stand_in: StandIn, kind: str) -> AsyncSecureClient:
    return await AsyncSecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallets"][kind]["wallet"],
        environment=stand_in.environment(),
        api_key=stand_in.relayer_key(),
    )


async def taken_of(client: AsyncSecureClient, order: SignedOrder) -> AcceptedOrder:
    """Post an order that must be taken."""
    answer = await client.post_order(order)
    assert isinstance(answer, AcceptedOrder), answer
    return answer


def digest(order: SignedOrder, client: AsyncSecureClient) -> str:
    """Compute the id by the vendor's own typed data, as the bot will before it sends."""
    config = get_environment_config(client.environment)
    v2 = is_v2_position_id(order.token_id)
    unsigned = UnsignedOrder(
        **{
            name: getattr(order, name)
            for name in ("builder", "expiration", "maker", "maker_amount", "metadata")
        },
        **{name: getattr(order, name) for name in ("order_type", "salt", "side", "signer")},
        **{name: getattr(order, name) for name in ("taker_amount", "timestamp", "token_id")},
        signature_type=0,
        chain_id=137,
        exchange_address=EvmAddress(config.exchange_v3 if v2 else config.standard_exchange),
    )
    typed = build_order_typed_data(unsigned, protocol_version="3" if v2 else "2")
    typed["message"]["signatureType"] = order.signature_type
    signable = encode_typed_data(full_message=typed)
    return "0x" + keccak(b"\x19\x01" + signable.header + signable.body).hex()


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("kind", KINDS)
async def test_every_signature_type_is_taken_in_both_domains_under_its_digest(
    stand_in: StandIn, kind: str, version: str
) -> None:
    token = stand_in.window(version)["tokens"][0]
    client = await client_of(stand_in, kind)
    async with client:
        order = await client.create_limit_order(token_id=token, price="0.03", size=40, side="BUY")
        taken = await taken_of(client, order)
        assert taken.ok
        assert taken.status == "live"
        assert taken.order_id == digest(order, client)
        cancelled = await client.cancel_order(order_id=taken.order_id)
        assert cancelled.canceled == (taken.order_id,)


async def test_a_market_buy_spends_dollars_and_a_sell_gives_shares(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    order = await client.create_market_order(
        token_id=token, amount=20, side="BUY", max_price="0.99", order_type="FOK"
    )
    bought = await taken_of(client, order)
    assert bought.status == "matched"
    assert Decimal("19.9999") <= bought.making_amount <= 20
    stand_in.step(5)
    shares = (await client.get_balance_allowance(asset_type="CONDITIONAL", token_id=token)).balance
    assert shares >= bought.taking_amount * 1_000_000
    order = await client.create_market_order(
        token_id=token, shares="5.5", side="SELL", min_price="0.01", order_type="FAK"
    )
    sold = await taken_of(client, order)
    assert sold.making_amount == Decimal("5.5")
    stand_in.step(5)
    left = (await client.get_balance_allowance(asset_type="CONDITIONAL", token_id=token)).balance
    assert shares - left == 5_500_000


async def test_a_fok_that_cannot_fill_is_an_exception_with_the_venues_text(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    stand_in.post("levels", token_id=token, side="SELL", price="0.99", size="5")
    order = await client.create_market_order(
        token_id=token, amount=900, side="BUY", max_price="0.01", order_type="FOK"
    )
    with pytest.raises(RequestRejectedError, match="FOK orders are fully filled or killed") as no:
        await client.post_order(order)
    assert no.value.status == 400


async def test_a_fak_without_a_match_is_an_exception_with_the_venues_text(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    order = await client.create_market_order(
        token_id=token, amount=10, side="BUY", max_price="0.01", order_type="FAK"
    )
    with pytest.raises(RequestRejectedError, match="no orders found to match with FAK order"):
        await client.post_order(order)


async def test_post_only_is_refused_where_it_would_cross(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    order = await client.create_limit_order(
        token_id=token, price="0.99", size=5, side="BUY", post_only=True
    )
    with pytest.raises(RequestRejectedError, match="order crosses book"):
        await client.post_order(order)
    order = await client.create_limit_order(
        token_id=token, price="0.02", size=50, side="BUY", post_only=True
    )
    assert (await taken_of(client, order)).status == "live"
    await client.cancel_all()


async def test_the_identical_order_is_a_duplicate(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    order = await client.create_limit_order(token_id=token, price="0.04", size=30, side="BUY")
    await client.post_order(order)
    with pytest.raises(RequestRejectedError, match="Duplicated"):
        await client.post_order(order)
    await client.cancel_all()


async def test_gtd_rests_with_its_expiration(stand_in: StandIn, client: AsyncSecureClient) -> None:
    token = stand_in.window()["tokens"][0]
    until = int(time.time()) + 600
    order = await client.create_limit_order(
        token_id=token, price="0.04", size=30, side="BUY", expiration=until
    )
    taken = await taken_of(client, order)
    shown = await client.get_order(order_id=taken.order_id)
    assert shown.order_type == "GTD"
    assert shown.expires_at is not None
    assert int(shown.expires_at.timestamp()) == until
    await client.cancel_all()


async def test_gtd_ends_a_minute_before_its_expiration(
    stand_in: StandIn, client: AsyncSecureClient, eventually: Callable[..., None]
) -> None:
    """The expiration is not signed, so a test may bring it nearer than the client allows."""
    token = stand_in.window()["tokens"][0]
    order = await client.create_limit_order(
        token_id=token, price="0.04", size=30, side="BUY", expiration=int(time.time()) + 600
    )
    taken = await taken_of(client, replace(order, expiration=int(time.time()) + 62))

    def status() -> str:
        orders = {found["id"]: found["status"] for found in stand_in.truth()["orders"]}
        return str(orders[taken.order_id])

    assert status() == "LIVE"
    eventually(lambda: status() == "CANCELED_EXPIRED_ORDER", within_s=5, what="the expiry")


async def test_a_batch_answers_leg_by_leg(stand_in: StandIn, client: AsyncSecureClient) -> None:
    token = stand_in.window()["tokens"][0]
    good = await client.create_limit_order(token_id=token, price="0.02", size=50, side="BUY")
    small = await client.create_limit_order(token_id=token, price="0.02", size=1, side="BUY")
    first, second = await client.post_orders([good, small])
    assert isinstance(first, AcceptedOrder)
    assert isinstance(second, RejectedOrder)
    assert "lower than the minimum: 5" in second.message
    await client.cancel_all()


async def test_too_large_a_batch_is_refused_whole(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    orders = [
        await client.create_limit_order(token_id=token, price="0.02", size=50 + i, side="BUY")
        for i in range(16)
    ]
    with pytest.raises(Exception, match=r"15"):
        await client.post_orders(orders)
    assert (await client.list_open_orders().first_page()).items == ()


async def test_cancels_by_id_by_list_by_market_and_all(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    window = stand_in.window()
    ids = []
    for size in (50, 51, 52, 53):
        order = await client.create_limit_order(
            token_id=window["tokens"][0], price="0.02", size=size, side="BUY"
        )
        ids.append((await taken_of(client, order)).order_id)
    assert (await client.cancel_order(order_id=ids[0])).canceled == (ids[0],)
    listed = await client.cancel_orders(order_ids=[ids[0], ids[1]])
    assert listed.canceled == (ids[1],)
    assert "already canceled or matched" in listed.not_canceled[ids[0]]
    by_market = await client.cancel_market_orders(market=window["condition_id"])
    assert set(by_market.canceled) == {ids[2], ids[3]}
    assert (await client.cancel_all()).canceled == ()


async def test_open_orders_come_in_pages_with_the_end_cursor(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    stand_in.post("wallets", wallet=stand_in.account["wallet"], tier="Elite", cash_usd="2000")
    posted = set()
    for start in range(0, 120, 15):
        orders = [
            await client.create_limit_order(
                token_id=token, price="0.01", size=5 + start + i, side="BUY"
            )
            for i in range(15)
        ]
        answers = await client.post_orders(orders)
        posted |= {taken.order_id for taken in answers if isinstance(taken, AcceptedOrder)}
    first = await client.list_open_orders().first_page()
    assert len(first.items) == 100
    assert first.has_more
    listed = {order.id async for order in client.list_open_orders().iter_items()}
    assert listed == posted
    await client.cancel_all()
