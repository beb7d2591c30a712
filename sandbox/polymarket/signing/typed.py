"""EIP-712 digests, computed by hand, and the address that signed one.

`eth_account.encode_typed_data` does the same in a millisecond; an exchange that checks every
order needs it in microseconds, so the constant parts are hashed once.
"""

from dataclasses import dataclass
from functools import lru_cache

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct
from eth_utils.crypto import keccak

from sandbox.polymarket.signing.addresses import CHAIN_ID

SESSION_MAGIC = bytes.fromhex("6492" * 16)
_SIGNATURE_BYTES = 65
_DOMAIN = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_AUTH_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId)")
_SAFE_DOMAIN = keccak(b"EIP712Domain(uint256 chainId,address verifyingContract)")
_CLOB_AUTH = keccak(b"ClobAuth(address address,string timestamp,uint256 nonce,string message)")
_CALL = b"Call(address target,uint256 value,bytes data)"
_CALL_HASH = keccak(_CALL)
_BATCH_HASH = keccak(
    b"Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + _CALL,
)
_SAFE_TX_HASH = keccak(
    b"SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,"
    b"uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
)
_AUTH_TEXT = "This message attests that I control the given wallet"


@dataclass(frozen=True, slots=True)
class Call:
    """One contract call inside a wallet's batch; `value` in wei."""

    target: str
    value: int
    data: bytes


@lru_cache(maxsize=4096)
def domain_separator(name: str, version: str, contract: str) -> bytes:
    """Hash a domain with a verifying contract, on Polygon."""
    fields = [_DOMAIN, keccak(text=name), keccak(text=version), CHAIN_ID, contract]
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], fields))


def digest(separator: bytes, struct_hash: bytes) -> bytes:
    """Return what is signed."""
    return keccak(b"\x19\x01" + separator + struct_hash)


def recover(separator: bytes, struct_hash: bytes, signature: bytes) -> str | None:
    """Return the checksummed signer, or None where the signature is none at all."""
    return _recover(SignableMessage(b"\x01", separator, struct_hash), signature)


def recover_personal(message: bytes, signature: bytes) -> str | None:
    """Return the signer of a `personal_sign` message."""
    return _recover(encode_defunct(primitive=message), signature)


def unwrap_session(signature: bytes) -> tuple[bytes, str | None]:
    """Take a session key's wrapping off: the inner signature and the session address.

    The wrapping is abi.encode(bytes32 signerId, bytes32 0, bytes inner) and a 32-byte magic.
    """
    if not signature.endswith(SESSION_MAGIC):
        return signature, None
    body = signature[: -len(SESSION_MAGIC)]
    length = int.from_bytes(body[96:128])
    return body[128 : 128 + length], "0x" + body[12:32].hex()


def auth_hash(address: str, timestamp: str, nonce: int) -> tuple[bytes, bytes]:
    """Return separator and struct hash of the L1 authentication message (domain version 1)."""
    domain = [_AUTH_DOMAIN, keccak(text="ClobAuthDomain"), keccak(text="1"), CHAIN_ID]
    separator = keccak(encode(["bytes32", "bytes32", "bytes32", "uint256"], domain))
    fields = [_CLOB_AUTH, address, keccak(text=timestamp), nonce, keccak(text=_AUTH_TEXT)]
    struct = keccak(encode(["bytes32", "address", "bytes32", "uint256", "bytes32"], fields))
    return separator, struct


def batch_hash(wallet: str, nonce: int, deadline: int, calls: list[Call]) -> tuple[bytes, bytes]:
    """Return separator and struct hash of a deposit wallet's batch of calls."""
    hashed = b"".join(
        keccak(
            encode(
                ["bytes32", "address", "uint256", "bytes32"],
                [_CALL_HASH, call.target, call.value, keccak(call.data)],
            )
        )
        for call in calls
    )
    fields = [_BATCH_HASH, wallet, nonce, deadline, keccak(hashed)]
    struct = keccak(encode(["bytes32", "address", "uint256", "uint256", "bytes32"], fields))
    return domain_separator("DepositWallet", "1", wallet), struct


def safe_digest(safe: str, call: Call, *, operation: int, nonce: int) -> bytes:
    """Return the digest of a Safe transaction without gas refund."""
    zero = "0x" + "00" * 20
    separator = keccak(encode(["bytes32", "uint256", "address"], [_SAFE_DOMAIN, CHAIN_ID, safe]))
    kinds = ["bytes32", "address", "uint256", "bytes32", "uint8", "uint256", "uint256", "uint256"]
    kinds += ["address", "address", "uint256"]
    fields = [_SAFE_TX_HASH, call.target, call.value, keccak(call.data), operation, 0, 0, 0]
    return digest(separator, keccak(encode(kinds, [*fields, zero, zero, nonce])))


def hexed(text: object) -> bytes | None:
    """Read 0x-hex, or return None."""
    if not isinstance(text, str) or not text.startswith("0x"):
        return None
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        return None


def _recover(message: SignableMessage, signature: bytes) -> str | None:
    if len(signature) != _SIGNATURE_BYTES:
        return None
    try:
        return str(Account.recover_message(message, signature=signature))
    except Exception:  # noqa: BLE001 - eth_keys raises a family of its own for a malformed point
        return None
