"""A lease on a destination says who sends to it, not one on each row; attempts take one row a turn."""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "store_0008"
down_revision = "store_0007"

PAGE = 2_000


def upgrade() -> None:
    """Give back what was leased, drop what leases needed, write attempts anew in their short form."""
    op.execute(sa.text("UPDATE deliveries SET state = 'waiting' WHERE state = 'leased'"))
    op.execute(
        sa.text(
            "INSERT INTO delivery_totals (destination, state, amount, pruned)"
            " SELECT destination, 'waiting', amount, pruned FROM delivery_totals WHERE state = 'leased'"
            " ON CONFLICT (destination, state) DO UPDATE SET amount = amount + excluded.amount"
        )
    )
    op.execute(sa.text("DELETE FROM delivery_totals WHERE state = 'leased'"))
    for name in ("state", "due", "open", "asleep", "done"):
        op.drop_index(f"deliveries_{name}", "deliveries")
    for name in ("lease_owner", "lease_until", "woken"):
        op.execute(sa.text(f"ALTER TABLE deliveries DROP COLUMN {name}"))
    for name, columns, where in (
        ("asleep", ["profile_id"], "state = 'held'"),
        ("done", ["finished_at", "destination"], "state = 'delivered'"),
        ("due", ["destination", "priority", "due_at", "seq"], "state = 'waiting'"),
        ("kept", ["destination", "state", "seq"], "state IN ('held', 'dead')"),
        ("open", ["destination", "key", "state", "seq"], "state IN ('queued', 'waiting')"),
    ):
        op.create_index(
            f"deliveries_{name}", "deliveries", columns, unique=False, sqlite_where=sa.text(where)
        )
    op.drop_index("attempts_delivery", "attempts")
    op.rename_table("attempts", "attempts_before")
    op.create_table(
        "attempts",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index("attempts_delivery", "attempts", ["delivery"], unique=False)
    _rewrite(op.get_bind())
    op.drop_table("attempts_before")


def _rewrite(connection: sa.Connection) -> None:
    read = sa.text(
        "SELECT a.*, d.seq AS delivery FROM attempts_before AS a JOIN deliveries AS d USING (delivery_id)"
        " WHERE a.seq > :after ORDER BY a.seq LIMIT :page"
    )
    write = sa.text("INSERT INTO attempts VALUES (:seq, :delivery, :status, :body)")
    after = 0
    while True:
        rows = connection.execute(read, {"after": after, "page": PAGE}).mappings().all()
        if not rows:
            return
        connection.execute(
            write,
            [
                {
                    "seq": row["seq"],
                    "delivery": row["delivery"],
                    "status": row["status"],
                    "body": msgspec.msgpack.encode([_attempt(row)]),
                }
                for row in rows
            ],
        )
        after = rows[-1]["seq"]


def _attempt(row: Any) -> dict[str, object]:
    fields = ("delivery_id", "number", "step", "at", "duration_ms", "method", "url", "request_body",
              "status", "response_body", "verdict", "reason")  # fmt: skip
    attempt: dict[str, object] = {name: row[name] for name in fields}
    for name in ("request_headers", "response_headers"):
        attempt[name] = msgspec.json.decode(row[name])
    return attempt
