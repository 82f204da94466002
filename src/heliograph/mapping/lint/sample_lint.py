"""What samples tell about a mapper: paths that lead nowhere, items refused, names that create_all brings."""

import json
from collections.abc import Sequence
from typing import Literal, TypeAlias

from heliograph.mapping.document.plan import CREATE_ALL, Plan
from heliograph.mapping.document.problems import document_path
from heliograph.mapping.explain.explanation import Explanation, FieldExplanation, ItemExplanation
from heliograph.mapping.lint.vendor_lint import Names, type_of
from heliograph.mapping.result import Mapped
from heliograph.mapping.run.mapper import Mapper
from heliograph.mapping.values.json_texts import holds_json
from heliograph.mapping.wording import shown
from heliograph.model.json import Json, JsonObject

Found: TypeAlias = tuple[str, Literal["warning", "note"], str, str, str | None]
"""Code, severity, message, JSON path in the mapper document, hint."""

RECEIVED_AT_MS = 1_704_067_200_000
"""Stands for the moment of receipt; nothing of it is shown."""

_FIELDS = {
    "customer_id": "customer_id",
    "anonymous_id": "anon_id",
    "event": "event_name",
    "timestamp": "user_time",
    "platform": "platform",
    "app_version": "app_version",
}
_GROUPS = {"properties": "attr", "traits": "user_attributes"}


def lint_samples(
    mapper: Mapper, samples: Sequence[Json], names: Names
) -> tuple[list[Found], Names]:
    """Return findings about the samples, and `names` with what the samples bring."""
    found: list[Found] = []
    misses: dict[tuple[str, str], list[FieldExplanation]] = {}
    hits: set[tuple[str, str]] = set()
    for position, sample in enumerate(samples):
        explanation = mapper.explain(sample, received_at_ms=RECEIVED_AT_MS)
        found += _refusals(mapper, explanation, position)
        for item in explanation.items:
            for field in item.fields:
                if field.reason == "path_missing" and not _is_of_request(field.source):
                    misses.setdefault((item.at, field.field), []).append(field)
                else:
                    hits.add((item.at, field.field))
            found += _json_texts(item)
            if isinstance(item.outcome, Mapped):
                _extend(names, item.outcome, item.at)
        found += _overwritten(mapper, explanation)
    names.from_samples = True
    for key, fields in misses.items():
        if key in hits:
            continue
        at, name = key
        suggestion = next((each.suggestion for each in fields if each.suggestion), None)
        found.append(
            (
                "lint.never_matches",
                "warning",
                f"{fields[0].source} leads nowhere in {_samples(len(samples))}.",
                document_place(name, at),
                f"Did you mean {suggestion}?" if suggestion else None,
            )
        )
    return found, names


def blocks_of(plan: Plan) -> list[tuple[Plan, str]]:
    """Return what holds fields, and where in the document: the variants of a mapper, or all of it."""
    return [(variant.plan, variant.at) for variant in plan.variants] or [(plan, "$")]


def document_place(field: str, at: str = "$") -> str:
    """Return where in the mapper document a field of an explanation is decided.

    Args:
        field: its name.
        at: place of the variant, `$` for a mapper without.
    """
    group, dot, name = field.partition(".")
    if group == "validation":
        place = document_path("payload_validations", name)
    elif dot and group in _GROUPS:
        place = document_path("mappings", _GROUPS[group], name)
    else:
        place = document_path("mappings", _FIELDS.get(field, field))
    return at + place[1:]


def _is_of_request(source: str) -> bool:
    """Tell whether a path starts at headers or query, which samples do not have."""
    return source.startswith(("$headers", "$query"))


def _refusals(mapper: Mapper, explanation: Explanation, position: int) -> list[Found]:
    found: list[Found] = []
    for item in explanation.items:
        if isinstance(item.outcome, Mapped):
            continue
        culprit = next((each for each in item.fields if each.refused is not None), None)
        if culprit is not None and _is_of_request(culprit.source):
            continue
        place = f"{item.at}.mappings" if item.fields else "$.variants"
        if culprit is not None:
            place = document_place(culprit.field, item.at)
        elif not mapper.plan.variants:
            place = "$.mappings"
        hint = None
        if culprit is not None and culprit.suggestion:
            hint = f"Did you mean {culprit.suggestion}?"
        message = f"Sample {position + 1}, item {item.index + 1}: {item.outcome.message}."
        found.append(("lint.item_refused", "warning", message, place, hint))
    return found


