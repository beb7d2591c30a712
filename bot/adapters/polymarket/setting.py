"""What trading live needs to be told, read once into one frozen value with secrets that hide.

Nothing here reads the environment by itself, dials anything, or derives what is missing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final, NoReturn

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.environment import PRODUCTION, Endpoints, is_loopback
from bot.adapters.polymarket.variable import ENDPOINTS, VARIABLES, read_proxy
from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import Secret

ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
KEY: Final = re.compile(r"(0x)?[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signs every private call."""

    key: Secret
    secret: Secret
    passphrase: Secret


@dataclass(frozen=True, slots=True)
class RelayerKey:
    """What the relayer knows us by."""

    key: Secret
    address: str


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Who we are at the venue, where it is, and how patient we are with it."""

    private_key: Secret
    address: str
    wallet: str
    credentials: Credentials | None
    relayer: RelayerKey | None
    endpoints: Endpoints
    clock: MarketClock
    call_timeout_s: float = 5.0
    rate_share: float = 0.5
    proxy: str = ""
    """Proxy to go through, on purpose; empty for none."""

    def with_credentials(self) -> Credentials:
        """Return the credentials.

        Raises:
            Refused: they are not set; USAGE.

        """
        if self.credentials is None:
            raise Refused(
                "POLYMARKET_API_KEY: is not set; run `poly credentials derive` once and keep what "
                "it prints",
                ExitCode.USAGE,
            )
        return self.credentials


def read_live_settings(
    environment: Mapping[str, str], wall_now_us: Callable[[], int]
) -> LiveSettings:
    """Read and check the live venue's variables.

    Raises:
        Refused: names the variable and the remedy, never a secret's value; USAGE.

    """
    given = _endpoints(environment)
    return LiveSettings(
        private_key=_private_key(environment),
        address=_address(environment, "POLYMARKET_ADDRESS"),
        wallet=_address(environment, "POLYMARKET_WALLET"),
        credentials=_credentials(environment),
        relayer=_relayer(environment),
        endpoints=given,
        clock=_clock(environment, given, wall_now_us),
        call_timeout_s=_number(environment, "POLY_CALL_TIMEOUT_S", 5.0, (0.1, 30.0)),
        rate_share=_number(environment, "POLY_RATE_SHARE", 0.5, (0.05, 1.0)),
        proxy=read_proxy(environment),
    )


def _endpoints(environment: Mapping[str, str]) -> Endpoints:
    given = {name: environment[var] for name, var in ENDPOINTS.items() if environment.get(var)}
    node = environment.get("POLYMARKET_RPC_URL", "")
    if node and not node.startswith("https://"):
        _refuse("POLYMARKET_RPC_URL", f"must start with https://, was {node[:60]!r}")
    if not given:
        kept = {one.name: getattr(PRODUCTION, one.name) for one in fields(PRODUCTION)}
        return Endpoints(**{**kept, "rpc": node or PRODUCTION.rpc})
    for name, variable in ENDPOINTS.items():
        if name not in given:
            _refuse(variable, "is not set, but other addresses of a stand-in are; set all nine")
        if not is_loopback(given[name]):
            _refuse(variable, f"must be on this machine, was {given[name][:60]!r}; unset it")
    return Endpoints(**given)


def _clock(
    environment: Mapping[str, str], endpoints: Endpoints, wall_now_us: Callable[[], int]
) -> MarketClock:
    text = environment.get("POLY_MARKET_CLOCK", "")
    if not text:
        return MarketClock.real(wall_now_us)
    if not endpoints.loopback:
        _refuse("POLY_MARKET_CLOCK", "is for a stand-in and the addresses are real; unset it")
    try:
        return MarketClock.parse(text, wall_now_us)
    except ValueError as error:
        _refuse("POLY_MARKET_CLOCK", str(error))


def _private_key(environment: Mapping[str, str]) -> Secret:
    key = environment.get("POLYMARKET_PRIVATE_KEY", "")
    if not key:
        _refuse(
            "POLYMARKET_PRIVATE_KEY", "is not set; it is " + VARIABLES["POLYMARKET_PRIVATE_KEY"]
        )
    if not KEY.fullmatch(key):
        _refuse("POLYMARKET_PRIVATE_KEY", f"must be 64 hex digits, had {len(key)} characters")
    return Secret(key)


def _address(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        _refuse(name, f"is not set; it is {VARIABLES[name]}")
    if not ADDRESS.fullmatch(value):
        _refuse(name, f"must be 0x and 40 hex digits, was {value[:60]!r}")
    return value


def _credentials(environment: Mapping[str, str]) -> Credentials | None:
    names = ("POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE")
    values = [environment.get(name, "") for name in names]
    if not any(values):
        return None
    for name, value in zip(names, values, strict=True):
        if not value:
            _refuse(name, "is not set, but the other credentials are; set all three")
    return Credentials(*(Secret(value) for value in values))


def _relayer(environment: Mapping[str, str]) -> RelayerKey | None:
    key = environment.get("POLYMARKET_RELAYER_API_KEY", "")
    if not key:
        return None
    return RelayerKey(Secret(key), _address(environment, "POLYMARKET_RELAYER_API_KEY_ADDRESS"))


def _number(
    environment: Mapping[str, str], name: str, default: float, bounds: tuple[float, float]
) -> float:
    text = environment.get(name, "")
    if not text:
        return default
    low, high = bounds
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not low <= value <= high:
        _refuse(name, f"must be a number in [{low:g}, {high:g}], was {text[:40]!r}")
    return value


def _refuse(name: str, problem: str) -> NoReturn:
    raise Refused(f"{name}: {problem}", ExitCode.USAGE)
