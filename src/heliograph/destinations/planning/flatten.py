"""Nested objects as flat attributes, for vendors that have no use for nested ones.

`{"address": {"city": "Paris"}}` becomes `{"address_city": "Paris"}`. A key that is already there wins
over one that flattening would make.
"""

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from heliograph.model.json import Json, JsonObject

Separator = Annotated[
    str,
    Meta(
        title="Separator",
        description="Stands between the names of a flattened attribute: `address_city`.",
        examples=["_", "."],
        min_length=1,
        max_length=5,
    ),
]
"""The setting of destinations that flatten."""


class Lost(NamedTuple):
    """What flattening could not keep."""

    path: str
    """The flat name it has, or would have."""
    why: Literal["taken", "null", "empty"]
    """`taken`: the name was there already; `null`: so was it, and the value is null; `empty`: an object
    without members."""


def flatten_objects(
    values: JsonObject, separator: str, lost: list[Lost] | None = None
) -> JsonObject:
    """Return `values` with every nested object lifted to the top; arrays are left alone.

    Order is kept: the members of an object stand where the object stood. An empty object vanishes.

    Args:
        values: left unchanged.
        separator: stands between the names.
        lost: gets what is left out.
    """
    if not any(isinstance(value, dict) for value in values.values()):
        return values
    lost = [] if lost is None else lost
    out: JsonObject = {}
    for name, value in values.items():
        if isinstance(value, dict):
            for path, leaf in _leaves(value, name, separator, lost):
                if path not in values and path not in out:
                    out[path] = leaf
                else:
                    lost.append(Lost(path, "null" if leaf is None else "taken"))
        else:
            out[name] = value
    return out


def _leaves(
    value: JsonObject, prefix: str, separator: str, lost: list[Lost]
) -> list[tuple[str, Json]]:
    leaves: list[tuple[str, Json]] = []
    pending: list[tuple[str, Json]] = [(prefix, value)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict):
            if not node:
                lost.append(Lost(path, "empty"))
            pending.extend((f"{path}{separator}{key}", node[key]) for key in reversed(node))
        else:
            leaves.append((path, node))
    return leaves


def columns_of(
    items: list[Json], separator: str, lost: list[Lost] | None = None
) -> dict[str, list[Json]] | None:
    """Return a list of objects as one list per key, None when it is no such list.

    `[{"id": 1, "size": {"eu": 40}}, {"id": 2}]` becomes `{"id": [1, 2], "size_eu": [40, None]}`: every column
    has an entry per object, so that positions correspond.

    Args:
        items: left unchanged.
        separator: stands between the names of nested objects.
        lost: gets what is left out of the objects; its paths begin with the position, `[0]`.
    """
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    rows: list[JsonObject] = []
    for position, item in enumerate(items):
        if isinstance(item, dict):
            inner: list[Lost] = []
            rows.append(flatten_objects(item, separator, inner))
            if lost is not None:
                lost += [Lost(f"[{position}].{each.path}", each.why) for each in inner]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}
