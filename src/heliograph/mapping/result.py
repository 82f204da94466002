"""What a mapper gives back for one payload: mapped items and rejected items, in the order of the payload.

Generated code makes these by position, which is twice as fast; written code names the fields.
"""

import msgspec

from heliograph.model.json import Json
from heliograph.model.request import RejectedItem


class Mapped(msgspec.Struct, gc=False):
    """One item that became an event (or, for a users mapper, a profile update: `event` is None)."""

    index: int
    """Position in the batch, from 0; further results of an item are numbered after the last item."""
    customer_id: str | None
    anonymous_id: str | None
    event: str | None
    timestamp: int | None
    """UTC epoch milliseconds; None for a users mapper without `user_time`."""
    platform: str | None
    app_version: str | None
    properties: dict[str, Json]
    traits: dict[str, Json]
    group_id: str | None = None
    """The group that the person belongs to, and `traits` describe; None for what is no group."""


class Uncopied(msgspec.Struct, frozen=True):
    """What `create_all` of a mapped item found in place of an object, so that nothing was copied."""

    index: int
    """The item."""
    field: str
    """`attr.create_all` or `user_attributes.create_all`."""
    path: str
    """Place in the payload."""
    message: str


class MappingResult(msgspec.Struct, gc=False):
    """`len(mapped) + len(rejected)` is the number of items the payload holds, at least 1."""

    mapped: list[Mapped]
    rejected: list[RejectedItem]
    update_existing_only: bool = False
    """The mapper's flag: items of unknown customers are to be skipped by the engine."""
    uncopied: bool = False
    """Whether `create_all` of a mapped item found something that is no object: `notes` may say what."""
    notes: tuple[Uncopied, ...] = ()
