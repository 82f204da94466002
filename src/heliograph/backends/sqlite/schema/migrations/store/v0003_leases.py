"""Leases in fair shares beside the cursors, which keep place and epoch only."""

import sqlalchemy as sa
from alembic import op

revision = "store_0003"
down_revision = "store_0002"


def upgrade() -> None:
    """Make the tables and rebuild the cursors; whoever held one before is fenced off."""
    op.create_table(
        "leases",
        sa.Column("lease_group", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("lease_group", "member"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lease_owners",
        sa.Column("lease_group", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("ttl_ms", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("lease_group", "owner"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    held = sa.text("SELECT reader, partition, position, epoch FROM cursors")
    rows = [{**row, "epoch": row["epoch"] + 1} for row in op.get_bind().execute(held).mappings()]
    op.drop_table("cursors")
    cursors = op.create_table(
        "cursors",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "partition"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.bulk_insert(cursors, rows)
