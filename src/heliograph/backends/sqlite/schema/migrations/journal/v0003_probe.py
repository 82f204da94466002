"""A row that probes of the journal write, as large as an append."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0003"
down_revision = "journal_0002"


def upgrade() -> None:
    """Make the table; the first probe makes the row."""
    op.create_table(
        "probe",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("filler", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
