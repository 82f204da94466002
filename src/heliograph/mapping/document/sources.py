"""What does a string in a mapper document stand for: a path or a literal?

Reading A1: `$`, and what starts with `$.` or `$[`, is a path; any other value is a literal, so `"$5 off"`
stays as it is (`mapping.document.literals` has doubts about some). Three roots of our own stand beside the
payload:

- `$headers.<name>` or `$headers['<name>']`: a request header, whatever the case of its name.
- `$query.<name>` or `$query['<name>']`: a parameter of the request's query string.
- `$receivedAt`: when the request was received, in epoch milliseconds.

`$headers` and `$query` alone are the whole object, e.g. for `create_all`.
"""

import re
from typing import Final

from heliograph.errors import ConfigError
from heliograph.mapping.document.plan import Constant, Origin, Path
from heliograph.mapping.paths import jsonpath
from heliograph.model.json import Json

MAX_STEPS: Final = 100
"""Steps of a path in a mapper document; no payload nests that deep on purpose."""

_BODY: Final = re.compile(r"\$(?:$|[.\[])", re.DOTALL)
_REQUEST: Final = re.compile(r"\$(headers|query|receivedAt)(?=$|[.\[])(.*)", re.DOTALL)
_MEMBER: Final = re.compile(
    r"\.([\w-]+)|\['((?:[^'\\]|\\')+)'\]|\[\"((?:[^\"\\]|\\\")+)\"\]", re.DOTALL
)


def is_path(text: str) -> bool:
    """Tell whether a string of a mapper document is a path (reading A1)."""
    return _BODY.match(text) is not None or _REQUEST.match(text) is not None


def read_path(text: str) -> Path:
    """Return the path that a string stands for; `is_path(text)` holds.

    Raises:
        ConfigError: `jsonpath.invalid`; or `mapper.invalid`, for a path of more than `MAX_STEPS` steps.
    """
    found = _REQUEST.match(text)
    if found is None:
        query = jsonpath.compile(text)
        if len(query.head) > MAX_STEPS:
            raise ConfigError(
                "mapper.invalid",
                "This path has too many steps.",
                found=f"{len(query.head)} steps",
                allowed=f"at most {MAX_STEPS}",
            )
        return Path(text=text, origin="body", query=query)
    root, rest = found[1], found[2]
    if root == "receivedAt" and not rest:
        return Path(text=text, origin="received_at", query=jsonpath.Query(text, (), ()))
    member = _MEMBER.fullmatch(rest) if rest else None
    if root == "receivedAt" or (rest and member is None):
        raise ConfigError(
            "jsonpath.invalid",
            f"{text!r} is no path into the request.",
            found=text,
            allowed="$receivedAt, or $headers and $query with one name: $headers.x-topic, $query['topic']",
        )
    origin: Origin = "headers" if root == "headers" else "query"
    if member is None:
        return Path(text=text, origin=origin, query=jsonpath.Query(text, (), ()))
    name = member[1] or (member[2] or member[3]).replace("\\'", "'").replace('\\"', '"')
    if origin == "headers":
        name = name.lower()
    return Path(text=text, origin=origin, query=jsonpath.Query(text, (name,), ()))


def read_source(value: Json) -> Path | Constant:
    """Return the path or literal that a value of a mapper document stands for.

    Raises:
        ConfigError: `jsonpath.invalid`; or `mapper.invalid`, for a value that can be neither.
    """
    if isinstance(value, str) and is_path(value):
        return read_path(value)
    if isinstance(value, dict):
        raise ConfigError(
            "mapper.invalid",
            "An object is neither a path nor a literal.",
            found="an object",
            allowed="a path, an expression with one $ key, or a literal: string, number, boolean, or a "
            "list of these",
            hint="Give each inner key a line of its own, or map a whole object of the payload by its path.",
        )
    if isinstance(value, list) and any(
        isinstance(item, dict | list) or (isinstance(item, str) and is_path(item)) for item in value
    ):
        raise ConfigError(
            "mapper.invalid",
            "A literal list holds only literals.",
            found="a list with paths, objects or lists inside",
            allowed="a list of strings, numbers and booleans",
        )
    return Constant(value)
