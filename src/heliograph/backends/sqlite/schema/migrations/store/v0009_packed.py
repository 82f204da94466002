"""Events and attempts of deliveries are packed with dictionaries; those that are there stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "store_0009"
down_revision = "store_0008"


def upgrade() -> None:
    """Make the tables of dictionaries; drop an index that no statement used."""
    op.create_table(
        "dictionaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("crc", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "dictionary_copies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("crc", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.drop_index("applied_time", "applied")
