"""Published vectors: nobody of this project wrote them."""

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from sandbox.polymarket.signing import secrets
from sandbox.polymarket.signing.addresses import (
    EXCHANGE,
    EXCHANGE_V3,
    exchange_of,
    is_position_id,
    wallets_of,
)
from sandbox.polymarket.signing.orders import MalformedOrderError, read_order, recover_order
from sandbox.polymarket.signing.typed import auth_hash, hexed, recover, unwrap_session
from sandbox.polymarket.venue.market import structural_ids

KEY = "0x" + "11" * 32
EOA = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
ORDER_FIELDS = (
    "salt:uint256 maker:address signer:address tokenId:uint256 makerAmount:uint256 "
    "takerAmount:uint256 side:uint8 signatureType:uint8 timestamp:uint256 metadata:bytes32 "
    "builder:bytes32"
)


def test_the_hmac_is_that_of_the_venues_own_test() -> None:
    """Source: Polymarket/py-clob-client-v2@b0a97fa tests/signing/test_hmac.py."""
    message = b'1000000test-sign/orders{"hash": "0x123"}'
    told = "ZwAdJKvoYRlEKDkNMwd5BuwNNtg93kNaR_oU2HrfVvc="
    assert secrets.sign("A" * 43 + "=", message) == told
    assert secrets.matches("A" * 43 + "=", message, told)
    assert not secrets.matches("A" * 43 + "=", message + b" ", told)


def test_a_secret_that_is_no_base64_matches_nothing() -> None:
    assert not secrets.matches("!", b"x", "y")


def test_wallets_follow_from_the_key() -> None:
    """Source: polymarket-client 0.14.0 computed these for the same key."""
    wallets = wallets_of(EOA)
    assert wallets.beacon == "0x8154deDBDAAA46c07453E47b5b6C0Ff60B8542b9"
    assert wallets.uups == "0x7a57144fAfde87F5cE4a880D570BAe58eeBC83f2"
    assert wallets.proxy == "0x6Cd089333445c89b55B7693c6009DCc229613738"
    assert wallets.safe == "0x75F00B003FBBBA193FABEB06284c3187a4C1232E"


def test_a_v2_token_is_known_by_its_zero_bytes() -> None:
    condition, (up, down) = structural_ids("0x" + "ab" * 32)
    assert condition.startswith("0x01")
    assert condition.endswith("00")
    assert int(down) == int(up) + 1
    assert is_position_id(up)
    assert not is_position_id(str(7**70))
    assert exchange_of(up, neg_risk=True)[1] == "3"
    assert exchange_of(str(7**70), neg_risk=True)[1] == "2"


def test_l1_recovers_the_signer_of_the_auth_message() -> None:
    stamp, nonce = "1795000000", 0
    typed = {
        "domain": {"name": "ClobAuthDomain", "version": "1", "chainId": 137},
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
            ],
            "ClobAuth": [
                {"name": "address", "type": "address"},
                {"name": "timestamp", "type": "string"},
                {"name": "nonce", "type": "uint256"},
                {"name": "message", "type": "string"},
            ],
        },
        "primaryType": "ClobAuth",
        "message": {
            "address": EOA,
            "timestamp": stamp,
            "nonce": nonce,
            "message": "This message attests that I control the given wallet",
        },
    }
    signed = Account.sign_message(encode_typed_data(full_message=typed), KEY)
    assert recover(*auth_hash(EOA, stamp, nonce), bytes(signed.signature)) == EOA
    assert recover(*auth_hash(EOA, stamp, 1), bytes(signed.signature)) != EOA


def order_body(**changes: object) -> dict[str, object]:
    order: dict[str, object] = {
        "salt": 123,
        "maker": EOA,
        "signer": EOA,
        "tokenId": str(7**70),
        "makerAmount": "5000000",
        "takerAmount": "10000000",
        "side": "BUY",
        "signatureType": 0,
        "timestamp": "1795000000000",
        "metadata": "0x" + "00" * 32,
        "builder": "0x" + "00" * 32,
        "expiration": "0",
        "signature": "0x",
        **changes,
    }
    return {"order": order, "orderType": "GTC", "owner": "key", "deferExec": False}


