"""Events know who else they were about and what replaced them; remaps are kept."""

import sqlalchemy as sa
from alembic import op

revision = "store_0002"
down_revision = "store_0001"


def upgrade() -> None:
    """Add the column, the indexes that find the events of a profile, and two tables."""
    op.add_column("applied", sa.Column("other_profile_id", sa.Text(), nullable=True))
    op.create_index(
        "applied_profile",
        "applied",
        ["profile_id"],
        unique=False,
        sqlite_where=sa.text("effect = 'applied'"),
    )
    op.create_index(
        "applied_other_profile",
        "applied",
        ["other_profile_id", "received_at"],
        unique=False,
        sqlite_where=sa.text("other_profile_id IS NOT NULL"),
    )
    op.create_table(
        "supersessions",
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("old"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "remaps",
        sa.Column("remap_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("remap_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("remaps_time", "remaps", ["started_at"], unique=False)
