"""How a line looks: JSON for machines, columns on a terminal. Nothing here knows an event.

`message` repeats `event`, because Railway's text filter looks at `message` only.
"""

import sys
from datetime import UTC, datetime
from typing import Final

import structlog

from bot.domain.money import MICROS
from bot.domain.refusal import ExitCode, Refused

FORMS: Final = ("json", "text")
VALUE_MAX: Final = 60
LEADING: Final = frozenset({"event", "message", "level", "at"})


def configure(form: str = "") -> None:
    """Write lines to stdout, flushed at once: JSON, or text where a person looks on.

    Raises:
        Refused: a form nobody knows; USAGE.

    """
    if form and form not in FORMS:
        raise Refused(f"POLY_LOG: must be json or text, was {form[:40]!r}", ExitCode.USAGE)
    text = form == "text" or (not form and sys.stdout.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _human if text else _message,
            *([] if text else [structlog.processors.JSONRenderer(separators=(",", ":"))]),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _message(_: object, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {"event": fields["event"], "message": fields["event"], **fields}


def _human(_: object, __: str, fields: structlog.typing.EventDict) -> str:
    """Return time, level, event, and the values that fit; empty ones are left out."""
    at = str(fields.get("at", ""))[11:23]
    level = "" if fields["level"] == "info" else str(fields["level"]).upper()
    said = " ".join(
        f"{name}={_short(value)}"
        for name, value in fields.items()
        if name not in LEADING and value not in (None, "", [], {})
    )
    return f"{at:12} {level:8}{fields['event']:20} {said}".rstrip()


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    if text.startswith("0x") and len(text) > VALUE_MAX:
        return text[:10] + "…"
    return text if len(text) <= VALUE_MAX else text[: VALUE_MAX - 1] + "…"


def utc(at_us: int) -> str:
    """Return an instant as RFC 3339 with milliseconds."""
    at = datetime.fromtimestamp(at_us / MICROS, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
