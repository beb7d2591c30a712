"""How a command speaks: one JSON object for a script, or lines and tables for a person.

With `--json` exactly one object on one line goes to stdout and everything else to stderr.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+%?|-")
Function = TypeVar("Function", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on one line.")


def say(line: str = "") -> None:
    """Print a line for a person; never where a JSON object is expected (use `note` there)."""
    click.echo(line)


def note(line: str) -> None:
    """Print a line to stderr: progress, warnings, what is going on."""
    click.echo(line, err=True)


def emit(document: Mapping[str, object]) -> None:
    """Print one JSON object on one line to stdout."""
    click.echo(json.dumps(document, separators=(",", ":"), sort_keys=False))
    sys.stdout.flush()


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a plain aligned table: numbers to the right, the rest to the left.

    Plain text on purpose: it is piped, diffed and pasted.
    """
    cells = [list(headings), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    right = [
        bool(rows) and all(NUMBER.fullmatch(str(row[column])) for row in rows)
        for column in range(len(headings))
    ]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)
