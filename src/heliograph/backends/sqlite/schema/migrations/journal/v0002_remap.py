"""Records that a remap appended are counted apart; requests know their vendor's message id."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0002"
down_revision = "journal_0001"


def upgrade() -> None:
    """Add the columns; what is there already keeps 0 and NULL."""
    for name in ("derived", "trimmed_requests"):
        op.add_column("totals", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("requests", sa.Column("message_id", sa.Text(), nullable=True))
