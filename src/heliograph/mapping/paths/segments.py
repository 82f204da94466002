"""What do slices, filters, several selectors and `..` select? The parsed segments are followed here.

Two ways that select the same in the same order: `values_follower` for values alone, which makes nothing but
lists of what is there, and `nodes_follower` with their places. There a node is (value, link), and a link
(link of the parent, name or index), None where the walk began, so that a node costs the same at any depth and
a location is put together only for what is shown. `..` takes time linear in the document either way. Every
value that is looked at is counted (`work`).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import (
    FilterSelector,
    IndexSelector,
    JSONPathSelector,
    NameSelector,
    SliceSelector,
    WildcardSelector,
)

from heliograph.mapping.paths.filters import Filters
from heliograph.mapping.paths.work import Work
from heliograph.model.json import Json

Link: TypeAlias = "tuple[Link, str | int] | None"
Linked: TypeAlias = tuple[Json, Link]
Steps: TypeAlias = Iterable[str | int]
Select: TypeAlias = Callable[[Json, Json, Work], tuple[list[Json], Steps]]
"""What a selector selects of a value, and the names or indexes; `$` inside a filter is the second value."""
FollowValues: TypeAlias = Callable[[list[Json], Json, Work], list[Json]]
FollowNodes: TypeAlias = Callable[[list[Linked], Json, Work], list[Linked]]

_NONE: Final[tuple[list[Json], Steps]] = ([], ())


def values_follower(segments: tuple[JSONPathSegment, ...]) -> FollowValues:
    """Return the function that follows segments from some values, in the order of RFC 9535."""
    steps = [
        (isinstance(each, JSONPathRecursiveDescentSegment), _selectors(each)) for each in segments
    ]

    def follow(values: list[Json], root: Json, work: Work) -> list[Json]:
        for descends, selects in steps:
            values = (_descend if descends else _children)(values, selects, root, work)
        return values

    return follow


def nodes_follower(segments: tuple[JSONPathSegment, ...]) -> FollowNodes:
    """Return the function that follows segments from some nodes, in the order of RFC 9535."""
    steps = [
        (isinstance(each, JSONPathRecursiveDescentSegment), _selectors(each)) for each in segments
    ]

    def follow(nodes: list[Linked], root: Json, work: Work) -> list[Linked]:
        for descends, selects in steps:
            if descends:
                nodes = [inner for node in nodes for inner in _below(node, work)]
            nodes = _linked_children(nodes, selects, root, work)
        return nodes

    return follow


def location_of(link: Link) -> tuple[str | int, ...]:
    """Return the names and indexes from where the walk began."""
    steps: list[str | int] = []
    while link is not None:
        link, step = link
        steps.append(step)
    return tuple(reversed(steps))


def _children(values: list[Json], selects: list[Select], root: Json, work: Work) -> list[Json]:
    work.spend(len(selects) * len(values))
    found: list[Json] = []
    for value in values:
        for select in selects:
            found += select(value, root, work)[0]
    return found


def _descend(values: list[Json], selects: list[Select], root: Json, work: Work) -> list[Json]:
    work.spend(len(values))
    found: list[Json] = []
    for start in values:
        stack = [start]
        while stack:
            value = stack.pop()
            for select in selects:
                found += select(value, root, work)[0]
            if type(value) is dict:
                members: Iterable[Json] = value.values()
            elif type(value) is list:
                members = value
            else:
                continue
            work.spend(len(selects) + len(value))
            inner = [each for each in members if type(each) is dict or type(each) is list]
            inner.reverse()
            stack += inner
    return found


def _linked_children(
    nodes: list[Linked], selects: list[Select], root: Json, work: Work
) -> list[Linked]:
    work.spend(len(selects) * len(nodes))
    found: list[Linked] = []
    for value, link in nodes:
        for select in selects:
            values, steps = select(value, root, work)
            found += [(each, (link, step)) for each, step in zip(values, steps, strict=True)]
    return found


def _below(start: Linked, work: Work) -> Iterator[Linked]:
    """Yield a node and all arrays and objects below it; nothing else has children to select."""
    stack = [start]
    while stack:
        node = stack.pop()
        yield node
        value, link = node
        if type(value) is dict:
            members: Iterable[tuple[str | int, Json]] = value.items()
        elif type(value) is list:
            members = enumerate(value)
        else:
            continue
        work.spend(1 + len(value))
        inner: list[Linked] = [
            (each, (link, step))
            for step, each in members
            if type(each) is dict or type(each) is list
        ]
        inner.reverse()
        stack += inner


# ---- selectors ---------------------------------------------------------------------------------------


def _selectors(segment: JSONPathSegment) -> list[Select]:
    return [_selector(selector) for selector in segment.selectors]


def _selector(selector: JSONPathSelector) -> Select:
    match selector:
        case NameSelector():
            return _name(selector.name)
        case IndexSelector():
            return _index(selector.index)
        case SliceSelector():
            return _slice(selector.slice)
        case WildcardSelector():
            return _wildcard
        case FilterSelector():
            return _filter(selector)
        case _:
            raise AssertionError(f"a selector that RFC 9535 does not know: {selector!r}")


def _name(name: str) -> Select:
    steps = (name,)

    def select(value: Json, root: Json, work: Work) -> tuple[list[Json], Steps]:
        return ([value[name]], steps) if type(value) is dict and name in value else _NONE

    return select


def _index(index: int) -> Select:
    def select(value: Json, root: Json, work: Work) -> tuple[list[Json], Steps]:
        if type(value) is not list or not -len(value) <= index < len(value):
            return _NONE
        return [value[index]], (index % len(value),)

    return select


def _slice(chosen: slice) -> Select:
    def select(value: Json, root: Json, work: Work) -> tuple[list[Json], Steps]:
        if type(value) is not list or chosen.step == 0:
            return _NONE
        indexes = range(*chosen.indices(len(value)))
        work.spend(len(indexes))
        return value[chosen], indexes

    return select


def _wildcard(value: Json, root: Json, work: Work) -> tuple[list[Json], Steps]:
    if type(value) is dict:
        work.spend(len(value))
        return list(value.values()), value
    if type(value) is list:
        work.spend(len(value))
        return value, range(len(value))
    return _NONE


def _filter(selector: FilterSelector) -> Select:
    test = _FILTERS.test(selector.expression)

    def select(value: Json, root: Json, work: Work) -> tuple[list[Json], Steps]:
        if type(value) is dict:
            work.spend(_PER_TEST * len(value))
            names = [name for name, member in value.items() if test(member, root, work)]
            return [value[name] for name in names], names
        if type(value) is list:
            work.spend(_PER_TEST * len(value))
            indexes = [i for i, element in enumerate(value) if test(element, root, work)]
            return [value[index] for index in indexes], indexes
        return _NONE

    return select


_PER_TEST: Final = 3
"""Units of one element that a filter tests: about what it takes beside a plain look."""


def _values(segments: tuple[JSONPathSegment, ...]) -> Callable[[Json, Json, Work], list[Json]]:
    follow = values_follower(segments)
    return lambda start, root, work: follow([start], root, work)


_FILTERS: Final = Filters(_values)
