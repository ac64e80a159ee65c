"""What was parked may be taken off the list and stays in the database as dropped."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATES = {"inbox": ("waiting", "answered", "parked"), "outbox": ("waiting", "done", "parked")}


def upgrade() -> None:
    """Apply."""
    for table, states in _STATES.items():
        _allow(table, (*states, "dropped"))


def downgrade() -> None:
    """Take back; what was dropped counts as answered or done then."""
    for table, states in _STATES.items():
        op.execute(f"UPDATE {table} SET state = '{states[1]}' WHERE state = 'dropped'")
        _allow(table, states)


def _allow(table: str, states: tuple[str, ...]) -> None:
    """Let a row be in these states. SQLite cannot change a constraint, so there the table is copied."""
    name = op.f(f"ck_{table}_state")
    with op.batch_alter_table(table) as change:
        change.drop_constraint(name, type_="check")
        change.create_check_constraint(name, f"state IN ({', '.join(repr(state) for state in states)})")
