"""A person, made of the records of all its identifiers."""

from collections.abc import Iterable

import msgspec

from heliograph.errors import InvariantBroken
from heliograph.model.json import Json
from heliograph.profiles.attributes import join
from heliograph.storage.profiles import AttributeValue, ProfileRecord


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of one person, merges resolved. Times are UTC epoch milliseconds."""

    profile_id: str
    """Canonical profile id."""
    workspace: str
    customer_id: str | None
    """The known customer id; None while the person is anonymous."""
    other_customer_ids: tuple[str, ...]
    """Those of customers that an operator merged into this one, sorted."""
    anonymous_ids: tuple[str, ...]
    """Sorted."""
    attributes: dict[str, AttributeValue]
    """By name, sorted, each with where it came from."""
    first_seen: int
    last_seen: int
    events: int
    """Number of events applied."""

    @property
    def traits(self) -> dict[str, Json]:
        """The attributes as plain values."""
        return {name: attribute.value for name, attribute in self.attributes.items()}


def fold(canonical: str, records: Iterable[ProfileRecord]) -> Person:
    """Return the person of a canonical id; the order of `records` does not matter.

    Args:
        canonical: the canonical profile id.
        records: the records of it and of every id merged into it; at least one.

    Raises:
        InvariantBroken: there is no record at all, or they are of several workspaces.
    """
    members = list(records)
    if len(members) == 1:
        return _alone(canonical, members[0])
    if members:
        members.sort(key=lambda record: (record.profile_id != canonical, record.value))
    if not members or len({record.workspace for record in members}) != 1:
        raise InvariantBroken(f"{canonical}: records of no or of several workspaces")
    customers = [record.value for record in members if record.kind == "customer"]
    attributes = members[0].attributes
    for record in members[1:]:
        attributes = join(attributes, record.attributes)
    return Person(
        profile_id=canonical,
        workspace=members[0].workspace,
        customer_id=customers[0] if customers else None,
        other_customer_ids=tuple(sorted(customers[1:])),
        anonymous_ids=tuple(sorted(r.value for r in members if r.kind == "anonymous")),
        attributes=attributes,
        first_seen=min(record.first_seen for record in members),
        last_seen=max(record.last_seen for record in members),
        events=sum(record.events for record in members),
    )


def _alone(canonical: str, record: ProfileRecord) -> Person:
    """Return the person of one record, as nearly everybody is."""
    known = record.kind == "customer"
    return Person(
        profile_id=canonical,
        workspace=record.workspace,
        customer_id=record.value if known else None,
        other_customer_ids=(),
        anonymous_ids=() if known else (record.value,),
        attributes=record.attributes,
        first_seen=record.first_seen,
        last_seen=record.last_seen,
        events=record.events,
    )
