"""Which values does a JSONPath select? RFC 9535 in full, with a short way for plain paths.

`compile(text)` gives a `Query`. Names, indexes and wildcards are followed here directly; from the first
other selector on (slices, filters, several selectors, `..`) the library `jsonpath-rfc9535` takes over,
which passes the whole compliance suite of the RFC. Both ways give the same values in the same order.

- A query is immutable and safe to share between threads.
- `values` never changes the document and returns its parts, not copies.
- Missing names are no error: the answer is an empty list.

Spellings of other JSONPath dialects are refused with the standard spelling: `mapping.paths.spelling`.
"""

import enum
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias, cast

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError
from jsonpath_rfc9535.exceptions import JSONPathTypeError
from jsonpath_rfc9535.filter_expressions import Expression, StringLiteral
from jsonpath_rfc9535.function_extensions import FilterFunction
from jsonpath_rfc9535.node import JSONPathNode
from jsonpath_rfc9535.segments import JSONPathChildSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import IndexSelector, NameSelector, WildcardSelector
from jsonpath_rfc9535.tokens import Token

from heliograph.errors import ConfigError, InputError
from heliograph.mapping.paths import iregexp
from heliograph.mapping.paths.spelling import standard_spelling
from heliograph.model.json import Json

MAX_DEPTH: Final = 100
"""Nesting that `..` follows; a deeper document is refused, never half read."""


class Wildcard(enum.Enum):
    """The step `[*]`: every element of an array, every value of an object."""

    ANY = "*"


ANY: Final = Wildcard.ANY

Step: TypeAlias = str | int | Wildcard
"""A name, an index (negative: from the end), or the wildcard."""

Location: TypeAlias = tuple[str | int, ...]
"""Names and indexes from the root to a value."""

Node: TypeAlias = tuple[Location, Json]

Segments: TypeAlias = tuple[JSONPathSegment, ...]


class _Environment(JSONPathEnvironment):
    """The library's, but with regular expressions that take linear time."""

    max_recursion_depth = MAX_DEPTH

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = iregexp.Match()
        self.function_extensions["search"] = iregexp.Search()

    def check_well_typedness(
        self, token: Token, func: FilterFunction, args: list[Expression]
    ) -> None:
        """Refuse, beside what the RFC does, a literal pattern that could never match."""
        super().check_well_typedness(token, func, args)
        if not isinstance(func, iregexp.Match | iregexp.Search):
            return
        pattern = args[1]
        if isinstance(pattern, StringLiteral):
            fault = iregexp.fault_of(pattern.value)
            if fault is not None:
                raise JSONPathTypeError(fault, token=token)
            args[1] = StringLiteral(pattern.token, iregexp.Literal(pattern.value))


_ENVIRONMENT: Final = _Environment()


class Query:
    """A compiled JSONPath.

    `head` holds the leading plain steps, `tail` the library's segments after them (usually none).
    """

    __slots__ = ("_follow", "head", "singular", "tail", "text")

    def __init__(self, text: str, head: tuple[Step, ...], tail: Segments) -> None:
        self.text = text
        self.head = head
        self.tail = tail
        self.singular = not tail and ANY not in head
        """True when it selects one value at most, whatever the document (RFC 9535, 2.3.5.1)."""
        self._follow = _follower(head) if not tail else None

    def values(self, document: Json) -> list[Json]:
        """Return the selected values in document order; empty when nothing matches.

        Raises:
            InputError: `mapper.invalid_payload`, for a `..` or filter on a document nested deeper
                than `MAX_DEPTH`.
        """
        if self._follow is not None:
            return self._follow(document)
        return [value for _, value in self.nodes(document)]

    def nodes(self, document: Json) -> list[Node]:
        """Return (location, value) of each selected value, in document order.

        Raises:
            InputError: as for `values`.
        """
        return list(self.nodes_from(0, ((), document), document))

    def nodes_from(self, start: int, node: Node, root: Json) -> Iterator[Node]:
        """Yield what the query selects when its first `start` steps led to `node`.

        Args:
            start: number of steps of `head` already taken.
            node: where they led.
            root: the whole document, which `$` inside a filter refers to.

        Raises:
            InputError: as for `values`.
        """
        found = _walk(self.head[start:], node)
        return self._through_tail(found, root) if self.tail else iter(found)

    def _through_tail(self, found: list[Node], root: Json) -> Iterator[Node]:
        nodes = (
            JSONPathNode(value=value, location=location, parent=None, root=root)  # pyright: ignore[reportArgumentType]
            for location, value in found
        )
        stream: Iterator[JSONPathNode] = nodes
        for segment in self.tail:
            stream = iter(segment.resolve(stream))
        try:
            for node in stream:
                yield node.location, cast("Json", node.value)
        except (JSONPathError, RecursionError, ValueError) as error:
            raise InputError(
                "mapper.invalid_payload",
                "The provided payload is invalid",
                where=self.text,
                hint=f"The path could not be followed: {str(error) or 'nested too deeply'}.",
            ) from error

    def __repr__(self) -> str:
        return f"Query({self.text!r})"


