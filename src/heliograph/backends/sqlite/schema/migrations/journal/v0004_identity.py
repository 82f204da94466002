"""A journal has an id and an incarnation, and names the store that reads it."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0004"
down_revision = "journal_0003"


def upgrade() -> None:
    """Make the table and draw the ids; the store is noted when the two are next opened together."""
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("journal", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=True),
        sqlite_strict=True,
    )
    op.execute(
        sa.text(
            "INSERT INTO identity VALUES "
            "(1, lower(hex(randomblob(8))), lower(hex(randomblob(8))), NULL)"
        )
    )
