"""A signed order as it arrives: its fields, its id and who signed it.

The id is the EIP-712 digest of the inner Order, for every signature type, so a client knows it
before sending. Source: polymarket-client 0.14.0 `_internal/actions/orders/typed_data.py`.
"""

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.address import is_address
from eth_utils.crypto import keccak

from sandbox.polymarket.signing.addresses import (
    CHAIN_ID,
    EXCHANGE,
    EXCHANGE_V3,
    WalletKind,
    exchange_of,
)
from sandbox.polymarket.signing.typed import (
    digest,
    domain_separator,
    hexed,
    recover,
    unwrap_session,
)

ORDER_TYPE = (
    b"Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    b"uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    b"bytes32 builder)"
)
_ORDER_HASH = keccak(ORDER_TYPE)
_WRAPPED_HASH = keccak(
    b"TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    b"address verifyingContract,bytes32 salt)" + ORDER_TYPE
)
_NAME = "Polymarket CTF Exchange"
_KINDS = ["bytes32", "uint256", "address", "address", "uint256", "uint256", "uint256", "uint8"]
_KINDS += ["uint8", "uint256", "bytes32", "bytes32"]
_UINT256 = 2**256
_SALT_MOST = 2**53


class MalformedOrderError(Exception):
    """The payload is not an order at all."""


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """One signed order; amounts in base units (millionths)."""

    salt: int
    maker: str
    signer: str
    token: str
    maker_amount: int
    taker_amount: int
    side: str
    kind: WalletKind
    timestamp_ms: int
    metadata: bytes
    builder: bytes
    expiration_s: int
    signature: bytes
    order_type: str
    post_only: bool
    owner: str

    def struct_hash(self) -> bytes:
        """Hash the eleven signed fields; `expiration` travels beside them unsigned."""
        side = 0 if self.side == "BUY" else 1
        fields = [_ORDER_HASH, self.salt, self.maker, self.signer, int(self.token)]
        fields += [self.maker_amount, self.taker_amount, side, int(self.kind)]
        fields += [self.timestamp_ms, self.metadata, self.builder]
        return keccak(encode(_KINDS, fields))


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a signature proves: the order's id, the key that signed, and whether for a session."""

    order_id: str
    signer: str | None
    session: bool
    elsewhere: str | None = None
    """Who signed it under the exchange of the other protocol version: a client that is too old."""


def recover_order(order: SignedOrder, *, neg_risk: bool) -> Recovered:
    """Recover the signing key of an order under the one domain its token is traded in."""
    contract, version = exchange_of(order.token, neg_risk=neg_risk)
    separator = domain_separator(_NAME, version, contract)
    other = (EXCHANGE, "2") if version == "3" else (EXCHANGE_V3, "3")
    struct = order.struct_hash()
    order_id = "0x" + digest(separator, struct).hex()
    inner, session = order.signature, None
    if order.kind is WalletKind.DEPOSIT:
        inner, session = unwrap_session(order.signature)
    signer = _signer(order, inner, separator, struct)
    if session is not None and (signer is None or signer.lower() != session):
        signer = None
    elsewhere = None
    own = order.kind is WalletKind.DEPOSIT or (signer or "").lower() == order.signer.lower()
    if signer is None or not own:
        elsewhere = _signer(order, inner, domain_separator(_NAME, other[1], other[0]), struct)
    return Recovered(order_id, signer, session=session is not None, elsewhere=elsewhere)


def _signer(order: SignedOrder, inner: bytes, separator: bytes, struct: bytes) -> str | None:
    if order.kind is WalletKind.DEPOSIT:
        return _recover_wrapped(order, inner, separator, struct)
    return recover(separator, struct, inner)


def _recover_wrapped(
    order: SignedOrder, inner: bytes, separator: bytes, struct: bytes
) -> str | None:
    """Check the 317-byte form: signature, domain separator, contents hash, type string, length."""
    trailer = separator + struct + ORDER_TYPE + len(ORDER_TYPE).to_bytes(2, "big")
    if inner[65:] != trailer:
        return None
    kinds = ["bytes32", "bytes32", "bytes32", "bytes32", "uint256", "address", "bytes32"]
    fields: list[object] = [_WRAPPED_HASH, struct, keccak(text="DepositWallet"), keccak(text="1")]
    fields += [CHAIN_ID, order.signer, bytes(32)]
    return recover(separator, keccak(encode(kinds, fields)), inner[:65])


def read_order(body: object) -> SignedOrder:
    """Read one element of POST /order or /orders.

    Raises:
        MalformedOrderError: a field is missing or of another type than the venue's.

    """
    if not isinstance(body, dict) or not isinstance(body.get("order"), dict):
        raise MalformedOrderError
    order: dict[str, object] = body["order"]
    post_only = body.get("postOnly", False)
    if not isinstance(post_only, bool):
        raise MalformedOrderError
    kind = order.get("signatureType")
    if not isinstance(kind, int) or kind not in set(WalletKind):
        raise MalformedOrderError
    token = order.get("tokenId")
    if not isinstance(token, str) or not token.isdecimal() or int(token) >= _UINT256:
        raise MalformedOrderError
    return SignedOrder(
        salt=_salt(order.get("salt")),
        maker=_address(order.get("maker")),
        signer=_address(order.get("signer")),
        token=token,
        maker_amount=_number(order.get("makerAmount")),
        taker_amount=_number(order.get("takerAmount")),
        side=_one_of(order.get("side"), ("BUY", "SELL")),
        kind=WalletKind(kind),
        timestamp_ms=_number(order.get("timestamp")),
        metadata=_word(order.get("metadata")),
        builder=_word(order.get("builder")),
        expiration_s=_number(order.get("expiration", "0")),
        signature=hexed(order.get("signature")) or b"",
        order_type=_one_of(body.get("orderType"), ("GTC", "GTD", "FOK", "FAK")),
        post_only=post_only,
        owner=str(body.get("owner", "")),
    )


def _salt(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _SALT_MOST:
        raise MalformedOrderError
    return value


def _number(value: object) -> int:
    if not isinstance(value, str) or not value.isdecimal() or int(value) >= _UINT256:
        raise MalformedOrderError
    return int(value)


def _address(value: object) -> str:
    if not isinstance(value, str) or not is_address(value):
        raise MalformedOrderError
    return value


def _word(value: object) -> bytes:
    raw = hexed(value)
    if raw is None or len(raw) != 32:  # noqa: PLR2004 - bytes32
        raise MalformedOrderError
    return raw


def _one_of(value: object, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        raise MalformedOrderError
    return value
