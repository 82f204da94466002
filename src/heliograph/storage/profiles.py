"""Profile records per identifier, and the merges that make persons of them."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from heliograph.model.identity import IdentityKind
from heliograph.model.json import Json


class AttributeValue(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One attribute with where it came from; which of two wins is decided in `profiles.attributes`."""

    value: Json
    at: int
    """Time of the event that set it."""
    event_id: str
    source_id: str
    known: bool
    """Set by an event with a customer_id; such a value beats an anonymous one."""


class ProfileRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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

    def ending_with(self, suffix: str, *, workspace: str | None, limit: int) -> list[str]:
        """Return at most `limit` profile ids of records that end so, sorted; looks at every id."""
        ...

    def spelled_like(self, value: str, *, workspace: str | None, limit: int) -> list[ProfileRecord]:
        """Return records whose identifier is this one but for the case of ASCII letters, by id.

        Looks at every record.
        """
        ...

    def count(self) -> int:
        """Return the number of persons: records that are not merged into another."""
        ...
