"""The rows of the outbox: added in the event's transaction, read beside it, marked when sent.

What is here is delivery state. The same thing happening again within its quiet time is counted on
the row it already has; rows that are done are kept up to a bound.
"""

from collections.abc import Sequence
from typing import Final

from bot.adapters.ledger import driver
from bot.adapters.ledger.codec import Event
from bot.domain.entry import AlertRaised, Severity
from bot.ports import Posting, Waiting

KEPT_MAX: Final = 10_000
"""Alerts that are done and still kept."""
TEXT_MAX: Final = 2_000

AGAIN: Final = (
    "UPDATE alerts SET repeats = repeats + 1, last_us = max(last_us, ?1)"
    " WHERE alert = (SELECT max(alert) FROM alerts WHERE dedup_key = ?2) AND ?1 - at_us < ?3"
)
ADD: Final = (
    "INSERT INTO alerts (seq, at_us, kind, severity, dedup_key, title, detail, runbook, repeats,"
    " last_us, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 'open')"
)
OPEN: Final = (
    "SELECT alert, seq, at_us, kind, severity, title, detail, runbook, repeats, last_us"
    " FROM alerts INDEXED BY alerts_open WHERE state = 'open' AND alert > ? ORDER BY alert LIMIT ?"
)
TAKEN: Final = (
    "SELECT d.alert FROM deliveries AS d JOIN alerts AS a INDEXED BY alerts_open"
    " ON a.alert = d.alert WHERE a.state = 'open' AND d.channel = ?"
)
DELIVERED: Final = "INSERT OR IGNORE INTO deliveries (alert, channel, sent_us) VALUES (?, ?, ?)"
CLOSE: Final = "UPDATE alerts SET state = ? WHERE alert = ? AND state = 'open'"
FORGET: Final = (
    "DELETE FROM alerts WHERE state <> 'open' AND alert <= (SELECT max(alert) FROM alerts) - ?"
)


def add(connection: driver.Connection, event: Event, alert: AlertRaised) -> None:
    """Add an event's alert, or count it on the one it repeats; the caller owns the transaction."""
    at_us = event.at_us
    key = alert.key[:TEXT_MAX]
    if alert.quiet_s:
        quiet_us = alert.quiet_s * 1_000_000
        if connection.execute(AGAIN, (at_us, key, quiet_us)).rowcount:
            return
    texts = (alert.title[:TEXT_MAX], alert.detail[:TEXT_MAX], alert.runbook)
    connection.execute(
        ADD, (event.seq, at_us, alert.kind, alert.severity.value, key, *texts, at_us)
    )


def waiting(connection: driver.Connection, *, after: int, limit: int) -> Sequence[Waiting]:
    """Return alerts that are not done, oldest first, numbers above `after`."""
    return tuple(
        Waiting(number, seq, at_us, kind, Severity(severity), *rest)
        for number, seq, at_us, kind, severity, *rest in connection.execute(OPEN, (after, limit))
    )


def taken(connection: driver.Connection, channel: str) -> frozenset[int]:
    """Return which of the alerts that are not done a channel has taken."""
    return frozenset(int(number) for (number,) in connection.execute(TAKEN, (channel,)))


def note(connection: driver.Connection, postings: Sequence[Posting]) -> None:
    """Write down what became of alerts; the caller owns the transaction. Idempotent."""
    for one in postings:
        if one.channel:
            connection.execute(DELIVERED, (one.number, one.channel, one.at_us))
        if one.state:
            connection.execute(CLOSE, (one.state, one.number))
    connection.execute(FORGET, (KEPT_MAX,))
