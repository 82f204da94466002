"""What is odd about a name, an address or a document, in words that whoever wrote it can act on.

Texts are copied from chats, tables and pages, which bring along what nobody sees: a space without width, a
space that does not break, a byte order mark; or a full-width form of a colon or a question mark.
"""

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Final

_INVISIBLE: Final = frozenset({"Cf", "Cc", "Zl", "Zp", "Mn"})
_QUOTES: Final = dict.fromkeys("“”„‟", '"') | dict.fromkeys("‘’‚‛", "'")
_ALIKE: Final = 0.75
LONGEST: Final = 200
"""Characters of a name that are looked at."""


def oddity(text: str, where: str) -> str:
    """Return a sentence about what is odd in a text, to be put behind another one; empty when nothing is.

    Args:
        text: a name, or a path.
        where: what it is, e.g. `configName`.
    """
    if text != text.strip(" "):
        return f". There is a blank at the edge of {where}"
    for place, character in enumerate(text[:LONGEST], 1):
        said = odd_character(character)
        if said is not None:
            return f". Character {place} of {where} {said}"
    return ""


def odd_character(character: str) -> str | None:
    """Return what is odd about a character (`is invisible (U+200B, …)`), or None when nothing is."""
    code = f"U+{ord(character):04X}, {unicodedata.name(character, 'unnamed').lower()}"
    if unicodedata.category(character) in _INVISIBLE:
        return f"is invisible ({code}): type it anew"
    if character.isspace() and character != " ":
        return f"is an odd blank ({code}): type it anew"
    plain = _QUOTES.get(character) or unicodedata.normalize("NFKC", character)
    if plain != character and plain.isascii():
        return f"is no {plain!r} but looks like it ({code})"
    return None


def meant(name: str, known: Iterable[str]) -> str:
    """Return `. Did you mean '…'?` for the known name that is most like this one; empty when none is."""
    by_form = {_form(each): each for each in known}
    form = _form(name)
    near = [form] if form in by_form else difflib.get_close_matches(form, by_form, 1, _ALIKE)
    return f". Did you mean '{by_form[near[0]]}'?" if near else ""


def _form(name: str) -> str:
    """Return what two spellings of a name have in common."""
    plain = unicodedata.normalize("NFKC", name[:LONGEST]).casefold()
    return "".join(each for each in plain if each.isalnum())
