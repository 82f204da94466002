"""Taking events out of a profile record, and knowing what has to be looked up again because of it.

A record keeps, per attribute, only the value that won. When the event that set it is withdrawn, the value
that won over all the others is gone, and which one is next is known only from the events that are left.
`withdraw` takes out what the withdrawn events set; `makes_up` tells whether what came in since is at least
as strong (the usual case: the corrected event sets the same attributes at the same time); if not, the
surviving events are joined again with `Draft.join`, which changes nothing that was right; `settle` ends it.

The result is the record that would have come about without the withdrawn events. Only events that
retention has trimmed cannot be joined again: what they said stays where it was not withdrawn, and a value
that was lost in favour of a withdrawn one does not come back.
"""

from collections.abc import Sequence

import msgspec

from heliograph.profiles.attributes import rank
from heliograph.profiles.draft import MOST_MS, Draft
from heliograph.storage.profiles import AttributeValue


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is taken out of a record."""

    event_id: str
    at: int | None
    """When it happened, see `draft.happened`; None when its bytes are gone."""
    counted: bool = True
    """False for one that was only seen: it merged the record's identifier into a customer."""


class Loss(msgspec.Struct):
    """What a record lacks since events were withdrawn from it."""

    attributes: dict[str, AttributeValue] = {}
    """The values that were withdrawn, by name."""
    first_seen: int | None = None
    """The former value, when a withdrawn event may have set it."""
    last_seen: int | None = None


def withdraw(draft: Draft, gone: Sequence[Withdrawn], loss: Loss | None = None) -> Loss:
    """Take events out of a draft and return what it lacks, on top of an earlier loss."""
    loss = loss or Loss(attributes={})
    ids = {event.event_id for event in gone}
    draft.events = max(0, draft.events - sum(event.counted for event in gone))
    for name in [n for n, value in draft.attributes.items() if value.event_id in ids]:
        loss.attributes[name] = draft.attributes.pop(name)
    times = [event.at for event in gone]
    if loss.first_seen is None and any(at is None or at <= draft.first_seen for at in times):
        loss.first_seen, draft.first_seen = draft.first_seen, MOST_MS
    if loss.last_seen is None and any(at is None or at >= draft.last_seen for at in times):
        loss.last_seen, draft.last_seen = draft.last_seen, -MOST_MS
    return loss


def makes_up(draft: Draft, loss: Loss) -> bool:
    """Tell whether the draft is right as it is: nothing that survived can be stronger."""
    return (
        all(
            name in draft.attributes and rank(draft.attributes[name]) >= rank(lost)
            for name, lost in loss.attributes.items()
        )
        and (loss.first_seen is None or draft.first_seen <= loss.first_seen)
        and (loss.last_seen is None or draft.last_seen >= loss.last_seen)
    )


def settle(draft: Draft, loss: Loss, *, complete: bool) -> None:
    """End a withdrawal after the survivors were joined.

    Args:
        draft: the record.
        loss: what `withdraw` returned.
        complete: whether every event that the record counts could be joined; if not, the oldest were
            trimmed, and the first time stays as it was known.
    """
    if loss.first_seen is not None and (not complete or draft.first_seen == MOST_MS):
        draft.first_seen = min(draft.first_seen, loss.first_seen)
    if loss.last_seen is not None and draft.last_seen == -MOST_MS:
        draft.last_seen = loss.last_seen
