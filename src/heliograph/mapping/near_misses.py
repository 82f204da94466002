"""Which path may have been meant? Looks near the place where a path stopped leading anywhere.

Two kinds of near miss: a name beside the missing one that differs in case or by a typing error, and the
same name elsewhere in the payload (at most four levels and 2,000 values are looked at).
"""

import difflib
from collections import deque
from typing import Final

from heliograph.mapping.jsonpath import ANY, Location, Node
from heliograph.mapping.plan import Path
from heliograph.model.json import Json

_LEVELS: Final = 4
_VALUES: Final = 2000


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
    folded = [each for each in members if each.lower() == name.lower()]
    close = folded or difflib.get_close_matches(name, list(members)[:_VALUES], n=1, cutoff=0.7)
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
            if name in value:
                return spell((*location, name))
            members = list(value.items())
        elif isinstance(value, list):
            members = list(enumerate(value[:1]))
        else:
            continue
        if len(location) < _LEVELS:
            queue.extend(((*location, step), member) for step, member in members)
    return None


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
