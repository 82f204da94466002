"""Raw requests have a checksum; those that are there already are not checked."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0008"
down_revision = "journal_0007"


def upgrade() -> None:
    """Add the column."""
    op.add_column("requests", sa.Column("crc", sa.Integer(), nullable=True))
