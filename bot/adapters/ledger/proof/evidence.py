"""What a boot says of its ledger so that a redeploy can be judged from outside.

Computed from the rows beside a running writer, off the trading path, in batches that hold no
checkpoint back. docs/persistence-evidence.md says what the fields mean.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.adapters.ledger import driver
from bot.adapters.ledger.codec import Event, link
from bot.ports import GENESIS

BATCH: Final = 5_000
EVENT: Final = ", ".join(Event._fields)


@dataclass(frozen=True, slots=True)
class Evidence:
    """`integrity` and `chain` are "ok" or the first thing found; `hashes` is by sequence."""

    integrity: str
    chain: str
    hashes: Mapping[int, str]


def evidence(file: Path, upto: Iterable[int], *, known: tuple[int, str] = (0, GENESIS)) -> Evidence:
    """Check file and chain and return the hash over events 1..n for every n of `upto`.

    `known` is a sequence and the hash up to it that were computed before by this same process:
    the chain goes on from there. A sequence past the last event, or after the first broken one,
    has no hash; 0 has `GENESIS`.

    Raises:
        Refused: no such file, or an unusable one.

    """
    connection = driver.open_reader(file)
    try:
        # An orderly stop may not take longer on a longer history: it checked the file before.
        integrity = "ok" if known[0] else str(_first(connection, "PRAGMA integrity_check(1)"))
        chain, hashes = _chain(connection, frozenset(upto), known)
    except driver.Damaged as error:
        why = driver.one_line(error)
        return Evidence(integrity=why, chain=f"unreadable: {why}", hashes={})
    finally:
        connection.close()
    return Evidence(integrity, chain, hashes)


def _first(connection: driver.Connection, sql: str) -> object:
    return connection.execute(sql).fetchone()[0]


def _chain(
    connection: driver.Connection, wanted: frozenset[int], known: tuple[int, str]
) -> tuple[str, Mapping[int, str]]:
    hashes = {0: GENESIS, known[0]: known[1]}
    for seq, recomputed, wrong in _links(connection, *known):
        if wrong:
            return f"sequence {seq}: {wrong}", {n: hashes[n] for n in wanted & hashes.keys()}
        if seq in wanted:
            hashes[seq] = recomputed
    return "ok", {n: hashes[n] for n in wanted & hashes.keys()}


def _links(connection: driver.Connection, seq: int, last: str) -> Iterator[tuple[int, str, str]]:
    """Yield (sequence, recomputed hash, what is wrong) of every event after `seq` in order."""
    while True:
        rows = connection.execute(
            f"SELECT {EVENT} FROM trade_events WHERE seq > ? ORDER BY seq LIMIT {BATCH}",  # noqa: S608
            (seq,),
        ).fetchall()
        for event in map(Event._make, rows):
            computed = link(last, event)
            yield event.seq, computed, _wrong(event, seq, last, computed)
            seq, last = event.seq, computed
        if not rows:
            return


def _wrong(event: Event, seq: int, last: str, computed: str) -> str:
    if event.seq != seq + 1:
        return f"events {seq + 1} to {event.seq - 1} are missing"
    if event.prev_hash != last:
        return "its previous hash is not that of the event before it"
    return "" if event.hash == computed else "its hash is not that of its content"
