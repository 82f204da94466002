"""Who a request is about: the person's known customer id, else the anonymous id.

The person's id goes before the event's own: after a merge, an old event belongs to the person it was
merged into. Placeholders such as `guest` stand for nobody (`model.identity.BLOCKED_VALUES`).
"""

from heliograph.destinations.base import Person
from heliograph.errors import DestinationError
from heliograph.model.event import Event
from heliograph.model.identity import is_blocked


def customer_id_of(event: Event, person: Person) -> str | None:
    """Return the customer id to send under, None while the person is not identified."""
    for candidate in (person.customer_id, event.customer_id):
        if candidate is not None and not is_blocked(candidate):
            return candidate
    return None


def anonymous_id_of(event: Event, person: Person) -> str | None:
    """Return the anonymous id to send under: the event's own, else the person's first."""
    if event.anonymous_id:
        return event.anonymous_id
    return person.anonymous_ids[0] if person.anonymous_ids else None


def missing_identity(event: Event, vendor: str) -> DestinationError:
    """Return the error for an event that names nobody `vendor` could attach it to."""
    found = None
    if event.customer_id is not None:
        found = f"the placeholder {event.customer_id[:40]!r} as customer id"
    return DestinationError(
        "destination.invalid_event",
        f"{vendor} needs to know who the event is about, and it names nobody",
        where="$.customer_id",
        found=found,
        allowed="a customer id or an anonymous id",
        hint="Map customer_id or anon_id in the source's mapper.",
    )


def check_length(identifier: str, limit: int, vendor: str) -> str:
    """Return the identifier unchanged.

    Raises:
        DestinationError: `destination.invalid_event`, when it is longer than `limit` characters:
            cutting it would attach the event to somebody else.
    """
    if len(identifier) > limit:
        raise DestinationError(
            "destination.invalid_event",
            f"{vendor} takes identifiers of at most {limit} characters",
            where="$.customer_id",
            found=f"{len(identifier)} characters",
            allowed=f"1 to {limit} characters",
        )
    return identifier
