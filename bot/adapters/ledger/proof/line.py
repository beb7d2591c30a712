"""The lines of docs/persistence-evidence.md as far as the ledger fills them in.

Counting is quick and said at once; hashing and checking a long history (`evidence`) is not, and
follows in a line of its own.
"""

from contextlib import closing
from pathlib import Path
from typing import Final

from bot.adapters.ledger import driver
from bot.adapters.ledger.proof.evidence import evidence
from bot.ports import GENESIS

FORMAT: Final = 1
ROWS: Final = ("rows_intents", "rows_orders", "rows_fills", "rows_events")
Line = dict[str, str | int | None]


def boot_line(file: Path) -> Line:
    """Return what is known at once of the newest boot and the one before it."""
    with closing(driver.open_reader(file)) as connection:
        this, *before = connection.execute(
            "SELECT boot, deployment_id, seq, previous_seq FROM boots ORDER BY boot DESC LIMIT 2"
        ).fetchall()
        schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        counted = _rows(connection)
    boot, _, seq, previous_seq = this
    last = before[0] if before else (None, None, None, None)
    return {
        "boot": boot,
        "integrity": None,
        "chain": None,
        "schema": schema,
        "head_sequence": seq,
        "content_hash": None,
        **counted,
        "previous_boot": last[0],
        "previous_deployment_id": last[1] or None,
        "previous_sequence": previous_seq if before else None,
        "previous_content_hash": None,
        "previous_boot_sequence": last[2],
        "previous_boot_content_hash": None,
    }


def proof_line(file: Path, boot: Line) -> Line:
    """Return what takes longer: checks and hashes, recomputed from the rows of the ledger."""
    upto = {
        "content_hash": boot["head_sequence"],
        "previous_content_hash": boot["previous_sequence"],
        "previous_boot_content_hash": boot["previous_boot_sequence"],
    }
    proved = evidence(file, [seq for seq in upto.values() if isinstance(seq, int)])
    hashes = {
        name: proved.hashes.get(seq) if isinstance(seq, int) else None for name, seq in upto.items()
    }
    return {"boot": boot["boot"], "integrity": proved.integrity, "chain": proved.chain, **hashes}


def stop_line(file: Path, known: tuple[int, str] = (0, GENESIS)) -> Line:
    """Return what the ledger holds at an orderly stop.

    `known` is the boot's head sequence and the content hash that its proof computed: with it a
    stop takes as long as the session's own events, without it as long as the whole history.
    """
    with closing(driver.open_reader(file)) as connection:
        boot = connection.execute("SELECT max(boot) FROM boots").fetchone()[0]
        last = connection.execute("SELECT max(seq) FROM trade_events").fetchone()[0]
        counted = _rows(connection)
    hashed = evidence(file, [last], known=known).hashes.get(last)
    return {"boot": boot, "last_sequence": last, "content_hash": hashed, **counted}


def _rows(connection: driver.Connection) -> Line:
    """Return what the head counts: it is checked at every start, and counting grows with time."""
    row = connection.execute("SELECT intents, orders, fills, seq FROM ledger_head").fetchone()
    return dict(zip(ROWS, row or (0, 0, 0, 0), strict=True))
