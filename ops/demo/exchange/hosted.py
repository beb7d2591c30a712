"""Starts the stand-in exchange as a process, and gives a live bot an account of its own there."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.domain.refusal import ExitCode, Refused
from ops.demo.exchange.control import ACCOUNT, Exchange, Row
from ops.rehearsal.standin import Starter, first_line

LIVE: Final = {"POLY_MODE": "live", "POLY_LIVE_WITHOUT_GATE": "I-accept-the-risk"}
"""There is no money in a stand-in."""


def start(
    folder: Path, starter: Starter, *, options: Sequence[str] = ()
) -> "tuple[subprocess.Popen[bytes], Exchange]":
    """Start one; the caller ends its process, and what it says on stderr stays in `folder`.

    Raises:
        Refused: it did not tell where it is.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "stderr.log").open("ab") as errors:
        process = starter(
            [sys.executable, "-m", "sandbox.polymarket", *options],
            output=subprocess.PIPE,
            errors=errors,
        )
    line = first_line(process)
    try:
        return process, Exchange.read(line)
    except (json.JSONDecodeError, KeyError):
        tail = (folder / "stderr.log").read_text(errors="replace").strip().splitlines()
        why = tail[-1] if tail else "it said nothing"
        raise Refused(
            f"the stand-in of Polymarket did not start: {why}", ExitCode.OUTSIDE
        ) from None


def account(exchange: Exchange, label: str, cash_usd: str = "1000") -> dict[str, str]:
    """Return what makes a bot trade live there, with another funded account and keys of its own."""
    row = exchange.post("accounts", label=label, cash_usd=cash_usd)
    own = {variable: row[name] for name, variable in ACCOUNT.items()}
    return {**LIVE, **exchange.variables(), **own}


def open_orders(exchange: Exchange) -> list[str]:
    """Return what rests there in truth, of whoever it is."""
    rows: list[Row] = exchange.truth()["orders"]
    return [str(row["id"]).lower() for row in rows if row["status"] == "LIVE"]
