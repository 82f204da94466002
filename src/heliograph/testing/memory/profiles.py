"""Profile records and merges in memory."""

import string
from collections.abc import Iterable

import msgspec

from heliograph.errors import InvariantBroken
from heliograph.storage.profiles import Override, ProfileRecord

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


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

    def forget_effects(self) -> None:
        """Keep only what a person merged and un-merged."""
        self._records.clear()
        self._overrides = {
            old: one for old, one in self._overrides.items() if one.reason.startswith("operator:")
        }

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

    def ending_with(self, suffix: str, *, workspace: str | None, limit: int) -> list[str]:
        """Return profile ids that end so."""
        return [
            id_
            for id_, record in sorted(self._records.items())
            if id_.endswith(suffix) and workspace in (None, record.workspace)
        ][:limit]

    def spelled_like(self, value: str, *, workspace: str | None, limit: int) -> list[ProfileRecord]:
        """Return records whose identifier is this one but for the case of ASCII letters."""
        return [
            record
            for _, record in sorted(self._records.items())
            if record.value.translate(_LOWER) == value.translate(_LOWER)
            and workspace in (None, record.workspace)
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
