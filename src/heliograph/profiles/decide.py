"""Who each event of a batch is about, and which take effect: a pure function of what was stored before.

Events must come in the order of their partitions; how partitions interleave does not matter, but for
`update_existing_only`. What profiles gather from it is `profiles.gather`; both together `profiles.apply`.
"""

from collections.abc import Sequence

import msgspec

from heliograph.model.event import Event
from heliograph.profiles.identity import Identifier, identifiers, resolve
from heliograph.storage.profiles import Override
from heliograph.storage.reading.applied import AppliedEvent

UNKNOWN_CUSTOMER = "the mapper updates existing customers only, and this one is not known yet"
NO_IDENTITY = "the event has neither a usable customer id nor an anonymous id"
SUPERSEDED = "superseded: a later generation of the event was read before it"
RETRACTION = "retraction"


class PlacedEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event with its place in the journal."""

    partition: int
    position: int
    event: Event


class IdentityState(msgspec.Struct, frozen=True, kw_only=True):
    """What was stored about the identifiers and events of a batch before it."""

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
    known: frozenset[str] = frozenset()
    """First profile ids that have a record, of those that `update_existing_only` asks about."""


class EffectiveEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that took effect, and whom it is about."""

    partition: int
    position: int
    event: Event
    profile_id: str
    """First profile id."""
    canonical: str
    """Canonical profile id after the batch."""


class Touch(msgspec.Struct, frozen=True, gc=False):
    """A profile record that an event changes."""

    event: Event
    identifier: Identifier
    counted: bool
    """False for the anonymous identifier of a merge: its record is only seen."""


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, every list in the order in which it came about."""

    touches: list[Touch]
    merges: list[Override]
    applied: list[AppliedEvent]
    """Every event of the batch, repeated ones too: `applied.add` counts those as duplicates."""
    effective: list[EffectiveEvent]
    identified: list[str]
    """First profile ids that now belong to a customer: their held deliveries may go."""
    repeated: int = 0
    """How many of `applied` are repetitions."""
    retracted: int = 0
    """How many events only take another back."""


class _Batch:
    """Decides on events one after the other, each after what those before it changed."""

    def __init__(self, state: IdentityState) -> None:
        self._state = state
        self._canonical = dict(state.canonical)
        self._seen = set(state.applied)
        self._known = set(state.known)
        self._touches: list[Touch] = []
        self._merges: list[Override] = []
        self._identified: dict[str, None] = {}
        self._applied: list[AppliedEvent] = []
        self._effective: list[tuple[PlacedEvent, str]] = []
        self._repeated = 0
        self._retracted = 0

    def decide(self, placed: PlacedEvent) -> None:
        event = placed.event
        decision = resolve(event, canonical=self._canonical, unmerged=self._state.unmerged)
        identifier = decision.identifier
        if event.event_id in self._seen:
            self._repeated += 1
            self._note(placed, identifier, None)
            return
        self._seen.add(event.event_id)
        if event.event_id in self._state.superseded:
            self._note(placed, identifier, SUPERSEDED)
            return
        if event.retracted:
            self._retracted += 1
            self._note(placed, None, None)
            return
        if identifier is None:
            self._note(placed, None, NO_IDENTITY)
            return
        if event.update_existing_only and not self._is_known(identifier):
            self._note(placed, identifier, UNKNOWN_CUSTOMER)
            return
        self._known.add(identifier.profile_id)
        self._touches.append(Touch(event, identifier, True))
        anonymous = decision.anonymous
        if (
            anonymous is not None
            and decision.merge_into is not None
            and anonymous.profile_id not in self._state.in_review
        ):
            self._merge(event, anonymous, into=decision.merge_into, parent=identifier)
        self._note(placed, identifier, None, other=anonymous)
        self._effective.append((placed, identifier.profile_id))

    def decisions(self) -> Decisions:
        canonical = self._canonical
        return Decisions(
            touches=self._touches,
            merges=self._merges,
            applied=self._applied,
            effective=[
                EffectiveEvent(
                    partition=placed.partition,
                    position=placed.position,
                    event=placed.event,
                    profile_id=profile_id,
                    canonical=canonical.get(profile_id, profile_id),
                )
                for placed, profile_id in self._effective
            ],
            identified=list(self._identified),
            repeated=self._repeated,
            retracted=self._retracted,
        )

    def _is_known(self, identifier: Identifier) -> bool:
        if identifier.kind == "anonymous":
            return identifier.profile_id in self._canonical
        return identifier.profile_id in self._known

    def _merge(self, event: Event, anonymous: Identifier, *, into: str, parent: Identifier) -> None:
        old = anonymous.profile_id
        # A record of its own keeps the identifier's value, also when no event was ever only anonymous.
        self._touches.append(Touch(event, anonymous, False))
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
        event = placed.event
        self._applied.append(
            AppliedEvent(
                event_id=event.event_id,
                partition=placed.partition,
                position=placed.position,
                profile_id="" if identifier is None else identifier.profile_id,
                effect="applied" if reason is None else "skipped",
                reason=RETRACTION if event.retracted and reason is None else reason,
                received_at=event.received_at,
                other_profile_id=None if other is None else other.profile_id,
            )
        )


def decide(state: IdentityState, events: Sequence[PlacedEvent]) -> Decisions:
    """Return whom the events are about and what they merge; the same arguments give the same.

    Args:
        state: what `lookup.load_identity` found for these events.
        events: in the order of each partition.
    """
    batch = _Batch(state)
    for placed in events:
        batch.decide(placed)
    return batch.decisions()


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
