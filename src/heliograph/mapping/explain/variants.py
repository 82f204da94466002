"""Which variants of a mapper does a record go to, and what becomes of it in each?"""

from collections.abc import Iterator
from typing import Final

import msgspec

from heliograph.mapping.document.plan import Condition, Plan
from heliograph.mapping.explain.explanation import ItemExplanation
from heliograph.mapping.explain.records import Payload, Record
from heliograph.mapping.explain.reference import explain_record
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.values.texts import as_text, is_filled
from heliograph.mapping.wording import shown
from heliograph.model.json import Json
from heliograph.model.request import RejectedItem

_SAID: Final = 3
"""Paths and variants that a message names."""


def explain_item(
    plan: Plan,
    payload: Payload,
    record: Record,
    further: Iterator[int],
    *,
    advise: bool = False,
    brief: bool = False,
) -> Iterator[ItemExplanation]:
    """Yield what becomes of one record, and why: one explanation of each variant that takes it.

    Args:
        plan: the mapper.
        payload: the request.
        record: the record.
        further: the numbers of results beyond the first one, which has the record's own.
        advise: also look for what a path that leads nowhere may have meant.
        brief: of a refused record, leave out the fields that cannot refuse one.

    Raises:
        TooMuchWork: it costs more than is left for the payload.
    """
    if not plan.variants:
        yield explain_record(plan, payload, record, advise=advise, brief=brief)
        return
    number: int | None = record.index
    for variant in plan.variants:
        if not all(holds(each, record, payload) for each in variant.when):
            continue
        taken = msgspec.structs.replace(record, index=next(further) if number is None else number)
        number = None
        item = explain_record(variant.plan, payload, taken, advise=advise, brief=brief)
        yield msgspec.structs.replace(item, variant=variant.label, at=variant.at)
        if not variant.also:
            return
    if number is not None:
        yield _untaken(plan, payload, record)


def takes_one(plan: Plan, body: Json) -> bool:
    """Tell whether a body is one item although the mapper walks the array that a body may be.

    A mapper with variants takes both: platforms that send batches send one event as an object.
    """
    return bool(plan.variants) and plan.chain.arrays[:1] == ((),) and type(body) is dict


def without_index(item: RejectedItem) -> RejectedItem:
    """Return a rejected item of a body that `takes_one` holds for, with the place it has there."""
    path = item.path
    if path is None or not path.startswith("$[0]"):
        return item
    return msgspec.structs.replace(item, path="$" + path[4:])


def holds(condition: Condition, record: Record, payload: Payload) -> bool:
    """Tell whether a condition holds for a record.

    Raises:
        TooMuchWork: it costs more than is left for the payload.
    """
    values = [value for _, value in record.nodes_of(condition.path, payload)]
    return fulfils(condition, values)


def fulfils(condition: Condition, values: list[Json]) -> bool:
    """Tell whether a condition holds for the values that its path selects: one of them is enough."""
    if condition.present is not None:
        return any(map(is_filled, values)) == condition.present
    if any(as_text(value) in condition.texts for value in values):
        return True
    return condition.or_missing and all(value is None for value in values)


def no_variant(plan: Plan, payload: Payload, record: Record) -> RejectedItem:
    """Return why a record is refused that no variant takes.

    Raises:
        TooMuchWork: it costs more than is left for the payload.
    """
    paths = {each.path.text: each.path for variant in plan.variants for each in variant.when}
    found: list[str] = []
    for text, path in list(paths.items())[:_SAID]:
        values = [value for _, value in record.nodes_of(path, payload) if value is not None]
        found.append(f"{text} is {shown(values[0]) if values else 'missing'}")
    place = next(iter(paths.values()), None)
    return RejectedItem(
        index=record.index,
        code="mapper.no_variant",
        message=f"No variant of the mapper takes this: {', '.join(found)}",
        path="$" if place is None else record.place_of(place, payload),
        item=record.item,
    )


def _untaken(plan: Plan, payload: Payload, record: Record) -> ItemExplanation:
    labels = [variant.label for variant in plan.variants]
    more = len(labels) - 2 * _SAID
    listed = ", ".join(labels[: 2 * _SAID]) + (f" and {more} more" if more > 0 else "")
    return ItemExplanation(
        index=record.index,
        path=jsonpath.normalized(record.nodes[-1][0]),
        outcome=no_variant(plan, payload, record),
        note=f"The mapper has {listed}. One without when, as the last, takes what no other does.",
    )
