"""Orders are the SDK's own, bit for bit, but for salt and time, which come from outside."""

import dataclasses
from decimal import Decimal

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from polymarket._internal.actions.orders.market_data import MarketInfo, PlatformFeeInfo
from polymarket._internal.actions.orders.typed_data import build_order_typed_data
from polymarket._internal.environment import PRODUCTION_CONFIG
from polymarket._internal.wallet import (
    WalletType,
    derive_beacon_deposit_wallet_address,
    derive_proxy_wallet_address,
    derive_safe_wallet_address,
)

from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order.amount import Amounts, Unfit, amounts
from bot.adapters.polymarket.order.signing import (
    Body,
    Signatory,
    Unreadable,
    order_hash,
    read_body,
    write_body,
)
from bot.adapters.polymarket.setting import read_live_settings
from bot.adapters.polymarket.variable import ENDPOINTS
from bot.domain.book import Side
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Price
from bot.domain.order import Quantity, Terms, TimeInForce, Unit

KEY = "0x" + "1" * 64
SIGNER = Account.from_key(KEY)
CONFIG = PRODUCTION_CONFIG
WALLETS: dict[WalletType, str] = {
    "EOA": SIGNER.address,
    "POLY_PROXY": derive_proxy_wallet_address(SIGNER.address, CONFIG.wallet_derivation),
    "GNOSIS_SAFE": derive_safe_wallet_address(SIGNER.address, CONFIG.wallet_derivation),
    "DEPOSIT_WALLET": derive_beacon_deposit_wallet_address(
        SIGNER.address, CONFIG.wallet_derivation
    ),
}
V1 = TokenId(str(2**200 + 2**100 + 7))
V2 = TokenId(str((1 << 248) | (7 << 200)))
CENT = Price.parse("0.01")
BUY, SELL = Side.BUY, Side.SELL
FAK, FOK, GTC = TimeInForce.FAK, TimeInForce.FOK, TimeInForce.GTC


def asked(side: Side, kind: TimeInForce, price: str, quantity: str, token: TokenId = V1) -> Terms:
    unit = Unit.USD if side is BUY and not kind.rests else Unit.SHARES
    micros = int(Decimal(quantity) * 1_000_000)
    market = MarketId("0x" + "ab" * 32)
    return Terms(market, token, Outcome.UP, side, kind, Price.parse(price), Quantity(unit, micros))


def signatory(kind: WalletType) -> Signatory:
    return Signatory(SIGNER, WALLETS[kind], kind, "OWNER", CONFIG)


@pytest.mark.parametrize("neg_risk", [False, True])
@pytest.mark.parametrize("token", [V1, V2], ids=["domain 2", "domain 3"])
@pytest.mark.parametrize("kind", WALLETS)
def test_the_hash_is_the_digest_of_the_inner_order(
    kind: WalletType, token: TokenId, *, neg_risk: bool
) -> None:
    own = signatory(kind)
    terms = asked(BUY, GTC, "0.5", "10", token)
    order = own.unsigned(terms, Amounts(5, 10), neg_risk=neg_risk, salt=7, wall_us=1_000_500)
    assert order.timestamp == 1000
    assert order.protocol_version == ("3" if token == V2 else "2")
    typed = build_order_typed_data(dataclasses.replace(order, signature_type=0))
    typed["message"]["signatureType"] = order.signature_type
    signable = encode_typed_data(full_message=typed)
    assert order_hash(order) == "0x" + keccak(b"\x19\x01" + signable.header + signable.body).hex()
    signed = own.sign(order)
    assert own.sign(order) == signed
    assert len(bytes.fromhex(signed.signature[2:])) == (317 if kind == "DEPOSIT_WALLET" else 65)


def test_salt_and_time_make_another_order() -> None:
    own, terms, said = signatory("EOA"), asked(BUY, GTC, "0.5", "10"), Amounts(5, 10)
    hashes = {
        order_hash(own.unsigned(terms, said, neg_risk=False, salt=salt, wall_us=wall_us))
        for salt in (1, 2)
        for wall_us in (1_000, 2_000)
    }
    assert len(hashes) == 4


