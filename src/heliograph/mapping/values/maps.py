"""What does `$map` make of a value?"""

import enum
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from heliograph.mapping.values.texts import as_text
from heliograph.model.json import Json


class Unlisted(enum.Enum):
    """Stands for what the values of a `$map` do not name."""

    UNLISTED = "unlisted"


UNLISTED: Final = Unlisted.UNLISTED

Find: TypeAlias = Callable[[Json], Json | Unlisted]


def finder(values: Mapping[str, Json], *, ignore_case: bool) -> Find:
    """Return the function of one value, compared as text: `1` and `"1"` are the same, and so is `1.0`.

    Args:
        values: to what, by the text; lower-case and trimmed with `ignore_case`.
        ignore_case: whether case and outer blanks of the value do not matter.
    """

    def find(value: Json) -> Json | Unlisted:
        text = str(value) if type(value) is int else as_text(value)
        if text is None:
            return UNLISTED
        return values.get(text.strip().lower() if ignore_case else text, UNLISTED)

    return find


def mapped(find: Find, value: Json, default: Json, *, keep: bool) -> Json:
    """Return what a value is mapped to; of a list, each of its elements.

    Args:
        find: see `finder`.
        value: a value; None when it is missing.
        default: what an unlisted or missing value becomes.
        keep: whether there is no default, and an unlisted value stays as it is.
    """
    if isinstance(value, list):
        each = [
            each if found is UNLISTED and keep else default if found is UNLISTED else found
            for each, found in ((each, find(each)) for each in value)
        ]
        return each if any(found is not None for found in each) else None
    found = find(value)
    if found is not UNLISTED:
        return found
    return value if keep else default
