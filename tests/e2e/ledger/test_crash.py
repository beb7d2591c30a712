"""A process killed at a random instant keeps every entry that it acknowledged.

SIGKILL proves the logic, not the fsync: what the kernel has, it keeps. The power cut is in
test_power.py.
"""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bot.adapters.ledger import driver, migrate
from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.proof.verify import verify
from tests.e2e.ledger.victim import Victim

CYCLES = 40
ROWS = 300_000
HEAD = migrate.HEAD
NEXT = f"{int(HEAD) + 1:04d}"
MIGRATE = f"""
import os, sys
from pathlib import Path
from bot.adapters.ledger import driver, migrate
file = Path(sys.argv[1])
import alembic.config, alembic.runtime.environment, alembic.script, sqlalchemy
print("ready", flush=True)
sys.stdin.readline()
connection = driver.open_writer(file)
migrate.bring(connection, file, head="{NEXT}", steps=Path(sys.argv[2]))
print("migrated", flush=True)
"""
STEP = f'''"""A planted step that takes a while."""
from alembic import op
revision = "{NEXT}"
down_revision = "{HEAD}"
def upgrade():
    op.execute("ALTER TABLE drifts ADD COLUMN severity TEXT")
    op.execute("CREATE TABLE filler (x INTEGER) STRICT")
    op.execute("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300000)"
               " INSERT INTO filler SELECT x FROM n")
    op.execute("ALTER TABLE boots ADD COLUMN region TEXT")
'''  # noqa: S608 - numbers of our own


def test_a_killed_writer_keeps_every_acknowledged_entry(victim: Victim, tmp_path: Path) -> None:
    rng = random.Random(20261123)
    known: dict[int, str] = {}
    for cycle in range(CYCLES):
        said = victim.run(tmp_path, cycle + 1, acks=rng.randint(1, 40))
        seq, link = said.opened
        assert known.get(seq, link) == link
        assert seq >= max(known, default=0)
        known |= said.acked

    ledger = SqliteLedger.open(tmp_path, threaded=False)
    hashes = {recorded.seq: recorded.hash for recorded in ledger.entries()}
    ledger.drop()
    lost = {seq for seq, link in known.items() if hashes.get(seq) != link}
    verdict = verify(tmp_path / "poly.db")

    assert not lost
    assert len(known) > CYCLES * 10
    assert verdict.ok, verdict.findings


class Migration:
    """A process that migrates one copy of a ledger when told to."""

    def __init__(self, file: Path, steps: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", MIGRATE, str(file), str(steps)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def run(self, kill_after_s: float) -> float:
        """Let it go, kill it unless it is done by then, and return how long it took."""
        assert self.process.stdin is not None
        begun = time.monotonic()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        try:
            self.process.wait(timeout=kill_after_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.communicate()
        return time.monotonic() - begun


def version_after(file: Path, steps: Path) -> str | None:
    """Return the version left, after having brought the ledger to the last one."""
    connection = driver.open_writer(file)
    version = migrate.version(connection)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    assert ("filler" in tables) == (version == NEXT)
    migrate.bring(connection, file, head=NEXT, steps=steps)
    assert migrate.version(connection) == NEXT
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM filler").fetchone() == (ROWS,)
    connection.close()
    return version


def test_a_migration_killed_at_a_random_instant_is_done_or_not_begun(
    victim: Victim, tmp_path: Path
) -> None:
    """Old schema or new, every row, and the next attempt succeeds."""
    victim.run(tmp_path, 1, acks=60)
    SqliteLedger.open(tmp_path, threaded=False).drop()
    steps = tmp_path / "steps"
    steps.mkdir()
    for step in migrate.STEPS.glob("0*.py"):
        shutil.copy(step, steps)
    (steps / f"{NEXT}_planted.py").write_text(STEP)

    def attempt(cycle: int, kill_after_s: float) -> tuple[float, str | None]:
        file = tmp_path / str(cycle) / "poly.db"
        file.parent.mkdir()
        shutil.copy(tmp_path / "poly.db", file)
        took = Migration(file, steps).run(kill_after_s)
        return took, version_after(file, steps)

    whole_s, version = attempt(0, 60)
    assert version == NEXT
    left = [attempt(cycle, whole_s * cycle / 10)[1] for cycle in range(1, 10)]

    assert HEAD in left, "some instant must lie before the end"
