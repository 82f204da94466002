"""What of a payload becomes an attribute, and what does not because it can be another person's."""

import msgspec

from heliograph.mapping.infer.survey import Steps


class Picked(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of the proposed mapper."""

    group: str
    """`attr` or `user_attributes`."""
    name: str
    path: str
    score: float
    why: str
    steps: Steps


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """What is not mapped, because it can be another person's."""

    field: str
    score: float
    """How sure it is, 0 to 1, that it could have been mapped."""
    why: str
