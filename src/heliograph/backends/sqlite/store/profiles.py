"""Profile records and the merges between them."""

import json
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from heliograph.backends.sqlite.store.session import Session, encode
from heliograph.backends.sqlite.stored import required
from heliograph.errors import InvariantBroken
from heliograph.storage.profiles import AttributeValue, Override, ProfileRecord

_attributes: Final[Callable[[bytes], dict[str, AttributeValue]]] = msgspec.json.Decoder(
    dict[str, AttributeValue]
).decode


class SqliteProfiles:
    """See `storage.profiles.Profiles`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_many(self, profile_ids: Iterable[str]) -> dict[str, ProfileRecord]:
        """Return the records that exist, by id."""
        return {row[0]: _record(*row) for row in self._session.rows_in("get_profiles", profile_ids)}

    def put_many(self, records: Iterable[ProfileRecord]) -> None:
        """Write whole records; the last one of an id wins."""
        rows = {
            record.profile_id: (
                record.profile_id,
                record.workspace,
                record.kind,
                record.value,
                record.first_seen,
                record.last_seen,
                record.events,
                encode(record.attributes),
            )
            for record in records
        }
        self._session.run_rows("put_profiles", list(rows.values()))

    def drop(self, profile_ids: Iterable[str]) -> None:
        """Delete records; merges stay."""
        self._session.run_in("drop_profiles", profile_ids)

    def merges_of(self, profile_ids: Iterable[str]) -> dict[str, Override]:
        """Return id -> its own merge, for those that were merged."""
        return {row[0]: _override(*row) for row in self._session.rows_in("merges_of", profile_ids)}

    def canonical_of(self, profile_ids: Iterable[str]) -> dict[str, str]:
        """Return id -> canonical id for those that were merged."""
        return dict(self._session.rows_in("canonical_of", profile_ids))

    def members_of(self, canonical: str) -> list[str]:
        """Return every id merged into `canonical`, sorted."""
        return self.members_of_many([canonical]).get(canonical, [])

    def members_of_many(self, canonicals: Iterable[str]) -> dict[str, list[str]]:
        """Return canonical id -> every id merged into it, sorted."""
        members: dict[str, list[str]] = {}
        for canonical, old in self._session.rows_in("members_of", canonicals):
            members.setdefault(canonical, []).append(old)
        return members

    def merge(self, override: Override) -> None:
        """Record a merge, repoint what was merged into `old`, and lift an earlier un-merge of `old`."""
        old, canonical = override.old, override.canonical
        if old == canonical or self.canonical_of([canonical]):
            raise InvariantBroken(f"{old} cannot be merged into {canonical}: not a canonical id")
        self._session.run("repoint_merged", canonical, old)
        parent = override.parent or canonical
        self._session.run("put_merge", old, canonical, parent, override.merged_at, override.reason)
        self._session.run("lift_unmerge", old)

    def unmerge(self, old: str, *, remember: bool = True) -> bool:
        """Delete the merge of `old`, give back to it what it had brought along, and remember it."""
        merged = self.canonical_of([old])
        if not merged:
            return False
        rows = self._session.rows("merged_into", merged[old])
        children: dict[str, list[str]] = {}
        for child, parent in rows:
            children.setdefault(parent, []).append(child)
        brought: list[str] = []
        open_ = list(children.get(old, ()))
        while open_:
            member = open_.pop()
            brought.append(member)
            open_.extend(children.get(member, ()))
        self._session.run("drop_merge", old)
        self._session.run("repoint_some", old, json.dumps(brought))
        if remember:
            self._session.run("remember_unmerge", old)
        return True

    def unmerged(self, profile_ids: Iterable[str]) -> set[str]:
        """Return those ids that a person un-merged."""
        return {row[0] for row in self._session.rows_in("unmerged_of", profile_ids)}

    def overrides(self, *, limit: int = 1000) -> list[Override]:
        """Return merges, newest first."""
        return [_override(*row) for row in self._session.rows("newest_merges", limit)]

    def find(self, *, workspace: str | None, after: str | None, limit: int) -> list[ProfileRecord]:
        """Return records ordered by id."""
        if workspace is None:
            rows = self._session.rows("find_profiles", after or "", limit)
        else:
            rows = self._session.rows("find_profiles_of", workspace, after or "", limit)
        return [_record(*row) for row in rows]

    def ending_with(self, suffix: str, *, workspace: str | None, limit: int) -> list[str]:
        """Return profile ids that end so."""
        rows = self._session.rows("profiles_ending_with", suffix, workspace, limit)
        return [row[0] for row in rows]

    def spelled_like(self, value: str, *, workspace: str | None, limit: int) -> list[ProfileRecord]:
        """Return records whose identifier is this one but for the case of ASCII letters."""
        rows = self._session.rows("profiles_spelled_like", value, workspace, limit)
        return [_record(*row) for row in rows]

    def count(self) -> int:
        """Return the number of records that are not merged into another."""
        return self._session.rows("count_people")[0][0]


def _override(old: str, canonical: str, merged_at: int, reason: str, parent: str) -> Override:
    return Override(
        old=old,
        canonical=canonical,
        merged_at=merged_at,
        reason=reason,
        parent=None if parent == canonical else parent,
    )


def _record(
    profile_id: str,
    workspace: str,
    kind: str,
    value: str,
    first_seen: int,
    last_seen: int,
    events: int,
    attributes: bytes,
) -> ProfileRecord:
    return ProfileRecord(
        profile_id=profile_id,
        workspace=workspace,
        kind="customer" if kind == "customer" else "anonymous",
        value=value,
        first_seen=first_seen,
        last_seen=last_seen,
        events=events,
        attributes=required(_attributes, attributes, f"profile {profile_id}"),
    )
