"""Create the outbox: alerts written with their event, and which channel has taken which.

Delivery state, not truth: nothing of it follows from the events alone, so `verify` does not judge
it, and a copy of a ledger may lose all of it and still be the same ledger.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OUTBOX = """
CREATE TABLE alerts (
  alert INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  dedup_key TEXT NOT NULL,
  title TEXT NOT NULL,
  detail TEXT NOT NULL,
  runbook TEXT NOT NULL,
  repeats INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'sent', 'muted', 'given_up'))
) STRICT;

CREATE INDEX alerts_open ON alerts (alert) WHERE state = 'open';

CREATE INDEX alerts_key ON alerts (dedup_key, alert);

CREATE TABLE deliveries (
  alert INTEGER NOT NULL REFERENCES alerts (alert) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  sent_us INTEGER NOT NULL,
  PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID
"""


def upgrade() -> None:
    """Add two tables; no other row changes."""
    for statement in OUTBOX.split(";\n"):
        op.execute(statement.strip())


def downgrade() -> None:
    """Refuse: a ledger goes back by restoring the backup made before the step."""
    raise NotImplementedError("restore the backup that was made before the migration")
