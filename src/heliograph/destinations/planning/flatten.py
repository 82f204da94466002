"""Nested objects as flat attributes, for vendors that have no use for nested ones.

`{"address": {"city": "Paris"}}` becomes `{"address_city": "Paris"}`. A key that is already there wins
over one that flattening would make.
"""

from typing import Annotated

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


def flatten_objects(
    values: JsonObject, separator: str, taken: list[str] | None = None
) -> JsonObject:
    """Return `values` with every nested object lifted to the top; arrays are left alone.

    Order is kept: the members of an object stand where the object stood. An empty object vanishes.

    Args:
        values: left unchanged.
        separator: stands between the names.
        taken: gets the names that were there already, whose nested values are therefore left out.
    """
    if not any(isinstance(value, dict) for value in values.values()):
        return values
    out: JsonObject = {}
    for name, value in values.items():
        if isinstance(value, dict):
            for path, leaf in _leaves(value, name, separator):
                if path not in values and path not in out:
                    out[path] = leaf
                elif taken is not None and leaf is not None:
                    taken.append(path)
        else:
            out[name] = value
    return out


def _leaves(value: JsonObject, prefix: str, separator: str) -> list[tuple[str, Json]]:
    leaves: list[tuple[str, Json]] = []
    pending: list[tuple[str, Json]] = [(prefix, value)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict):
            pending.extend((f"{path}{separator}{key}", node[key]) for key in reversed(node))
        else:
            leaves.append((path, node))
    return leaves


def columns_of(items: list[Json]) -> dict[str, list[Json]] | None:
    """Return a list of objects as one list per key, None when it is no such list.

    `[{"id": 1, "size": "S"}, {"id": 2}]` becomes `{"id": [1, 2], "size": ["S", None]}`: every column has
    an entry per object, so that positions correspond.
    """
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    rows = [item for item in items if isinstance(item, dict)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}
