"""From approved terms to a signed order, its hash, and the body that the ledger keeps; no network.

The hash is the venue's order id: the EIP-712 digest of the inner order, for every wallet kind and
both domains. Salt and time come from outside, so that the same order is made again bit by bit.
Source: polymarket-client 0.14.0 `typed_data.py`; polymarket-wire.md section 7.
"""

import dataclasses
from dataclasses import dataclass
from typing import Final

import msgspec
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from polymarket import SignedOrder
from polymarket._internal.actions.orders.context import resolve_order_exchange_address
from polymarket._internal.actions.orders.orders import create_signed_order
from polymarket._internal.actions.orders.typed_data import (
    _app_domain_separator,
    _order_contents_hash,
    build_order_signature,
    build_order_typed_data,
)
from polymarket._internal.actions.orders.types import BYTES32_ZERO, UnsignedOrder
from polymarket._internal.environment import EnvironmentConfig
from polymarket._internal.protocol import is_v2_position_id
from polymarket._internal.wallet import (
    SignerType,
    WalletType,
    signature_type_for,
    wrap_deposit_wallet_signature,
)
from polymarket.models.clob.orders import OrderType
from polymarket.models.types import TokenId as AssetId
from polymarket.types import EvmAddress, HexString

from bot.adapters.polymarket.order.amount import Amounts, side_of
from bot.domain.order import OrderHash, Terms, TimeInForce

DEPOSIT: Final = 3
"""Signature type of a deposit wallet, which signs for itself."""
MS_US: Final = 1_000
SALT_MAX: Final = 2**53
TYPES: Final[dict[TimeInForce, OrderType]] = {
    TimeInForce.GTC: "GTC",
    TimeInForce.FOK: "FOK",
    TimeInForce.FAK: "FAK",
}


@dataclass(frozen=True, slots=True)
class Signatory:
    """Whose key signs, for which wallet, for which contracts."""

    account: LocalAccount
    wallet: str
    wallet_type: WalletType
    signer_type: SignerType
    config: EnvironmentConfig

    def unsigned(
        self, terms: Terms, amounts: Amounts, *, neg_risk: bool, salt: int, wall_us: int
    ) -> UnsignedOrder:
        """Return the order to sign; `wall_us` becomes its timestamp in milliseconds."""
        signature_type = signature_type_for(self.wallet_type)
        token = AssetId(str(terms.token))
        exchange = resolve_order_exchange_address(self.config, asset_id=token, neg_risk=neg_risk)
        return UnsignedOrder(
            builder=BYTES32_ZERO,
            chain_id=self.config.chain_id,
            exchange_address=exchange,
            expiration=0,
            maker=EvmAddress(self.wallet),
            maker_amount=amounts.maker,
            metadata=BYTES32_ZERO,
            order_type=TYPES[terms.time_in_force],
            salt=salt % SALT_MAX,
            side=side_of(terms.side),
            signature_type=signature_type,
            signer=EvmAddress(self.wallet if signature_type == DEPOSIT else self.account.address),
            taker_amount=amounts.taker,
            timestamp=wall_us // MS_US,
            token_id=token,
            protocol_version="3" if is_v2_position_id(token) else "2",
        )

    def sign(self, order: UnsignedOrder) -> SignedOrder:
        """Return the signed order; the signature is a function of key and order."""
        signed = self.account.sign_typed_data(full_message=build_order_typed_data(order))
        plain = HexString("0x" + signed.signature.hex().removeprefix("0x"))
        whole = wrap_deposit_wallet_signature(
            signer=self.account.address,
            signer_type=self.signer_type,
            signature=build_order_signature(order, plain),
        )
        return create_signed_order(order, whole)


def order_hash(order: UnsignedOrder) -> OrderHash:
    """Return the venue's id of an order: keccak of 0x1901, the domain and the inner order."""
    domain = _app_domain_separator(order, protocol_version=order.protocol_version)
    digest = keccak(b"\x19\x01" + bytes.fromhex(domain[2:]) + _order_contents_hash(order))
    return OrderHash("0x" + digest.hex())


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the ledger keeps of an order: all that is needed to send the very same bytes."""

    order: dict[str, str | int | bool]
    market_id: str
    unfit: str = ""
    """Why it must never be sent, if so."""


class Unreadable(ValueError):  # noqa: N818 - what the body is
    """A body that is not one of ours."""


def write_body(order: SignedOrder, market_id: str, unfit: str) -> str:
    """Return a signed order as canonical JSON."""
    fields = dataclasses.asdict(order)
    return msgspec.json.encode(Body(fields, market_id, unfit), order="sorted").decode()


def read_body(text: str) -> tuple[SignedOrder, Body]:
    """Return the signed order in a body.

    Raises:
        Unreadable: not a body of ours.

    """
    try:
        body = msgspec.json.decode(text, type=Body)
        return msgspec.convert(body.order, SignedOrder), body
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise Unreadable(f"order body: {error}") from error
