"""What the watchdog is told, read once from the environment into one frozen value.

The only file of the watchdog that knows names of variables. Secrets are in `Credentials`, which
does not print them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bot.watchdog.say import Unfit
from bot.watchdog.venue.client import Credentials, Place

LIVE: Final = "live"
VENUE_URL: Final = "https://clob.polymarket.com"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchdogSettings:
    """How one watchdog watches."""

    mode: str
    directory: Path
    place: Place | None
    """Where orders rest; None where there is no venue to call: replay and paper."""
    silence_s: float
    boot_silence_s: float
    memory_mb_max: float
    disk_mb_min: float
    ledger_age_s_max: float
    deployment_id: str
    environment: Mapping[str, str]
    """For the engine."""

    @property
    def live(self) -> bool:
        """Say whether orders of ours can rest at the venue."""
        return self.mode == LIVE


def read_settings(given: Mapping[str, str] | None = None) -> WatchdogSettings:
    """Read and check everything.

    Raises:
        Unfit: names the variable, its value unless it is a secret, and the remedy.

    """
    environment = os.environ if given is None else given
    mode = environment.get("POLY_MODE", "replay").lower()
    return WatchdogSettings(
        mode=mode,
        directory=data_directory(environment),
        place=place_of(environment) if mode == LIVE else None,
        silence_s=_number(environment, "POLY_SILENCE_S", 3.0, (0.5, 60.0)),
        boot_silence_s=_number(environment, "POLY_BOOT_SILENCE_S", 60.0, (5.0, 600.0)),
        memory_mb_max=_number(environment, "POLY_MEMORY_MB_MAX", 0.0, (0.0, 1e6)),
        disk_mb_min=_number(environment, "POLY_DISK_MB_MIN", 64.0, (0.0, 1e6)),
        ledger_age_s_max=_number(environment, "POLY_LEDGER_AGE_S_MAX", 300.0, (1.0, 1e6)),
        deployment_id=environment.get("RAILWAY_DEPLOYMENT_ID", ""),
        environment=dict(environment),
    )


def data_directory(environment: Mapping[str, str]) -> Path:
    """Return where the ledger and the latch are; the same order as the engine's."""
    return Path(
        environment.get("POLY_DATA_DIR") or environment.get("RAILWAY_VOLUME_MOUNT_PATH") or "data"
    ).absolute()


def place_of(environment: Mapping[str, str]) -> Place:
    """Return the venue with what signs our calls to it.

    Raises:
        Unfit: a variable is missing or cannot be.

    """
    names = (
        "POLYMARKET_ADDRESS", "POLYMARKET_API_KEY", "POLYMARKET_API_SECRET",
        "POLYMARKET_PASSPHRASE",
    )  # fmt: skip
    for name in names:
        if not environment.get(name):
            raise Unfit(f"{name}: is not set; without it nobody can cancel orders at the venue")
    credentials = Credentials(*(environment[name].strip() for name in names))
    if not credentials.usable:
        raise Unfit("POLYMARKET_API_SECRET: is not base64; copy it again")
    url = environment.get("POLY_CLOB_URL", "")
    if url and urlsplit(url).hostname not in LOOPBACK:
        raise Unfit(f"POLY_CLOB_URL: must be on this machine, was {url[:60]!r}; unset it")
    return Place(url=url or VENUE_URL, credentials=credentials, proxy=_proxy(environment))


def _proxy(environment: Mapping[str, str]) -> str:
    """Return the proxy to go through; only on purpose, as the engine."""
    if environment.get("POLY_PROXY") != "honour":
        return ""
    found = (environment.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"))
    return next((proxy for proxy in found if proxy), "")


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
        raise Unfit(f"{name}: must be a number in [{low:g}, {high:g}], was {text[:40]!r}")
    return value
