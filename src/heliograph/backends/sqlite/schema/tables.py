"""The tables of both files, as SQLAlchemy Core metadata.

`journal.db` holds what was received; `store.db` everything derived or configured. The migrations in
`migrations/` build the same tables; a test compares the two. Those about reading the journal are in
`reading_tables`.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, text

from heliograph.backends.sqlite.schema import packing_tables, reading_tables
from heliograph.backends.sqlite.schema.columns import JOURNAL, STORE
from heliograph.backends.sqlite.schema.columns import blob_column as _blob
from heliograph.backends.sqlite.schema.columns import int_column as _int
from heliograph.backends.sqlite.schema.columns import text_column as _text

__all__ = ["JOURNAL", "STORE", "packing_tables", "reading_tables"]

# --- journal.db -------------------------------------------------------------------------------------

state = Table(
    "state",
    JOURNAL,
    _int("id", primary_key=True),
    _blob("body"),
    sqlite_strict=True,
)
"""The one row that every append changes; see `journal/state.py`."""

records = Table(
    "records",
    JOURNAL,
    _int("seq", primary_key=True),
    _int("partition"),
    _int("position"),
    _text("id"),
    _text("key"),
    _int("at"),
    _blob("value"),
    _int("crc", nullable=True),
    sqlite_strict=True,
)
"""Events in the order they arrived; `marks` say where in it a place is."""

marks = Table(
    "marks",
    JOURNAL,
    _int("number", primary_key=True),
    _blob("body"),
    sqlite_strict=True,
)
"""Every 256 records: which positions the partitions had reached; see `journal/marks.py`."""

requests = Table(
    "requests",
    JOURNAL,
    _int("seq", primary_key=True),
    _text("request_id"),
    _text("workspace"),
    _text("source_id"),
    _int("received_at"),
    _text("state"),
    _int("items"),
    _int("events"),
    _text("mapper", nullable=True),
    _text("path"),
    _blob("headers"),
    _blob("rejected"),
    _blob("body"),
    _text("message_id", nullable=True),
    _int("crc", nullable=True),
    Index("requests_id", "request_id", unique=True),
    Index("requests_time", "received_at", "source_id"),
    Index("requests_flawed", "state", "received_at", sqlite_where=text("state <> 'accepted'")),
    sqlite_strict=True,
)
"""Raw requests; the body comes behind what lists show, so that they do not read it from disk.

In rows whose headers are packed, the body is too.
"""

identity = Table(
    "identity",
    JOURNAL,
    _int("id", primary_key=True),
    _text("journal"),
    _text("incarnation"),
    _text("store", nullable=True),
    sqlite_strict=True,
)
"""The one row of who this journal is, and which store reads it."""

probe = Table(
    "probe",
    JOURNAL,
    _int("id", primary_key=True),
    _blob("filler"),
    sqlite_strict=True,
)
"""At most one row, rewritten by every probe; its size is that of an append that must be possible."""

# --- store.db ---------------------------------------------------------------------------------------

applied = Table(
    "applied",
    STORE,
    _int("seq", primary_key=True),
    _text("event_id"),
    _int("partition"),
    _int("position"),
    _text("profile_id"),
    _text("effect"),
    _text("reason", nullable=True),
    _int("received_at"),
    _text("other_profile_id", nullable=True),
    _int("repeated", nullable=True),
    Index("applied_event", "event_id", unique=True),
    Index("applied_profile", "profile_id", sqlite_where=text("effect = 'applied'")),
    Index(
        "applied_other_profile",
        "other_profile_id",
        "received_at",
        sqlite_where=text("other_profile_id IS NOT NULL"),
    ),
    sqlite_strict=True,
)

supersessions = Table(
    "supersessions",
    STORE,
    _text("old", primary_key=True),
    _text("new"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""Event ids and the generation that replaced them, whether those were applied already or not."""

