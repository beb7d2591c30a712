"""From a won window back to cash: every wallet, both protocols, and the calls around it."""

from typing import Any

import pytest
from polymarket import (
    AcceptedOrder,
    AsyncSecureClient,
    RequestRejectedError,
    TransactionFailedError,
)
from polymarket._internal.environment import get_environment_config
from polymarket.calls import ctf_redeem_positions_call, router_redeem_call, router_split_call
from polymarket.errors import PolymarketError

from tests.contract.polymarket_sdk.standin import Row, StandIn

DOLLAR = 1_000_000


async def client_of(stand_in: StandIn, kind: str) -> AsyncSecureClient:
    return await AsyncSecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallets"][kind]["wallet"],
        environment=stand_in.environment(),
        api_key=stand_in.relayer_key(),
    )


def won(stand_in: StandIn, wallet: str, version: str = "v1", shares: int = 10) -> Row:
    """Return a window that is resolved Up and of which a wallet holds Up."""
    window = stand_in.window(version)
    stand_in.post("wallets", wallet=wallet, tokens={window["tokens"][0]: str(shares)})
    stand_in.post("markets", condition_id=window["condition_id"], winner="Up")
    return window


def cash(stand_in: StandIn, wallet: str) -> int:
    return int(stand_in.wallet(wallet)["cash"])


@pytest.mark.parametrize("kind", ["deposit", "proxy", "safe", "eoa"])
async def test_a_won_window_is_redeemed_by_condition(stand_in: StandIn, kind: str) -> None:
    wallet = stand_in.account["wallets"][kind]["wallet"]
    window = won(stand_in, wallet)
    before = cash(stand_in, wallet)
    async with await client_of(stand_in, kind) as client:
        handle: Any = await client.redeem_positions(condition_id=window["condition_id"])
        outcome = await handle.wait()
    assert outcome.transaction_hash
    assert cash(stand_in, wallet) == before + 10 * DOLLAR
    assert window["tokens"][0] not in stand_in.wallet(wallet)["tokens"]


@pytest.mark.parametrize("kind", ["deposit", "eoa"])
async def test_a_v2_position_is_redeemed_by_its_id(stand_in: StandIn, kind: str) -> None:
    wallet = stand_in.account["wallets"][kind]["wallet"]
    window = won(stand_in, wallet, "v2")
    before = cash(stand_in, wallet)
    async with await client_of(stand_in, kind) as client:
        handle: Any = await client.redeem_positions(position_id=window["tokens"][0])
        await handle.wait()
    assert cash(stand_in, wallet) == before + 10 * DOLLAR


