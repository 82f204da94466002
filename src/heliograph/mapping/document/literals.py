"""Was this literal meant as a path? Three answers: certainly, perhaps, no.

What starts otherwise than a path of `mapping.document.sources` is a literal there (reading A1), so a path in
the spelling of another dialect would go into every record as it is. Where the text can be nothing else it is
refused; where it may be a text as well, the document compiles with a warning. Both say the standard spelling.
"""

import re
from typing import Final

from heliograph.errors import ConfigError
from heliograph.mapping.document.sources import is_path, read_path
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.paths.spelling import known_spelling

_NEVER_LITERAL: Final = re.compile(
    r"\s*\$+[A-Za-z_]\w*\s*(?:\.(?=[\w'\"*\[])|\[)[^\s\[]*(?:\[.*)?|\s+\$[.\[].*|\$\$+[.\[].*"
    r"|\s*=?\{\{.*\}\}\s*|\s*\$\{.*\}\s*",
    re.DOTALL,
)
"""`$event.type`, ` $.a`, `$$.a`, `{{ $.a }}`, `${a.b}`; but neither `$5 off` nor `$pageview`."""

_NAME: Final = r"[^\W\d][\w-]*"
_LOOKS_LIKE_PATH: Final = re.compile(
    r"\$[A-Za-z_]\w*|@[.\[].*|\.[A-Za-z_]\w*(?:[.\[].*)?|#/\S+"
    rf"|{_NAME}(?:\.{_NAME})*\[(?:-?\d*|\*|'[^']*'|\"[^\"]*\")\].*",
    re.DOTALL,
)
_TEMPLATE: Final = re.compile(r"\{\{|\$\{")
_LONGEST: Final = 200
"""Characters of a text that may be meant as a path."""
_DOTTED: Final = re.compile(rf"{_NAME}(?:\.{_NAME})+")
_HOSTS_AND_FILES: Final = frozenset(
    {
        "com",
        "org",
        "net",
        "io",
        "co",
        "dev",
        "app",
        "ai",
        "eu",
        "de",
        "fr",
        "uk",
        "us",
        "in",
        "js",
        "ts",
        "py",
        "html",
        "pdf",
        "csv",
        "json",
        "xml",
        "txt",
        "png",
        "jpg",
        "svg",
        "gif",
        "zip",
    }
)
_NAMES_OF_EVENTS: Final = frozenset(
    {
        "type",
        "name",
        "event",
        "event_name",
        "event_type",
        "eventName",
        "eventType",
        "topic",
        "action",
        "kind",
        "id",
        "version",
    }
)
_IN_BRACES: Final = re.compile(r"\s*=?[$#]?\{+\s*(.*?)\s*\}+\s*", re.DOTALL)
_ROOTS: Final = {
    "headers": "a request header; a key of the payload starts with $.",
    "query": "a parameter of the query string; a key of the payload starts with $.",
    "receivedAt": "when the request was received",
}
_REQUEST_LIKE: Final = re.compile(
    r"\$?(?:(?P<headers>headers?)|(?P<query>query(?:_?params?)?)|(?P<receivedAt>received_?at))"
    r"(?P<rest>(?:[.\[].*)?)",
    re.IGNORECASE | re.DOTALL,
)


def never_literal(text: str) -> bool:
    """Tell whether what is no path cannot be meant as a literal either, e.g. `$event.type`, `{{ $.a }}`."""
    return not is_path(text) and _NEVER_LITERAL.fullmatch(text) is not None


def looks_like_path(text: str, *, of_event: bool = False) -> bool:
    """Tell whether a literal may have been meant as a path, e.g. `.email`, `$email`, `items[0].id`, `a.b`.

    Host and file names (`shop.com`, `Node.js`) do not look like paths, nor do versions (`v1.2`).

    Args:
        text: the literal.
        of_event: whether it names an event, as `order.created` usually does; then a dotted name looks like
            a path only when it ends as a payload's key for the event does (`event.type`).
    """
    opened = _TEMPLATE.search(text)
    if opened is not None and "}" in text[opened.end() :]:
        return True
    text = text.strip()
    if len(text) > _LONGEST:
        return False
    if _LOOKS_LIKE_PATH.fullmatch(text):
        return True
    if not _DOTTED.fullmatch(text) or text.isupper():
        return False
    last = text.rpartition(".")[2]
    return last in _NAMES_OF_EVENTS if of_event else last.lower() not in _HOSTS_AND_FILES


def spelling_of(text: str) -> str | None:
    """Return the standard spelling of what is no path, in a sentence, or why none has it; None: unknown."""
    if len(text) > _LONGEST:
        return None
    inner = _IN_BRACES.fullmatch(text)
    found = _REQUEST_LIKE.fullmatch(inner[1] if inner else text.strip())
    if found is not None:
        root = next(name for name in ("headers", "query", "receivedAt") if found[name])
        candidate = f"${root}{found['rest']}"
        if _is_request_path(candidate):
            return f"The standard spelling is {candidate} ({_ROOTS[root]})."
    return known_spelling(text, jsonpath.is_valid)


def _is_request_path(text: str) -> bool:
    try:
        read_path(text)
    except ConfigError:
        return False
    return True
