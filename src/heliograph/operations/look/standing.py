"""History as it stands: events out of the journal without those that a later generation replaced.

The journal keeps everything that was ever appended. A reader that wants what is true now passes each page
it reads through `standing`: superseded generations and retractions fall out, everything else stays, in
the order of the page. A remap is seen as soon as the engine has applied its events; until then the former
generation stands beside the new one, so a reader that needs the two in step waits for the engine's cursor.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from heliograph.model.event import Event
from heliograph.storage.store import Reader

T = TypeVar("T")


def standing(page: Sequence[T], reader: Reader, *, event_of: Callable[[T], Event]) -> list[T]:
    """Return what of a page of events stands; one query.

    Args:
        page: events, or what holds one each.
        reader: a view of the store that is not older than the page.
        event_of: gives the event of an element.
    """
    events = [event_of(one) for one in page]
    gone = reader.applied.superseded_by([event.event_id for event in events])
    return [
        one
        for one, event in zip(page, events, strict=True)
        if event.event_id not in gone and not event.retracted
    ]
