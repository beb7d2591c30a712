"""Alerts as commands list them: read-only, beside a running engine."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from bot.adapters.ledger import driver
from bot.adapters.ledger.reader import FILE_NAME, readable, require_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert; `state` is open, sent, muted or given_up, `channels` who has taken it."""

    alert: int
    seq: int
    at_us: int
    state: str
    severity: str
    kind: str
    title: str
    detail: str
    runbook: str
    repeats: int
    last_us: int
    channels: str


OWN: Final = ", ".join(f"a.{field.name}" for field in fields(AlertRow) if field.name != "channels")
LISTED: Final = (
    f"SELECT {OWN}, coalesce((SELECT group_concat(channel, ' ') FROM deliveries AS d"  # noqa: S608
    " WHERE d.alert = a.alert), '') FROM alerts AS a WHERE (? OR a.state = 'open')"
    " ORDER BY a.alert DESC LIMIT ?"
)


def listed(directory: Path, *, every: bool, limit: int) -> Sequence[AlertRow]:
    """Return alerts that wait to be sent, or all that are kept, newest first.

    Raises:
        Refused: no ledger there, an unusable file, or another schema than this program's.

    """
    file = directory / FILE_NAME
    names = [field.name for field in fields(AlertRow)]
    with closing(driver.open_reader(file)) as connection, readable(file):
        require_schema(connection, file)
        rows = connection.execute(LISTED, (every, limit)).fetchall()
    return [AlertRow(**dict(zip(names, row, strict=True))) for row in rows]
