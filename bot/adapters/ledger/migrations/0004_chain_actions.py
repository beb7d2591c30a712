"""Create the chain's actions: how far each transaction of the wallet has come.

An action without an end is looked up at every start: whatever was sent is resolved before anything
else is.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ACTIONS = """
CREATE TABLE chain_actions (
  action TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  phase TEXT NOT NULL,
  subjects TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  reference TEXT NOT NULL,
  detail TEXT NOT NULL,
  planned_seq INTEGER NOT NULL,
  planned_us INTEGER NOT NULL,
  changed_seq INTEGER NOT NULL,
  changed_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX chain_actions_open ON chain_actions (planned_seq)
  WHERE phase NOT IN ('done', 'failed')
"""


def upgrade() -> None:
    """Add one table; no other row changes."""
    for statement in ACTIONS.split(";\n"):
        op.execute(statement.strip())


def downgrade() -> None:
    """Refuse: a ledger goes back by restoring the backup made before the step."""
    raise NotImplementedError("restore the backup that was made before the migration")
