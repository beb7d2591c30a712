"""Fills from both sides, their walk to the chain, and the positions that follow."""

from decimal import Decimal

import pytest
from polymarket import AcceptedOrder, AsyncSecureClient, SecureClient

from tests.contract.polymarket_sdk.standin import Row, StandIn

Usd = Decimal


async def buy(client: AsyncSecureClient, token: str, amount: int) -> AcceptedOrder:
    order = await client.create_market_order(
        token_id=token, amount=amount, side="BUY", max_price="0.99"
    )
    answer = await client.post_order(order)
    assert isinstance(answer, AcceptedOrder)
    return answer


async def statuses(client: AsyncSecureClient, order_id: str) -> set[str]:
    trades = [t async for t in client.list_account_trades().iter_items()]
    return {str(t.status) for t in trades if t.taker_order_id == order_id}


def fee(trade: Row) -> int:
    """Compute the published formula: shares x 0.07 x p(1-p), five decimals, half up."""
    p = Decimal(trade["price"]) / 1_000_000
    exact = Decimal(trade["size"]) / 1_000_000 * Decimal("0.07") * p * (1 - p)
    return int(exact.quantize(Decimal("0.00001"), rounding="ROUND_HALF_UP") * 1_000_000)


async def test_a_trade_walks_to_confirmed_and_moves_money_when_mined(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    before = stand_in.wallet(stand_in.account["wallet"])["cash"]
    bought = await buy(client, token, 10)
    assert await statuses(client, bought.order_id) == {"MATCHED_NOT_BROADCASTED"}
    assert stand_in.wallet(stand_in.account["wallet"])["cash"] == before
    stand_in.step(2)
    assert await statuses(client, bought.order_id) == {"MINED"}
    stand_in.step(2)
    assert await statuses(client, bought.order_id) == {"CONFIRMED"}
    fills = [t for t in stand_in.truth()["trades"] if t["taker_order_id"] == bought.order_id]
    paid = sum(t["size"] * t["price"] // 1_000_000 + t["fee"] for t in fills)
    assert all(t["fee"] == fee(t) for t in fills)
    assert stand_in.wallet(stand_in.account["wallet"])["cash"] == before - paid


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ("trade-fails", "FAILED"),
        ("trade-retry-fails", "FAILED"),
        ("trade-mined-then-fails", "FAILED"),
        ("trade-retry-mines", "CONFIRMED"),
        ("trade-never-confirmed", "MATCHED_NOT_BROADCASTED"),
    ],
)
async def test_a_trade_may_end_otherwise(
    stand_in: StandIn, client: AsyncSecureClient, fault: str, ends: str
) -> None:
    token = stand_in.window()["tokens"][0]
    stand_in.step(10)
    before = stand_in.wallet(stand_in.account["wallet"])
    stand_in.strike(fault)
    bought = await buy(client, token, 5)
    stand_in.step(10)
    assert await statuses(client, bought.order_id) == {ends}
    after = stand_in.wallet(stand_in.account["wallet"])
    if ends == "FAILED":
        assert after["cash"] == before["cash"]
        assert after["tokens"] == before["tokens"]
        assert after["cash_locked"] == before["cash_locked"]
    elif ends == "CONFIRMED":
        assert after["cash"] < before["cash"]
    else:
        assert after["cash"] == before["cash"]
        assert after["cash_locked"] > 0


