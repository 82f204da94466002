"""What would change if another mapper version had mapped these stored requests?

Pure: requests come in, differences go out; whoever calls it reads the journal and appends corrections.
Events are compared by their place (request, item index), from which their ids follow, so a corrected
event keeps the id of the one it replaces.

- What was there before is what the journal holds (`page`).
- What comes now: the new mapper on the same body, headers, query string and moment of receipt.
- A refused request had no events; it may have some now. A request that becomes refused loses its events.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from heliograph.errors import InputError
from heliograph.mapping.body.decode import decode_body
from heliograph.mapping.body.query import read_query
from heliograph.mapping.charsets import Charset
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.mapping.run.mapper import Mapper
from heliograph.mapping.run.output import refused
from heliograph.model.json import Json, JsonObject
from heliograph.model.request import RejectedItem, StoredRequest

ChangeKind = Literal["added", "removed", "changed"]

_encode: Final = msgspec.json.Encoder().encode


class EventChange(msgspec.Struct, frozen=True, kw_only=True):
    """One event that is not as before."""

    kind: ChangeKind
    event_id: str
    request_id: str
    index: int
    """Place in the request's batch, from 0."""
    before: Mapped | None = None
    """None when it was not there."""
    after: Mapped | None = None
    """None when it goes."""
    fields: tuple[str, ...] = ()
    """Of a changed event: `customer_id`, `properties.total` …"""
    reason: RejectedItem | None = None
    """Of a removed event: why the new mapper refuses its item."""


class RequestDiff(msgspec.Struct, frozen=True, kw_only=True):
    """One request under the new mapper."""

    request: StoredRequest
    mapped: tuple[Mapped, ...]
    """The events of the new generation, all of them; empty when the request is refused now."""
    rejected: tuple[RejectedItem, ...]
    update_existing_only: bool
    changes: tuple[EventChange, ...]
    """In the order of the items."""
    had: int
    """Number of events there were before."""


class RemapSummary(msgspec.Struct, kw_only=True):
    """What `--dry-run` shows."""

    requests: int = 0
    unchanged: int = 0
    """Events that stay as they are."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    now_refused: int = 0
    """Requests that had events and have none now."""
    now_accepted: int = 0
    """Requests that had none and have some now."""
    fields: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Field → how many events change in it, most frequent first once `finish` ran."""
    examples: dict[ChangeKind, list[EventChange]] = msgspec.field(
        default_factory=dict[ChangeKind, list[EventChange]]
    )
    """The first few of each kind."""

    def add(self, diff: RequestDiff, *, examples: int) -> None:
        """Count one request."""
        self.requests += 1
        self.now_refused += diff.had > 0 and not diff.mapped
        self.now_accepted += not diff.had and bool(diff.mapped)
        touched = 0
        for change in diff.changes:
            if change.kind == "added":
                self.added += 1
            elif change.kind == "removed":
                self.removed += 1
            else:
                self.changed += 1
            touched += change.kind != "removed"
            for field in change.fields:
                self.fields[field] = self.fields.get(field, 0) + 1
            kept = self.examples.setdefault(change.kind, [])
            if len(kept) < examples:
                kept.append(change)
        self.unchanged += len(diff.mapped) - touched

    def finish(self) -> "RemapSummary":
        """Return itself with `fields` ordered."""
        self.fields = dict(sorted(self.fields.items(), key=lambda each: (-each[1], each[0])))
        return self


def compare(
    request: StoredRequest,
    before: Mapping[int, Mapped],
    now: MappingResult,
    *,
    event_id: Callable[[StoredRequest, int], str],
) -> RequestDiff:
    """Return how the events of a request differ from what is mapped now.

    Args:
        request: the request.
        before: its events by index.
        now: the request under the new mapper.
        event_id: names the event of an item.
    """
    return RequestDiff(
        request=request,
        mapped=tuple(now.mapped),
        rejected=tuple(now.rejected),
        update_existing_only=now.update_existing_only,
        changes=tuple(_changes(request, before, now, event_id)),
        had=len(before),
    )


def map_again(request: StoredRequest, mapper: Mapper) -> MappingResult:
    """Return a stored request under a mapper; one that cannot be read is refused as it was."""
    try:
        charset = mapper.plan.charset
        content_type = request.headers.get("content-type")
        payload = decode_body(request.body, content_type, charset=charset)
        return mapper.apply(
            payload,
            received_at_ms=request.received_at,
            headers=request.headers,
            query=_query_of(request.path, charset),
        )
    except InputError as error:
        return refused(error)


@functools.lru_cache(maxsize=1024)
def _query_of(path: str, charset: Charset | None) -> JsonObject:
    return read_query(path.partition("?")[2].encode(), charset=charset)


def _changes(
    request: StoredRequest,
    before: Mapping[int, Mapped],
    result: MappingResult,
    name: Callable[[StoredRequest, int], str],
) -> Iterator[EventChange]:
    after = {item.index: item for item in result.mapped}
    refused_items = {item.index: item for item in result.rejected}
    for index in sorted(before.keys() | after.keys()):
        was, now = before.get(index), after.get(index)
        kind: ChangeKind
        fields: tuple[str, ...] = ()
        reason: RejectedItem | None = None
        if now is None:
            kind, reason = "removed", refused_items.get(index)
        elif was is None:
            kind = "added"
        elif _encode(was) == _encode(now):
            # As bytes: Python holds 1, 1.0 and true for equal.
            continue
        else:
            kind, fields = "changed", tuple(changed_fields(was, now))
            if not fields:
                continue  # only the order of attributes differs
        yield EventChange(
            kind=kind,
            event_id=name(request, index),
            request_id=request.request_id,
            index=index,
            before=was,
            after=now,
            fields=fields,
            reason=reason,
        )


def changed_fields(before: Mapped, after: Mapped) -> Iterator[str]:
    """Yield the fields in which two versions of an event differ, attributes by name."""
    for field in (
        "customer_id",
        "anonymous_id",
        "event",
        "timestamp",
        "platform",
        "app_version",
        "group_id",
    ):
        if getattr(before, field) != getattr(after, field):
            yield field
    pairs: tuple[tuple[str, dict[str, Json], dict[str, Json]], ...] = (
        ("properties", before.properties, after.properties),
        ("traits", before.traits, after.traits),
    )
    for group, old, new in pairs:
        for name in dict.fromkeys([*old, *new]):
            if name not in old or name not in new or _encode(old[name]) != _encode(new[name]):
                yield f"{group}.{name}"