applied_totals = Table(
    "applied_totals",
    STORE,
    _text("name", primary_key=True),
    _int("amount"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

profiles = Table(
    "profiles",
    STORE,
    _int("seq", primary_key=True),
    _text("profile_id"),
    _text("workspace"),
    _text("kind"),
    _text("value"),
    _int("first_seen"),
    _int("last_seen"),
    _int("events"),
    _blob("attributes"),
    Index("profiles_id", "profile_id", unique=True),
    Index("profiles_workspace", "workspace", "profile_id"),
    sqlite_strict=True,
)

overrides = Table(
    "overrides",
    STORE,
    _text("old", primary_key=True),
    _text("canonical"),
    _text("parent"),
    _int("merged_at"),
    _text("reason"),
    Index("overrides_canonical", "canonical"),
    Index("overrides_time", "merged_at"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""Merges, flat; `parent` is what `old` was merged into at that time, so that an un-merge restores."""

unmerged = Table(
    "unmerged",
    STORE,
    _text("profile_id", primary_key=True),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

deliveries = Table(
    "deliveries",
    STORE,
    _int("seq", primary_key=True),
    _text("delivery_id"),
    _text("destination"),
    _text("pipeline"),
    _text("blueprint", nullable=True),
    _text("key"),
    _text("profile_id"),
    _text("event_id"),
    _int("partition"),
    _int("position"),
    _text("state"),
    _int("due_at"),
    _int("attempts"),
    _int("retries"),
    _int("steps_done"),
    _int("replays"),
    _int("created_at"),
    _int("first_attempt_at", nullable=True),
    _int("finished_at", nullable=True),
    _text("reason", nullable=True),
    _text("origin", server_default="pipeline"),
    _int("priority", server_default="0"),
    Index("deliveries_id", "delivery_id", unique=True),
    Index("deliveries_event", "event_id"),
    Index(
        "deliveries_due",
        "destination",
        "priority",
        "due_at",
        "seq",
        sqlite_where=text("state = 'waiting'"),
    ),
    Index(
        "deliveries_open",
        "destination",
        "key",
        "state",
        "seq",
        sqlite_where=text("state IN ('queued', 'waiting')"),
    ),
    Index(
        "deliveries_kept",
        "destination",
        "state",
        "seq",
        sqlite_where=text("state IN ('held', 'dead')"),
    ),
    Index("deliveries_asleep", "profile_id", sqlite_where=text("state = 'held'")),
    Index(
        "deliveries_done", "finished_at", "destination", sqlite_where=text("state = 'delivered'")
    ),
    sqlite_strict=True,
)
"""Each index but two holds only the rows it is for: most rows are delivered, and cost least then."""

delivery_events = Table(
    "delivery_events",
    STORE,
    _int("seq", primary_key=True),
    _blob("event"),
    sqlite_strict=True,
)
"""The encoded event of each delivery, apart, so that a change of state rewrites a short row."""

last_delivery = Table(
    "last_delivery",
    STORE,
    _int("id", primary_key=True),
    _int("seq"),
    sqlite_strict=True,
)
"""At most one row: the highest seq when retention last removed deliveries; none gets one below it again."""

delivery_totals = Table(
    "delivery_totals",
    STORE,
    _text("destination"),
    _text("state"),
    _int("amount"),
    _int("pruned"),
    PrimaryKeyConstraint("destination", "state"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""Running totals; `pruned` rows are gone but still counted."""

attempts = Table(
    "attempts",
    STORE,
    _int("seq", primary_key=True),
    _int("delivery"),
    _int("status", nullable=True),
    _blob("body"),
    Index("attempts_delivery", "delivery"),
    sqlite_strict=True,
)
"""One row a turn: `body` holds its attempts, `status` is that of the last; `delivery` is the seq."""

destination_states = Table(
    "destination_states",
    STORE,
    _text("destination", primary_key=True),
    _text("state"),
    _text("reason"),
    _int("since"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

remaps = Table(
    "remaps",
    STORE,
    _text("remap_id", primary_key=True),
    _int("started_at"),
    _blob("body"),
    Index("remaps_time", "started_at"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

clock = Table(
    "clock",
    STORE,
    _int("id", primary_key=True),
    _blob("body"),
    sqlite_strict=True,
)
"""At most one row: what was last seen of the machine's clocks."""

documents = Table(
    "documents",
    STORE,
    _text("workspace"),
    _text("kind"),
    _text("name"),
    _int("version"),
    _blob("body"),
    _int("changed_at"),
    _int("current"),
    PrimaryKeyConstraint("workspace", "kind", "name", "version"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""All versions; `current` is 1 on at most one of a name, 0 on the rest and after a deletion."""

kept_presets = Table(
    "kept_presets",
    STORE,
    _text("reference", primary_key=True),
    _blob("body"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""Texts of presets that deliveries were made with: a later release may bring another under the name."""

configuration = Table(
    "configuration",
    STORE,
    _int("id", primary_key=True),
    _int("revision"),
    sqlite_strict=True,
)
"""The one row of the revision."""