def _overwritten(mapper: Mapper, explanation: Explanation) -> list[Found]:
    """Return explicit attributes that hide a different value of the same name from create_all."""
    groups = [
        (group, key, plan.properties if group == "properties" else plan.traits, at)
        for plan, at in blocks_of(mapper.plan)
        for group, key in _GROUPS.items()
    ]
    found: list[Found] = []
    for group, key, attributes, at in groups:
        if attributes.create_all is None:
            continue
        for item in explanation.items:
            if item.at != at:
                continue
            copied = _copied(item.fields, f"{group}.{CREATE_ALL}")
            by_name = {each.field: each for each in item.fields}
            for attribute in attributes.named:
                explicit = by_name.get(f"{group}.{attribute.name}")
                if explicit is None or attribute.name not in copied or explicit.reason is not None:
                    continue
                if explicit.value != copied[attribute.name]:
                    message = (
                        f"{attribute.name} is also a key of {attributes.create_all.text}, "
                        "with another value; the explicit one wins."
                    )
                    place = at + document_path("mappings", key, attribute.name)[1:]
                    found.append(("lint.overwritten", "note", message, place, None))
    return found


def _json_texts(item: ItemExplanation) -> list[Found]:
    """Return where a text that holds JSON is not read: nothing of it is copied, or it stays mere text."""
    found: list[Found] = []
    for field in item.fields:
        group, _, name = field.field.partition(".")
        if group not in _GROUPS:
            continue
        place = document_place(field.field, item.at)
        reads = json.dumps({"$json": {"of": field.source, "path": "$.name"}})
        if name != CREATE_ALL:
            if isinstance(field.value, str) and holds_json(field.value):
                message = f"{name} is a text that holds JSON; platforms get it as mere text."
                found.append(
                    ("lint.json_text", "note", message, place, f"{reads} reads a part of it.")
                )
            continue
        lost = field.matches[-1].value if field.reason == "wrong_type" and field.matches else None
        if isinstance(lost, str) and holds_json(lost):
            whole = json.dumps({"$json": field.source})
            message = f"{field.source} is a text that holds JSON, so create_all copies nothing."
            found.append(("lint.json_text", "warning", message, place, f"Write {whole}."))
        for key, value in field.value.items() if isinstance(field.value, dict) else ():
            if isinstance(value, str) and holds_json(value):
                message = f"{shown(key)}, which create_all copies, is a text that holds JSON."
                found.append(
                    ("lint.json_text", "note", message, place, "$json reads a part of it.")
                )
    return found


def _copied(fields: Sequence[FieldExplanation], name: str) -> JsonObject:
    for field in fields:
        if field.field == name and field.matches and isinstance(field.matches[0].value, dict):
            return field.matches[0].value
    return {}


def _extend(names: Names, mapped: Mapped, at: str) -> None:
    if mapped.event is not None:
        names.events.setdefault(mapped.event, f"{at}.mappings.event_name")
    if mapped.platform is not None:
        names.platforms.setdefault(mapped.platform, f"{at}.mappings.platform")
    types: dict[str, int] = {}
    for group, known, values in (
        ("properties", names.properties, mapped.properties),
        ("traits", names.traits, mapped.traits),
    ):
        for name, value in values.items():
            place = document_path("mappings", _GROUPS[group], CREATE_ALL)
            known.setdefault(name, at + place[1:])
            if group == "properties":
                types[type_of(value)] = types.get(type_of(value), 0) + 1
            path = f"{group}.{name}"
            if isinstance(value, str):
                names.longest_text[path] = max(names.longest_text.get(path, 0), len(value))
            elif isinstance(value, list):
                names.longest_list[path] = max(names.longest_list.get(path, 0), len(value))
    for kind, count in types.items():
        names.most_of_type[kind] = max(names.most_of_type.get(kind, 0), count)
    names.most_properties = max(names.most_properties, len(mapped.properties))


def _samples(count: int) -> str:
    return "the sample" if count == 1 else f"any of {count} samples"
