"""Which charset is a text in, and how is it decoded without losing a character in silence?

Labels are those of the WHATWG Encoding Standard (library webencodings), so `latin1` is windows-1252 as in
browsers, and what is a codec of Python but no charset (`rot13`, `zlib`, `idna`, `utf-7`) is unknown. The
tables are Python's, mended where the standard's differ: the C1 controls of the windows family, `gbk` read as
gb18030, the JIS symbols of EUC-JP, two letters of KOI8-U.

Decoding is strict: bytes that are none of the charset are refused, naming the place, and never become U+FFFD.
"""

import codecs
import re
from collections.abc import Sequence
from typing import Final

import msgspec
import webencodings

from heliograph.errors import InputError

UTF_8: Final = "utf-8"

_NO_TEXT: Final = frozenset(["replacement", "x-user-defined"])
"""Encodings of the standard that are made to give no text."""
_CODECS: Final = {
    "gbk": "gb18030",
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_C1: Final = "heliograph.c1"
_EURO: Final = "heliograph.euro"
_ERRORS: Final = {"gbk": _EURO, "windows-874": _C1, **{f"windows-125{n}": _C1 for n in range(9)}}
_MENDED: Final = {
    "euc-jp": dict(
        zip("\u301c\u2016\u2212\xa2\xa3\xac", "\uff5e\u2225\uff0d\uffe0\uffe1\uffe2", strict=True)
    ),
    "koi8-u": {"\u255d": "\u045e", "\u256c": "\u040e"},
}
_PRIVATE: Final = {"shift_jis": frozenset("\uf8f0\uf8f1\uf8f2\uf8f3")}
"""What Python makes of bytes that the standard does not know."""
_TABLES: Final = {name: str.maketrans(table) for name, table in _MENDED.items()}


def _c1(error: UnicodeError) -> tuple[str, int]:
    """Read a byte of 0x80 to 0x9F that has no letter as the control character of its number."""
    if isinstance(error, UnicodeDecodeError) and 0x80 <= error.object[error.start] < 0xA0:
        return chr(error.object[error.start]), error.start + 1
    raise error


def _euro(error: UnicodeError) -> tuple[str, int]:
    """Read the single byte 0x80 of Chinese Windows as the euro sign."""
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0x80:
        return "€", error.start + 1
    raise error


codecs.register_error(_C1, _c1)
codecs.register_error(_EURO, _euro)


class Charset(msgspec.Struct, frozen=True):
    """A charset under the name that the standard gives it."""

    name: str

    def decode(self, data: bytes) -> str:
        """Return the text.

        Raises:
            UnicodeDecodeError: the bytes are none of this charset.
        """
        name = self.name
        if name == UTF_8:
            return data.decode()
        codec = _CODECS.get(name)
        if codec is None:
            codec = webencodings.lookup(name).codec_info.name  # type: ignore[union-attr]
        text = data.decode(codec, _ERRORS.get(name, "strict"))
        table = _TABLES.get(name)
        if table is not None:
            text = text.translate(table)
        private = _PRIVATE.get(name)
        if private is not None and not private.isdisjoint(text):
            raise UnicodeDecodeError(name, data, 0, len(data), "a byte that means nothing")
        return text


_UTF_8: Final = Charset(UTF_8)


def find_charset(label: str) -> Charset | None:
    """Return the charset of a label, None when the standard knows none; case and blanks do not matter."""
    found = webencodings.lookup(label)
    return None if found is None or found.name in _NO_TEXT else Charset(found.name)


_LABEL: Final = re.compile(r"""(?i);\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^;,\s]*))""")


def charset_label(content_type: str) -> str | None:
    """Return the charset parameter of a Content-Type, None when it has none."""
    found = _LABEL.search(content_type)
    return None if found is None else next((each for each in found.groups() if each), None)


def without_charset(content_type: str) -> str:
    """Return a Content-Type without its charset parameter."""
    return _LABEL.sub("", content_type)


def charset_of(label: str | None, *, where: str) -> Charset | None:
    """Return the charset that something declares, None when it declares none.

    Raises:
        InputError: 415 `body.charset`: the label is that of no charset we read.
    """
    if label is None or not label.strip():
        return None
    found = find_charset(label)
    if found is None:
        raise InputError(
            "body.charset",
            f"the charset {label.strip()[:40]!r} is not known",
            status=415,
            where=where,
            found=label.strip()[:40],
            allowed="a label of the WHATWG Encoding Standard, e.g. utf-8, windows-1252, shift_jis",
            hint="Send UTF-8, or name the charset by its label.",
        )
    return found


class Decoder:
    """Decodes the texts of one request: by what is declared, else by what the mapper says, else as UTF-8."""

    __slots__ = ("_charsets", "_fallback")

    def __init__(self, declared: Charset | None = None, fallback: Charset | None = None) -> None:
        """Take both charsets; `fallback` also reads what is not in the one that is declared."""
        self._fallback = fallback
        first = declared or fallback or _UTF_8
        rest = fallback if fallback is not None and fallback != first else None
        self._charsets: Sequence[Charset] = (first,) if rest is None else (first, rest)

    def with_declared(self, declared: Charset | None) -> "Decoder":
        """Return a decoder for a part that declares its own charset: what the whole declares is not its."""
        return self if declared is None else Decoder(declared, self._fallback)

    def text(self, data: bytes, where: str) -> str:
        """Return the text of some bytes.

        Raises:
            InputError: 400 `body.charset`: they are in none of the charsets; `where` names the place.
        """
        for charset in self._charsets:
            try:
                return charset.decode(data)
            except UnicodeDecodeError:
                continue
        raise not_in(self._charsets[0].name, where)


def not_in(name: str, where: str) -> InputError:
    """Return the 400 of bytes that are not in the charset they are taken for."""
    return InputError(
        "body.charset",
        "The provided payload is invalid",
        where=where,
        found=f"bytes that are not {name.upper()}",
        allowed=f"text in {name.upper()}",
        hint="Send UTF-8, declare the charset (Content-Type: …; charset=windows-1252), or name it in the "
        "mapper's charset.",
    )
