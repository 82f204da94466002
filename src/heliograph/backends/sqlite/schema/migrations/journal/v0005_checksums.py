"""Records have a checksum; those that are there already are not checked."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0005"
down_revision = "journal_0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("records", sa.Column("crc", sa.Integer(), nullable=True))