def sealed(token: str, exchange: tuple[str, str]) -> tuple[str, str]:
    """Sign that order with eth_account's own hashing; return signature and digest."""
    types = [dict(zip(("name", "type"), f.split(":"), strict=True)) for f in ORDER_FIELDS.split()]
    contract, version = exchange
    signable = encode_typed_data(
        {
            "name": "Polymarket CTF Exchange",
            "version": version,
            "chainId": 137,
            "verifyingContract": contract,
        },
        {"Order": types},
        {
            "salt": 123,
            "maker": EOA,
            "signer": EOA,
            "tokenId": int(token),
            "makerAmount": 5_000_000,
            "takerAmount": 10_000_000,
            "side": 0,
            "signatureType": 0,
            "timestamp": 1_795_000_000_000,
            "metadata": bytes(32),
            "builder": bytes(32),
        },
    )
    signed = Account.sign_message(signable, KEY)
    return "0x" + bytes(signed.signature).hex(), "0x" + bytes(signed.message_hash).hex()


V1_TOKEN = str(7**70)
V2_TOKEN = structural_ids("0x" + "ab" * 32)[1][0]


@pytest.mark.parametrize("token", [V1_TOKEN, V2_TOKEN])
def test_the_order_id_is_its_eip_712_digest_and_the_signer_its_key(token: str) -> None:
    signature, digest = sealed(token, exchange_of(token, neg_risk=False))
    order = read_order(order_body(tokenId=token, signature=signature))
    found = recover_order(order, neg_risk=False)
    assert (found.signer, found.order_id, found.elsewhere) == (EOA, digest, None)


def test_a_neg_risk_order_is_another_contract_s() -> None:
    signature, _ = sealed(V1_TOKEN, (EXCHANGE, "2"))
    order = read_order(order_body(signature=signature))
    assert recover_order(order, neg_risk=True).signer != EOA


@pytest.mark.parametrize(
    ("token", "exchange"), [(V1_TOKEN, (EXCHANGE_V3, "3")), (V2_TOKEN, (EXCHANGE, "2"))]
)
def test_a_client_of_the_other_protocol_is_known_as_such(
    token: str, exchange: tuple[str, str]
) -> None:
    signature, _ = sealed(token, exchange)
    found = recover_order(
        read_order(order_body(tokenId=token, signature=signature)), neg_risk=False
    )
    assert found.signer != EOA
    assert found.elsewhere == EOA


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": "123"},
        {"salt": True},
        {"salt": 2**60},
        {"maker": "0x12"},
        {"tokenId": "-1"},
        {"makerAmount": 5},
        {"side": "buy"},
        {"signatureType": 7},
        {"signatureType": "0"},
        {"metadata": "0x00"},
        {"timestamp": None},
    ],
)
def test_a_malformed_order_is_no_order(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedOrderError):
        read_order(order_body(**changes))


@pytest.mark.parametrize("body", [None, [], {}, {"order": []}, {"order": {}, "postOnly": 1}])
def test_what_is_no_object_is_no_order(body: object) -> None:
    with pytest.raises(MalformedOrderError):
        read_order(body)


@pytest.mark.parametrize("signature", ["0x", "0x00", "0x" + "00" * 65, "0x" + "ff" * 65])
def test_a_signature_that_is_none_recovers_nobody(signature: str) -> None:
    order = read_order(order_body(signature=signature))
    assert recover_order(order, neg_risk=False).signer is None


def test_a_plain_signature_is_not_a_session_s() -> None:
    assert unwrap_session(b"\x01" * 65) == (b"\x01" * 65, None)


@pytest.mark.parametrize("value", [None, 1, "ab", "0xzz"])
def test_hexed_reads_only_0x_hex(value: object) -> None:
    assert hexed(value) is None
