"""Which of two attribute values wins.

A value from an event with a customer id beats one from an anonymous event; then the later event (by
its own time, not by arrival) wins; then the greater event id, of the first generation: a corrected event
stands where the one it replaced stood. The join is commutative, associative and
idempotent, so a person looks the same in whatever order events and merges arrive.

Source: MoEngage, anonymous to registered merge: the registered value wins, anonymous-only attributes are
kept (reference of mid-2026).
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from heliograph.model.ids import first_generation_id
from heliograph.storage.profiles import AttributeValue

_encode: Final[Callable[[object], bytes]] = msgspec.json.Encoder(order="deterministic").encode


def winner(a: AttributeValue, b: AttributeValue) -> AttributeValue:
    """Return the value that is kept of two; either, when they are equal."""
    if a.known != b.known:
        return a if a.known else b
    if a.at != b.at:
        return a if a.at > b.at else b
    left, right = rank(a), rank(b)
    if left != right:
        return a if left > right else b
    # One event has one value per name; a total order keeps the join commutative regardless.
    return a if _text(a) >= _text(b) else b


def rank(attribute: AttributeValue) -> tuple[bool, int, str]:
    """Return what decides between two values: the greater one wins."""
    return attribute.known, attribute.at, first_generation_id(attribute.event_id)


def _text(attribute: AttributeValue) -> tuple[str, bytes, str]:
    return attribute.event_id, _encode(attribute.value), attribute.source_id


def join(
    a: Mapping[str, AttributeValue], b: Mapping[str, AttributeValue]
) -> dict[str, AttributeValue]:
    """Return all attributes of both, the winner where both have one; sorted by name."""
    joined = dict(a)
    for name, value in b.items():
        mine = joined.get(name)
        joined[name] = value if mine is None else winner(mine, value)
    return dict(sorted(joined.items()))
