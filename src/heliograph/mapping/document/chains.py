"""Which arrays does a batching mapper walk, and which of its paths follow which array?

- A path's arrays are what stands before each of its leading `[*]`: `$.orders[*].items[*].sku` walks
  `orders`, then `items` of each. Wildcards after a filter, slice or `..` walk nothing.
- The deepest path of the mapper decides: one record per innermost element (reading A4). Paths that walk
  fewer of the same arrays, or none, give every record below the same value (A5).
- Arrays from the root that differ are walked side by side (A3); two ways down that part further inside
  are an error, since no one record would hold both.
"""

from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping.document.plan import (
    Attribute,
    Attributes,
    Chain,
    Constant,
    Merge,
    Path,
    Plan,
    Source,
    Validation,
    Value,
    leaves_of,
    with_paths,
)
from heliograph.mapping.paths.jsonpath import ANY

MAX_LEVELS: Final = 8
"""Arrays inside each other that a batch may walk."""

Arrays: TypeAlias = tuple[tuple[str | int, ...], ...]


def arrays_of(path: Path) -> Arrays:
    """Return the steps before each leading `[*]`, each from the element of the one before."""
    arrays: list[tuple[str | int, ...]] = []
    steps: list[str | int] = []
    for step in path.query.head if path.origin == "body" else ():
        if step is ANY:
            arrays.append(tuple(steps))
            steps = []
        else:
            steps.append(step)
    return tuple(arrays)


def find_chain(paths: Iterable[Path]) -> Chain:
    """Return the arrays that a mapper with these paths walks; none when no path has a wildcard.

    Raises:
        ConfigError: `mapper.invalid`, when two paths part below the first array.
    """
    walks: dict[Arrays, Path] = {}
    for path in paths:
        arrays = arrays_of(path)
        if arrays:
            walks.setdefault(arrays, path)
    if not walks:
        return Chain()
    deepest = max(walks, key=len)
    if len(deepest) > MAX_LEVELS:
        raise ConfigError(
            "mapper.invalid",
            f"{walks[deepest].text} walks too many arrays inside each other.",
            found=f"{len(deepest)} times [*]",
            allowed=f"at most {MAX_LEVELS}",
        )
    beside: dict[tuple[str | int, ...], None] = {}
    for arrays, path in walks.items():
        if arrays == deepest[: len(arrays)]:
            continue
        if len(arrays) == 1:
            beside[arrays[0]] = None
            continue
        raise ConfigError(
            "mapper.invalid",
            f"{path.text} and {walks[deepest].text} walk different arrays of one element, "
            "so no single record would hold both.",
            found=path.text,
            allowed="paths whose [*] follow one chain of arrays",
            hint="Drop the inner [*] of one of them to get its array as one value, "
            "or use two mappers.",
        )
    return Chain(arrays=deepest, beside=tuple(beside))


def place(path: Path, chain: Chain) -> Path:
    """Return the path with its place in the chain: level, side, and the steps the chain has taken."""
    arrays = arrays_of(path)
    if not arrays or not chain.arrays:
        return path
    if arrays[0] in chain.beside:
        side = chain.beside.index(arrays[0]) + 1
        return msgspec.structs.replace(path, level=1, side=side, start=len(arrays[0]) + 1)
    level = 0
    while level < len(arrays) and arrays[: level + 1] == chain.arrays[: level + 1]:
        level += 1
    start = sum(len(steps) + 1 for steps in arrays[:level])
    return msgspec.structs.replace(path, level=level, start=start)


def paths_of(plan: Plan) -> list[tuple[str, Path]]:
    """Return the paths that decide the chain, each with its place in the mapper document."""
    time = plan.time
    fields: list[tuple[str, Source | None]] = [
        ("$.mappings.customer_id", plan.customer_id),
        ("$.mappings.anon_id", plan.anonymous_id),
        ("$.mappings.event_name", plan.event),
        ("$.mappings['#MERGE'].user_time.date", time.date if isinstance(time, Merge) else None),
        ("$.mappings['#MERGE'].user_time.time", time.time if isinstance(time, Merge) else None),
        ("$.mappings.user_time", None if isinstance(time, Merge) else time),
        ("$.mappings.platform", plan.platform),
        ("$.mappings.app_version", plan.app_version),
        ("$.mappings.group_id", plan.group_id),
    ]
    for key, attributes in (("attr", plan.properties), ("user_attributes", plan.traits)):
        fields += [(f"$.mappings.{key}.{each.name}", each.value) for each in attributes.named]
        fields.append((f"$.mappings.{key}.create_all", attributes.create_all))
    return [(where, path) for where, source in fields for path in leaves_of(source)]


def placed(plan: Plan, chain: Chain) -> Plan:
    """Return the plan with every path placed in the chain."""

    def at(value: Value | None) -> Value | None:
        return None if value is None else with_paths(value, lambda path: place(path, chain))

    def in_place(source: Source | None) -> Source | None:
        return source if isinstance(source, Constant) else at(source)

    def attributes_at(attributes: Attributes) -> Attributes:
        named = [
            Attribute(each.name, in_place(each.value) or each.value) for each in attributes.named
        ]
        return Attributes(tuple(named), at(attributes.create_all))

    time = plan.time
    if isinstance(time, Merge):
        time = Merge(at(time.date) or time.date, at(time.time) or time.time, time.joiner)
    else:
        time = at(time)
    return msgspec.structs.replace(
        plan,
        chain=chain,
        customer_id=at(plan.customer_id),
        anonymous_id=at(plan.anonymous_id),
        event=in_place(plan.event),
        time=time,
        platform=in_place(plan.platform),
        app_version=in_place(plan.app_version),
        group_id=in_place(plan.group_id),
        properties=attributes_at(plan.properties),
        traits=attributes_at(plan.traits),
        validations=tuple(
            Validation(place(each.path, chain), each.type) for each in plan.validations
        ),
    )
