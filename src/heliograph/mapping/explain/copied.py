"""What does `create_all` give an item, and what of the object it copies does it leave out?"""

import json
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from heliograph.mapping.document.plan import CREATE_ALL
from heliograph.mapping.explain.explanation import FieldExplanation, ItemExplanation
from heliograph.mapping.explain.lookup import empty
from heliograph.mapping.result import Mapped, Uncopied
from heliograph.mapping.values.json_texts import holds_json
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json

_LISTED: Final = 5
"""Names in one note."""
_DOCUMENT: Final = {
    f"properties.{CREATE_ALL}": f"attr.{CREATE_ALL}",
    f"traits.{CREATE_ALL}": f"user_attributes.{CREATE_ALL}",
}
_SHORT: Final = 40
"""Characters of a name that is shown as it is."""


def copy_all(found: FieldExplanation, *, advise: bool) -> tuple[dict[str, Json], FieldExplanation]:
    """Return what is copied from the object that a path led to, and the field with just that as its value.

    Keys that are null are left out (readings A8 and A9); objects within stay values as they are. With
    `advise` a text is looked at: one that holds JSON was meant as an object.
    """
    value = found.value
    if found.reason is not None:
        return {}, found
    if not isinstance(value, dict):
        if value == "":
            return {}, empty(found, "empty", "The text is empty.")
        note = f"create_all copies the keys of an object; this is {a_kind_of(value)}"
        if advise and isinstance(value, str) and holds_json(value):
            reads = json.dumps({"$json": found.source})
            note += (
                f" that holds JSON: {reads} reads it"
                if found.source[0] == "$"
                else " that holds JSON"
            )
        note += "."
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


def uncopied_of(item: ItemExplanation) -> Iterator[Uncopied]:
    """Yield what the `create_all` of a mapped item found that is no object."""
    for field in item.fields if isinstance(item.outcome, Mapped) else ():
        key = _DOCUMENT.get(field.field)
        if key is not None and field.reason == "wrong_type":
            place = field.matches[-1].path if field.matches else item.path
            yield Uncopied(item.outcome.index, key, place, field.note or "")


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
