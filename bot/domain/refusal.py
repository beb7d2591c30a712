"""How poly says no: one line for a person, one exit code for a script.

Nothing here knows what was refused; the place that refuses knows the field, the value and the
remedy.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What every command and `python -m bot` end with; `poly --help` prints this table."""

    OK = 0
    NEGATIVE = 1
    """The question was asked and the answer is no: a check found something, a drill failed."""
    USAGE = 2
    """A bad argument, configuration key, strategy file or variable; nothing was started."""
    REFUSED = 3
    """Data that cannot be trusted or does not fit: a recording, a ledger, another strategy."""
    UNAVAILABLE = 4
    """The data directory is locked, read-only, full, missing or on a network file system."""
    OUTSIDE = 5
    """A service outside could not be reached, refused us, or gave an unreadable answer."""
    UNKNOWN_OUTCOME = 6
    """A durable write or a call ended without a known outcome; recovery has to find out."""
    BUG = 70
    """A broken assumption of our own."""
    INTERRUPTED = 130
    """Stopped from the keyboard."""


class Refused(Exception):  # noqa: N818 - a refusal is an expected outcome, told to a person
    """One clear line: where, which field, which value, what to do instead."""

    def __init__(self, line: str, code: ExitCode = ExitCode.REFUSED) -> None:
        """Keep `line` for stderr and `code` for the process."""
        super().__init__(line)
        self.code = code
