"""What one platform does to the names and values a mapper produces."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from heliograph.mapping.document.plan import Plan, literals_of
from heliograph.mapping.document.problems import document_path
from heliograph.mapping.lint.vendor_rules import VendorRules
from heliograph.model.json import Json

Found: TypeAlias = tuple[str, Literal["warning", "note"], str, str]
"""Code, severity, message, JSON path in the mapper document."""


class Names(msgspec.Struct, kw_only=True):
    """Names and extents a mapper produces, from its document and, if there are any, from samples.

    Keys are names, values where in the mapper document they come from.
    """

    events: dict[str, str]
    properties: dict[str, str]
    traits: dict[str, str]
    platforms: dict[str, str]
    most_of_type: dict[str, int]
    """Per JSON type: attributes of one event at most."""
    most_properties: int
    longest_text: dict[str, int]
    """Attribute path in the event → characters of the longest text."""
    longest_list: dict[str, int]
    """Attribute path in the event → elements of the longest list."""
    from_samples: bool = False

    @classmethod
    def of_plan(cls, plan: Plan) -> "Names":
        """Return what the document alone says; values of paths are unknown."""
        names = cls(
            events={},
            properties={},
            traits={},
            platforms={},
            most_of_type={},
            most_properties=0,
            longest_text={},
            longest_list={},
        )
        for variant in plan.variants:
            names._add(variant.plan, variant.at)
        if not plan.variants:
            names._add(plan, "$")
        return names

    def _add(self, plan: Plan, at: str) -> None:
        places = (
            (self.events, plan.event, "event_name"),
            (self.platforms, plan.platform, "platform"),
        )
        for known, source, key in places:
            for literal in literals_of(source):
                if isinstance(literal, str):
                    known.setdefault(literal, f"{at}.mappings.{key}")
        for known, attributes, key in (
            (self.properties, plan.properties, "attr"),
            (self.traits, plan.traits, "user_attributes"),
        ):
            for each in attributes.named:
                place = document_path("mappings", key, each.name)
                known.setdefault(each.name, at + place[1:])
        self.most_properties = max(self.most_properties, len(plan.properties.named))


def type_of(value: Json) -> str:
    """Return the data type a platform files a value under."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"


def lint_names(rules: VendorRules, names: Names) -> Iterator[Found]:
    """Yield what the platform does to these names and values."""
    for name, where in names.events.items():
        yield from _name(rules, name, where, limit=rules.event_name_max, kind="event")
    for name, where in names.properties.items():
        yield from _name(rules, name, where, limit=rules.name_max, kind="event attribute")
    for name, where in names.traits.items():
        if name.lower() in rules.blocked_traits:
            message = f"{rules.title} refuses a user attribute named {name!r}."
            yield "lint.name_reserved", "warning", message, where
        elif name not in rules.settable:
            yield from _name(rules, name, where, limit=rules.name_max, kind="user attribute")
    for platform, where in names.platforms.items():
        if platform.lower() not in rules.platforms:
            message = f"{rules.title} knows no platform {platform!r}; it is left out there."
            yield "lint.platform_unknown", "note", message, where
    yield from _counts(rules, names)
    for path, length in names.longest_text.items():
        if length > rules.text_max:
            message = (
                f"{path} has {length:,} characters in the samples; "
                f"{rules.title} keeps {rules.text_max:,}."
            )
            yield "lint.text_long", "warning", message, _origin(names, path)
    for path, length in names.longest_list.items():
        if rules.list_max is not None and length > rules.list_max:
            message = f"{path} has {length:,} elements in the samples; {rules.title} keeps {rules.list_max}."
            yield "lint.list_long", "warning", message, _origin(names, path)


def _name(rules: VendorRules, name: str, where: str, *, limit: int, kind: str) -> Iterator[Found]:
    if len(name) > limit:
        message = (
            f"The {kind} {name[:30]!r}… has {len(name)} characters; {rules.title} keeps {limit}."
        )
        yield "lint.name_long", "warning", message, where
    if rules.reserved_prefix and name.lower().startswith(rules.reserved_prefix):
        message = (
            f"Names that begin with {rules.reserved_prefix} are {rules.title}'s own; "
            f"the {kind} {name!r} is left out there."
        )
        yield "lint.name_reserved", "warning", message, where


def _counts(rules: VendorRules, names: Names) -> Iterator[Found]:
    attr = "$.mappings.attr"
    if rules.attributes_max is not None and names.most_properties > rules.attributes_max:
        message = (
            f"An event has up to {names.most_properties} attributes; "
            f"{rules.title} keeps the first {rules.attributes_max}."
        )
        yield "lint.too_many_attributes", "warning", message, attr
    if rules.per_type_max is None:
        return
    for kind, count in names.most_of_type.items():
        if count > rules.per_type_max:
            message = (
                f"An event has up to {count} attributes of type {kind}; "
                f"{rules.title} keeps {rules.per_type_max} of each type."
            )
            yield "lint.too_many_of_a_type", "warning", message, attr
    if not names.from_samples and names.most_properties > rules.per_type_max:
        message = (
            f"{names.most_properties} event attributes: should more than {rules.per_type_max} be of one "
            f"data type, {rules.title} drops the rest. Give samples to know."
        )
        yield "lint.too_many_of_a_type", "note", message, attr


def _origin(names: Names, path: str) -> str:
    group, _, name = path.partition(".")
    known = names.properties if group == "properties" else names.traits
    return known.get(name, "$.mappings")
