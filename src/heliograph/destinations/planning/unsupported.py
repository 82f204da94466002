"""Which parts of an event a vendor's requests have no place for."""

from collections.abc import Iterator
from typing import Final

from heliograph.model.event import Event

_PARTS: Final = (
    *("properties", "traits", "context", "platform", "app_version", "group_id"),
    "update_existing_only",
)
"""What an event says besides its name, its time and whom it is about."""


def without_place(event: Event, places: frozenset[str]) -> Iterator[str]:
    """Yield the parts that an event has and that are not among `places`."""
    for part in _PARTS:
        if part not in places and getattr(event, part):
            yield part
