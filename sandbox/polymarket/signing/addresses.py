"""The venue's contracts on Polygon, and the wallets that follow from one key.

Nothing here talks to a chain: a wallet address is a CREATE2 address and can be computed.
Source: polymarket-client 0.14.0 `environments.py` and `_internal/wallet.py`, read 2026-11-22.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

CHAIN_ID = 137
PUSD = "0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB"
CTF = "0x4D97DCd97eC945f40cF65F87097ACe5EA0476045"
EXCHANGE = "0xE111180000d2663C0091e4f400237545B87B996B"
EXCHANGE_NEG_RISK = "0xe2222d279d744050d28e00520010520000310F59"
EXCHANGE_V3 = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
COLLATERAL_ADAPTER = "0xAdA100Db00Ca00073811820692005400218FcE1f"
NEG_RISK_COLLATERAL_ADAPTER = "0xadA2005600Dec949baf300f4C6120000bDB6eAab"
AUTO_REDEEMER = "0xa1200000d0002264C9a1698e001292D00E1b00af"
BINARY_MODULE = "0x1000008dD9001B968442c1000017eaE6E0dA00Ba"
NEG_RISK_MODULE = "0x200000900045e3B6259600682756002200028933"
POSITION_MANAGER = "0x006F54F7f9A22e0000CC2AB60031000000ae9fEF"
ROUTER = "0x12121212006e4CD160D18e3f00711DA5c3372600"
PERPS_DEPOSIT = "0xDCa4af75705dbB50f62437045afF9921947917d2"
SAFE_MULTISEND = "0xA238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"
RELAY_HUB = "0xD216153c06E857cD7f72665E0aF1d7D82172F494"
PROXY_FACTORY = "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"
PROXY_IMPLEMENTATION = "0x44e999d5c2F66Ef0861317f9A4805AC2e90aEB4f"
SAFE_FACTORY = "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"
SAFE_INIT_CODE_HASH = "0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"
WALLET_FACTORY = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
WALLET_IMPLEMENTATION = "0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB"
WALLET_BEACON = "0x7A18EDfe055488A3128f01F563e5B479D92ffc3a"

ERC20_SPENDERS = (
    EXCHANGE,
    EXCHANGE_NEG_RISK,
    EXCHANGE_V3,
    COLLATERAL_ADAPTER,
    NEG_RISK_COLLATERAL_ADAPTER,
    ROUTER,
    PERPS_DEPOSIT,
)
CTF_OPERATORS = (
    EXCHANGE,
    EXCHANGE_NEG_RISK,
    COLLATERAL_ADAPTER,
    NEG_RISK_COLLATERAL_ADAPTER,
    AUTO_REDEEMER,
    BINARY_MODULE,
    NEG_RISK_MODULE,
)
POSITION_OPERATORS = (ROUTER, EXCHANGE_V3, AUTO_REDEEMER)

_PROXY_CODE = (
    "3d3d606380380380913d393d73{factory}5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d"
    "363d73{implementation}5af43d82803e903d91602b57fd5bf352e831dd"
    "0000000000000000000000000000000000000000000000000000000000000020"
    "0000000000000000000000000000000000000000000000000000000000000000"
)
_UUPS_HEAD = 0x61003D3D8160233D3973
_UUPS_TAIL = bytes.fromhex(
    "5155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076"
    "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3"
)
_BEACON_HEAD = 0x6100523D8160233D3973
_BEACON_TAIL = bytes.fromhex(
    "60195155f3363d3d373d3d363d602036600436635c60da"
    "1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
    "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
)


class WalletKind(IntEnum):
    """How an order is signed: the venue's `signatureType`."""

    EOA = 0
    PROXY = 1
    SAFE = 2
    DEPOSIT = 3


@dataclass(frozen=True, slots=True)
class Wallets:
    """Every wallet the venue derives from one key, checksummed."""

    eoa: str
    proxy: str
    safe: str
    beacon: str
    uups: str

    def kinds(self) -> dict[str, WalletKind]:
        """Return the signature type of each address, lower case."""
        return {
            self.eoa.lower(): WalletKind.EOA,
            self.proxy.lower(): WalletKind.PROXY,
            self.safe.lower(): WalletKind.SAFE,
            self.beacon.lower(): WalletKind.DEPOSIT,
            self.uups.lower(): WalletKind.DEPOSIT,
        }


@lru_cache(maxsize=1024)
def wallets_of(eoa: str) -> Wallets:
    """Derive the four wallets of a key's address."""
    owner = _raw(eoa)
    proxy_code = bytes.fromhex(
        _PROXY_CODE.format(
            factory=PROXY_FACTORY[2:].lower(), implementation=PROXY_IMPLEMENTATION[2:].lower()
        )
    )
    padded = owner.rjust(32, b"\0")
    arguments = encode(["address", "bytes32"], [WALLET_FACTORY, padded])
    size = len(arguments) << 56
    beacon = (_BEACON_HEAD + size).to_bytes(10, "big") + _raw(WALLET_BEACON) + _BEACON_TAIL
    uups = (_UUPS_HEAD + size).to_bytes(10, "big") + _raw(WALLET_IMPLEMENTATION)
    uups += b"\x60\x09" + _UUPS_TAIL
    salt = keccak(arguments)
    return Wallets(
        eoa=to_checksum_address(eoa),
        proxy=_create2(PROXY_FACTORY, keccak(owner), keccak(proxy_code)),
        safe=_create2(SAFE_FACTORY, keccak(padded), _raw(SAFE_INIT_CODE_HASH)),
        beacon=_create2(WALLET_FACTORY, salt, keccak(beacon + arguments)),
        uups=_create2(WALLET_FACTORY, salt, keccak(uups + arguments)),
    )


def is_position_id(token: str) -> bool:
    """Say whether a traded id is a protocol v2 position id (bytes 19 to 26 are zero).

    Source: polymarket-client 0.14.0 `_internal/protocol.py`.
    """
    return token.isdecimal() and int(token) & (((1 << 64) - 1) << 40) == 0


def exchange_of(token: str, *, neg_risk: bool) -> tuple[str, str]:
    """Return the exchange contract and the domain version under which a token is traded."""
    if is_position_id(token):
        return EXCHANGE_V3, "3"
    return (EXCHANGE_NEG_RISK if neg_risk else EXCHANGE), "2"


def _raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _create2(factory: str, salt: bytes, code_hash: bytes) -> str:
    return to_checksum_address(keccak(b"\xff" + _raw(factory) + salt + code_hash)[12:])
