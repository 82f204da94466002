"""Requests and events are packed with dictionaries; heads and totals become one row."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "journal_0006"
down_revision = "journal_0005"


def upgrade() -> None:
    """Make the new tables, take over heads and totals; what is stored stays as it is."""
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
    op.create_table(
        "state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    heads = _rows("SELECT first, last, max_at FROM heads ORDER BY partition")
    [totals] = _rows(
        "SELECT requests, items, rejected, refused_requests, events, derived, trimmed_requests FROM totals"
    )
    body = msgspec.msgpack.encode([*map(list, zip(*heads, strict=True)), *totals])
    op.execute(sa.text("INSERT INTO state VALUES (1, :body)").bindparams(body=body))
    op.drop_table("heads")
    op.drop_table("totals")
    op.drop_index("requests_source", "requests")
    op.drop_index("requests_time", "requests")
    op.create_index("requests_time", "requests", ["received_at", "source_id"], unique=False)


def _rows(query: str) -> Sequence[Any]:
    return op.get_bind().execute(sa.text(query)).all()
