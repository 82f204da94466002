"""Tables of `store.db` about reading the journal: who reads, how far, and what stages keep meanwhile."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from heliograph.backends.sqlite.schema.columns import STORE, blob_column, int_column, text_column

cursors = Table(
    "cursors",
    STORE,
    text_column("reader"),
    int_column("partition"),
    int_column("position"),
    int_column("epoch"),
    text_column("anchor", nullable=True),
    int_column("rewound", server_default="0"),
    PrimaryKeyConstraint("reader", "partition"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

identity = Table(
    "identity",
    STORE,
    int_column("id", primary_key=True),
    text_column("store"),
    text_column("journal", nullable=True),
    text_column("incarnation", nullable=True),
    sqlite_strict=True,
)
"""The one row of who this store is, and what its cursors were counted in."""

leases = Table(
    "leases",
    STORE,
    text_column("lease_group"),
    text_column("member"),
    text_column("owner", nullable=True),
    int_column("epoch"),
    PrimaryKeyConstraint("lease_group", "member"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""Rows stay when a member is gone, so that its epoch never starts over."""

lease_owners = Table(
    "lease_owners",
    STORE,
    text_column("lease_group"),
    text_column("owner"),
    int_column("beat"),
    int_column("ttl_ms"),
    int_column("seen_at"),
    PrimaryKeyConstraint("lease_group", "owner"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

stage_states = Table(
    "stage_states",
    STORE,
    text_column("stage"),
    text_column("key"),
    int_column("version"),
    blob_column("value"),
    PrimaryKeyConstraint("stage", "key"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

timers = Table(
    "timers",
    STORE,
    int_column("partition"),
    text_column("kind"),
    text_column("key"),
    text_column("id"),
    int_column("due_at"),
    PrimaryKeyConstraint("partition", "kind", "key", "id"),
    Index("timers_due", "partition", "due_at"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

outbox = Table(
    "outbox",
    STORE,
    int_column("seq", primary_key=True),
    int_column("partition"),
    text_column("id"),
    text_column("key"),
    int_column("at"),
    blob_column("value"),
    sqlite_strict=True,
)
"""Derived events on their way to the journal; empty but for moments."""

reader_groups = Table(
    "reader_groups",
    STORE,
    text_column("name", primary_key=True),
    int_column("registered_at"),
    int_column("seen_at"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

reader_gaps = Table(
    "reader_gaps",
    STORE,
    text_column("reader"),
    int_column("partition"),
    int_column("first"),
    int_column("last"),
    int_column("found_at"),
    int_column("acknowledged_at", nullable=True),
    text_column("acknowledged_by", nullable=True),
    text_column("reason", nullable=True),
    PrimaryKeyConstraint("reader", "partition", "first"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

parked = Table(
    "parked",
    STORE,
    int_column("partition"),
    text_column("workspace"),
    int_column("position"),
    PrimaryKeyConstraint("partition", "workspace", "position"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""Places of events whose workspace has never had a configuration in this store."""
