"""Which header fields and query parameters are credentials and must not be stored.

Judged by name, so that a sender's own spelling (`X-Acme-Api-Key`) is caught as well. Signatures stay:
they prove who sent a body and reveal nothing.
"""

import re
from collections.abc import Iterable
from typing import Final

_CREDENTIAL: Final = re.compile(
    r"authorization|cookie|token|secret|passw|credential|api[-_]?key|app[-_]?key|access[-_]?key|"
    r"write[-_]?key|private[-_]?key|auth[-_]?key|^key$|^auth$|^x-auth$|^pwd$",
    re.IGNORECASE,
)
_REMEMBERED_NAMES: Final = 4096
_REMEMBERED_BYTES: Final = 100
"""Longest name that is remembered."""


def is_credential(name: str) -> bool:
    """Tell whether a header field or query parameter of this name holds a credential."""
    return _CREDENTIAL.search(name) is not None


class HeaderKeeper:
    """Turns raw header fields into the ones that are stored; remembers what it thinks of each name."""

    def __init__(self) -> None:
        self._names: dict[bytes, str | None] = {}

    def keep(self, fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
        """Return lower-case name -> value without credentials; repeated fields are joined by `, `."""
        kept: dict[str, str] = {}
        names = self._names
        for raw, value in fields:
            try:
                name = names[raw]
            except KeyError:
                name = self._judge(raw)
            if name is not None:
                if name in kept:
                    kept[name] += ", " + _text(value)
                else:
                    kept[name] = _text(value)
        return kept

    def _judge(self, raw: bytes) -> str | None:
        text = raw.decode("latin-1").lower()
        name = None if is_credential(text) else text
        if len(raw) <= _REMEMBERED_BYTES:
            if len(self._names) >= _REMEMBERED_NAMES:
                self._names.clear()
            self._names[raw] = name
        return name


def _text(value: bytes) -> str:
    """Return a header's value: UTF-8, and what is none is Latin-1, in which every byte is a character."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
