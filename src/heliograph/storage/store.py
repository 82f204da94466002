"""The store: everything derived or configured, changed only inside transactions.

```
with store.transaction() as tx:          # all or nothing, durable at exit
    fresh = tx.applied.add(...)          # dedupe
    tx.profiles.put(...)                 # effects
    tx.deliveries.enqueue(...)           # what is to be sent
    tx.cursors.advance(...)              # False -> raise, so that everything is rolled back
```

Guarantees every implementation MUST keep (checked by `heliograph.testing.store`):

1. A transaction is atomic and durable when the `with` block ends; an exception rolls it back.
2. Write transactions are serialisable; `read()` sees one consistent state and never blocks a writer.
3. `cursors.advance` changes nothing unless position and epoch are as the caller believes (fence).
4. A delivery is leased by one owner at a time; a late `finish` with a lost lease changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol

import msgspec

from heliograph.model.configuration import DocumentKind
from heliograph.model.delivery import (
    Attempt,
    Delivery,
    DeliveryState,
    DestinationState,
    NewDelivery,
    Outcome,
)
from heliograph.model.identity import IdentityKind
from heliograph.model.json import Json
from heliograph.model.remap import Remap

Effect = Literal["applied", "skipped"]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A partition held by a reader: where it stands and the epoch that fences it."""

    partition: int
    position: int
    epoch: int


class Cursors(Protocol):
    """Committed places of named readers (`group`), with an epoch that rises whenever the owner changes."""

    def claim(
        self, group: str, owner: str, *, partitions: int, now_ms: int, ttl_ms: int
    ) -> list[Claim]:
        """Take or renew every partition that is free, expired, or already `owner`'s.

        The epoch rises only when the owner changes. Rows are made at position 0 on first use.
        """
        ...

    def advance(self, group: str, partition: int, *, old: int, new: int, epoch: int) -> bool:
        """Move from `old` to `new` if `epoch` still holds; False means: roll back, you were fenced off."""
        ...

    def reset(self, group: str, partition: int, position: int) -> None:
        """Set the place for a replay; raises the epoch so that a running reader is fenced off."""
        ...

    def positions(self, group: str) -> dict[int, int]:
        """Return partition -> committed position; empty when the group never ran."""
        ...

    def release(self, group: str, owner: str) -> None:
        """Give up what `owner` holds, so that the next claim need not wait for the lease."""
        ...


class AppliedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an event in the engine; also the index from event id to journal place."""

    event_id: str
    partition: int
    position: int
    profile_id: str
    """First profile id of the person it counts for; empty when it counts for nobody."""
    effect: Effect
    reason: str | None
    """Why it was skipped, or `retraction` for one that only takes another back."""
    received_at: int
    other_profile_id: str | None = None
    """First profile id of the anonymous identifier, when the event carries a customer's as well."""


