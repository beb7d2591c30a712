"""What is wrong with a ledger, by place: table, row, column, what is stored, what the events say.

Nothing here looks for anything.
"""

from dataclasses import dataclass

from typing_extensions import override

TEXT_MAX = 120


def brief(value: object) -> str:
    """Return a stored value as short text."""
    text = "NULL" if value is None else repr(value)
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}... ({len(text)} characters)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `key` names the row by its key columns, `column` is empty of a whole row."""

    table: str
    key: str
    column: str
    stored: str
    expected: str

    @override
    def __str__(self) -> str:
        place = " ".join(part for part in (self.table, self.key, self.column) if part)
        return f"{place}: stored {self.stored}, expected {self.expected}"


def of_file(problem: str) -> Finding:
    """Return a finding about the file itself, not about a row."""
    return Finding("(file)", "", "", problem, "a whole SQLite file")
