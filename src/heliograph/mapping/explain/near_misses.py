"""Why does a path lead nowhere, and which one may have been meant? Looks where the path stopped.

What is said of the place where it stopped: that the value there is no array, no object, null, a text that
holds JSON, or how many elements there are. What may have been meant, in this order: a name beside the missing
one that differs in case, blanks or by a typing error; a key that holds the dots of the path; the path with
one bracket more or less; the same name elsewhere in the payload (at most four levels and 2,000 values are
looked at). Each look is counted, so that a payload made for it cannot make the answer slow.
"""

import difflib
from collections import deque
from itertools import islice
from typing import Final, NamedTuple

from heliograph.mapping.document.plan import Path
from heliograph.mapping.paths.jsonpath import ANY, Location, Node, Query, Step, normalized
from heliograph.mapping.paths.work import Work
from heliograph.mapping.values.json_texts import holds_json
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json

_LEVELS: Final = 4
_VALUES: Final = 2000
_COMPARED: Final = 200
_PER_NAME: Final = 20
_LENGTHS: Final = 8
_STEPS: Final = 12
_LOOKED_AT: Final = 65_536


class Miss(NamedTuple):
    """Advice on a path that selected nothing."""

    why: str | None = None
    """One sentence about the place where it stopped, where there is more to say than that."""
    suggestion: str | None = None
    """A path in the mapper's spelling that leads somewhere."""


class _Stop(NamedTuple):
    """Where a path leads nowhere: `steps[position]` selects nothing of `value`."""

    position: int
    location: Location
    value: Json


def diagnose(path: Path, start: Node, body: Json, work: Work) -> Miss:
    """Return why a path leads nowhere and what may have been meant, as far as can be told.

    Args:
        path: a path that selected nothing.
        start: where its steps from `path.start` on begin.
        body: the whole payload.
        work: what looking may cost.

    Raises:
        TooMuchWork: it would cost more.
    """
    if path.query.tail or path.origin == "received_at":
        return Miss()
    trail = _follow(path.query.head, path.start, start)
    if trail is None:
        return Miss()
    stop = trail[-1]
    step = path.query.head[stop.position]
    if path.origin != "body":
        near = _beside(stop.value, step, work)
        return Miss(None, f"${path.origin}{spell((near,))[1:]}" if near is not None else None)
    why = _why(stop, step, work)
    near = _beside(stop.value, step, work)
    if near is not None:
        if isinstance(step, str) and near != near.strip() and near.strip().lower() == step.lower():
            why = f"The key there has a blank at its edge: {shown(near)}."
        return Miss(
            why,
            spell((*path.query.head[: stop.position], near, *path.query.head[stop.position + 1 :])),
        )
    if isinstance(stop.value, str) and _holds_json(stop.value, work):
        return Miss(why)  # what has the name elsewhere is something else
    meant = _dotted(path.query.head, trail, work) or _rebracketed(path.query.head, stop, work)
    if meant is not None:
        return Miss(why, spell(meant))
    return Miss(why, _elsewhere(path, step, body, work) if isinstance(step, str) else None)


def _follow(steps: tuple[Step, ...], first: int, start: Node) -> list[_Stop] | None:
    """Return the places on the way, the last of them where it ends; None when it does not end.

    A wildcard is followed into the first element, which stands for the others.
    """
    location: Location = start[0]
    value: Json = start[1]
    trail: list[_Stop] = []
    for position in range(first, len(steps)):
        trail.append(_Stop(position, location, value))
        step = steps[position]
        if isinstance(value, dict) and isinstance(step, str) and step in value:
            location, value = (*location, step), value[step]
            continue
        if not isinstance(value, list) or isinstance(step, str):
            return trail
        index = step if isinstance(step, int) else 0
        if not -len(value) <= index < len(value):
            return trail
        location, value = (*location, index % len(value)), value[index]
    return None


def _why(stop: _Stop, step: Step, work: Work) -> str | None:
    place, value = normalized(stop.location), stop.value
    if value is None:
        return f"{place} is null."
    if isinstance(value, str):
        if _holds_json(value, work):
            return (
                f"{place} is a text that holds JSON, which $json reads; no path looks into a text."
            )
        return f"{place} is a string, and nothing is inside it."
    if not isinstance(value, dict | list):
        return f"{place} is {a_kind_of(value)}, and nothing is inside it."
    if isinstance(step, str):
        if isinstance(value, list) and not stop.location:
            return (
                "The body is a list, and this path reads an object: send each by itself, or map lists, "
                "with batching and paths that begin with $[*]."
            )
        return f"{place} is an array, not an object." if isinstance(value, list) else None
    if isinstance(value, dict):
        return f"{'[*]' if step is ANY else f'[{step}]'} needs an array; {place} is an object."
    if len(value) < 2:
        return f"{place} has {'one element' if value else 'no elements'}."
    return f"{place} has {len(value)} elements, [0] to [{len(value) - 1}]."


def _holds_json(text: str, work: Work) -> bool:
    work.spend(min(len(text), _LOOKED_AT) >> 3)
    return holds_json(text)


def _beside(value: Json, name: Step, work: Work) -> str | None:
    """Return the key that resembles a missing one most."""
    if not isinstance(value, dict) or not isinstance(name, str):
        return None
    work.spend(min(len(value), _VALUES))
    near = [each for each in islice(value, _VALUES) if abs(len(each) - len(name)) <= _LENGTHS]
    wanted = name.strip().lower()
    folded = [each for each in near if each.strip().lower() == wanted]
    work.spend(0 if folded else _PER_NAME * min(len(near), _COMPARED))
    close = folded or difflib.get_close_matches(name, near[:_COMPARED], n=1, cutoff=0.7)
    return close[0] if close else None


def _dotted(steps: tuple[Step, ...], trail: list[_Stop], work: Work) -> tuple[Step, ...] | None:
    """Return the steps with several names joined into one key that holds dots."""
    for stop in trail:
        if not isinstance(stop.value, dict):
            continue
        names: list[str] = []
        for step in steps[stop.position : stop.position + _STEPS]:
            if not isinstance(step, str):
                break
            names.append(step)
            joined = ".".join(names)
            if len(names) > 1 and joined in stop.value:
                rest = steps[stop.position + len(names) :]
                if _leads_somewhere(rest, stop.value[joined], work):
                    return (*steps[: stop.position], joined, *rest)
    return None


def _rebracketed(steps: tuple[Step, ...], stop: _Stop, work: Work) -> tuple[Step, ...] | None:
    """Return the steps without a bracket that an object has no use for, or with one for an array."""
    before, rest = steps[: stop.position], steps[stop.position :]
    tries: list[tuple[Step, ...]] = []
    if isinstance(stop.value, dict) and not isinstance(rest[0], str):
        tries += [] if rest[0] is ANY else [(str(rest[0]), *rest[1:])]
        tries += [rest[1:]] if len(rest) > 1 else []
    elif isinstance(stop.value, list) and isinstance(rest[0], str):
        tries += [(int(rest[0]), *rest[1:])] if rest[0].isdecimal() and len(rest[0]) < 9 else []
        tries.append((0, *rest))
    return next(
        ((*before, *each) for each in tries if _leads_somewhere(each, stop.value, work)), None
    )


def _leads_somewhere(steps: tuple[Step, ...], value: Json, work: Work) -> bool:
    return bool(Query("", steps, ()).values(value, work))


def _elsewhere(path: Path, name: str, body: Json, work: Work) -> str | None:
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
        work.spend(1 + len(members))
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
