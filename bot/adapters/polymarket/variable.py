"""The names the live venue and its feeds are configured by, and the one setting both share.

Imports nothing of the SDK: a process that trades nothing, and whoever checks an environment, reads
this without loading what signs.
"""

from collections.abc import Mapping
from typing import Final, NoReturn

from bot.domain.refusal import ExitCode, Refused

ENDPOINTS: Final = {
    "clob": "POLY_CLOB_URL",
    "gamma": "POLY_GAMMA_URL",
    "data": "POLY_DATA_URL",
    "relayer": "POLY_RELAYER_URL",
    "rpc": "POLY_RPC_URL",
    "geoblock": "POLY_GEOBLOCK_URL",
    "market_ws": "POLY_MARKET_WS_URL",
    "user_ws": "POLY_USER_WS_URL",
    "price_ws": "POLY_PRICE_WS_URL",
}
VARIABLES: Final[Mapping[str, str]] = {
    "POLYMARKET_PRIVATE_KEY": "private key of the signer, 0x and 64 hex digits; LIVE only",
    "POLYMARKET_ADDRESS": "address of the signer, the one the private key belongs to",
    "POLYMARKET_WALLET": "address that holds the money: deposit wallet, proxy, Safe or the signer",
    "POLYMARKET_API_KEY": "API key; `poly credentials derive` prints it with the next two",
    "POLYMARKET_API_SECRET": "secret of the API key",
    "POLYMARKET_PASSPHRASE": "passphrase of the API key",
    "POLYMARKET_RELAYER_API_KEY": "key of the relayer; redeeming and approving need it",
    "POLYMARKET_RELAYER_API_KEY_ADDRESS": "address the relayer's key was made for",
    "POLYMARKET_RPC_URL": "JSON-RPC node of Polygon, https; the SDK's public one by default",
    "POLY_CALL_TIMEOUT_S": "total deadline of one call to the venue, 0.1 to 30 (default 5)",
    "POLY_RATE_SHARE": "share of the tier's rate limits that may be used, 0.05 to 1 (default 0.5)",
    "POLY_PROXY": "honour: go through HTTPS_PROXY; else a proxy in the environment is refused",
    "POLY_MARKET_CLOCK": "market time of a stand-in, <market_us>@<wall_us>,<speed>",
    **dict.fromkeys(ENDPOINTS.values(), "address of a stand-in on this machine; all nine or none"),
}
"""Every variable of the live venue and what it means."""
PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
"""Proxies that can be honoured. Source: httpx and websockets read these from the environment."""
OTHER_PROXIES: Final = ("SOCKS_PROXY", "SOCKS5_PROXY", "WS_PROXY", "WSS_PROXY")
"""Proxies that only the sockets would take: never honoured."""


def read_proxy(environment: Mapping[str, str]) -> str:
    """Return the proxy to go through, empty for none; one that is there by accident is refused.

    Raises:
        Refused: a proxy is set and POLY_PROXY does not say to honour it; USAGE.

    """
    wish = environment.get("POLY_PROXY", "")
    if wish not in {"", "honour"}:
        _refuse("POLY_PROXY", f"must be honour or unset, was {wish[:40]!r}")
    for name in _spelled(environment, OTHER_PROXIES):
        _refuse(name, "is set; unset it: only the sockets would go through it")
    found = _spelled(environment, PROXIES)
    if found and not wish:
        _refuse(found[0], "is set; unset it, or set POLY_PROXY=honour to trade through it")
    if wish and not found:
        _refuse("POLY_PROXY", "is honour, but HTTPS_PROXY is not set; set it or unset POLY_PROXY")
    return environment[found[0]] if found else ""


def _spelled(environment: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    """Return those of the names that are set, in capitals or small letters."""
    both = [spelled for name in names for spelled in (name, name.lower())]
    return [name for name in both if environment.get(name, "")]


def _refuse(name: str, problem: str) -> NoReturn:
    raise Refused(f"{name}: {problem}", ExitCode.USAGE)
