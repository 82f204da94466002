"""What are the parts of a `$template`? Texts, and what stands in braces between them.

`{$.a}` holds a path, which may have braces inside its quoted names; `{{` and `}}` are a brace, and so is
a `}` that closes nothing.
"""

import msgspec

from heliograph.errors import ConfigError


class Slot(msgspec.Struct, frozen=True):
    """What stands in one pair of braces, without blanks around it."""

    inside: str


def read_template(text: str) -> list[str | Slot]:
    """Return the parts in order; no two texts stand beside each other.

    Raises:
        ConfigError: `mapper.invalid`, for a brace that is not closed.
    """
    parts: list[str | Slot] = []
    plain: list[str] = []
    position = 0
    while position < len(text):
        pair, sign = text[position : position + 2], text[position]
        if pair in ("{{", "}}"):
            plain.append(sign)
            position += 2
        elif sign == "{":
            end = _end_of(text, position + 1)
            parts += ["".join(plain)] if plain else []
            parts.append(Slot(text[position + 1 : end].strip()))
            plain = []
            position = end + 1
        else:
            plain.append(sign)
            position += 1
    return [*parts, "".join(plain)] if plain else parts


def _end_of(text: str, start: int) -> int:
    """Return where the brace closes; braces inside quotes do not count."""
    quote = ""
    position = start
    while position < len(text):
        sign = text[position]
        if quote:
            if sign == "\\":
                position += 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"":
            quote = sign
        elif sign == "}":
            return position
        position += 1
    raise ConfigError(
        "mapper.invalid",
        "A brace of this template is not closed.",
        found=text[start - 1 : start + 40],
        allowed="{$.path}, and {{ for a brace",
    )
