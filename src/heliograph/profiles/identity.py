"""Whom one event is about, and whether it merges an anonymous identifier into a customer.

1. The first profile id is the customer's if the event has a usable customer id, else the anonymous one.
   Values that stand for nobody (`null`, `guest`, the all-zero UUID …, see model/nobody.py) are no ids.
2. An event with both ids merges the anonymous one into the customer, once: an anonymous id that already
   belongs to another person stays there (a shared device), and the new customer starts clean.
3. Two customers are never merged by an event, and what an operator un-merged is not merged again.

All events that carry one anonymous id have it as their journal key, so they are applied in their order,
and the decision does not depend on how partitions interleave.
"""

from collections.abc import Mapping, Set
from functools import lru_cache
from typing import Literal

import msgspec

from heliograph.model.event import Event
from heliograph.model.identity import IdentityKind, first_profile_id
from heliograph.model.nobody import BUILT_IN

MergeRefusal = Literal["belongs_to_another", "unmerged_by_operator"]


class Identifier(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One identifier of an event with its first profile id."""

    profile_id: str
    kind: IdentityKind
    value: str


class IdentityDecision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an event says about who it is."""

    identifier: Identifier | None
    """The one the event is written on; None when it has no usable id."""
    anonymous: Identifier | None = None
    """The other one, when the event carries both."""
    merge_into: str | None = None
    """Canonical profile id that `anonymous` is to be merged into; None: no merge."""
    refusal: MergeRefusal | None = None
    """Why two ids of one event are not merged."""


def identifiers(event: Event) -> tuple[Identifier | None, Identifier | None]:
    """Return the (customer, anonymous) identifiers an event really has; blocked and empty ones are None."""
    customer = anonymous = None
    if event.customer_id is not None:
        customer = _identifier(event.workspace, "customer", event.customer_id)
    if event.anonymous_id is not None:
        anonymous = _identifier(event.workspace, "anonymous", event.anonymous_id)
    return customer, anonymous


@lru_cache(maxsize=8_192)
def _identifier(workspace: str, kind: IdentityKind, value: str) -> Identifier | None:
    """Return an identifier, None when it stands for nobody; each is asked for at least twice a batch."""
    if BUILT_IN.holds(value):
        return None
    return Identifier(profile_id=first_profile_id(workspace, kind, value), kind=kind, value=value)


def resolve(event: Event, *, canonical: Mapping[str, str], unmerged: Set[str]) -> IdentityDecision:
    """Decide whom an event is about and what it merges.

    Args:
        event: the event.
        canonical: merged profile id -> canonical id, for the event's ids at least.
        unmerged: ids that an operator un-merged, among the event's ids at least.
    """
    customer, anonymous = identifiers(event)
    if customer is None or anonymous is None:
        return IdentityDecision(identifier=customer or anonymous)
    target = canonical.get(customer.profile_id, customer.profile_id)
    present = canonical.get(anonymous.profile_id)
    refusal: MergeRefusal | None = None
    merge_into: str | None = None
    if present == target or anonymous.profile_id == target:
        pass
    elif present is not None:
        refusal = "belongs_to_another"
    elif anonymous.profile_id in unmerged:
        refusal = "unmerged_by_operator"
    else:
        merge_into = target
    return IdentityDecision(
        identifier=customer, anonymous=anonymous, merge_into=merge_into, refusal=refusal
    )
