"""One way to a person: an Apprise URL, or the console. A URL never leaves this file in clear.

A channel sends once and says what came of it; when to try again is the sender's business. Apprise
is imported only where a URL is given: it costs half a second and 16 MB.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from typing_extensions import override

from bot.adapters.alerts.message import Message
from bot.domain.entry import Severity
from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import SHOWN, Secret

if TYPE_CHECKING:
    from apprise import NotifyBase

LOGGER: Final = "apprise"
PIECE: Final = re.compile(r"[^A-Za-z0-9]+")
PIECE_MIN: Final = 4
WHY_MAX: Final = 200
SHOWN_MAX: Final = 20
CONSOLE: Final = "console"


class Channel(Protocol):
    """Where messages go."""

    @property
    def name(self) -> str:
        """Return what it is called in the outbox: no secret, the same after a start."""
        ...

    def send(self, message: Message) -> str:
        """Send once, within seconds; return why it failed, empty if it was taken."""
        ...


class Console:
    """Says alerts where the log goes: for whoever has no other channel."""

    name = CONSOLE

    def __init__(self, say: Callable[[Message], None]) -> None:
        """Say by a function of the caller's."""
        self._say = say

    def send(self, message: Message) -> str:
        """Say it."""
        self._say(message)
        return ""


class Apprised:
    """A service of Apprise's."""

    def __init__(self, url: Secret, service: "NotifyBase") -> None:
        """Take over what Apprise made of the URL."""
        self._url = url
        self._service = service
        mark = hashlib.sha256(url.reveal().encode()).hexdigest()[:8]
        self.name = f"{scheme(url)}-{mark}"

    def send(self, message: Message) -> str:
        """Send once; Apprise bounds connecting and reading at a few seconds each."""
        heard = _Ear()
        logger = logging.getLogger(LOGGER)
        logger.addHandler(heard)
        try:
            sent = self._service.notify(
                title=message.title, body=message.body, notify_type=KINDS[message.severity]
            )
        except Exception as error:  # noqa: BLE001 - a service's own bug is a failed delivery
            return self.masked(f"{type(error).__name__}: {error}")
        finally:
            logger.removeHandler(heard)
        if sent:
            return ""
        return self.masked("; ".join(heard.lines)) or "the service did not take it"

    def masked(self, text: str) -> str:
        """Return a text without any piece of the URL that could be a secret."""
        whole = self._url.reveal()
        text = text.replace(whole, SHOWN)
        for piece in sorted(set(PIECE.split(whole)[1:]), key=len, reverse=True):
            if len(piece) >= PIECE_MIN:
                text = text.replace(piece, SHOWN)
        return " ".join(text.split())[:WHY_MAX]


KINDS: Final = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "failure",
}
"""Apprise's names."""


class _Ear(logging.Handler):
    """Hears why Apprise failed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def scheme(url: Secret) -> str:
    """Return what a URL is of, which is no secret."""
    text = url.reveal()
    return text.split("://", 1)[0][:SHOWN_MAX] if "://" in text else ""


def open_channels(urls: Sequence[Secret]) -> tuple[Channel, ...]:
    """Return a channel for each URL; sends nothing.

    Raises:
        Refused: names which one Apprise cannot understand, and shows nothing of it; USAGE.

    """
    if not urls:
        return ()
    import apprise  # noqa: PLC0415 - see the module's docstring

    logging.getLogger(LOGGER).propagate = False  # its own words may hold a URL
    asset = apprise.AppriseAsset(async_mode=False, storage_mode=apprise.PersistentStoreMode.MEMORY)
    made = [(url, apprise.Apprise.instantiate(url.reveal(), asset=asset)) for url in urls]
    return tuple(_channel(url, service, place) for place, (url, service) in enumerate(made, 1))


def _channel(url: Secret, service: "NotifyBase | None", place: int) -> Apprised:
    if service is None:
        known = scheme(url)
        what = f"({known}://{SHOWN})" if known.isidentifier() else f"({SHOWN})"
        raise Refused(
            f"POLY_ALERT_URLS: number {place} {what} is no URL that Apprise"
            " understands; compare it with that service's page of Apprise's documentation",
            ExitCode.USAGE,
        )
    return Apprised(url, service)
