"""Whether a ledger is what was written: the whole chain, and every stored value of every table.

Rebuilds all tables from the events into a scratch file and compares column by column, so that
any changed, missing or inserted value is found and named. One snapshot of the file is read for as
long as it takes; memory does not grow with the ledger. Changes nothing in it.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from bot.adapters.ledger import driver, migrate, projection
from bot.adapters.ledger.codec import EMPTY_STAMP, Event, Undecodable, decode
from bot.adapters.ledger.projection import Counts
from bot.adapters.ledger.proof import compare
from bot.adapters.ledger.proof.chain import Chain
from bot.adapters.ledger.proof.finding import Finding, brief, of_file
from bot.adapters.ledger.statement import columns
from bot.domain.entry import Stamp
from bot.ports import GENESIS, Head

BATCH: Final = 2_000
FINDINGS_MAX: Final = 200
FOREIGN: Final = "legacy_"
"""Tables kept from an old bot are not ours to judge."""

Progress = Callable[[str, int, int], None]
"""(what is being checked, how many done, how many in all)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found; `more` is set when it stopped at `FINDINGS_MAX`."""

    events: int
    rows: int
    head_hash: str
    findings: tuple[Finding, ...]
    more: bool

    @property
    def ok(self) -> bool:
        """Say whether nothing was found."""
        return not self.findings


def silent(what: str, done: int, of: int) -> None:
    """Show no progress."""


def verify(file: Path, *, progress: Progress = silent, scratch: Path | None = None) -> Verdict:
    """Check the whole ledger; `scratch` is where the rebuilt copy may lie while it takes.

    Raises:
        Refused: no such file, or no ledger of this program's schema.

    """
    opened = driver.open_reader(file)
    opened.close()
    with tempfile.TemporaryDirectory(prefix="poly-verify-", dir=scratch) as folder:
        target = driver.uri(Path(folder) / "rebuilt.db", "mode=rwc")
        connection = compare.side_by_side(target, file)
        try:
            return _Verification(connection, progress).run()
        finally:
            connection.close()


class _Verification:
    """One run; counts what it has seen."""

    def __init__(self, connection: driver.Connection, progress: Progress) -> None:
        self._connection = connection
        self._progress = progress
        self._events = 0
        self._rows = 0
        self._hash = GENESIS

    def run(self) -> Verdict:
        # One transaction: one snapshot of the stored side, and no journal on the other.
        self._connection.execute("BEGIN")
        found = list(islice(self._findings(), FINDINGS_MAX + 1))
        return Verdict(
            events=self._events,
            rows=self._rows,
            head_hash=self._hash,
            findings=tuple(found[:FINDINGS_MAX]),
            more=len(found) > FINDINGS_MAX,
        )

    def _findings(self) -> Iterator[Finding]:
        for part in (self._file, self._schema, self._chain, self._tables):
            try:
                yield from part()
            except driver.Damaged as error:
                yield of_file(driver.one_line(error))

    def _file(self) -> Iterator[Finding]:
        self._progress("file", 0, 1)
        for (line,) in self._connection.execute("PRAGMA stored.integrity_check(20)"):
            if line != "ok":
                yield of_file(f"integrity_check: {line}")
        for row in self._connection.execute("PRAGMA stored.foreign_key_check"):
            yield Finding(str(row[0]), f"rowid={row[1]}", "", f"no parent in {row[2]}", "a parent")
        self._progress("file", 1, 1)

    def _schema(self) -> Iterator[Finding]:
        ours, theirs = self._objects("main"), self._objects("stored")
        for name in sorted(ours.keys() | theirs.keys()):
            expected, stored = ours.get(name), theirs.get(name)
            if expected != stored:
                place = f"name={name!r}"
                yield Finding("sqlite_schema", place, "sql", brief(stored), brief(expected))
        rows = self._connection.execute("SELECT version_num FROM stored.alembic_version").fetchall()
        if rows != [(migrate.HEAD,)]:
            expected = brief([(migrate.HEAD,)])
            yield Finding("alembic_version", "", "version_num", brief(rows), expected)

    def _objects(self, side: str) -> dict[str, str]:
        rows = self._connection.execute(
            f"SELECT name, sql FROM {side}.sqlite_schema WHERE sql IS NOT NULL"  # noqa: S608
            " AND name NOT LIKE 'sqlite_%' AND substr(tbl_name, 1, ?) <> ?",
            (len(FOREIGN), FOREIGN),
        )
        return {str(name): str(sql) for name, sql in rows}

    def _chain(self) -> Iterator[Finding]:
        chain = Chain(seq=0, prev=GENESIS)
        total = [0, 0, 0, 0]
        last = Head(seq=0, stamp=EMPTY_STAMP, hash=GENESIS)
        for event, witness in self._events_with_witness():
            yield from chain.follow(event, witness)
            yield from self._project(event, total)
            stamp = Stamp(frame=event.frame, at_us=event.at_us, decisions=event.decisions)
            last = Head(seq=event.seq, stamp=stamp, hash=chain.prev)
        self._hash = chain.prev
        yield from self._end(last)
        if self._events:
            projection.set_head(self._connection, last, Counts(*total))

    def _end(self, last: Head) -> Iterator[Finding]:
        """Miss the events that the head knows of; a head whose hash holds is wrong itself."""
        row = self._connection.execute("SELECT seq, hash FROM stored.ledger_head").fetchone()
        later = row is not None and isinstance(row[0], int) and row[0] > last.seq
        if later and row[1] != last.hash:
            yield Finding("trade_events", f"seq={last.seq + 1}", "", "no row", "a row")

    def _project(self, event: Event, total: list[int]) -> Iterator[Finding]:
        place = f"seq={event.seq}"
        try:
            entry = decode(event.event_type, event.content)
            projection.apply(self._connection, event, entry)
        except Undecodable:
            return  # the chain has named it
        except (projection.Inconsistent, driver.Error) as error:
            yield Finding("trade_events", place, "content", brief(event.content), str(error))
            return
        for index, more in enumerate(projection.counts(entry)):
            total[index] += more

    def _events_with_witness(self) -> Iterator[tuple[Event, str | None]]:
        """Yield every event with the second copy of its hash: the next event's, or the head's."""
        count = self._one("SELECT count(*) FROM stored.trade_events")
        head = self._connection.execute("SELECT hash FROM stored.ledger_head").fetchone()
        before: Event | None = None
        for event in self._stream():
            if before is not None:
                yield before, event.prev_hash
            before = event
            self._events += 1
            if self._events % BATCH == 0:
                self._progress("events", self._events, count)
        if before is not None:
            yield before, str(head[0]) if head else None
        self._progress("events", self._events, count)

    def _stream(self) -> Iterator[Event]:
        names = ", ".join(columns()["trade_events"])
        sql = f"SELECT {names} FROM stored.trade_events"  # noqa: S608
        rows: Sequence[tuple[object, ...]] = self._connection.execute(
            f"{sql} ORDER BY seq LIMIT {BATCH}"
        ).fetchall()
        while rows:
            events = [Event(*row) for row in rows]  # type: ignore[arg-type]
            yield from events
            rows = self._connection.execute(
                f"{sql} WHERE seq > ? ORDER BY seq LIMIT {BATCH}", (events[-1].seq,)
            ).fetchall()

    def _tables(self) -> Iterator[Finding]:
        for number, table in enumerate(compare.KEYS):
            self._progress("tables", number, len(compare.KEYS))
            self._rows += self._one(f"SELECT count(*) FROM stored.{table}")  # noqa: S608
            yield from compare.differences(self._connection, table)
        self._progress("tables", len(compare.KEYS), len(compare.KEYS))

    def _one(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])
