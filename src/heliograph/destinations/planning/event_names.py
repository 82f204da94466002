"""Event names that a vendor takes at all; how long they may be is each vendor's own matter."""

from heliograph.errors import DestinationError
from heliograph.model.event import Event


def usable_event_name(event: Event, vendor: str, *, reserved: str | None = None) -> str:
    """Return the event's name.

    Args:
        event: a track, page or screen event.
        vendor: how the vendor is called in messages.
        reserved: beginning of the names that are the vendor's own, in lower case.

    Raises:
        DestinationError: `destination.invalid_event`: it has none, or one that is the vendor's own.
    """
    name = event.event or ""
    if name.strip() and not (reserved and name.lower().startswith(reserved)):
        return name
    rule = f" that does not start with {reserved}" if reserved else ""
    raise DestinationError(
        "destination.invalid_event",
        f"{vendor} needs an event name{rule}",
        where="$.event",
        found=repr(name[:60]),
        hint="Rename the event in the blueprint.",
    )
