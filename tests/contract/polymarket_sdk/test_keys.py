"""API keys and session keys, as the vendor's client makes, finds and gives them up."""

import pytest
from eth_account import Account
from polymarket import (
    ApiKeyCreds,
    AsyncSecureClient,
    BuilderApiKey,
    RequestRejectedError,
    SecureClient,
)
from polymarket.errors import UserInputError

from tests.contract.polymarket_sdk.standin import StandIn

FRESH = "0x" + "11" * 32


async def test_a_known_key_derives_the_credentials_of_the_first_line(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    account = stand_in.account
    assert client.credentials.key == account["api_key"]
    assert client.credentials.secret == account["api_secret"]
    assert client.credentials.passphrase == account["api_passphrase"]


async def test_a_new_key_gets_credentials_once_and_the_same_again(stand_in: StandIn) -> None:
    environment = stand_in.environment()
    wallet = Account.from_key(FRESH).address
    keys = []
    for _ in range(2):
        async with await AsyncSecureClient.create(
            private_key=FRESH, wallet=wallet, environment=environment
        ) as client:
            keys.append(client.credentials.key)
    assert keys[0] == keys[1]


async def test_given_credentials_are_checked_and_kept(stand_in: StandIn) -> None:
    account = stand_in.account
    given = ApiKeyCreds(
        key=account["api_key"], secret=account["api_secret"], passphrase=account["api_passphrase"]
    )
    async with await AsyncSecureClient.create(
        private_key=account["private_key"],
        wallet=account["wallet"],
        environment=stand_in.environment(),
        credentials=given,
    ) as client:
        assert client.credentials.key == given.key


async def test_wrong_credentials_are_silently_replaced_by_the_client(stand_in: StandIn) -> None:
    account = stand_in.account
    given = ApiKeyCreds(key=account["api_key"], secret="AAAA", passphrase="wrong")
    async with await AsyncSecureClient.create(
        private_key=account["private_key"],
        wallet=account["wallet"],
        environment=stand_in.environment(),
        credentials=given,
    ) as client:
        assert client.credentials.secret == account["api_secret"]


async def test_a_deleted_key_can_do_nothing_and_a_new_one_is_another(stand_in: StandIn) -> None:
    key = "0x" + "33" * 32
    options = {
        "private_key": key,
        "wallet": Account.from_key(key).address,
        "environment": stand_in.environment(),
    }
    async with await AsyncSecureClient.create(**options) as client:
        first = client.credentials.key
        await client.delete_api_key()
        with pytest.raises((RequestRejectedError, UserInputError)) as refused:
            await client.get_closed_only_mode()
        assert "401" in str(refused.value) or "api key" in str(refused.value).lower()
    async with await AsyncSecureClient.create(**options) as client:
        assert client.credentials.key != first


async def test_a_mistyped_wallet_is_found_at_creation(stand_in: StandIn) -> None:
    with pytest.raises(UserInputError, match="does not match the expected Deposit Wallet"):
        await AsyncSecureClient.create(
            private_key=stand_in.account["private_key"],
            wallet="0x" + "ab" * 20,
            environment=stand_in.environment(),
        )


async def test_without_a_wallet_a_new_deposit_wallet_is_deployed(stand_in: StandIn) -> None:
    owner = stand_in.post("accounts", label="bare", cash_usd="0")
    wallet = owner["wallet"]
    stand_in.post("wallets", wallet=wallet, deployed=False)
    from polymarket import RelayerApiKey  # noqa: PLC0415 - only here

    key = RelayerApiKey(key=owner["relayer_api_key"], address=owner["relayer_api_key_address"])
    async with await AsyncSecureClient.create(
        private_key=owner["private_key"], environment=stand_in.environment(), api_key=key
    ) as client:
        assert str(client.wallet) == wallet
    assert stand_in.wallet(wallet)["deployed"] is True


async def test_a_session_key_trades_for_the_wallet_until_it_is_revoked(stand_in: StandIn) -> None:
    account = stand_in.account
    builder = BuilderApiKey(
        key=account["builder_api_key"],
        secret=account["builder_api_secret"],
        passphrase=account["builder_api_passphrase"],
    )
    session_key = "0x" + "55" * 32
    session = Account.from_key(session_key).address
    token = stand_in.window()["tokens"][0]
    environment = stand_in.environment()
    async with await AsyncSecureClient.create(
        private_key=account["private_key"],
        wallet=account["wallet"],
        environment=environment,
        api_key=builder,
    ) as owner:
        given = await owner.authorize_session_key(address=session, scopes=["CLOB"])
        assert given.session_key.address == session
        async with await AsyncSecureClient.create(
            private_key=session_key, wallet=account["wallet"], environment=environment
        ) as trader:
            order = await trader.create_limit_order(
                token_id=token, price="0.05", size=20, side="BUY"
            )
            assert len(order.signature) == 2 + 2 * 480
            taken = await trader.post_order(order)
            assert taken.ok
            assert (await trader.cancel_order(order_id=taken.order_id)).canceled
            await owner.revoke_session_key(address=session)
            again = await trader.create_limit_order(
                token_id=token, price="0.05", size=21, side="BUY"
            )
            with pytest.raises(RequestRejectedError, match="invalid signature"):
                await trader.post_order(again)
        assert await owner.fetch_session_keys() == ()


def test_the_sync_client_makes_the_same_credentials(stand_in: StandIn) -> None:
    with SecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallet"],
        environment=stand_in.environment(),
    ) as client:
        assert client.credentials.key == stand_in.account["api_key"]