@pytest.mark.parametrize("token", [V1, V2], ids=["domain 2", "domain 3"])
@pytest.mark.parametrize("kind", WALLETS)
async def test_every_field_is_what_the_sdk_itself_would_sign(
    kind: WalletType, token: TokenId
) -> None:
    """The SDK's client, asked for the same orders: only salt, time and so the signature differ."""
    connection = await Connection.open(
        read_live_settings(
            {
                **dict.fromkeys(ENDPOINTS.values(), "http://127.0.0.1:1"),
                "POLYMARKET_PRIVATE_KEY": KEY, "POLYMARKET_ADDRESS": SIGNER.address,
                "POLYMARKET_WALLET": WALLETS[kind], "POLYMARKET_API_KEY": "k",
                "POLYMARKET_API_SECRET": "cw==", "POLYMARKET_PASSPHRASE": "p",
            },
            lambda: 0,
        )
    )  # fmt: skip
    client, metadata = connection.client, connection.context.order_metadata
    fees = PlatformFeeInfo(rate=Decimal("0.07"), exponent=Decimal(1))
    info = MarketInfo(fees, neg_risk=False, tick_size=Decimal("0.01"), token_ids=frozenset({token}))  # type: ignore[arg-type]
    metadata._markets.set("0xc", info)  # type: ignore[arg-type]  # noqa: SLF001
    metadata._conditions.set(token, "0xc")  # type: ignore[arg-type]  # noqa: SLF001
    theirs = [
        await client.create_limit_order(token_id=token, price="0.37", size="12.34", side="BUY"),
        await client.create_limit_order(token_id=token, price="0.63", size="12.34", side="SELL"),
        await client.create_market_order(
            token_id=token, side="BUY", amount="7.77", max_price="0.53", order_type="FAK"
        ),
        await client.create_market_order(
            token_id=token, side="SELL", shares="8.21", min_price="0.47", order_type="FOK"
        ),
    ]
    ours = [
        asked(BUY, GTC, "0.37", "12.34", token), asked(SELL, GTC, "0.63", "12.34", token),
        asked(BUY, FAK, "0.53", "7.77", token), asked(SELL, FOK, "0.47", "8.21", token),
    ]  # fmt: skip
    own = signatory(kind)
    for their, terms in zip(theirs, ours, strict=True):
        order = own.unsigned(
            terms, amounts(terms, CENT), neg_risk=False, salt=their.salt,
            wall_us=their.timestamp * 1_000,
        )  # fmt: skip
        assert own.sign(order) == their
    await connection.close()


@given(
    st.integers(1, 99), st.integers(100, 1_000_000), st.sampled_from([BUY, SELL]),
    st.sampled_from([FAK, FOK, GTC]),
)  # fmt: skip
def test_no_amounts_ever_pay_more_or_get_less_than_the_worst_price(
    cents: int, hundredths: int, side: Side, kind: TimeInForce
) -> None:
    """A buy stays under the next grid price, a sale gives up less than one step of its proceeds."""
    price = f"0.{cents:02d}"
    terms = asked(side, kind, price, str(Decimal(hundredths) / 100))
    said = amounts(terms, CENT)
    limit = terms.price.micros
    if side is BUY:
        assert said.maker * 1_000_000 < said.taker * (limit + 100)
        assert said.maker <= terms.notional.micros
    else:
        assert said.maker == terms.quantity.micros
        assert said.taker * 1_000_000 >= said.maker * limit - 100 * 1_000_000


@pytest.mark.parametrize(
    ("terms", "tick", "said"),
    [
        (asked(BUY, FAK, "0.525", "5"), "0.01", "breaks the tick"),
        (asked(BUY, GTC, "0.5", "5"), "0.03", "not one of the venue's"),
        (asked(BUY, FAK, "0.9", "0.01"), "0.1", "would pay more than"),
    ],
)
def test_what_no_amounts_can_say_is_unfit(terms: Terms, tick: str, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        amounts(terms, Price.parse(tick))


def test_a_body_gives_the_very_same_order_back() -> None:
    own, terms = signatory("DEPOSIT_WALLET"), asked(SELL, FAK, "0.5", "10")
    order = own.unsigned(terms, Amounts(10, 5), neg_risk=False, salt=2**53 - 1, wall_us=10**15)
    signed = own.sign(order)
    again, body = read_body(write_body(signed, terms.market_id, ""))
    assert again == signed
    assert isinstance(body, Body)
    assert (body.market_id, body.unfit) == (terms.market_id, "")


@given(st.text(max_size=200))
def test_what_is_no_body_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_body(text)
    with pytest.raises(Unreadable):
        read_body('{"market_id":"0x1","order":{"salt":1}}')
