"""The store as dictionaries. A transaction works on a copy, which replaces the state when it commits."""

import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from heliograph.errors import ConfigError, InvariantBroken, StoreUnavailable
from heliograph.model.configuration import DocumentKind
from heliograph.model.json import Json
from heliograph.model.remap import Remap
from heliograph.storage.applied import AppliedEvent
from heliograph.storage.configuration import Document
from heliograph.storage.cursors import Claim
from heliograph.storage.destination_states import DestinationStatus
from heliograph.storage.profiles import Override, ProfileRecord
from heliograph.storage.store import Reader, Transaction
from heliograph.testing.memory_deliveries import MemoryDeliveries


class _Place(msgspec.Struct):
    position: int = 0
    epoch: int = 1
    owner: str | None = None
    lease_until: int = 0


class MemoryCursors:
    """See `storage.cursors.Cursors`."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int], _Place] = {}

    def claim(
        self, group: str, owner: str, *, partitions: int, now_ms: int, ttl_ms: int
    ) -> list[Claim]:
        """Take or renew what is free, expired, or already `owner`'s."""
        claims: list[Claim] = []
        for partition in range(partitions):
            place = self._places.setdefault((group, partition), _Place(owner=owner))
            if place.owner not in (None, owner) and place.lease_until > now_ms:
                continue
            if place.owner != owner:
                place.epoch += 1
            place.owner, place.lease_until = owner, now_ms + ttl_ms
            claims.append(Claim(partition=partition, position=place.position, epoch=place.epoch))
        return claims

    def advance(self, group: str, partition: int, *, old: int, new: int, epoch: int) -> bool:
        """Move from `old` to `new` if `epoch` still holds."""
        place = self._places.get((group, partition))
        if place is None or (place.position, place.epoch) != (old, epoch):
            return False
        place.position = new
        return True

    def reset(self, group: str, partition: int, position: int) -> None:
        """Set the place and raise the epoch."""
        place = self._places.setdefault((group, partition), _Place(epoch=0))
        place.position = position
        place.epoch += 1

    def positions(self, group: str) -> dict[int, int]:
        """Return partition -> committed position."""
        return {p: place.position for (g, p), place in sorted(self._places.items()) if g == group}

    def release(self, group: str, owner: str) -> None:
        """Give up what `owner` holds."""
        for (place_group, _), place in self._places.items():
            if place_group == group and place.owner == owner:
                place.owner, place.lease_until = None, 0


