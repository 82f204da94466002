"""What is remembered of the machine's clocks."""

import sqlalchemy as sa
from alembic import op

revision = "store_0007"
down_revision = "store_0006"


def upgrade() -> None:
    """Make the table of one row."""
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
