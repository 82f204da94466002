r"""The one place that text from outside passes before it reaches a terminal or a text log.

A sender chooses names, ids, bodies, headers and, through them, what error messages quote. On a terminal some
characters are commands: they move the cursor, change colours and titles, turn the order of what follows,
or begin a line that looks like ours. Here they become visible: `\x1b`, `\n`, `\u202e`.

What is made visible: the control characters of ASCII and Latin-1 (C0, DEL, C1), line and paragraph
separators, everything that steers the direction of text, invisible format characters and tags, and halves
of surrogate pairs. Letters, emoji, joiners and spaces of any script stay as they are.
"""

import re
from typing import Final

UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_line(text: str) -> str:
    """Return a text in which nothing is left that a terminal would obey, line breaks included."""
    return UNSAFE.sub(_visible, text) if not text.isprintable() else text


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that may have several, each as `one_line` makes it.

    Only line feeds, and carriage returns before them, part lines.
    """
    return [one_line(line.removesuffix("\r")) for line in text.split("\n")]


def json_text(encoded: str) -> str:
    """Return JSON with the characters that a terminal would obey escaped as JSON has it.

    Args:
        encoded: JSON of one line or several; line feeds between its values stay.
    """
    return UNSAFE.sub(_json_escape, encoded)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if match[0] in _SHORT:
        return _SHORT[match[0]]
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _json_escape(match: re.Match[str]) -> str:
    if match[0] in "\n":
        return match[0]  # between values; within one it is escaped already
    code = ord(match[0])
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
