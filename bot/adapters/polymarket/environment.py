"""Which addresses exist: those given and no others; every other address of the SDK is dead.

The SDK has no public argument for its addresses, so its own private constructor is used, as its
integration tests do. Contracts and chain id stay the real ones: signatures are always real.
Source: polymarket-client 0.14.0 `_internal/environment.py`, py-sdk tests/integration.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.environments import Environment

DEAD_HTTP, DEAD_WS = "http://127.0.0.1:1", "ws://127.0.0.1:1"
"""Nothing listens there, on any machine."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
Origin = tuple[str, int]
"""Host and port."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Every address that may be dialled."""

    clob: str
    gamma: str
    data: str
    relayer: str
    rpc: str
    geoblock: str
    market_ws: str
    user_ws: str
    price_ws: str

    @property
    def loopback(self) -> bool:
        """Say whether all of them are on this machine: a stand-in."""
        return all(is_loopback(url) for url in dataclasses.astuple(self))

    @property
    def origins(self) -> frozenset[Origin]:
        """Return host and port of each."""
        return frozenset(origin(url) for url in dataclasses.astuple(self))


PRODUCTION = Endpoints(
    clob=PRODUCTION_CONFIG.clob_url,
    gamma=PRODUCTION_CONFIG.gamma_url,
    data=PRODUCTION_CONFIG.data_url,
    relayer=PRODUCTION_CONFIG.relayer_url,
    rpc=PRODUCTION_CONFIG.rpc_url,
    geoblock="https://polymarket.com/api/geoblock",
    market_ws=PRODUCTION_CONFIG.clob_market_ws_url,
    user_ws=PRODUCTION_CONFIG.clob_user_ws_url,
    price_ws=PRODUCTION_CONFIG.realtime_ws_url,
)


def origin(url: str) -> Origin:
    """Return host and port of an address; port by its scheme where it has none."""
    parts = urlsplit(url)
    return (parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))


def is_loopback(url: str) -> bool:
    """Say whether an address is on this machine."""
    return origin(url)[0] in LOOPBACK


def environment(endpoints: Endpoints) -> Environment:
    """Return the SDK's environment with these addresses and no other."""
    given = {
        "clob_url": endpoints.clob,
        "gamma_url": endpoints.gamma,
        "data_url": endpoints.data,
        "relayer_url": endpoints.relayer,
        "rpc_url": endpoints.rpc,
        "clob_market_ws_url": endpoints.market_ws,
        "clob_user_ws_url": endpoints.user_ws,
        "realtime_ws_url": endpoints.price_ws,
    }
    urls: dict[str, Any] = {
        field.name: given.get(field.name, DEAD_WS if "_ws_" in field.name else DEAD_HTTP)
        for field in dataclasses.fields(PRODUCTION_CONFIG)
        if field.name.endswith("_url")
    }
    pace = 50 if endpoints.loopback else PRODUCTION_CONFIG.relayer_poll_frequency_ms
    config = dataclasses.replace(PRODUCTION_CONFIG, **urls, relayer_poll_frequency_ms=pace)
    return create_environment(name="poly", config=config)
