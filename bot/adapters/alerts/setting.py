"""What is set from outside about alerts, read once. A URL is a secret: it is never said again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.domain.entry import Severity
from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import Secret

URLS_MAX: Final = 20
CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
EVERY_S: Final = 60
EVERY_S_BOUNDS: Final = (10, 3_600)


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Where alerts go. Without a URL they are said on the console."""

    urls: tuple[Secret, ...]
    least: Severity
    digest_minute: int | None
    """Minute of the UTC day, None without a digest."""
    alive_url: Secret | None
    alive_every_s: int


def read_alerts(environment: Mapping[str, str]) -> AlertSettings:
    """Read and check what needs no library; `channel.open_channels` judges the URLs.

    Raises:
        Refused: names the variable, its value unless it is a secret, and the remedy; USAGE.

    """
    urls = environment.get("POLY_ALERT_URLS", "").split()
    if len(urls) > URLS_MAX:
        raise Refused(
            f"POLY_ALERT_URLS: at most {URLS_MAX} URLs, was {len(urls)}; leave some out",
            ExitCode.USAGE,
        )
    return AlertSettings(
        urls=tuple(map(Secret, urls)),
        least=_severity(environment.get("POLY_ALERT_FROM", "")),
        digest_minute=_minute(environment.get("POLY_ALERT_DIGEST", "")),
        alive_url=_alive(environment.get("POLY_ALIVE_URL", "").strip()),
        alive_every_s=_every(environment.get("POLY_ALIVE_EVERY_S", "")),
    )


def _severity(text: str) -> Severity:
    known = ", ".join(Severity)
    if text and text not in set(Severity):
        raise Refused(f"POLY_ALERT_FROM: must be one of {known}, was {text[:40]!r}", ExitCode.USAGE)
    return Severity(text) if text else Severity.INFO


def _minute(text: str) -> int | None:
    if not text:
        return None
    found = CLOCK.fullmatch(text)
    if found is None:
        raise Refused(
            f"POLY_ALERT_DIGEST: must be a time of day as 08:00 (UTC), was {text[:40]!r}",
            ExitCode.USAGE,
        )
    return int(found[1]) * 60 + int(found[2])


def _alive(text: str) -> Secret | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise Refused(
            "POLY_ALIVE_URL: must be an http or https address; copy it again from the service",
            ExitCode.USAGE,
        )
    return Secret(text)


def _every(text: str) -> int:
    low, high = EVERY_S_BOUNDS
    if text and not (text.isdecimal() and low <= int(text) <= high):
        raise Refused(
            f"POLY_ALIVE_EVERY_S: must be a whole number in [{low}, {high}], was {text[:40]!r}",
            ExitCode.USAGE,
        )
    return int(text) if text else EVERY_S
