"""Deliveries know what asked for them and how urgent they are; texts of presets are kept."""

import sqlalchemy as sa
from alembic import op

revision = "store_0004"
down_revision = "store_0003"


def upgrade() -> None:
    """Add two columns and a table; what is there came through pipelines, and keeps a bare blueprint."""
    op.add_column(
        "deliveries", sa.Column("origin", sa.Text(), server_default="pipeline", nullable=False)
    )
    op.add_column(
        "deliveries", sa.Column("priority", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_table(
        "kept_presets",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("reference"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