async def test_several_windows_go_in_one_submit(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    wallet = stand_in.account["wallet"]
    first, second = won(stand_in, wallet), won(stand_in, wallet, "v2")
    before, nonce = cash(stand_in, wallet), stand_in.wallet(wallet)["nonce"]
    config = get_environment_config(client.environment)
    calls: list[Any] = [
        ctf_redeem_positions_call(
            ctf=config.collateral_adapter,  # type: ignore[arg-type]  # an address type of theirs
            collateral=config.collateral_token,  # type: ignore[arg-type]
            condition_id=first["condition_id"],
        ),
        router_redeem_call(
            router=config.protocol_v2_router,  # type: ignore[arg-type]
            condition_id=second["condition_id"],
            outcome_index=0,
            amount=10 * DOLLAR,
        ),
    ]
    handle: Any = await client.execute_transaction(calls=calls, metadata="redeem")
    await handle.wait()
    assert cash(stand_in, wallet) == before + 20 * DOLLAR
    assert stand_in.wallet(wallet)["nonce"] == nonce + 1


async def test_the_losing_side_redeems_to_nothing(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    window = stand_in.window()
    wallet = stand_in.account["wallet"]
    stand_in.post("wallets", wallet=wallet, tokens={window["tokens"][1]: "10"})
    stand_in.post("markets", condition_id=window["condition_id"], winner="Up")
    before = cash(stand_in, wallet)
    handle: Any = await client.redeem_positions(condition_id=window["condition_id"])
    await handle.wait()
    assert cash(stand_in, wallet) == before


async def test_an_open_window_cannot_be_redeemed(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    with pytest.raises(PolymarketError, match="No market found"):
        await client.redeem_positions(condition_id=stand_in.window()["condition_id"])


async def test_a_failed_transaction_changes_nothing(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    wallet = stand_in.account["wallet"]
    window = won(stand_in, wallet)
    before = cash(stand_in, wallet)
    stand_in.strike("relayer-transaction-fails")
    handle: Any = await client.redeem_positions(condition_id=window["condition_id"])
    with pytest.raises(TransactionFailedError):
        await handle.wait()
    assert cash(stand_in, wallet) == before


@pytest.mark.parametrize("fault", ["relayer-busy", "relayer-429", "relayer-nonce"])
async def test_the_client_itself_retries_a_busy_relayer(
    stand_in: StandIn, client: AsyncSecureClient, fault: str
) -> None:
    wallet = stand_in.account["wallet"]
    window = won(stand_in, wallet)
    before = cash(stand_in, wallet)
    stand_in.strike(fault)
    handle: Any = await client.redeem_positions(condition_id=window["condition_id"])
    await handle.wait()
    assert cash(stand_in, wallet) == before + 10 * DOLLAR


async def test_a_submit_cut_after_it_was_taken_shows_in_nonce_and_balance(
    stand_in: StandIn, client: AsyncSecureClient, eventually: Any
) -> None:
    wallet = stand_in.account["wallet"]
    window = won(stand_in, wallet)
    before, nonce = cash(stand_in, wallet), stand_in.wallet(wallet)["nonce"]
    stand_in.strike("relayer-cut-after-submit")
    with pytest.raises(PolymarketError):
        await client.redeem_positions(condition_id=window["condition_id"])
    assert stand_in.wallet(wallet)["nonce"] == nonce + 1
    eventually(lambda: cash(stand_in, wallet) == before + 10 * DOLLAR, what="the money")


async def test_a_bad_poll_ends_the_wait_but_not_the_transaction(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    window = won(stand_in, stand_in.account["wallet"])
    handle: Any = await client.redeem_positions(condition_id=window["condition_id"])
    stand_in.strike("relayer-poll-502")
    with pytest.raises(RequestRejectedError):
        await handle.wait()
    assert (await handle.wait()).transaction_hash


async def test_split_and_merge_are_each_other_s_inverse(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    wallet, window = stand_in.account["wallet"], stand_in.window()
    before = stand_in.wallet(wallet)
    condition = window["condition_id"]
    split: Any = await client.split_position(condition_id=condition, amount=5 * DOLLAR)
    await split.wait()
    assert stand_in.wallet(wallet)["cash"] == before["cash"] - 5 * DOLLAR
    merge: Any = await client.merge_positions(condition_id=condition, amount=5 * DOLLAR)
    await merge.wait()
    assert stand_in.wallet(wallet) == before | {"nonce": before["nonce"] + 2}


async def test_the_router_splits_v2_though_gamma_lists_it_only_on_request(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    """The client asks Gamma without a version, which means v1: it finds no v2 market."""
    wallet, window = stand_in.account["wallet"], stand_in.window("v2")
    condition = window["condition_id"]
    with pytest.raises(PolymarketError, match="No market found"):
        await client.split_position(condition_id=condition, amount=DOLLAR)
    router: Any = get_environment_config(client.environment).protocol_v2_router
    call = router_split_call(router=router, condition_id=condition, amount=3 * DOLLAR)
    before = stand_in.wallet(wallet)["tokens"].get(window["tokens"][1], 0)
    handle: Any = await client.execute_transaction(calls=[call], metadata="split")
    await handle.wait()
    assert stand_in.wallet(wallet)["tokens"][window["tokens"][1]] == before + 3 * DOLLAR


@pytest.mark.parametrize("kind", ["deposit", "eoa"])
async def test_approvals_are_missing_until_they_are_set(stand_in: StandIn, kind: str) -> None:
    wallet = stand_in.account["wallets"][kind]["wallet"]
    stand_in.post("wallets", wallet=wallet, approved=False)
    token = stand_in.window()["tokens"][0]
    async with await client_of(stand_in, kind) as client:
        assert not (await client.get_trading_approvals_state()).is_fully_approved
        order = await client.create_limit_order(token_id=token, price="0.02", size=50, side="BUY")
        with pytest.raises(RequestRejectedError, match="the allowance is not enough"):
            await client.post_order(order)
        await client.setup_trading_approvals()
        assert (await client.get_trading_approvals_state()).is_fully_approved
        assert isinstance(await client.post_order(order), AcceptedOrder)
        await client.cancel_all()


async def test_place_recovers_a_missing_allowance_by_itself(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    stand_in.post("wallets", wallet=stand_in.account["wallet"], approved=False)
    token = stand_in.window()["tokens"][0]
    placed = await client.place_limit_order(token_id=token, price="0.02", size=50, side="BUY")
    assert isinstance(placed, AcceptedOrder)
    await client.cancel_all()
    stand_in.post("wallets", wallet=stand_in.account["wallet"], approved=True)


async def test_a_reverted_chain_transaction_is_told_by_its_receipt(stand_in: StandIn) -> None:
    wallet = stand_in.account["wallets"]["eoa"]["wallet"]
    window = won(stand_in, wallet)
    stand_in.strike("receipt-reverted")
    async with await client_of(stand_in, "eoa") as client:
        handle: Any = await client.redeem_positions(condition_id=window["condition_id"])
        with pytest.raises(TransactionFailedError, match="reverted"):
            await handle.wait()
