"""What a person reads: one alert, or several at once. Plain text, the same in every service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.domain.entry import Severity
from bot.domain.money import MICROS
from bot.ports import Waiting

ORDER: Final = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
BODY_MAX: Final = 1_800
"""Of the common services the shortest message is about 2,000 characters (Discord)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to send; `numbers` are the alerts it tells of."""

    title: str
    body: str
    severity: Severity
    numbers: tuple[int, ...]
    alerts: tuple[Waiting, ...]


def compose(alerts: Sequence[Waiting], where: str) -> Message:
    """Return one message for these alerts, the most urgent first; `where` says which bot."""
    worst = max((one.severity for one in alerts), key=ORDER.__getitem__)
    ordered = sorted(alerts, key=lambda one: -ORDER[one.severity])
    more = f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
    lines = "\n\n".join(map(_paragraph, ordered))
    if len(lines) > BODY_MAX:
        lines = lines[:BODY_MAX] + "\n… `poly alerts list` shows all of it"
    return Message(
        title=f"[{where}] {worst.value.upper()}: {ordered[0].title}{more}",
        body=lines,
        severity=worst,
        numbers=tuple(one.number for one in alerts),
        alerts=tuple(ordered),
    )


def _paragraph(alert: Waiting) -> str:
    again = f"\nrepeated {alert.repeats} times until {_utc(alert.last_us)}" if alert.repeats else ""
    return (
        f"{alert.title}\n{alert.detail}{again}\n"
        f"{alert.kind}, {_utc(alert.at_us)} UTC, event {alert.seq}\nwhat to do: {alert.runbook}"
    )


def _utc(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // MICROS, UTC).strftime("%Y-%m-%d %H:%M:%S")