class MemoryApplied:
    """See `storage.applied.Applied`."""

    def __init__(self) -> None:
        self._events: dict[str, AppliedEvent] = {}
        self._numbers: dict[str, int] = {}
        self._superseded: dict[str, str] = {}
        self._added = 0
        self._totals = {"applied": 0, "skipped": 0, "duplicate": 0}

    def add(self, events: Sequence[AppliedEvent]) -> set[str]:
        """Insert, and return the ids that were not there before."""
        fresh: set[str] = set()
        for event in events:
            if event.event_id in self._events:
                self._totals["duplicate"] += 1
            else:
                self._added += 1
                self._events[event.event_id] = event
                self._numbers[event.event_id] = self._added
                self._totals[event.effect] += 1
                fresh.add(event.event_id)
        return fresh

    def get(self, event_id: str) -> AppliedEvent | None:
        """Return what became of an event, or None."""
        return self._events.get(event_id)

    def get_many(self, event_ids: Sequence[str]) -> dict[str, AppliedEvent]:
        """Return those of the events that were applied or skipped, by id."""
        return {i: self._events[i] for i in event_ids if i in self._events}

    def starting_with(self, prefixes: Sequence[str]) -> list[AppliedEvent]:
        """Return the events whose ids begin with one of the prefixes."""
        found = sorted(self._events.items())
        return [event for p in prefixes for i, event in found if i.startswith(p)]

    def existing(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that were applied before."""
        return {event_id for event_id in event_ids if event_id in self._events}

    def counts(self) -> dict[str, int]:
        """Return the running totals."""
        return dict(self._totals)

    def supersede(self, pairs: Mapping[str, str]) -> None:
        """Remember old event id -> new event id; the first word about an old one stays."""
        self._superseded = {**pairs, **self._superseded}

    def superseded_by(self, event_ids: Iterable[str]) -> dict[str, str]:
        """Return old event id -> new event id, of those that are superseded."""
        return {i: self._superseded[i] for i in event_ids if i in self._superseded}

    def surviving(self, profile_id: str) -> Iterable[AppliedEvent]:
        """Yield the surviving events of a first profile id, in the order they were applied."""
        return [e for e in self._survivors() if e.profile_id == profile_id]

    def first_with_other(self, other_profile_id: str) -> list[AppliedEvent]:
        """Return the surviving events with this anonymous identifier that were received first."""
        found = [e for e in self._survivors() if e.other_profile_id == other_profile_id]
        first = min((e.received_at for e in found), default=0)
        return [e for e in found if e.received_at == first]

    def prune_trimmed(
        self, firsts: Mapping[int, int], *, before_ms: int, after: int, limit: int
    ) -> tuple[int, int | None]:
        """Forget, of the next `limit` events, those the journal has trimmed."""
        page = [e for i, e in self._events.items() if self._numbers[i] > after][:limit]
        last = self._numbers[page[-1].event_id] if page else after
        gone = [e.event_id for e in page if e.position < firsts.get(e.partition, 0)]
        for event_id in gone:
            del self._events[event_id], self._numbers[event_id]
            self._superseded.pop(event_id, None)
        ended = len(page) < limit or all(e.received_at >= before_ms for e in page)
        return len(gone), None if ended else last

    def _survivors(self) -> list[AppliedEvent]:
        return [
            event
            for event in self._events.values()
            if event.effect == "applied" and event.event_id not in self._superseded
        ]


class MemoryProfiles:
    """See `storage.profiles.Profiles`; merges are a forest of direct parents, flattened when asked."""

    def __init__(self) -> None:
        self._records: dict[str, ProfileRecord] = {}
        self._overrides: dict[str, Override] = {}
        self._unmerged: set[str] = set()

    def get_many(self, profile_ids: Iterable[str]) -> dict[str, ProfileRecord]:
        """Return the records that exist, by id."""
        return {i: self._records[i] for i in profile_ids if i in self._records}

    def put_many(self, records: Iterable[ProfileRecord]) -> None:
        """Write whole records."""
        self._records |= {record.profile_id: record for record in records}

    def drop(self, profile_ids: Iterable[str]) -> None:
        """Delete records; merges stay."""
        for profile_id in profile_ids:
            self._records.pop(profile_id, None)

    def merges_of(self, profile_ids: Iterable[str]) -> dict[str, Override]:
        """Return id -> its own merge, for those that were merged."""
        return {i: self._flat(i) for i in profile_ids if i in self._overrides}

    def canonical_of(self, profile_ids: Iterable[str]) -> dict[str, str]:
        """Return id -> canonical id for those that were merged."""
        return {i: self._root(i) for i in profile_ids if i in self._overrides}

    def members_of(self, canonical: str) -> list[str]:
        """Return every id merged into `canonical`, sorted."""
        return self.members_of_many([canonical]).get(canonical, [])

    def members_of_many(self, canonicals: Iterable[str]) -> dict[str, list[str]]:
        """Return canonical id -> every id merged into it, sorted."""
        wanted = set(canonicals)
        members: dict[str, list[str]] = {}
        for old in sorted(self._overrides):
            if (root := self._root(old)) in wanted:
                members.setdefault(root, []).append(old)
        return members

    def merge(self, override: Override) -> None:
        """Record a merge and lift an earlier un-merge of `old`."""
        if override.old == override.canonical or override.canonical in self._overrides:
            raise InvariantBroken(f"{override.canonical} is no canonical id")
        self._overrides[override.old] = override
        self._unmerged.discard(override.old)

    def unmerge(self, old: str, *, remember: bool = True) -> bool:
        """Delete the merge of `old` and remember that it must not come back."""
        if self._overrides.pop(old, None) is None:
            return False
        if remember:
            self._unmerged.add(old)
        return True

    def unmerged(self, profile_ids: Iterable[str]) -> set[str]:
        """Return those ids that a person un-merged."""
        return self._unmerged.intersection(profile_ids)

    def overrides(self, *, limit: int = 1000) -> list[Override]:
        """Return merges, newest first."""
        flat = [self._flat(old) for old in self._overrides]
        return sorted(flat, key=lambda o: (-o.merged_at, o.old))[:limit]

    def find(self, *, workspace: str | None, after: str | None, limit: int) -> list[ProfileRecord]:
        """Return records ordered by id."""
        return [
            record
            for profile_id, record in sorted(self._records.items())
            if workspace in (None, record.workspace) and (after is None or profile_id > after)
        ][:limit]

    def count(self) -> int:
        """Return the number of records that are not merged into another."""
        return sum(profile_id not in self._overrides for profile_id in self._records)

    def _flat(self, old: str) -> Override:
        return msgspec.structs.replace(
            self._overrides[old],
            canonical=self._root(old),
            parent=None if self._parent(old) == self._root(old) else self._parent(old),
        )

    def _parent(self, old: str) -> str:
        override = self._overrides[old]
        return override.parent or override.canonical

    def _root(self, profile_id: str) -> str:
        while profile_id in self._overrides:
            profile_id = self._parent(profile_id)
        return profile_id


class MemoryDestinationStates:
    """See `storage.destination_states.DestinationStates`."""

    def __init__(self) -> None:
        self._states: dict[str, DestinationStatus] = {}

    def get_all(self) -> dict[str, DestinationStatus]:
        """Return the destinations that are not active."""
        return dict(sorted(self._states.items()))

    def set(self, status: DestinationStatus) -> None:
        """Write a state; `active` removes the row."""
        if status.state == "active":
            self._states.pop(status.destination, None)
        else:
            self._states[status.destination] = status


_Name = tuple[str, DocumentKind, str]


class MemoryConfiguration:
    """See `storage.configuration.Configuration`."""

    def __init__(self) -> None:
        self._revision = 0
        self._versions: dict[_Name, list[Document]] = {}
        self._current: dict[_Name, Document] = {}

    def revision(self) -> int:
        """Return a number that rises with every change; 0 when empty."""
        return self._revision

    def all(self) -> list[Document]:
        """Return the current documents, ordered by workspace, kind and name."""
        return [document for _, document in sorted(self._current.items(), key=lambda kv: kv[0])]

    def get(
        self, workspace: str, kind: DocumentKind, name: str, version: int | None = None
    ) -> Document | None:
        """Return the current document or a given version of it, or None."""
        if version is None:
            return self._current.get((workspace, kind, name))
        versions = self._versions.get((workspace, kind, name), [])
        return versions[version - 1] if 0 < version <= len(versions) else None

    def put(
        self,
        workspace: str,
        kind: DocumentKind,
        name: str,
        body: Mapping[str, Json],
        *,
        now_ms: int,
    ) -> Document:
        """Write a new version, or return the current one when the body is the same."""
        key: _Name = (workspace, kind, name)
        current = self._current.get(key)
        if current is not None and current.body == body:
            return current
        if current is not None and kind == "mapper":
            raise ConfigError(
                "config.immutable", "a mapper's document never changes under its name", where=name
            )
        versions = self._versions.setdefault(key, [])
        document = Document(
            workspace=workspace,
            kind=kind,
            name=name,
            version=len(versions) + 1,
            body=deepcopy(dict(body)),
            changed_at=now_ms,
        )
        versions.append(document)
        self._current[key] = document
        self._revision += 1
        return document

    def delete(self, workspace: str, kind: DocumentKind, name: str, *, now_ms: int) -> bool:
        """Remove from the current set; versions stay readable."""
        del now_ms
        if self._current.pop((workspace, kind, name), None) is None:
            return False
        self._revision += 1
        return True


class MemoryRemaps:
    """See `storage.remaps.Remaps`."""

    def __init__(self) -> None:
        self._remaps: dict[str, Remap] = {}

    def put(self, remap: Remap) -> None:
        """Write a remap, new or changed."""
        self._remaps[remap.remap_id] = remap

    def get(self, remap_id: str) -> Remap | None:
        """Return one remap or None."""
        return self._remaps.get(remap_id)

    def find(self, *, limit: int = 50) -> list[Remap]:
        """Return remaps, the last started first."""
        newest = sorted(self._remaps.values(), key=lambda r: (r.started_at, r.remap_id))
        return newest[::-1][:limit]


class _State:
    """All repositories; also what a transaction and a reader see."""

    def __init__(self) -> None:
        self.cursors = MemoryCursors()
        self.applied = MemoryApplied()
        self.profiles = MemoryProfiles()
        self.deliveries = MemoryDeliveries()
        self.destinations = MemoryDestinationStates()
        self.configuration = MemoryConfiguration()
        self.remaps = MemoryRemaps()


class _ReadOnly:
    """A repository whose changing methods raise."""

    _CHANGING = frozenset(
        {
            "claim",
            "advance",
            "reset",
            "release",
            "add",
            "supersede",
            "prune_trimmed",
            "put_many",
            "drop",
            "merge",
            "unmerge",
        }
        | {"enqueue", "finish", "identified", "replay", "set", "put", "delete"}
    )

    def __init__(self, repository: object) -> None:
        self._repository = repository

    def __getattr__(self, name: str) -> Any:
        if name in self._CHANGING:
            raise InvariantBroken("a read view of the store was written through")
        return getattr(self._repository, name)


class MemoryStore:
    """See `storage.store.Store`. `fail_with` makes transactions raise it, while it is set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = _State()
        self._closed = False
        self.fail_with: StoreUnavailable | None = None

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write transaction on a copy of the state."""
        return self._transaction()

    def read(self) -> AbstractContextManager[Reader]:
        """Open a view of the last committed state."""
        return self._read()

    @contextmanager
    def _transaction(self) -> Generator[Transaction]:
        with self._lock:
            self._check()
            working = deepcopy(self._state)
            yield working
            self._state = working

    @contextmanager
    def _read(self) -> Generator[Reader]:
        self._check()
        committed = self._state
        view: Any = _State.__new__(_State)
        for name, repository in MappingProxyType(vars(committed)).items():
            setattr(view, name, _ReadOnly(repository))
        yield view

    def close(self) -> None:
        """Refuse further use; safe to call twice."""
        self._closed = True

    def _check(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        if self._closed:
            raise StoreUnavailable("store.unavailable", "the store is closed", where="store")


def open_memory_store(place: Path) -> MemoryStore:
    """Return a new store; the place means nothing."""
    del place
    return MemoryStore()
