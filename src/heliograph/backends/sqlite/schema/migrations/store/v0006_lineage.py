"""A store has an id and names the journal it reads; a cursor keeps the event it stands at."""

import sqlalchemy as sa
from alembic import op

revision = "store_0006"
down_revision = "store_0005"


def upgrade() -> None:
    """Add the table and the columns; anchors of cursors that are there become known as they move."""
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("journal", sa.Text(), nullable=True),
        sa.Column("incarnation", sa.Text(), nullable=True),
        sqlite_strict=True,
    )
    op.execute(sa.text("INSERT INTO identity VALUES (1, lower(hex(randomblob(8))), NULL, NULL)"))
    op.add_column("cursors", sa.Column("anchor", sa.Text(), nullable=True))
    op.add_column("cursors", sa.Column("rewound", sa.Integer(), server_default="0", nullable=False))
