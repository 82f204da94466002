"""Where an event was last repeated: until retention has taken that too, its id stays known."""

import sqlalchemy as sa
from alembic import op

revision = "store_0010"
down_revision = "store_0009"


def upgrade() -> None:
    """Add the column; what was repeated before is forgotten with its first place, as it was until now."""
    op.add_column("applied", sa.Column("repeated", sa.Integer(), nullable=True))
