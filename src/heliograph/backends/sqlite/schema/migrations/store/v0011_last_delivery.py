"""The highest seq that a delivery ever had: retention may remove its row, and no other may get it again."""

import sqlalchemy as sa
from alembic import op

revision = "store_0011"
down_revision = "store_0010"


def upgrade() -> None:
    """Make the table; rows of a file that is migrated say it themselves until retention comes by."""
    op.create_table(
        "last_delivery",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
