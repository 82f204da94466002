"""What became of each event in the engine: dedupe, totals and supersession."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, Protocol

import msgspec

Effect = Literal["applied", "skipped"]


PRUNED: Final = "pruned"
"""A group without a reader: its place at partition 0 is the time, in UTC epoch milliseconds, before which
what is known of events may have been forgotten."""


class AppliedEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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

    def ending_with(self, suffix: str, *, limit: int) -> list[str]:
        """Return at most `limit` ids of events that end so, sorted; looks at every id."""
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

    def page(self, after: int, *, limit: int) -> tuple[list[AppliedEvent], int | None]:
        """Return some events in the order they were applied, and where to go on; None: that was the end.

        Args:
            after: 0 at first, then what the call before returned.
            limit: events at most.
        """
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

        The dedupe window: a repetition of a forgotten event would be applied again. While the journal holds
        one of its repetitions an event is not forgotten. Totals stay.

        Args:
            firsts: partition -> first retained position.
            before_ms: where nothing older than this was found, the rest is not looked at.
            after: 0 at first, then what the call before returned.
            limit: events looked at.

        Returns:
            (number forgotten, where to go on; None: nothing more to find).
        """
        ...
