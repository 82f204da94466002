"""What stages keep, derived events on their way, readers of the journal, and parked events."""

import sqlalchemy as sa
from alembic import op

revision = "store_0005"
down_revision = "store_0004"


def upgrade() -> None:
    """Make the tables; a group that has cursors is a registered reader."""
    _stages()
    _readers()


def _stages() -> None:
    op.create_table(
        "stage_states",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "key"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "timers",
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partition", "kind", "key", "id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("timers_due", "timers", ["partition", "due_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )


def _readers() -> None:
    op.create_table(
        "reader_groups",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO reader_groups SELECT DISTINCT reader, 0, 0 FROM cursors")
    op.create_table(
        "reader_gaps",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "partition", "first"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "parked",
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partition", "workspace", "position"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