async def test_a_resting_order_is_filled_by_a_stranger_as_maker(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    order = await client.create_limit_order(token_id=token, price="0.02", size=30, side="BUY")
    rested = await client.post_order(order)
    assert isinstance(rested, AcceptedOrder)
    stand_in.post("trades", token_id=token, side="SELL", price="0.01", size="12")
    trade = (await client.list_account_trades().first_page()).items[0]
    assert trade.trader_side == "MAKER"
    leg = next(leg for leg in trade.maker_orders if leg.order_id == rested.order_id)
    assert (str(leg.price), int(leg.matched_amount), str(leg.side)) == ("0.02", 12, "BUY")
    shown = await client.get_order(order_id=rested.order_id)
    assert shown.size_matched == 12
    await client.cancel_all()


async def test_two_accounts_meet_across_outcomes_by_minting(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    """A bid on Up at 0.02 is an ask on Down at 0.98: both buyers end with shares."""
    up, down = stand_in.window()["tokens"]
    other = stand_in.post("accounts", label="other", cash_usd="500")
    bid = await client.create_limit_order(token_id=up, price="0.02", size=20, side="BUY")
    await client.post_order(bid)
    for level in range(98):
        price = f"0.{level + 1:02d}"
        stand_in.post("levels", token_id=down, side="SELL", price=price, size="0")
    async with await AsyncSecureClient.create(
        private_key=other["private_key"],
        wallet=other["wallet"],
        environment=stand_in.environment(),
    ) as second:
        order = await second.create_limit_order(token_id=down, price="0.98", size=20, side="BUY")
        taken = await second.post_order(order)
        assert isinstance(taken, AcceptedOrder)
        assert taken.status == "matched"
        assert taken.taking_amount == 20
    stand_in.step(5)
    assert stand_in.wallet(other["wallet"])["tokens"][down] == 20_000_000
    assert stand_in.wallet(stand_in.account["wallet"])["tokens"][up] >= 20_000_000


async def test_positions_follow_the_chain_and_become_redeemable(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    window = stand_in.window()
    await buy(client, window["tokens"][0], 6)
    stand_in.step(5)

    async def status() -> str:
        pages = client.list_positions(condition_id=window["condition_id"])
        rows = [row async for row in pages.iter_items()]
        return str(rows[0].status.value) if rows else ""

    assert await status() == "OPEN"
    stand_in.post("markets", condition_id=window["condition_id"], winner="Up")
    assert await status() == "REDEEMABLE"
    resolved = await client.get_resolutions(condition_ids=[window["condition_id"]])
    assert [[int(share) for share in row.payouts or ()] for row in resolved] == [[1, 0]]
    assert (await client.get_portfolio_value()).value > 0


async def test_activity_and_public_trades_tell_the_same_fill(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window("v2")["tokens"][0]
    await buy(client, token, 4)
    stand_in.step(5)
    trades = [t async for t in client.list_trades(user=str(client.wallet)).iter_items()]
    acts = [a async for a in client.list_activity().iter_items()]
    assert trades[0].asset_id == token
    assert {str(act.type) for act in acts} >= {"TRADE"}


async def test_a_bought_token_is_not_sellable_before_it_is_mined(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window("v2")["tokens"][1]
    bought = await buy(client, token, 5)
    order = await client.create_market_order(
        token_id=token,
        shares=str(round(bought.taking_amount, 1) - 1),
        side="SELL",
        min_price="0.01",
    )
    with pytest.raises(Exception, match="the balance is not enough"):
        await client.post_order(order)
    stand_in.step(5)
    assert isinstance(await client.post_order(order), AcceptedOrder)


def test_the_sync_client_trades_and_lists(stand_in: StandIn) -> None:
    token = stand_in.window()["tokens"][0]
    with SecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallet"],
        environment=stand_in.environment(),
    ) as client:
        order = client.create_limit_order(token_id=token, price="0.03", size=25, side="BUY")
        taken = client.post_order(order)
        assert isinstance(taken, AcceptedOrder)
        listed = [order.id for order in client.list_open_orders().iter_items()]
        assert taken.order_id in listed
        assert taken.order_id in client.cancel_all().canceled
        assert client.get_balance_allowance(asset_type="COLLATERAL").balance > 0


async def test_the_client_s_own_wait_for_settlement_ends(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    """It polls trades by itself: a market that stands still would hold it for 30 s."""
    bought = await buy(client, stand_in.window()["tokens"][0], 5)
    stand_in.step(5)
    settled = await client.wait_for_order_fill_settlement(bought)
    assert settled


async def test_a_market_price_is_estimated_from_the_book(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    book = await client.get_order_book(token_id=token)
    price = await client.estimate_market_price(token_id=token, side="BUY", amount=2)
    assert price == book.asks[-1].price


async def test_the_small_reads_of_an_account(client: AsyncSecureClient) -> None:
    assert await client.get_closed_only_mode() is False
    assert client.credentials.key in await client.fetch_api_keys()
    assert await client.get_notifications() == ()
    assert await client.is_gasless_ready()


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_tokens_are_explained(
    stand_in: StandIn, client: AsyncSecureClient, version: str
) -> None:
    window = stand_in.window(version)
    up, down = window["tokens"]
    by_token = await client.get_token_references(asset_ids=[up])
    assert [(row.asset_id, row.opposite_asset_id) for row in by_token] == [(up, down)]
    stand_in.post("markets", condition_id=window["condition_id"], winner="Down")
    both = await client.get_token_references(condition_ids=[window["condition_id"]])
    assert [int(row.final_price or 0) for row in both] == [0, 1]
