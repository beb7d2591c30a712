"""Tries alert channels with the engine's own code, without an engine or a ledger."""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.adapters.alerts.channel import open_channels
from bot.adapters.alerts.message import Message
from bot.adapters.alerts.ping import Ping
from bot.adapters.alerts.setting import AlertSettings, read_alerts
from bot.domain.entry import Severity


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one channel; `problem` is empty if it took the message."""

    channel: str
    problem: str


def trials(environment: Mapping[str, str]) -> tuple[Trial, ...]:
    """Send a test message by every channel, and one ping to the dead man's switch.

    Raises:
        Refused: a variable cannot be, or a URL is none of Apprise's; USAGE.

    """
    return tuple(_tried(read_alerts(environment)))


def _tried(settings: AlertSettings) -> Iterator[Trial]:
    message = Message(
        title="[poly] test",
        body=f"A test by `poly alerts test` on {socket.gethostname()}. Nothing is wrong.",
        severity=Severity.INFO,
        numbers=(),
        alerts=(),
    )
    for channel in open_channels(settings.urls):
        yield Trial(channel.name, channel.send(message))
    if settings.alive_url is not None:
        ping = Ping(settings.alive_url)
        yield Trial("dead man's switch", ping())
        ping.close()
