"""Which elements does a filter `[?…]` let through? RFC 9535, 2.3.5 and 2.4, over what the library parsed.

Each expression becomes a function of (current value, whole document, work) once, when its path is compiled.
Comparison is that of the RFC: a missing value equals only a missing value, `true` is not 1 at any depth.
"""

from collections.abc import Callable
from typing import Final, TypeAlias, cast

from jsonpath_rfc9535 import filter_expressions as parsed
from jsonpath_rfc9535.segments import JSONPathChildSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import IndexSelector, NameSelector

from heliograph.mapping.paths import iregexp
from heliograph.mapping.paths.work import PATTERN, PAYLOAD_PATTERN, PAYLOAD_TEXT, Work
from heliograph.model.json import Json


class Nothing:
    """The special result of RFC 9535, 2.4.1: there is no value."""


NOTHING: Final = Nothing()

Value: TypeAlias = Json | Nothing
Test: TypeAlias = Callable[[Json, Json, Work], bool]
Valued: TypeAlias = Callable[[Json, Json, Work], Value]
Listed: TypeAlias = Callable[[Json, Json, Work], list[Json]]
Follow: TypeAlias = Callable[
    [tuple[JSONPathSegment, ...]], Callable[[Json, Json, Work], list[Json]]
]
"""Makes a function of (start, whole document, work) from the segments of a query inside a filter."""


class Filters:
    """Makes tests from expressions.

    Args:
        follow: compiles the queries inside them.
    """

    def __init__(self, follow: Follow) -> None:
        self._follow = follow

    def test(self, expression: parsed.Expression) -> Test:
        """Return whether an expression in the place of a condition holds."""
        match expression:
            case parsed.FilterExpression():
                return self.test(expression.expression)
            case parsed.LogicalExpression():
                left, right = self.test(expression.left), self.test(expression.right)
                if expression.operator == "&&":
                    return lambda now, root, work: left(now, root, work) and right(now, root, work)
                return lambda now, root, work: left(now, root, work) or right(now, root, work)
            case parsed.PrefixExpression():
                inner = self.test(expression.right)
                return lambda now, root, work: not inner(now, root, work)
            case parsed.ComparisonExpression():
                return self._comparison(expression)
            case parsed.FilterQuery():
                single = _singular(expression)
                if single is not None:
                    return lambda now, root, work: single(now, root, work) is not NOTHING
                nodes = self._nodes(expression)
                return lambda now, root, work: bool(nodes(now, root, work))
            case parsed.FunctionExtension(name="match" | "search"):
                return self._pattern(expression)
            case _:  # the parser lets nothing else stand here
                value = self._value(expression)
                return lambda now, root, work: value(now, root, work) not in (NOTHING, False)

    def _comparison(self, expression: parsed.ComparisonExpression) -> Test:
        left, right = self._value(expression.left), self._value(expression.right)
        compare = _COMPARISONS[expression.operator]
        return lambda now, root, work: compare(left(now, root, work), right(now, root, work), work)

    def _value(self, expression: parsed.Expression) -> Valued:
        match expression:
            case parsed.FilterExpressionLiteral():
                constant = cast(
                    "Json", cast("parsed.FilterExpressionLiteral[object]", expression).value
                )
                return lambda now, root, work: constant
            case parsed.FilterQuery():
                single = _singular(expression)
                if single is not None:
                    return single
                nodes = self._nodes(expression)
                return lambda now, root, work: _only(nodes(now, root, work))
            case parsed.FunctionExtension(name="length"):
                measured = self._value(expression.args[0])
                return lambda now, root, work: _length(measured(now, root, work))
            case parsed.FunctionExtension(name="count"):
                counted = self._nodes(expression.args[0])
                return lambda now, root, work: len(counted(now, root, work))
            case parsed.FunctionExtension(name="value"):
                found = self._nodes(expression.args[0])
                return lambda now, root, work: _only(found(now, root, work))
            case _:
                test = self.test(expression)
                return lambda now, root, work: test(now, root, work)

    def _nodes(self, expression: parsed.Expression) -> Listed:
        assert isinstance(expression, parsed.FilterQuery)
        followed = self._follow(tuple(expression.query.segments))
        if isinstance(expression, parsed.RootFilterQuery):
            return lambda now, root, work: followed(root, root, work)
        return followed

    def _pattern(self, expression: parsed.FunctionExtension) -> Test:
        subject, pattern = (self._value(each) for each in expression.args)
        matches = _FUNCTIONS[expression.name]

        def test(now: Json, root: Json, work: Work) -> bool:
            text, wanted = subject(now, root, work), pattern(now, root, work)
            if not isinstance(text, str) or not isinstance(wanted, str):
                return False
            if isinstance(wanted, iregexp.Literal):
                work.spend(PATTERN + (len(text) >> 4))
            else:
                work.spend(PATTERN + PAYLOAD_PATTERN * len(wanted) + PAYLOAD_TEXT * len(text))
            return matches(text, wanted)

        return test


_FUNCTIONS: Final[dict[str, Callable[[object, object], bool]]] = {
    "match": iregexp.Match(),
    "search": iregexp.Search(),
}


def _singular(expression: parsed.FilterQuery) -> Valued | None:
    """Return the one value a query can lead to, or None when it may lead to several."""
    steps: list[str | int] = []
    for segment in expression.query.segments:
        if not isinstance(segment, JSONPathChildSegment) or len(segment.selectors) != 1:
            return None
        selector = segment.selectors[0]
        if isinstance(selector, NameSelector):
            steps.append(selector.name)
        elif isinstance(selector, IndexSelector):
            steps.append(selector.index)
        else:
            return None
    from_root = isinstance(expression, parsed.RootFilterQuery)

    def follow(now: Json, root: Json, work: Work) -> Value:
        value = root if from_root else now
        for step in steps:
            if isinstance(step, str):
                if type(value) is not dict or step not in value:
                    return NOTHING
                value = value[step]
            elif type(value) is not list or not -len(value) <= step < len(value):
                return NOTHING
            else:
                value = value[step]
        return value

    return follow


def _only(values: list[Json]) -> Value:
    return values[0] if len(values) == 1 else NOTHING


def _length(value: Value) -> Value:
    return len(value) if isinstance(value, str | list | dict) else NOTHING


def equal(left: Value, right: Value, work: Work) -> bool:
    """Return whether two values are equal by RFC 9535, 2.3.5.2.2."""
    pairs: list[tuple[Value, Value]] = [(left, right)]
    while pairs:
        left, right = pairs.pop()
        if type(left) is dict and type(right) is dict:
            if len(left) != len(right):
                return False
            work.spend(len(left))
            for name, value in left.items():
                if name not in right:
                    return False
                pairs.append((value, right[name]))
        elif type(left) is list and type(right) is list:
            if len(left) != len(right):
                return False
            work.spend(len(left))
            pairs += zip(left, right, strict=True)
        elif left is not right and not _same(left, right):
            return False
    return True


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def _below(left: Value, right: Value, work: Work) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and left < right
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left < right
    return False


_COMPARISONS: Final[dict[str, Callable[[Value, Value, Work], bool]]] = {
    "==": equal,
    "!=": lambda left, right, work: not equal(left, right, work),
    "<": _below,
    ">": lambda left, right, work: _below(right, left, work),
    "<=": lambda left, right, work: _below(left, right, work) or equal(left, right, work),
    ">=": lambda left, right, work: _below(right, left, work) or equal(left, right, work),
}
