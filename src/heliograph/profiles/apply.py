"""What a batch of events changes in profiles: a pure function of what was stored before.

```
state = load_state(tx, events)                  # lookup.py: records, merges, duplicates
changes = apply_events(state, events)
tx.applied.add(changes.applied)                 # counts duplicates as well
tx.profiles.put_many(changes.records)
for override in changes.merges: tx.profiles.merge(override)
tx.deliveries.identified(changes.identified, now_ms=…)   # before new deliveries are enqueued
```

`changes.effective` is what pipelines go on with. Events must come in the order of their partitions;
how partitions interleave does not matter, but for `update_existing_only`.
"""

from collections.abc import Sequence

import msgspec

from heliograph.model.event import Event
from heliograph.profiles.draft import Draft, within
from heliograph.profiles.identity import Identifier, identifiers, resolve
from heliograph.storage.applied import AppliedEvent
from heliograph.storage.profiles import Override, ProfileRecord

UNKNOWN_CUSTOMER = "the mapper updates existing customers only, and this one is not known yet"
NO_IDENTITY = "the event has neither a usable customer id nor an anonymous id"
SUPERSEDED = "superseded: a later generation of the event was read before it"
RETRACTION = "retraction"


class PlacedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its place in the journal."""

    partition: int
    position: int
    event: Event


class ProfileState(msgspec.Struct, frozen=True, kw_only=True):
    """What was stored about the identifiers and events of a batch before it."""

    records: dict[str, ProfileRecord]
    """By first profile id, of those that exist."""
    canonical: dict[str, str]
    """Merged id -> canonical id; of the batch's ids."""
    unmerged: frozenset[str] = frozenset()
    """Ids that an operator un-merged."""
    applied: frozenset[str] = frozenset()
    """Event ids that were applied before."""
    superseded: frozenset[str] = frozenset()
    """Those of the batch's event ids that a later generation replaces: they are skipped."""
    in_review: frozenset[str] = frozenset()
    """Anonymous profile ids whose merge is decided elsewhere, from all their events."""


class EffectiveEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that took effect, and whom it is about."""

    partition: int
    position: int
    event: Event
    profile_id: str
    """First profile id."""
    canonical: str
    """Canonical profile id after the batch."""


class ProfileChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written, every list in the order in which it came about."""

    records: list[ProfileRecord]
    merges: list[Override]
    applied: list[AppliedEvent]
    """Every event of the batch, repeated ones too: `applied.add` counts those as duplicates."""
    effective: list[EffectiveEvent]
    identified: list[str]
    """First profile ids that now belong to a customer: their held deliveries may go."""


class _Batch:
    """Applies events one after the other to what was loaded."""

    def __init__(self, state: ProfileState) -> None:
        self._state = state
        self._drafts: dict[str, Draft] = {}
        self._canonical = dict(state.canonical)
        self._seen = set(state.applied)
        self._merges: list[Override] = []
        self._identified: dict[str, None] = {}
        self._applied: list[AppliedEvent] = []
        self._effective: list[tuple[PlacedEvent, str]] = []

    def apply(self, placed: PlacedEvent) -> None:
        event = placed.event
        decision = resolve(event, canonical=self._canonical, unmerged=self._state.unmerged)
        identifier = decision.identifier
        if event.event_id in self._seen:
            self._note(placed, identifier, None)
            return
        self._seen.add(event.event_id)
        if event.event_id in self._state.superseded:
            self._note(placed, identifier, SUPERSEDED)
            return
        if event.retracted:
            self._note(placed, None, None)
            return
        if identifier is None:
            self._note(placed, None, NO_IDENTITY)
            return
        if event.update_existing_only and not self._is_known(identifier):
            self._note(placed, identifier, UNKNOWN_CUSTOMER)
            return
        self._draft(event, identifier).add(event, known=identifier.kind == "customer")
        anonymous = decision.anonymous
        if (
            anonymous is not None
            and decision.merge_into is not None
            and anonymous.profile_id not in self._state.in_review
        ):
            self._merge(event, anonymous, into=decision.merge_into, parent=identifier)
        self._note(placed, identifier, None, other=anonymous)
        self._effective.append((placed, identifier.profile_id))

    def changes(self) -> ProfileChanges:
        return ProfileChanges(
            records=[draft.record() for draft in self._drafts.values()],
            merges=self._merges,
            applied=self._applied,
            effective=[
                EffectiveEvent(
                    partition=placed.partition,
                    position=placed.position,
                    event=placed.event,
                    profile_id=profile_id,
                    canonical=self._canonical.get(profile_id, profile_id),
                )
                for placed, profile_id in self._effective
            ],
            identified=list(self._identified),
        )

    def _is_known(self, identifier: Identifier) -> bool:
        if identifier.kind == "anonymous":
            return identifier.profile_id in self._canonical
        return identifier.profile_id in self._drafts or identifier.profile_id in self._state.records

    def _draft(self, event: Event, identifier: Identifier) -> Draft:
        profile_id = identifier.profile_id
        draft = self._drafts.get(profile_id)
        if draft is None:
            record = self._state.records.get(profile_id)
            draft = (
                Draft(event.workspace, identifier, within(event.timestamp))
                if record is None
                else Draft.of(record)
            )
            self._drafts[profile_id] = draft
        return draft

    def _merge(self, event: Event, anonymous: Identifier, *, into: str, parent: Identifier) -> None:
        old = anonymous.profile_id
        # A record of its own keeps the identifier's value, also when no event was ever only anonymous.
        self._draft(event, anonymous).see(event)
        self._merges.append(merge_by(event, old, into=into, parent=parent.profile_id))
        for member, canonical in self._canonical.items():
            if canonical == old:
                self._canonical[member] = into
        self._canonical[old] = into
        self._identified[old] = None

    def _note(
        self,
        placed: PlacedEvent,
        identifier: Identifier | None,
        reason: str | None,
        *,
        other: Identifier | None = None,
    ) -> None:
        retracted = placed.event.retracted and reason is None
        self._applied.append(
            AppliedEvent(
                event_id=placed.event.event_id,
                partition=placed.partition,
                position=placed.position,
                profile_id="" if identifier is None else identifier.profile_id,
                effect="applied" if reason is None else "skipped",
                reason=RETRACTION if retracted else reason,
                received_at=placed.event.received_at,
                other_profile_id=None if other is None else other.profile_id,
            )
        )


def merge_by(event: Event, old: str, *, into: str, parent: str) -> Override:
    """Return the merge of anonymous profile `old` that an event makes.

    Args:
        event: carries the anonymous identifier and a customer's.
        old: first profile id of the anonymous identifier.
        into: canonical profile id of the customer.
        parent: first profile id of the customer.
    """
    return Override(
        old=old,
        canonical=into,
        merged_at=event.received_at,
        reason=f"event:{event.event_id}",
        parent=None if parent == into else parent,
    )


def profile_ids_of(events: Sequence[PlacedEvent]) -> list[str]:
    """Return the first profile ids of all identifiers in a batch, each once, in order."""
    return list(
        {
            identifier.profile_id: None
            for placed in events
            for identifier in identifiers(placed.event)
            if identifier is not None
        }
    )


def apply_events(state: ProfileState, events: Sequence[PlacedEvent]) -> ProfileChanges:
    """Return what a batch changes; the same state and events give the same changes.

    Args:
        state: what `lookup.load_state` found for these events.
        events: in the order of each partition.
    """
    batch = _Batch(state)
    for placed in events:
        batch.apply(placed)
    return batch.changes()
