"""The first tables of journal.db."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0001"
down_revision = None


def upgrade() -> None:
    """Make all tables and their first rows."""
    op.create_table(
        "heads",
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("max_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partition"),
        sqlite_strict=True,
    )
    op.create_table(
        "marks",
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("max_at", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partition", "max_at", "position"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "records",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index("records_place", "records", ["partition", "position"], unique=True)
    op.create_table(
        "requests",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("mapper", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.Column("rejected", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index(
        "requests_flawed",
        "requests",
        ["state", "received_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'accepted'"),
    )
    op.create_index("requests_id", "requests", ["request_id"], unique=True)
    op.create_index("requests_source", "requests", ["source_id", "received_at"], unique=False)
    op.create_index("requests_time", "requests", ["received_at"], unique=False)
    op.create_table(
        "totals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("refused_requests", sa.Integer(), nullable=False),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.execute(sa.text("INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0, 0)"))
    first = sa.text(
        "INSERT INTO heads (partition, first, last, max_at) VALUES (:partition, 1, 0, 0)"
    )
    for partition in range(16):
        op.execute(first.bindparams(partition=partition))
