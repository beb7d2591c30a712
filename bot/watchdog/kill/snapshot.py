"""`last-known-state.json`: the exact state at a kill, as one file that is whole or the one before.

The schema is docs/kill-switch.md. Written first when the book is proved empty (or when that took
too long), and again when the trip is final. Nothing is kept here that is not in ledger or venue.
"""

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bot.watchdog.kill.files import FULL, reserve, write_reserved, write_whole
from bot.watchdog.kill.latch import Latch
from bot.watchdog.kill.proof import Emptied
from bot.watchdog.kill.record import Record, Row
from bot.watchdog.say import now_us, utc

NAME: Final = "last-known-state.json"
FORMAT: Final = 1
RESERVE: Final = ".last-known-state.reserve"
RESERVE_BYTES: Final = 256 * 1024
"""For the snapshot on a full disk; a thousand open orders take more, fifty positions far less."""


def document(
    latch: Latch, record: Record, emptied: Emptied | None, trip: Row, line: list[Row]
) -> Row:
    """Return the snapshot; `emptied` None where there is no venue to ask (replay, paper)."""
    return {
        "format": FORMAT,
        "written_at": utc(now_us()),
        "trip": {
            "id": latch.id,
            "cause": latch.cause,
            "reason": latch.reason,
            "who": latch.who,
            "at": utc(latch.at_us),
            **trip,
        },
        "ledger": {
            "problem": record.problem or None,
            "head": record.head,
            "chain_intact": record.chain_intact,
            "trading_state": record.trading_state,
            "boot": record.boot,
        },
        "open_intents": list(record.orders),
        "unanswered": list(record.unanswered),
        "orders": _orders(record, emptied),
        "positions": list(record.positions),
        "marks": _marks(record),
        "cash_micros": (record.cash or {}).get("cash_micros"),
        "equity_micros": _worth(record).get("equity_micros"),
        "equity_as_of_seq": _worth(record).get("seq"),
        "peak_micros": (record.mark or {}).get("peak_micros"),
        "broken_limits": (record.mark or {}).get("broken"),
        "strategies": list(record.strategies),
        "versions": {
            "python": platform.python_version(),
        },
        "time_line": line,
    }


def arm(folder: Path) -> None:
    """Reserve the blocks that a snapshot on a full disk will need.

    Raises:
        OSError: they are not there; such a snapshot will fail, and say so.

    """
    reserve(folder / RESERVE, RESERVE_BYTES)


def write(folder: Path, content: Row) -> None:
    """Replace the snapshot, on a full disk by what was reserved for it.

    Raises:
        OSError: the one before is still there.

    """
    text = (json.dumps(content, indent=1, default=str) + "\n").encode()
    try:
        write_whole(folder / NAME, text)
    except OSError as error:
        if error.errno not in FULL or not (folder / RESERVE).exists():
            raise
        write_reserved(folder / NAME, text, folder / RESERVE)


def _orders(record: Record, emptied: Emptied | None) -> Row:
    before = [order["order_hash"] for order in record.orders]
    if emptied is None:
        return {"before_ledger": before, "venue": None}
    after = emptied.resting
    return {
        "before_ledger": before,
        "venue": {
            "cancelled": emptied.cancelled,
            "late": emptied.late,
            "after": None if after is None else [asdict(order) for order in after],
            "proofs": emptied.proofs,
            "problem": emptied.problem or None,
        },
    }


def _worth(record: Record) -> Row:
    """Return the newer of the last valuation and the last movement of cash."""
    known = [row for row in (record.cash, record.mark) if row is not None]
    return max(known, key=lambda row: int(str(row["seq"])), default={})


def _marks(record: Record) -> list[object]:
    """Return what each position was worth when it was last valued, and by what.

    A position that is newer than the last valuation is told at what it cost.
    """
    listed = (record.mark or {}).get("marks")
    marks: list[object] = list(listed) if isinstance(listed, list) else []
    known = {(str(one["market_id"]), str(one["outcome"])) for one in marks if isinstance(one, dict)}
    return marks + [
        {
            "market_id": row["market_id"],
            "outcome": row["outcome"],
            "size_micros": row["size_micros"],
            "worth_micros": row["cost_micros"],
            "source": "cost",
        }
        for row in record.positions
        if (str(row["market_id"]), str(row["outcome"])) not in known
    ]
