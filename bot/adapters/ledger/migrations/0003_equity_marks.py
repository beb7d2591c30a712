"""Create the table of what the loss limits are measured by: one row each time it changed.

A projection of `equity_marked`, so that a start, `poly status` and the snapshot at a kill find the
last one without reading the history. Older ledgers have no such event, and so no row.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MARKS = """
CREATE TABLE equity_marks (
  seq INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  cause TEXT NOT NULL,
  equity_micros INTEGER NOT NULL,
  peak_micros INTEGER NOT NULL,
  day TEXT NOT NULL,
  day_start_micros INTEGER NOT NULL,
  losses_in_a_row INTEGER NOT NULL,
  results TEXT NOT NULL,
  broken TEXT NOT NULL,
  marks TEXT NOT NULL
) STRICT
"""


def upgrade() -> None:
    """Add one table; no other row changes."""
    op.execute(MARKS.strip())


def downgrade() -> None:
    """Refuse: a ledger goes back by restoring the backup made before the step."""
    raise NotImplementedError("restore the backup that was made before the migration")
