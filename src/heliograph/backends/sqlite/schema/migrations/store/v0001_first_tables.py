"""The first tables of store.db."""

import sqlalchemy as sa
from alembic import op

revision = "store_0001"
down_revision = None


def upgrade() -> None:
    """Make all tables and their first rows."""
    op.create_table(
        "applied",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("received_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index("applied_event", "applied", ["event_id"], unique=True)
    op.create_index("applied_time", "applied", ["received_at"], unique=False)
    op.create_table(
        "applied_totals",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attempts",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.REAL, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("request_headers", sa.LargeBinary(), nullable=False),
        sa.Column("request_body", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response_headers", sa.LargeBinary(), nullable=False),
        sa.Column("response_body", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index("attempts_delivery", "attempts", ["delivery_id"], unique=False)
    op.create_table(
        "configuration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "cursors",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "partition"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deliveries",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("blueprint", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.Column("first_attempt_at", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Integer(), nullable=True),
        sa.Column("woken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index(
        "deliveries_asleep",
        "deliveries",
        ["profile_id"],
        unique=False,
        sqlite_where=sa.text("state IN ('held', 'leased')"),
    )
    op.create_index(
        "deliveries_done",
        "deliveries",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text("state = 'delivered'"),
    )
    op.create_index(
        "deliveries_due",
        "deliveries",
        ["destination", "due_at", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index("deliveries_event", "deliveries", ["event_id"], unique=False)
    op.create_index("deliveries_id", "deliveries", ["delivery_id"], unique=True)
    op.create_index(
        "deliveries_open",
        "deliveries",
        ["destination", "key", "state", "seq"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'waiting', 'leased')"),
    )
    op.create_index("deliveries_state", "deliveries", ["destination", "state", "seq"], unique=False)
    op.create_table(
        "delivery_events",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_table(
        "delivery_totals",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("pruned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "state"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "destination_states",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("destination"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "documents",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "kind", "name", "version"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "overrides",
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("old"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("overrides_canonical", "overrides", ["canonical"], unique=False)
    op.create_index("overrides_time", "overrides", ["merged_at"], unique=False)
    op.create_table(
        "profiles",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.Integer(), nullable=False),
        sa.Column("last_seen", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index("profiles_id", "profiles", ["profile_id"], unique=True)
    op.create_index("profiles_workspace", "profiles", ["workspace", "profile_id"], unique=False)
    op.create_table(
        "unmerged",
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    total = sa.text("INSERT INTO applied_totals (name, amount) VALUES (:name, 0)")
    for name in ("applied", "skipped", "duplicate"):
        op.execute(total.bindparams(name=name))
    op.execute(sa.text("INSERT INTO configuration VALUES (1, 0)"))
