"""What a boot and a stop say about the ledger, for who can only read logs.

The fields are those of docs/persistence-evidence.md. Counting is quick and done at once; hashing
and checking a long history is not, and follows in a line of its own.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from bot.adapters.ledger import driver
from bot.adapters.ledger.codec import Event
from bot.adapters.ledger.ledger import FILE_NAME
from bot.adapters.ledger.proof.chain import findings
from bot.adapters.ledger.proof.content import BATCH, chain_hash
from bot.adapters.ledger.statement import columns
from bot.ports import GENESIS

FORMAT: Final = 1
EVENT: Final = ", ".join(columns()["trade_events"])
ROWS: Final = {
    "rows_intents": "trade_intents",
    "rows_orders": "orders",
    "rows_fills": "fills",
    "rows_events": "trade_events",
}
Line = dict[str, str | int | None]


def boot_line(directory: Path) -> Line:
    """Return what is known at once of the newest boot and the one before it."""
    with closing(driver.open_reader(directory / FILE_NAME)) as connection:
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
        "previous_deployment_id": (last[1] or None),
        "previous_sequence": previous_seq if before else None,
        "previous_content_hash": None,
        "previous_boot_sequence": last[2],
        "previous_boot_content_hash": None,
    }


def proof_line(directory: Path, boot: Line) -> Line:
    """Return what takes longer: checks and hashes, recomputed from the rows of the ledger."""
    with closing(driver.open_reader(directory / FILE_NAME)) as connection:
        upto = {
            "content_hash": boot["head_sequence"],
            "previous_content_hash": boot["previous_sequence"],
            "previous_boot_content_hash": boot["previous_boot_sequence"],
        }
        hashes = chain_hash(connection, [one for one in upto.values() if isinstance(one, int)])
        broken = next(findings(_events(connection), first_prev=GENESIS), None)
        integrity = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    return {
        "boot": boot["boot"],
        "integrity": str(integrity),
        "chain": "ok" if broken is None else str(broken),
        **{name: hashes.get(seq) if isinstance(seq, int) else None for name, seq in upto.items()},
    }


def stop_line(directory: Path) -> Line:
    """Return what the ledger holds at an orderly stop."""
    with closing(driver.open_reader(directory / FILE_NAME)) as connection:
        boot = connection.execute("SELECT max(boot) FROM boots").fetchone()[0]
        last = connection.execute("SELECT max(seq) FROM trade_events").fetchone()[0]
        content = chain_hash(connection, [last]).get(last)
        counted = _rows(connection)
    return {"boot": boot, "last_sequence": last, "content_hash": content, **counted}


def _events(connection: driver.Connection) -> Iterator[Event]:
    """Yield the events up to what is the last one now, in batches that hold no writer back."""
    last = connection.execute("SELECT coalesce(max(seq), 0) FROM trade_events").fetchone()[0]
    seq = 0
    while seq < last:
        rows = connection.execute(
            f"SELECT {EVENT} FROM trade_events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",  # noqa: S608 - our own names
            (seq, last, BATCH),
        ).fetchall()
        for row in rows:
            event = Event(*row)
            seq = event.seq
            yield event
        if not rows:
            return


def _rows(connection: driver.Connection) -> Line:
    return {
        name: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
        for name, table in ROWS.items()
    }