def compile(text: str) -> Query:
    """Return the compiled query.

    Raises:
        ConfigError: `jsonpath.invalid`; for a spelling of another dialect the hint says the standard one.
    """
    try:
        segments = _ENVIRONMENT.compile(text).segments
    except (JSONPathError, RecursionError, ValueError) as error:
        reason = (str(error) or "nested too deeply").partition(", line ")[0]
        raise ConfigError(
            "jsonpath.invalid",
            f"{text!r} is no JSONPath of RFC 9535: {reason}.",
            found=text,
            allowed="paths such as $.name, $['a name'], $.items[0].id, $.items[*].id",
            hint=standard_spelling(text, is_valid),
        ) from error
    head: list[Step] = []
    for segment in segments:
        step = _plain_step(segment)
        if step is None:
            break
        head.append(step)
    return Query(text, tuple(head), segments[len(head) :])


def is_valid(text: str) -> bool:
    """Tell whether `compile` takes the text."""
    try:
        _ENVIRONMENT.compile(text)
    except (JSONPathError, RecursionError, ValueError):
        return False
    return True


def normalized(location: Location) -> str:
    """Return the normalized path of RFC 9535 2.7, e.g. `$['orders'][0]['id']`."""
    return "$" + "".join(
        f"[{step}]" if isinstance(step, int) else f"['{_escaped(step)}']" for step in location
    )


_ESCAPES: Final = {
    **{code: f"\\u{code:04x}" for code in range(0x20)},
    0x08: "\\b",
    0x09: "\\t",
    0x0A: "\\n",
    0x0C: "\\f",
    0x0D: "\\r",
    ord("'"): "\\'",
    ord("\\"): "\\\\",
}


def _escaped(name: str) -> str:
    return name.translate(_ESCAPES)


def _plain_step(segment: JSONPathSegment) -> Step | None:
    """Return the segment as a step, or None when the library must follow it."""
    if not isinstance(segment, JSONPathChildSegment) or len(segment.selectors) != 1:
        return None
    selector = segment.selectors[0]
    if isinstance(selector, NameSelector):
        return selector.name
    if isinstance(selector, IndexSelector):
        return selector.index
    if isinstance(selector, WildcardSelector):
        return ANY
    return None


def _walk(steps: tuple[Step, ...], node: Node) -> list[Node]:
    """Return the nodes that plain steps lead to; the reference for `_follower`."""
    nodes = [node]
    for step in steps:
        nodes = [child for each in nodes for child in _children(step, each)]
    return nodes


def _children(step: Step, node: Node) -> list[Node]:
    location, value = node
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            return [((*location, step), value[step])]
        return []
    if isinstance(step, int):
        if isinstance(value, list) and -len(value) <= step < len(value):
            index = step if step >= 0 else step + len(value)
            return [((*location, index), value[index])]
        return []
    if isinstance(value, dict):
        return [((*location, name), member) for name, member in value.items()]
    if isinstance(value, list):
        return [((*location, index), element) for index, element in enumerate(value)]
    return []


def _follower(steps: tuple[Step, ...]) -> Callable[[Json], list[Json]]:
    """Return a function that follows plain steps, without locations."""
    if ANY not in steps:
        singular = cast("tuple[str | int, ...]", steps)
        return lambda document: _follow_one(singular, document)
    runs: list[tuple[str | int, ...]] = []
    run: list[str | int] = []
    for step in steps:
        if step is ANY:
            runs.append(tuple(run))
            run = []
        else:
            run.append(step)
    last = tuple(run)

    def follow(document: Json) -> list[Json]:
        values = [document]
        for before in runs:
            values = [member for value in values for member in _members(before, value)]
        return [found for value in values for found in _follow_one(last, value)] if last else values

    return follow


def _members(before: tuple[str | int, ...], value: Json) -> Iterable[Json]:
    found = _follow_one(before, value)
    if not found:
        return ()
    inner = found[0]
    if isinstance(inner, list):
        return inner
    return inner.values() if isinstance(inner, dict) else ()


def _follow_one(steps: tuple[str | int, ...], value: Json) -> list[Json]:
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return []
            value = value[step]
        elif not isinstance(value, list) or not -len(value) <= step < len(value):
            return []
        else:
            value = value[step]
    return [value]
