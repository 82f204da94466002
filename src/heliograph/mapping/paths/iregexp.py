r"""Regular expressions in filters, `match()` and `search()`: I-Regexp (RFC 9485), in linear time.

RFC 9535 names I-Regexp: no look-around, no back-references, no `\d`; it is a regular language, so an engine
without backtracking can match it. RE2 is one: its time grows with the text and its memory is bounded,
whatever the pattern, so neither a mapper nor a pattern that comes with a payload can hold the gateway up.

- What is an I-Regexp is decided here by the grammar of RFC 9485 section 4; the library's own check refuses
  repetitions of two digits (`[0-9]{10}`; iregexp-check 0.1.4).
- A pattern that comes with a payload is compiled within less memory, so that it is soon compiled as well.
- A pattern that is no I-Regexp, or too large, matches nothing (RFC 9535, 2.4.6 and 2.4.7). As a literal in
  a path it is refused when the path is compiled: `fault_of`.
- `.` is every character but line feed and carriage return (RFC 9485, 5.4).
"""

import importlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol, cast

from jsonpath_rfc9535 import function_extensions as standard

MAX_PAYLOAD_PATTERN: Final = 200
"""Characters a pattern that comes with a payload may have."""
_MEMORY_BYTES: Final = 4 * 1024 * 1024
_PAYLOAD_MEMORY_BYTES: Final = 128 * 1024
_REMEMBERED: Final = 64


class _Program(Protocol):
    def fullmatch(self, text: str, /) -> object: ...
    def search(self, text: str, /) -> object: ...


_re2 = importlib.import_module("re2")  # it brings no types
_build = cast("Callable[[str, object], _Program]", _re2.compile)
_error: Final = cast("type[Exception]", _re2.error)


_PROPERTY: Final = r"\\[pP]\{(?:L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|Z[lps]?|S[ckmo]?|C[cfno]?)\}"
_ESCAPE: Final = r"\\[()*+\-.?\[\\\]^nrt{|}]"
_IN_CLASS: Final = rf"(?:[^\-\[\\\]\ud800-\udfff]|{_ESCAPE})"
_MEMBER: Final = rf"(?:{_PROPERTY}|{_IN_CLASS}(?:-{_IN_CLASS})?)"
_ATOM: Final = (
    rf"(?:[^()*+.?\[\\\]{{|}}\ud800-\udfff]|\.|{_ESCAPE}|{_PROPERTY}"
    rf"|\[\^?(?:-|{_MEMBER}){_MEMBER}*-?\])"
)
_TIMES: Final = r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})?"
_TOKEN: Final = re.compile(rf"(?P<open>\()|(?P<close>\)){_TIMES}|\||{_ATOM}{_TIMES}")


def is_iregexp(pattern: str) -> bool:
    """Return whether a text is an I-Regexp (RFC 9485, section 4)."""
    position = depth = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            return False
        depth += (token["open"] is not None) - (token["close"] is not None)
        if depth < 0:
            return False
        position = token.end()
    return depth == 0


def fault_of(pattern: str) -> str | None:
    r"""Return what is wrong with a pattern and what to write instead, in one sentence; None: nothing."""
    if not is_iregexp(pattern):
        for found, advice in _ADVICE:
            if found.search(pattern):
                return f"the pattern {pattern!r} is no I-Regexp of RFC 9485: {advice}"
        return f"the pattern {pattern!r} is no I-Regexp of RFC 9485"
    if Literal(pattern).program is None:
        return (
            f"the pattern {pattern!r} is too large to be matched in bounded memory: repeat at most 1,000 "
            "times in all, and leave out \\p{Cn}"
        )
    return None


_ADVICE: Final = (
    (re.compile(r"\\d"), "write [0-9] instead of \\d"),
    (re.compile(r"\\w"), "write [A-Za-z0-9_] instead of \\w"),
    (re.compile(r"\\s"), "write [ \\t\\r\\n] instead of \\s"),
    (re.compile(r"\\b"), "there is no \\b; write out what stands around the word"),
    (re.compile(r"\(\?"), "there are no groups of the form (?…)"),
    (re.compile(r"[*+?}][?+]"), "there are no lazy or possessive repetitions"),
)


class Match(standard.Match):
    """`match(text, pattern)`: the pattern matches the whole text (RFC 9535, 2.4.6)."""

    def __call__(self, string: object, pattern: object) -> bool:
        """Return whether both are texts and match."""
        program = _program(pattern)
        return program is not None and isinstance(string, str) and _found(program.fullmatch, string)


class Search(standard.Search):
    """`search(text, pattern)`: the pattern matches somewhere in the text (RFC 9535, 2.4.7)."""

    def __call__(self, string: object, pattern: object) -> bool:
        """Return whether both are texts and the one is found in the other."""
        program = _program(pattern)
        return program is not None and isinstance(string, str) and _found(program.search, string)


def _found(look: Callable[[str], object], text: str) -> bool:
    try:
        return look(text) is not None
    except UnicodeEncodeError:  # half a surrogate pair is no character
        return False


class Literal(str):
    """A pattern written in a path: compiled once, and of any size that a document may ask for."""

    __slots__ = ("program",)

    def __init__(self, pattern: str) -> None:
        """Compile the pattern; `program` is None when it matches nothing."""
        self.program = _compiled(pattern, _MEMORY_BYTES)


def _program(pattern: object) -> _Program | None:
    """Return the compiled pattern, or None for what is none and matches nothing."""
    if isinstance(pattern, Literal):
        return pattern.program
    if isinstance(pattern, str) and len(pattern) <= MAX_PAYLOAD_PATTERN:
        return _compiled_soon(pattern)
    return None


@lru_cache(maxsize=_REMEMBERED)
def _compiled_soon(pattern: str) -> _Program | None:
    return _compiled(pattern, _PAYLOAD_MEMORY_BYTES)


def _compiled(pattern: str, memory_bytes: int) -> _Program | None:
    if not is_iregexp(pattern):
        return None
    options = _re2.Options()
    options.max_mem = memory_bytes
    options.never_capture = True
    options.log_errors = False
    try:
        return _build(_with_rfc_dots(pattern), options)
    except (_error, UnicodeEncodeError):
        return None


def _with_rfc_dots(pattern: str) -> str:
    """Return the pattern with each `.` outside brackets as RFC 9485 section 5.4 wants it."""
    parts: list[str] = []
    escaped = bracketed = False
    for sign in pattern:
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign in "[]":
            bracketed = sign == "["
        elif sign == "." and not bracketed:
            parts.append(r"[^\n\r]")
            continue
        parts.append(sign)
    return "".join(parts)
