"""What do `$lower`, `$upper`, `$trim`, `$title`, `$split` and `$template` make of a text?"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from heliograph.mapping.document.plan import TextChange
from heliograph.mapping.document.selection import text_of
from heliograph.model.json import Json

_NAME: Final = 100
"""Characters of a text whose title is remembered."""
_SEPARATORS: Final = re.compile(r"[\s_\-./:]+")


def as_text(value: Json) -> str | None:
    """Return a text, number or boolean as text (`true`, `5`, `1.5`); None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text_of(value)


def is_filled(value: Json) -> bool:
    """Tell whether `$first` takes a value: it is neither null nor a text of blanks or nothing."""
    if isinstance(value, str):
        return bool(value) and not value.isspace()
    return value is not None


def title(text: str) -> str:
    """Return a text with separators as blanks and each word begun with a capital.

    What stands in capitals as a whole is set in small letters first (`ORDER_PAID` is `Order Paid`); capitals
    inside other words stay (`GitHub_push` is `GitHub Push`).
    """
    words = _SEPARATORS.sub(" ", text).split()
    return " ".join(
        word[0].upper() + (word[1:].lower() if word.isupper() else word[1:]) for word in words
    )


_title_of_name: Final = lru_cache(maxsize=2048)(title)


def _title(text: str) -> str:
    """Do what `title` does; names of events and states come again and again."""
    return _title_of_name(text) if len(text) <= _NAME else title(text)


CHANGES: Final[dict[TextChange, Callable[[str], str]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "trim": str.strip,
    "title": _title,
}


def change_of(how: TextChange) -> Callable[[Json], Json]:
    """Return the function of one value: numbers and booleans stay as they are, objects give None."""
    change = CHANGES[how]

    def changed(value: Json) -> Json:
        if isinstance(value, str):
            return change(value)
        return None if isinstance(value, dict) else value

    return changed


def splitter(by: str, take: int | None, limit: int | None) -> Callable[[Json], Json]:
    """Return the function of one value: a piece, or all of them; None when there is no such piece."""
    most = -1 if limit is None else limit - 1

    def split(value: Json) -> Json:
        text = as_text(value)
        if text is None:
            return None
        pieces = text.split(by, most)
        if take is None:
            found: list[Json] = [*pieces]
            return found
        return pieces[take] if -len(pieces) <= take < len(pieces) else None

    return split


def joiner(parts: tuple[str | None, ...]) -> Callable[..., str | None]:
    """Return the function that fills a template: takes a value for each None in `parts`, in order."""

    def join(*values: Json) -> str | None:
        rest = iter(values)
        pieces: list[str] = []
        for part in parts:
            piece = part if part is not None else as_text(next(rest))
            if piece is None:
                return None
            pieces.append(piece)
        return "".join(pieces)

    return join