class Applied(Protocol):
    """Which events were applied, and which were superseded by a later generation.

    An event survives when it was applied and is not superseded: surviving events are what profiles and
    history consist of. A supersession may be known before the superseded event is applied.
    """

    def add(self, events: Sequence[AppliedEvent]) -> set[str]:
        """Insert, and return the event ids that were NOT there before (nor earlier in `events`).

        A repeated event id is counted as a duplicate.
        """
        ...

    def get(self, event_id: str) -> AppliedEvent | None:
        """Return what became of an event, or None when it was not applied (yet)."""
        ...

    def get_many(self, event_ids: Sequence[str]) -> dict[str, AppliedEvent]:
        """Return those of the events that were applied or skipped, by id."""
        ...

    def starting_with(self, prefixes: Sequence[str]) -> list[AppliedEvent]:
        """Return the events whose ids begin with one of the prefixes, ordered by id within each."""
        ...

    def existing(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that were applied before."""
        ...

    def counts(self) -> dict[str, int]:
        """Return running totals: `applied`, `skipped`, `duplicate`."""
        ...

    def supersede(self, pairs: Mapping[str, str]) -> None:
        """Remember old event id -> new event id; the first word about an old one stays."""
        ...

    def superseded_by(self, event_ids: Iterable[str]) -> dict[str, str]:
        """Return old event id -> new event id, of those that are superseded."""
        ...

    def surviving(self, profile_id: str) -> Iterable[AppliedEvent]:
        """Yield the surviving events of a first profile id, in the order they were applied."""
        ...

    def first_with_other(self, other_profile_id: str) -> list[AppliedEvent]:
        """Return the first received of the surviving events that carry this anonymous identifier too.

        One beside a customer's identifier, or several received in the same millisecond; [] for none.
        """
        ...

    def prune_trimmed(
        self, firsts: Mapping[int, int], *, before_ms: int, after: int, limit: int
    ) -> tuple[int, int | None]:
        """Forget, of the next `limit` events in the order of applying, those the journal has trimmed.

        The dedupe window: a repetition of a forgotten event would be applied again. Totals stay.

        Args:
            firsts: partition -> first retained position.
            before_ms: where nothing older than this was found, the rest is not looked at.
            after: 0 at first, then what the call before returned.
            limit: events looked at.

        Returns:
            (number forgotten, where to go on; None: nothing more to find).
        """
        ...


class AttributeValue(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute with where it came from; which of two wins is decided in `profiles.attributes`."""

    value: Json
    at: int
    """Time of the event that set it."""
    event_id: str
    source_id: str
    known: bool
    """Set by an event with a customer_id; such a value beats an anonymous one."""


class ProfileRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one identifier (first profile id) has gathered. A person is the fold of its members' records."""

    profile_id: str
    workspace: str
    kind: IdentityKind
    value: str
    first_seen: int
    last_seen: int
    """Times of the earliest and the latest event, UTC epoch milliseconds."""
    events: int
    attributes: dict[str, AttributeValue]


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """`old` is the same person as `canonical`; flat: `canonical` is never itself an `old`."""

    old: str
    canonical: str
    merged_at: int
    reason: str
    """`event:<event id>` or `operator:<name>`."""
    parent: str | None = None
    """What `old` was merged into directly, when that id was itself merged already; None: `canonical`.

    Un-merging the parent takes `old` along."""


class Profiles(Protocol):
    """Records per first profile id, and the merges between them."""

    def get_many(self, profile_ids: Iterable[str]) -> dict[str, ProfileRecord]:
        """Return the records that exist, by id (not resolved through merges)."""
        ...

    def put_many(self, records: Iterable[ProfileRecord]) -> None:
        """Write whole records."""
        ...

    def drop(self, profile_ids: Iterable[str]) -> None:
        """Delete records; merges stay."""
        ...

    def canonical_of(self, profile_ids: Iterable[str]) -> dict[str, str]:
        """Return id -> canonical id for those that were merged; others are absent."""
        ...

    def merges_of(self, profile_ids: Iterable[str]) -> dict[str, Override]:
        """Return id -> its own merge, for those that were merged."""
        ...

    def members_of(self, canonical: str) -> list[str]:
        """Return every id merged into `canonical`, without itself, sorted."""
        ...

    def members_of_many(self, canonicals: Iterable[str]) -> dict[str, list[str]]:
        """Return the same for several in one query; those into which nothing is merged are absent."""
        ...

    def merge(self, override: Override) -> None:
        """Record a merge and keep the table flat: rows pointing to `old` are pointed to `canonical`."""
        ...

    def unmerge(self, old: str, *, remember: bool = True) -> bool:
        """Delete the merge of `old` and remember that it must not come back; False: there was none.

        Without `remember` an event may merge it again: the one that did was corrected.
        Ids that had been merged into `old` itself before go back to it. A later `merge` of `old`, which
        only an operator asks for, lifts the memory.
        """
        ...

    def unmerged(self, profile_ids: Iterable[str]) -> set[str]:
        """Return those ids that a person un-merged; events never merge them again by themselves."""
        ...

    def overrides(self, *, limit: int = 1000) -> list[Override]:
        """Return merges, newest first."""
        ...

    def find(self, *, workspace: str | None, after: str | None, limit: int) -> list[ProfileRecord]:
        """Return records ordered by id, after `after`."""
        ...

    def count(self) -> int:
        """Return the number of persons: records that are not merged into another."""
        ...


class DeliveryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to list, newest first."""

    destination: str | None = None
    states: tuple[DeliveryState, ...] = ()
    event_id: str | None = None
    event_ids: tuple[str, ...] = ()
    before_seq: int | None = None
    limit: int = 50


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one courier turn for a leased delivery: its attempts and its next state."""

    delivery_id: str
    owner: str
    """Must still hold the lease, or nothing changes."""
    outcome: Outcome
    state: DeliveryState
    due_at: int
    """When it may be claimed again, for `waiting`."""
    steps_done: int
    retries: int
    reason: str | None
    attempts: tuple[Attempt, ...] = ()


class Deliveries(Protocol):
    """Rows of what is to be sent; see model/delivery.py for the states."""

    def enqueue(self, deliveries: Sequence[NewDelivery], *, now_ms: int) -> int:
        """Insert in order; a delivery id that exists is left alone. Returns how many were new.

        `queued` when an open (`queued`, `waiting`, `leased`) delivery of the same (destination, key)
        exists, else `waiting` and due now.
        """
        ...

    def claim(
        self, destination: str, *, owner: str, limit: int, now_ms: int, lease_ms: int
    ) -> list[Delivery]:
        """Lease up to `limit` due deliveries of a destination, the longest due first.

        Rows whose lease ran out are claimed like waiting ones. At most one delivery per key.
        """
        ...

    def finish(self, turns: Sequence[Finish], *, now_ms: int) -> set[str]:
        """Write attempts and next states; promote the next queued delivery of a finished key.

        Returns:
            Ids whose lease had been lost: their attempts are recorded, their state is not touched.
        """
        ...

    def release(self, delivery_ids: Sequence[str], *, owner: str, now_ms: int) -> None:
        """Give leased deliveries back unattempted (shutdown, paused destination)."""
        ...

    def identified(self, profile_ids: Sequence[str], *, now_ms: int) -> int:
        """Open `held` deliveries of these first profile ids, oldest first; returns how many.

        The first of a (destination, key) becomes `waiting` when nothing else of it is open, the others
        `queued`: call it before the events of the same batch are enqueued. A delivery that is leased now
        and finished as `held` later becomes `waiting` instead, so no identification is missed.
        """
        ...

    def replay(self, query: DeliveryQuery, *, now_ms: int) -> int:
        """Make matching `dead` deliveries open again; returns how many. A `limit` of 0 means all.

        Retries and the time of the first attempt begin anew; steps that were done stay done.
        """
        ...

    def get(self, delivery_id: str) -> Delivery | None:
        """Return one delivery or None."""
        ...

    def find(self, query: DeliveryQuery) -> list[Delivery]:
        """Return deliveries, newest first."""
        ...

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        ...

    def counts(self) -> dict[str, dict[DeliveryState, int]]:
        """Return destination -> state -> number of rows, from running totals (cheap)."""
        ...

    def recount(self) -> dict[str, dict[DeliveryState, int]]:
        """Return the same by counting rows (and what was pruned); the audit compares the two."""
        ...

    def next_due(self, destination: str) -> int | None:
        """Return when the next claim could find something: a due time or the end of a lease; or None."""
        ...

    def prune(self, before_ms: int, *, limit: int | None = None) -> int:
        """Delete `delivered` rows (at most `limit`) and their attempts finished before; totals stay."""
        ...


class DestinationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a destination is being sent to; a row is absent while it is active."""

    destination: str
    """`<workspace>/<name>`."""
    state: DestinationState
    reason: str
    since: int


class DestinationStates(Protocol):
    """Paused and misconfigured destinations."""

    def get_all(self) -> dict[str, DestinationStatus]:
        """Return the destinations that are not active."""
        ...

    def set(self, status: DestinationStatus) -> None:
        """Write a state; `active` removes the row."""
        ...


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One configuration document as stored."""

    workspace: str
    kind: DocumentKind
    name: str
    """`<partner>/<config>` for mappers, else the file's stem; `workspace` for the workspace."""
    version: int
    """From 1, per (workspace, kind, name); rises with every change, also across deletion."""
    body: dict[str, Json]
    changed_at: int


class Configuration(Protocol):
    """Versioned documents. Old versions stay readable for ever."""

    def revision(self) -> int:
        """Return a number that rises with every change of any document; 0 when empty."""
        ...

    def all(self) -> list[Document]:
        """Return the current documents of all workspaces, ordered by workspace, kind and name."""
        ...

    def get(
        self, workspace: str, kind: DocumentKind, name: str, version: int | None = None
    ) -> Document | None:
        """Return a document, the current one or a given version (also of a deleted one)."""
        ...

    def put(
        self,
        workspace: str,
        kind: DocumentKind,
        name: str,
        body: Mapping[str, Json],
        *,
        now_ms: int,
    ) -> Document:
        """Write a new version, or return the current one when the body is the same.

        Raises:
            ConfigError: `config.immutable` for a mapper whose document differs from the current one.
        """
        ...

    def delete(self, workspace: str, kind: DocumentKind, name: str, *, now_ms: int) -> bool:
        """Remove from the current set; versions stay readable."""
        ...


class Remaps(Protocol):
    """Remaps and how far they came."""

    def put(self, remap: Remap) -> None:
        """Write a remap, new or changed."""
        ...

    def get(self, remap_id: str) -> Remap | None:
        """Return one remap or None."""
        ...

    def find(self, *, limit: int = 50) -> list[Remap]:
        """Return remaps, the last started first."""
        ...


class Reader(Protocol):
    """A consistent view of the store."""

    @property
    def cursors(self) -> Cursors:
        """Places of readers."""
        ...

    @property
    def applied(self) -> Applied:
        """Dedupe and what became of events."""
        ...

    @property
    def profiles(self) -> Profiles:
        """Profile records and merges."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """Deliveries and attempts."""
        ...

    @property
    def destinations(self) -> DestinationStates:
        """Paused destinations."""
        ...

    @property
    def configuration(self) -> Configuration:
        """Configuration documents."""
        ...

    @property
    def remaps(self) -> Remaps:
        """Remaps."""
        ...


class Transaction(Reader, Protocol):
    """The same repositories, inside one write transaction."""


class Store(Protocol):
    """Opens transactions. Thread-safe: writers wait for each other, readers do not."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write transaction; commits (durably) at the end of the block, rolls back on an exception.

        Raises:
            StoreUnavailable: disk full, or another process held the store too long.
        """
        ...

    def read(self) -> AbstractContextManager[Reader]:
        """Open a consistent read-only view; writing through it raises."""
        ...

    def close(self) -> None:
        """Release connections; safe to call twice."""
        ...
