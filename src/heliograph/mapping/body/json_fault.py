"""Why a body is no JSON, in words its sender can act on; never a piece of the body itself."""

import re
from typing import Final


def _one_of(characters: str) -> re.Pattern[bytes]:
    """Return a pattern of one of these, as UTF-8."""
    return re.compile(b"|".join(re.escape(each.encode()) for each in characters))


_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_HINTS: Final[tuple[tuple[re.Pattern[bytes], str], ...]] = (
    (re.compile(rb"[-+]?(?:NaN|Infinity|inf|nan)"), "NaN and Infinity are no JSON; send null."),
    (re.compile(rb"True|False|None|undefined"), "Use true, false and null, as JSON spells them."),
    (re.compile(rb"'"), "JSON puts names and strings in double quotes."),
    (re.compile("“|”".encode()), "JSON uses straight double quotes."),
    (re.compile(rb"/[/*]|#"), "JSON has no comments; remove them."),
    (re.compile(rb"<"), "This looks like XML or HTML; set the sender to JSON."),
    (
        _one_of("\uff1a\uff0c\uff5b\uff5d\uff3b\uff3d\uff02\u3001\u300c\u300d"),
        'A full-width sign of an Asian keyboard stands there; JSON is written with plain : , { } [ ] ".',
    ),
    (
        _one_of("\u00a0\u2000\u2001\u2002\u2003\u2007\u2009\u202f\u3000"),
        "An odd blank stands there, as pages and chats have them; type a plain one.",
    ),
    (
        _one_of("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"),
        "An invisible character stands there, as pages and chats have them; delete it.",
    ),
    (re.compile(rb"[\x00-\x1f]"), "Line breaks and tabs inside strings are written \\n and \\t."),
)
_CHECK: Final = "Check the body with a JSON validator: braces, brackets, commas and quotes."


def describe_json_fault(body: bytes, error: Exception, *, is_line: bool = False) -> tuple[str, str]:
    """Return what is wrong with its place (line and column, from 1), and what to do.

    Args:
        body: the JSON.
        error: what its reader raised.
        is_line: the body is one line of several; its place is the column alone.
    """
    if isinstance(error, UnicodeDecodeError):
        return "bytes that are not UTF-8", "Send UTF-8, or name the charset in the Content-Type."
    text = str(error)
    if "truncated" in text:
        return "JSON that ends too early", "Was the body cut off? Check for missing braces."
    if "out of range" in text:
        return (
            "a number too large to keep",
            "Send numbers within the range of a double, or as text.",
        )
    reason = _BYTE.sub("", text.removeprefix("JSON is malformed: ")).strip()
    match = _BYTE.search(text)
    if match is None:
        return f"malformed JSON: {reason}", _CHECK
    offset = min(int(match[1]), len(body))
    if "trailing" in reason and "comma" not in reason:
        offset -= 1  # msgspec points behind the first character that should not be there
    line = body.count(b"\n", 0, offset) + 1
    column = offset - (body.rfind(b"\n", 0, offset) + 1) + 1
    place = f"column {column}" if is_line else f"line {line}, column {column}"
    return f"malformed JSON: {reason} at {place}", _hint(body, offset)


def _hint(body: bytes, offset: int) -> str:
    before = body[:offset].rstrip()
    if body[offset : offset + 1] in (b"}", b"]") and before.endswith(b","):
        return "Remove the comma before the closing bracket."
    # A bad number is reported behind its sign.
    start = offset - 1 if before.endswith((b"-", b"+")) else offset
    for pattern, hint in _HINTS:
        if pattern.match(body, start):
            return hint
    return _CHECK
