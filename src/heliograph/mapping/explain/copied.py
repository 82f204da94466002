"""What does `create_all` give an item, and what of the object it copies does it leave out?"""

from collections.abc import Sequence
from typing import Final

import msgspec

from heliograph.mapping.explain.explanation import FieldExplanation
from heliograph.mapping.explain.lookup import empty
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json

_LISTED: Final = 5
"""Names in one note."""
_SHORT: Final = 40
"""Characters of a name that is shown as it is."""


def copy_all(found: FieldExplanation) -> tuple[dict[str, Json], FieldExplanation]:
    """Return what is copied from the object that a path led to, and the field with just that as its value.

    Keys that are null are left out (readings A8 and A9); objects within stay values as they are.
    """
    value = found.value
    if found.reason is not None:
        return {}, found
    if not isinstance(value, dict):
        note = f"create_all copies the keys of an object; this is {a_kind_of(value)}."
        return {}, empty(found, "wrong_type", note)
    copied: dict[str, Json] = {n: member for n, member in value.items() if member is not None}
    notes: list[str] = []
    nested = [name for name, member in copied.items() if isinstance(member, dict)]
    if nested:
        stay = "stays one object value" if len(nested) == 1 else "stay object values"
        notes.append(f"Copied one level deep: {_listed(nested)} {stay}.")
    nulls = [name for name in value if name not in copied]
    if nulls:
        notes.append(f"Left out, being null: {_listed(nulls)}.")
    return copied, msgspec.structs.replace(found, value=copied, note=" ".join(notes) or None)


def overruled(found: FieldExplanation, names: Sequence[str]) -> FieldExplanation:
    """Return the field without the keys that attributes of the same name give another value."""
    assert isinstance(found.value, dict)
    kept = {name: value for name, value in found.value.items() if name not in names}
    own = f"Mapped by name, which wins: {_listed(names)}."
    note = own if found.note is None else f"{found.note} {own}"
    return msgspec.structs.replace(found, value=kept, note=note)


def _listed(names: Sequence[str]) -> str:
    named = [
        name if len(name) <= _SHORT and name.isprintable() else shown(name)
        for name in names[:_LISTED]
    ]
    more = len(names) - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "")
