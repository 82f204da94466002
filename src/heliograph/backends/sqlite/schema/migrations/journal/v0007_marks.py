"""Marks in the order of arrival take the place of the index of places."""

from zlib import crc32

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "journal_0007"
down_revision = "journal_0006"

EVERY = 256
PAGE = 10_000


def upgrade() -> None:
    """Walk through the records once, making marks; the state gets what appends need of them."""
    connection = op.get_bind()
    op.drop_table("marks")
    op.create_table(
        "marks",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_strict=True,
    )
    [[body]] = connection.execute(sa.text("SELECT body FROM state"))
    firsts, lasts, _, *totals = msgspec.msgpack.decode(body)
    reached = [first - 1 for first in firsts]
    page = sa.text(
        "SELECT seq, partition, position, at FROM records WHERE seq > :after ORDER BY seq LIMIT :limit"
    )
    insert = sa.text("INSERT INTO marks VALUES (:number, :body)")
    seq = number = latest = since = 0
    while rows := connection.execute(page, {"after": seq, "limit": PAGE}).all():
        for seq, partition, position, at in rows:
            if since == 0:
                number += 1
                mark = msgspec.msgpack.encode([seq, latest, reached])
                connection.execute(insert, {"number": number, "body": mark})
            since = (since + 1) % EVERY
            reached[partition] = position
            latest = max(latest, at)
    body = msgspec.msgpack.encode([firsts, lasts, latest, seq + 1, number, since, *totals])
    body = crc32(body).to_bytes(4, "big") + body
    connection.execute(sa.text("UPDATE state SET body = :body"), {"body": body})
    op.drop_index("records_place", "records")
