"""What is set from outside about health, metrics and control, read once into one frozen value."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import Secret

VARIABLES: Final[Mapping[str, str]] = {
    "POLY_HEALTH_PORT": "port of /health, /ready, /metrics, /control; off, or PORT (default off)",
    "POLY_HEALTH_BIND": "address to listen at: loopback (default 127.0.0.1), private, or ::",
    "POLY_CONTROL_TOKEN": "secret that /control asks for, 24 characters or more (default: off)",
    "POLY_LOG": "json or text; default is text on a terminal and json elsewhere",
}
"""Every variable of ours and what it means."""

LOCAL: Final = "127.0.0.1"
PORT_MAX: Final = 65_535
TOKEN_MIN: Final = 24
EXPOSED: Final = ("RAILWAY_PUBLIC_DOMAIN", "RAILWAY_TCP_PROXY_DOMAIN")


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """Where to listen. Port 0 lets the system choose, None is off."""

    port: int | None
    host: str
    token: Secret


def read_health(environment: Mapping[str, str]) -> HealthSettings:
    """Read and check everything.

    Raises:
        Refused: names the variable, its value unless it is a secret, and the remedy; USAGE.

    """
    port = _port(environment)
    host = environment.get("POLY_HEALTH_BIND", "") or LOCAL
    _require_private(host)
    everywhere = host in {"::", "0.0.0.0"}  # noqa: S104 - named to be judged
    for name in EXPOSED:
        if port is not None and everywhere and environment.get(name):
            raise Refused(
                f"POLY_HEALTH_BIND: {host} would be reachable by {name}; remove that domain of the"
                " service, or bind to 127.0.0.1",
                ExitCode.USAGE,
            )
    token = environment.get("POLY_CONTROL_TOKEN", "").strip()
    if token and len(token) < TOKEN_MIN:
        raise Refused(
            f"POLY_CONTROL_TOKEN: must have {TOKEN_MIN} characters or more, had {len(token)};"
            " `openssl rand -hex 24` makes one",
            ExitCode.USAGE,
        )
    return HealthSettings(port, host, Secret(token))


def _port(environment: Mapping[str, str]) -> int | None:
    text = environment.get("POLY_HEALTH_PORT", "")
    if text in {"", "off"}:
        return None
    given = environment.get("PORT", "") if text == "PORT" else text
    if not given.isdecimal() or int(given) > PORT_MAX:
        name = "PORT" if text == "PORT" else "POLY_HEALTH_PORT"
        raise Refused(
            f"{name}: must be a port of 0 to {PORT_MAX}, PORT or off, was {given[:40]!r}",
            ExitCode.USAGE,
        )
    return int(given)


def _require_private(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
        good = address.is_private or address.is_loopback or address.is_unspecified
    except ValueError:
        good = False
    if not good:
        raise Refused(
            f"POLY_HEALTH_BIND: must be a loopback or private address, or ::, was {host[:60]!r}",
            ExitCode.USAGE,
        )
