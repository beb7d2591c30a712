"""Where the feeds are, who listens, on which clock, and whom to tell what a person must know.

Nothing here reads the environment by itself. A shifted clock is refused beside a real address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NoReturn
from urllib.parse import urlsplit

from bot.adapters.polymarket.clock import MarketClock
from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import Secret

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
ASSETS: Final = ("btc", "eth", "sol", "xrp", "doge", "bnb", "hype")
DURATIONS_S: Final[Mapping[str, int]] = {"5m": 300, "15m": 900}
SERIES: Final = tuple(f"{asset}-{name}" for asset in ASSETS for name in DURATIONS_S)
"""Every series of short windows. Source: polymarket.md 5.1 (Gamma slugs), read 2026-11-22."""


@dataclass(frozen=True, slots=True)
class Places:
    """The addresses a feed dials, and the proxy it goes through on purpose."""

    gamma: str = "https://gamma-api.polymarket.com"
    clob: str = "https://clob.polymarket.com"
    market_ws: str = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    user_ws: str = "wss://ws-subscriptions-clob.polymarket.com/ws/user"
    price_ws: str = "wss://ws-live-v2.polymarket.com/ws"
    proxy: str = ""

    @property
    def loopback(self) -> bool:
        """Say whether all of them are on this machine: a stand-in."""
        urls = (self.gamma, self.clob, self.market_ws, self.user_ws, self.price_ws)
        return all(urlsplit(url).hostname in LOOPBACK for url in urls)


PLACE_VARIABLES: Final = {
    "gamma": "POLY_GAMMA_URL",
    "clob": "POLY_CLOB_URL",
    "market_ws": "POLY_MARKET_WS_URL",
    "user_ws": "POLY_USER_WS_URL",
    "price_ws": "POLY_PRICE_WS_URL",
}
LOGIN_VARIABLES: Final = (
    "POLYMARKET_ADDRESS", "POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Login:
    """What the price and user sockets ask for: the signer's address and its API key."""

    address: str
    key: Secret
    secret: Secret
    passphrase: Secret


class Severity(StrEnum):
    """INFO happened; WARNING heals by itself; ERROR: a person must act."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of the feed's state, told once; `fields` name things, never secrets."""

    severity: Severity
    event: str
    fields: Mapping[str, str | int] = field(default_factory=dict)


Tell = Callable[[Notice], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a live feed stands on. `series` are as `btc-15m`; `slugs` are followed besides."""

    places: Places
    clock: MarketClock
    tell: Tell
    series: tuple[str, ...] = SERIES
    login: Login | None = None
    slugs: tuple[str, ...] = ()
    behind_items: int = 512
    """From so many waiting items on, book updates are conflated."""

    def __post_init__(self) -> None:
        for one in self.series:
            asset, _, duration = one.partition("-")
            if not asset.isalnum() or duration not in DURATIONS_S:
                _refuse("series", f"must be like btc-15m or btc-5m, was {one[:40]!r}")
        shifted = self.clock.origin_us != self.clock.anchor_us or self.clock.speed != 1
        if shifted and not self.places.loopback:
            _refuse("POLY_MARKET_CLOCK", "is for a stand-in and the addresses are real; unset it")

    def wall_s(self, market_s: float, least_s: float = 0.02) -> float:
        """Return how long `market_s` of market time take on the wall, at least `least_s`."""
        return self.clock.wall_s(market_s, least_s)


def read_places(environment: Mapping[str, str]) -> Places:
    """Return the real addresses, or those of a stand-in: all five of them, on this machine.

    Raises:
        Refused: names the variable, its value and the remedy; USAGE.

    """
    given = {
        name: environment[var] for name, var in PLACE_VARIABLES.items() if environment.get(var)
    }
    if not given:
        return Places()
    for name, variable in PLACE_VARIABLES.items():
        url = given.get(name, "")
        if not url:
            _refuse(variable, "is not set, but other addresses of a stand-in are; set all")
        if urlsplit(url).hostname not in LOOPBACK:
            _refuse(variable, f"must be on this machine, was {url[:60]!r}; unset it")
    return Places(**given)


def read_login(environment: Mapping[str, str]) -> Login | None:
    """Return who listens, None where nothing of it is set.

    Raises:
        Refused: some of it is missing; USAGE.

    """
    values = [environment.get(name, "") for name in LOGIN_VARIABLES]
    if not any(values):
        return None
    for name, value in zip(LOGIN_VARIABLES, values, strict=True):
        if not value:
            _refuse(name, "is not set, but the other credentials are; set all four or none")
    address, *secrets = values
    return Login(address, *(Secret(one) for one in secrets))


def read_clock(
    environment: Mapping[str, str], places: Places, wall_now_us: Callable[[], int]
) -> MarketClock:
    """Return market time: the wall's, or a stand-in's by POLY_MARKET_CLOCK.

    Raises:
        Refused: not of its form, or the addresses are real; USAGE.

    """
    text = environment.get("POLY_MARKET_CLOCK", "")
    if not text:
        return MarketClock.real(wall_now_us)
    if not places.loopback:
        _refuse("POLY_MARKET_CLOCK", "is for a stand-in and the addresses are real; unset it")
    try:
        return MarketClock.parse(text, wall_now_us)
    except ValueError as error:
        _refuse("POLY_MARKET_CLOCK", str(error))


def _refuse(name: str, problem: str) -> NoReturn:
    raise Refused(f"{name}: {problem}", ExitCode.USAGE)
