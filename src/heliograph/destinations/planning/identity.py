"""Who a request is about: the person's known customer id, else the anonymous id.

The person's id goes before the event's own: after a merge, an old event belongs to the person it was
merged into. Placeholders such as `guest` stand for nobody (`model.nobody`).
"""

from heliograph.destinations.base import Person
from heliograph.errors import DestinationError
from heliograph.model.event import Event
from heliograph.model.nobody import BUILT_IN


def customer_id_of(event: Event, person: Person) -> str | None:
    """Return the customer id to send under, None while the person is not identified."""
    for candidate in (person.customer_id, event.customer_id):
        if candidate is not None and not BUILT_IN.holds(candidate):
            return candidate
    return None


def anonymous_id_of(event: Event, person: Person) -> str | None:
    """Return the anonymous id to send under: the event's own, else the person's first."""
    for candidate in (event.anonymous_id, *person.anonymous_ids):
        if candidate is not None and not BUILT_IN.holds(candidate):
            return candidate
    return None


def missing_identity(event: Event, vendor: str) -> DestinationError:
    """Return the error for an event that names nobody `vendor` could attach it to."""
    found = None
    for what, value in (("customer", event.customer_id), ("anonymous", event.anonymous_id)):
        if value is not None:
            found = f"the blocked value {value[:40]!r} as {what} id"
            break
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
