"""That a person has looked at a gap, when, who, and why it stays as it is."""

import sqlalchemy as sa
from alembic import op

revision = "store_0012"
down_revision = "store_0011"


def upgrade() -> None:
    """Add the columns; nobody could acknowledge a gap before."""
    op.add_column("reader_gaps", sa.Column("acknowledged_at", sa.Integer(), nullable=True))
    op.add_column("reader_gaps", sa.Column("acknowledged_by", sa.Text(), nullable=True))
    op.add_column("reader_gaps", sa.Column("reason", sa.Text(), nullable=True))
