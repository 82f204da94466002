"""Which identifiers stand for nobody? One list for every kind: customer, anonymous, group, alias.

A sender that has no identifier at hand seldom sends none: it sends what its language prints for nothing
(`null`, `undefined`, `[object Object]`, `NaN`), a placeholder (`guest`, `n/a`, the all-zero UUID of a phone
that tells no advertising id), the hash of one of these, or the template it forgot to fill (`{{user.id}}`,
`${id}`). Taken for an identifier, each would make one person of many strangers. A workspace adds its own
words (`blocked_identifiers` of workspace.toml). What one vendor refuses besides is checked by its destination
alone: 1 and 2 are customers of many a shop.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

BLANKS: Final = "".join(
    map(
        chr,
        [
            *range(0x21),
            *range(0x7F, 0xA1),
            *[0xAD, 0x34F, 0x61C, 0x1680, 0x180E],
            *range(0x2000, 0x2010),
            *range(0x2028, 0x2030),
            *range(0x205F, 0x2070),
            *[0x2800, 0x3000, 0x3164, 0xFEFF, 0xFFA0],
        ],
    )
)
"""What is trimmed at both ends of an identifier: blanks, control characters and what has no width (byte order
marks, zero-width spaces and joiners, marks of direction), which spreadsheets and web pages leave in texts."""

WORDS: Final[frozenset[str]] = frozenset(
    [
        *["", "null", "nil", "none", "undefined", "void", "nan", "-nan", "inf", "-inf", "infinity"],
        *["-infinity", "n/a", "na", "n.a.", "#n/a", "#ref!", "#value!", "#name?", "#null!"],
        *["#num!", "#div/0!", "unset", "not set", "not_set", "not-set", "notset", "no value"],
        *["not available", "not provided", "not applicable", "not_authenticated", "empty"],
        *["blank", "missing", "invalid", "invalid date", "invalid_date", "redacted", "filtered"],
        *["masked", "unknown", "unidentified", "anonymous", "anon", "guest"],
        *["visitor", "nobody", "no-one", "-1", "true", "false", "\\n", "\\0"],
        *["object", "array", "string", "integer", "number", "boolean", "function"],
        *["id", "_id", "uid", "uuid", "guid", "user_id", "userid", "user-id", "user id"],
        *["customer_id", "customerid", "customer-id", "customer id", "distinct_id", "distinctid"],
        *["anonymous_id", "anonymousid", "anon_id", "anonid", "external_id", "externalid"],
        *["client_id", "clientid", "device_id", "deviceid", "contact_id", "member_id", "email"],
        *["your_user_id", "your-user-id", "user_id_here", "insert_user_id_here", "replace_me"],
        *["(other)", "(direct)", "no id", "no user", "not logged in"],
        *["changeme", "placeholder", "system.object", "system.string[]"],
        # The ANDROID_ID of a whole series of phones, the MAC address that phones show, a board's serial.
        "urn:uuid:00000000-0000-0000-0000-000000000000",
        *["9774d56d682e549c", "02:00:00:00:00:00", "0123456789abcdef"],
    ]
)
"""In lower case. Compared with the whole identifier, trimmed and in lower case."""

_PRINTED: Final = (
    *[
        "",
        " ",
        "0",
        "null",
        "NULL",
        "Null",
        "none",
        "None",
        "NONE",
        "nil",
        "undefined",
        "NaN",
        "nan",
    ],
    *["unknown", "Unknown", "UNKNOWN", "anonymous", "Anonymous", "guest", "Guest", "n/a", "N/A"],
    *["na", "true", "True", "false", "False", "[object Object]", "{}", "[]", '""', "(null)"],
)
_HASHES: Final = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def _hashed() -> frozenset[str]:
    """Return the hashes of nothing as hexadecimal digits, as a sender makes them that hashes identifiers."""
    return frozenset(
        hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
        for name in _HASHES
        for text in _PRINTED
    )


_BLOCKED: Final = WORDS | _hashed()

_UUID: Final = r"(?!\{?[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?\Z)"
_SHAPES: Final = re.compile(
    # Zeros, or the last possible value, with or without the marks of a UUID, an address or a date.
    r"[{(]?(?:[0.:/ -]+|[fF]{16}(?:[fF]{16})?|([fFxX])\1{7}(?:-\1{4}){3}-\1{12})[)}]?"
    # No letter, digit or character beyond ASCII at all: ?, --, "", {}, ***.
    r"|[\x00-/:-@\[-`{-\x7f\ufffd\u2013\u2014\u2022\u2026]+"
    # A name to be replaced, or an object: <nil>, {id}, {"id": 1}; but a UUID may stand in braces.
    r"|<[^<>@]*>|" + _UUID + r"\{[^{}]*\}"
    # In [ ] and ( ) stand real ones too, [123] and (Anna): only what names an identifier is a placeholder.
    r"|[\[(](?:[A-Za-z]+[ _-])*(?i:id|uid|uuid|guid|email|phone|name|here)[\])]"
    # Names that were to be replaced: :id, $user_id, %user_id%, %s, %(id)s, __USER_ID__, @@id@@, ##id##.
    r"|:[A-Za-z_]\w*|\$[A-Za-z_][\w.]*|%[A-Za-z_][\w.-]*%|%[a-z]|%\d+\$[a-z]|%\(\w+\)[a-z]"
    r"|__[A-Z][A-Z0-9_]*__|@@?[A-Za-z_][\w.]*@@?(?<=@)|\#\#?[A-Za-z_][\w.]*\#\#?(?<=\#)"
    # What a language prints for an object it cannot show.
    r"|\#<[^<>]*>|\[(?i:object|function|circular|native code)\b.*",
    re.DOTALL,
)
_NOTHING: Final = (
    r"(?:(?:null|undefined)+|nil|none|nan|void|n/a|unknown|anonymous|anon|guest|0+)(?![^\W_])"
)
_BETWEEN: Final = r"[\s_.,:;/|@+&~#()<>\[\]\"'-]"
_JOINED: Final = re.compile(
    rf"{_BETWEEN}*{_NOTHING}(?:{_BETWEEN}+{_NOTHING})*(?:\.(?:com|net|org|local|test|invalid))?{_BETWEEN}*"
)
"""Several words of nothing, as a sender joins parts it lacks: `null null`, `undefined-0`, `null@null.com`."""
_TEMPLATES: Final = re.compile(
    r"\{\{|\}\}|\$\{|\#\{|%\{|@\{|\{%|%\}|<%|%>|\[\[|\]\]|<<|>>|\*\||\|\*|%%|\{\#|\[%|%\]|\$\(|\{!"
)
"""No identifier holds one of these marks; a template that was not filled does."""
ORDINARY: Final = re.compile(
    r"(?!(?i:null|undef|nil|none|nan|void|n/a|unknown|anon|guest))"
    r"(?:[1-9A-EG-WYZa-eg-wyz]|0[1-9A-Za-z]|[fF][0-9A-EG-Za-eg-z_@.+-]|[xX][0-9A-WYZa-wyz_@.+])"
    r"[!\"&'()+,\-./0-9:;=?@A-Z\\^_`a-z~]*"
)
"""Printable ASCII without blanks, beginning unlike any of the shapes and joins, without a mark of a template:
nothing is to be trimmed, and only the words can block it."""
_ENCODED: Final = re.compile(r"%(?:7[BbDd]|5[BbDd]|3[CcEe]|2[0-9CcFf]|40)|&(?:lt|#)")
_WRAPS: Final = frozenset(['""', "''", "``", "[]", "()"])
LAYERS: Final = 3
"""How many quotes, brackets and escapes around an identifier are looked through: `"%257Bid%257D"` has 3."""


def trimmed(text: str) -> str:
    """Return an identifier without blanks and invisible characters at its ends."""
    return text.strip(BLANKS)


class Blocklist:
    """The identifiers that stand for nobody in one workspace; immutable.

    A text that is `ORDINARY` is blocked only when it is one of the `words` in lower case.
    """

    __slots__ = ("words",)

    def __init__(self, more: Iterable[str] = ()) -> None:
        """Take the words of a workspace besides the built-in ones; their case does not matter."""
        self.words: frozenset[str] = _BLOCKED | {trimmed(word).lower() for word in more}

    def holds(self, value: str) -> bool:
        """Tell whether an identifier stands for nobody; blanks around it do not matter.

        Quotes, brackets and escapes around it are taken off, `LAYERS` at most: what is wrapped still deeper
        is no identifier, whatever it holds.
        """
        for _ in range(LAYERS + 1):
            value = trimmed(value)
            lower = value.lower()
            if lower in self.words:
                return True
            if ORDINARY.fullmatch(value) is not None:
                return False
            if (
                _SHAPES.fullmatch(value) is not None
                or _TEMPLATES.search(value) is not None
                or _JOINED.fullmatch(lower) is not None
            ):
                return True
            inner = _unwrapped(value)
            if inner == value:
                return False
            value = inner
        return True


def _unwrapped(value: str) -> str:
    """Return a text without its outermost quotes, brackets or escapes; as it is when it has none."""
    if len(value) > 2 and value[0] + value[-1] in _WRAPS:
        return value[1:-1]
    if _ENCODED.search(value) is None:
        return value
    return unquote(value).replace("&lt;", "<").replace("&gt;", ">")


class Usable(dict[str, str | None]):
    """Texts as identifiers: trimmed, None for one that stands for nobody.

    It remembers what it was asked for, as a sender names the same persons again and again.
    """

    _MOST = 4_096
    _LONGEST = 100
    """Characters of a text that is remembered: what a stranger sends must not fill the memory."""

    def __init__(self, blocked: Blocklist) -> None:
        super().__init__()
        self._blocked = blocked

    def __missing__(self, text: str) -> str | None:
        if ORDINARY.fullmatch(text) is not None:
            found = None if text.lower() in self._blocked.words else text
        else:
            value = trimmed(text)
            found = None if not value or self._blocked.holds(value) else value
        if len(text) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self[text] = found
        return found


BUILT_IN: Final = Blocklist()
"""What stands for nobody in every workspace."""
