"""Which values does a JSONPath select? RFC 9535 in full, with a short way for plain paths.

`compile(text)` gives a `Query`. The library `jsonpath-rfc9535` reads the text and says what is no JSONPath;
names, indexes and wildcards are followed here directly, and from the first other selector on (slices,
filters, several selectors, `..`) by `segments`. The compliance suite of the RFC passes as a whole.

- A query is immutable and safe to share between threads.
- `values` never changes the document and returns its parts, not copies.
- Missing names are no error: the answer is an empty list.
- What is looked at is counted (`work`): a payload that asks for too much is refused, never half read.

Spellings of other JSONPath dialects are refused with the standard spelling: `mapping.paths.spelling`.
"""

import enum
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias, cast

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery
from jsonpath_rfc9535.exceptions import JSONPathTypeError
from jsonpath_rfc9535.filter_expressions import Expression, StringLiteral
from jsonpath_rfc9535.function_extensions import FilterFunction
from jsonpath_rfc9535.segments import JSONPathChildSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import IndexSelector, NameSelector, WildcardSelector
from jsonpath_rfc9535.tokens import Token, TokenStream

from heliograph.errors import ConfigError
from heliograph.mapping.paths import iregexp
from heliograph.mapping.paths.names import tokens_of
from heliograph.mapping.paths.segments import location_of, nodes_follower, values_follower
from heliograph.mapping.paths.spelling import standard_spelling
from heliograph.mapping.paths.work import TooMuchWork, Work, unbounded
from heliograph.model.json import Json


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
    """The library's, but with names of every script and with regular expressions that take linear time."""

    def compile(self, query: str) -> JSONPathQuery:
        """Return the query of a text."""
        segments = self.parser.parse(TokenStream(tokens_of(query)))
        return JSONPathQuery(env=self, segments=tuple(segments))

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

    __slots__ = ("_follow", "_nodes", "_values", "head", "singular", "tail", "text")

    def __init__(self, text: str, head: tuple[Step, ...], tail: Segments) -> None:
        self.text = text
        self.head = head
        self.tail = tail
        self.singular = not tail and ANY not in head
        """True when it selects one value at most, whatever the document (RFC 9535, 2.3.5.1)."""
        self._follow = _follower(head)
        self._values = values_follower(tail)
        self._nodes = nodes_follower(tail)

    def values(self, document: Json, work: Work | None = None) -> list[Json]:
        """Return the selected values in document order; empty when nothing matches.

        Args:
            document: the whole document.
            work: what it may cost; None: whatever it costs.

        Raises:
            TooMuchWork: `mapper.work_exceeded`, it costs more.
        """
        return self.values_from(document, document, work)

    def values_from(self, start: Json, root: Json, work: Work | None = None) -> list[Json]:
        """Return what is selected when the walk begins at `start` and `$` inside filters is `root`.

        Raises:
            TooMuchWork: as for `values`.
        """
        work = work or unbounded()
        try:
            found = self._follow(start, work)
            return self._values(found, root, work) if self.tail else found
        except TooMuchWork as error:
            raise TooMuchWork(self.text, limit=error.limit) from None

    def nodes(self, document: Json, work: Work | None = None) -> list[Node]:
        """Return (location, value) of each selected value, in document order.

        Raises:
            TooMuchWork: as for `values`.
        """
        return self.nodes_from(0, ((), document), document, work)

    def nodes_from(
        self, start: int, node: Node, root: Json, work: Work | None = None
    ) -> list[Node]:
        """Return what the query selects when its first `start` steps led to `node`.

        Args:
            start: number of steps of `head` already taken.
            node: where they led.
            root: the whole document, which `$` inside a filter refers to.
            work: what it may cost; None: whatever it costs.

        Raises:
            TooMuchWork: as for `values`.
        """
        work = work or unbounded()
        try:
            found = _walk(self.head[start:], node, work)
            if not self.tail:
                return found
            nodes: list[Node] = []
            for location, value in found:
                for each, link in self._nodes([(value, None)], root, work):
                    steps = location_of(link)
                    work.spend(len(steps))
                    nodes.append(((*location, *steps), each))
            return nodes
        except TooMuchWork as error:
            raise TooMuchWork(self.text, limit=error.limit) from None

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


def _walk(steps: tuple[Step, ...], node: Node, work: Work) -> list[Node]:
    """Return the nodes that plain steps lead to; the reference for `_follower`."""
    nodes = [node]
    for step in steps:
        nodes = [child for each in nodes for child in _children(step, each)]
        work.spend(len(nodes))
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


def _follower(steps: tuple[Step, ...]) -> Callable[[Json, Work], list[Json]]:
    """Return a function that follows plain steps, without locations."""
    if ANY not in steps:
        singular = cast("tuple[str | int, ...]", steps)
        return lambda document, work: follow_steps(singular, document)
    runs: list[tuple[str | int, ...]] = []
    run: list[str | int] = []
    for step in steps:
        if step is ANY:
            runs.append(tuple(run))
            run = []
        else:
            run.append(step)
    last = tuple(run)

    def follow(document: Json, work: Work) -> list[Json]:
        values = [document]
        for before in runs:
            values = [member for value in values for member in _members(before, value)]
            work.spend(len(values))
        return (
            [found for value in values for found in follow_steps(last, value)] if last else values
        )

    return follow


def _members(before: tuple[str | int, ...], value: Json) -> Iterable[Json]:
    found = follow_steps(before, value)
    if not found:
        return ()
    inner = found[0]
    if isinstance(inner, list):
        return inner
    return inner.values() if isinstance(inner, dict) else ()


def follow_steps(steps: tuple[str | int, ...], value: Json) -> list[Json]:
    """Return the one value that names and indexes lead to, in a list; an empty one when there is none."""
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
