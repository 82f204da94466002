"""What a batch of events changes in profiles: `decide` and `gather` in one step.

The engine runs the two as stages of their own; this is for whoever has no stages between: corrections,
measurements, tests.
"""

from collections.abc import Sequence

import msgspec

from heliograph.profiles.decide import Decisions, IdentityState, PlacedEvent, decide
from heliograph.profiles.gather import gather
from heliograph.storage.profiles import ProfileRecord


class ProfileState(IdentityState, frozen=True, kw_only=True):
    """What was stored about the identifiers and events of a batch before it."""

    records: dict[str, ProfileRecord]
    """By first profile id, of those that exist."""


class ProfileChanges(Decisions, frozen=True, kw_only=True):
    """What is to be written, every list in the order in which it came about."""

    records: list[ProfileRecord]


def apply_events(state: ProfileState, events: Sequence[PlacedEvent]) -> ProfileChanges:
    """Return what a batch changes; the same state and events give the same changes.

    Args:
        state: what `lookup.load_state` found for these events.
        events: in the order of each partition.
    """
    known = msgspec.structs.replace(state, known=frozenset(state.records))
    decisions = decide(known, events)
    return ProfileChanges(
        **{name: getattr(decisions, name) for name in Decisions.__struct_fields__},
        records=gather(state.records, decisions.touches),
    )
