"""Which path may have been meant? Looks near the place where a path stopped leading anywhere.

Two kinds of near miss: a name beside the missing one that differs in case or by a typing error, and the
same name elsewhere in the payload (at most four levels and 2,000 values are looked at, so that a payload
made for it cannot make the answer slow).
"""

import difflib
from collections import deque
from itertools import islice
from typing import Final

from heliograph.mapping.jsonpath import ANY, Location, Node
from heliograph.mapping.plan import Path
from heliograph.model.json import Json

_LEVELS: Final = 4
_VALUES: Final = 2000
_COMPARED: Final = 200
_LENGTHS: Final = 8


def suggest(path: Path, start: Node, body: Json) -> str | None:
    """Return a path in the mapper's spelling that leads somewhere, or None.

    Args:
        path: a path that selected nothing.
        start: where its steps from `path.start` on begin.
        body: the whole payload.
    """
    if path.query.tail or path.origin == "received_at":
        return None
    taken: list[str | int] = []
    value = start[1]
    for step in path.query.head[path.start :]:
        if isinstance(step, str) and isinstance(value, dict):
            if step not in value:
                return _beside(path, taken, step, value) or _elsewhere(path, step, body)
            value = value[step]
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return _elsewhere(path, step, body) if isinstance(step, str) else None
        taken.append(step)
    return None


def _beside(path: Path, taken: list[str | int], name: str, members: dict[str, Json]) -> str | None:
    near = [each for each in islice(members, _VALUES) if abs(len(each) - len(name)) <= _LENGTHS]
    folded = [each for each in near if each.lower() == name.lower()]
    close = folded or difflib.get_close_matches(name, near[:_COMPARED], n=1, cutoff=0.7)
    if not close:
        return None
    position = path.start + len(taken)
    steps = [*path.query.head]
    steps[position] = close[0]
    if path.origin != "body":
        return f"${path.origin}{spell((close[0],))[1:]}"
    return spell(tuple(steps))


def _elsewhere(path: Path, name: str, body: Json) -> str | None:
    if path.origin != "body" or path.query.head[-1:] != (name,):
        return None
    queue: deque[tuple[Location, Json]] = deque([((), body)])
    seen = 0
    while queue and seen < _VALUES:
        location, value = queue.popleft()
        seen += 1
        if isinstance(value, dict):
            if name in value and not _is_same_place(path, (*location, name)):
                return spell((*location, name))
            members = list(islice(value.items(), _VALUES))
        elif isinstance(value, list):
            members = list(enumerate(value[:1]))
        else:
            continue
        if len(location) < _LEVELS:
            queue.extend(((*location, step), member) for step, member in members)
    return None


def _is_same_place(path: Path, location: Location) -> bool:
    """Tell whether this is the path itself in another element: the path is right, the value is not there."""
    head = path.query.head
    return len(head) == len(location) and all(
        step == found or (step is ANY and isinstance(found, int))
        for step, found in zip(head, location, strict=True)
    )


def spell(steps: tuple[object, ...]) -> str:
    """Return steps as a path is usually written: `$.orders[*].id`, `$['a b'][0]`."""
    text = "$"
    for step in steps:
        if isinstance(step, str):
            plain = step.isidentifier() and step.isascii()
            quoted = step.replace("\\", "\\\\").replace("'", "\\'")
            text += f".{step}" if plain else f"['{quoted}']"
        else:
            text += "[*]" if step is ANY else f"[{step}]"
    return text
