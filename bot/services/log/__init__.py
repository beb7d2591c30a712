"""What the shell says, one line an event: docs/logs.md is its schema."""

from bot.services.log.form import configure, utc
from bot.services.log.line import describe
from bot.services.log.teller import Teller

__all__ = ["Teller", "configure", "describe", "tell", "utc"]

tell = Teller()
"""Speaks without a clock of its own: latencies are those of recorded time."""
