"""Blueprints: the declarative mapping between the canonical event and what a destination is told.

A blueprint is a document (`blueprints/<name>.json`, or a preset of a destination):

```json
{
  "name": "shop",
  "destination": "webengage",
  "title": "Shop",
  "events": {
    "rename": {"Added to Cart": ["Product Added", "product_added", "add_to_cart"]},
    "drop": ["Heartbeat"],
    "unlisted": "pass"
  },
  "properties": {
    "rename": {"amount": ["revenue", "total", "value"], "page_url": "$.context.page.url"},
    "values": {"payment": {"cc": "card", "*": "other"}},
    "items": {"products": {"rename": {"product_id": "item_id"}}},
    "drop": ["debug"],
    "unlisted": "pass",
    "flatten_with": "_"
  },
  "traits": {"rename": {"firstName": ["first_name", "u_fn"]}}
}
```

Rules:

- `rename` is target ← one source or several in order: the first that has a value (not null) is used
  and consumed, the others stay under their own names. A source is a key, a dotted path into nested
  objects (`address.city`), or a path into the whole event (`$.context.page.url`). A rename wins over a
  key of its target's name that was there before. The order of the event's keys is kept.
- `values` maps the values of targets, compared as text without regard to case; `*` is the default,
  without it other values pass; a value mapped to null is dropped.
- `items` applies the same rules to each object of a list.
- `drop` removes keys, by their name before or after renaming. `unlisted: "drop"` keeps only targets.
- Events of type page, screen, group and alias are named by their type in `events`; identify has no name.
- What a rule leaves out, or overwrites with something else, is a finding of the plan.

`apply_blueprint` is pure and never changes its input.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from heliograph.destinations.blueprint.document import (
    BlueprintDocument,
    FieldRules,
    as_tuple,
    check_blueprint,
)
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.flatten import Lost, flatten_objects
from heliograph.errors import ConfigError
from heliograph.model.event import Event
from heliograph.model.json import Json, JsonObject

TYPE_NAMES: Final[dict[str, str]] = {
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Group Joined",
    "alias": "Alias Created",
}
"""What the events that have no name of their own are called where no blueprint says otherwise."""


class Blueprint:
    """A compiled blueprint; immutable, made once per document by `compile_blueprint`."""

    __slots__ = ("_names", "document", "properties", "traits")

    def __init__(self, document: BlueprintDocument) -> None:
        self.document = document
        self._names = {
            source: target
            for target, sources in document.events.rename.items()
            for source in as_tuple(sources)
        }
        self.properties = _Fields(document.properties)
        self.traits = _Fields(document.traits)

    @property
    def name(self) -> str:
        """The name pipelines use."""
        return self.document.name

    def __repr__(self) -> str:
        return f"Blueprint({self.document.name!r})"

    def as_json(self) -> JsonObject:
        """Return the document without what it leaves at its default, to start an own one from."""
        plain: JsonObject = msgspec.to_builtins(self.document)
        return plain

    def event_name(self, canonical: str) -> str | None:
        """Return the outgoing name of an event, None when the event is dropped."""
        rules = self.document.events
        if canonical in rules.drop:
            return None
        name = self._names.get(canonical)
        if name is None:
            listed = canonical in rules.rename
            return canonical if listed or rules.unlisted == "pass" else None
        return None if name in rules.drop else name


def compile_blueprint(document: JsonObject, *, name: str | None = None) -> Blueprint:
    """Return the blueprint of a document.

    Args:
        document: the JSON object; `name` inside it may be absent when given beside it.
        name: the name under which the document is stored.

    Raises:
        ConfigError: `config.invalid`; `where` is the JSON path in the document.
    """
    named: JsonObject = document if name is None else {**document, "name": name}
    try:
        decoded = msgspec.convert(named, BlueprintDocument)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        raise ConfigError(
            "config.invalid",
            f"blueprint: {what}",
            where=where.rstrip("`") or "$",
            hint="docs/reference/destinations.md describes the document.",
        ) from None
    check_blueprint(decoded)
    return Blueprint(decoded)


def apply_blueprint(
    blueprint: Blueprint, event: Event, findings: Findings | None = None
) -> Event | None:
    """Return the event as its destination is to be told, None when the blueprint drops it.

    Args:
        blueprint: the rules.
        event: left unchanged.
        findings: gets what the rules leave out or overwrite; its places are those of the event before.
    """
    document = blueprint.document
    findings = Findings("", fail=False) if findings is None else findings
    properties = event.properties
    name: str | None = None
    if event.type != "identify":
        canonical = canonical_name(event)
        viewed = event.type in ("page", "screen") and document.events.page_names == "viewed"
        if viewed:
            name = None if canonical in document.events.drop else _viewed_name(event)
        else:
            name = blueprint.event_name(canonical)
        if name is None:
            return None
        if name == canonical and event.type in TYPE_NAMES:
            name = TYPE_NAMES[event.type]
        if event.type != "track" and event.event:
            if "name" not in properties:
                properties = {"name": event.event, **properties}
            elif properties["name"] != event.event and not viewed:
                findings.warn(
                    "blueprint.taken", "the property `name` stands in place of this", "$.event"
                )
    elif "identify" in document.events.drop:
        return None
    properties = blueprint.properties.apply(properties, event, findings, "$.properties")
    traits = blueprint.traits.apply(event.traits, event, findings, "$.traits")
    if name == event.event and properties is event.properties and traits is event.traits:
        return event  # as nearly always without a blueprint
    return msgspec.structs.replace(event, event=name, properties=properties, traits=traits)


def named_as_it_is(event: Event) -> bool:
    """Tell whether an event stays as it is where no blueprint says otherwise, as nearly all do."""
    return event.type == "track" and bool(event.event)


def canonical_name(event: Event) -> str:
    """Return the name an event has in `events` rules: its own for track, else its type."""
    return event.event or "" if event.type == "track" else event.type


def _viewed_name(event: Event) -> str:
    named = [event.properties.get("category"), event.event or event.properties.get("name")]
    words = [word for word in named if isinstance(word, str) and word]
    return " ".join(["Viewed", *words, event.type]) if words else f"Viewed a {event.type}"


class _Fields:
    """Compiled `FieldRules`."""

    __slots__ = (
        *("_by_source", "_drop", "_items", "_keep", "_nested", "_plain", "_renames", "_rules"),
        "_values",
    )

    def __init__(self, rules: FieldRules) -> None:
        self._rules = rules
        self._renames = [
            (target, [(source, source.split(".")) for source in as_tuple(sources)])
            for target, sources in rules.rename.items()
        ]
        self._by_source: dict[str, list[int]] = {}
        """Source → places in `_renames` of the targets it may fill: an event has few of all sources."""
        self._nested: list[tuple[int, str]] = []
        """Places of the targets that a path may fill, with the first name of that path."""
        for place, (_, sources) in enumerate(self._renames):
            for source, names in sources:
                self._by_source.setdefault(source, []).append(place)
                if len(names) > 1:
                    self._nested.append((place, names[0]))
        self._values = {
            target: {given.casefold(): value for given, value in table.items()}
            for target, table in rules.values.items()
        }
        self._items = {name: _Fields(nested) for name, nested in rules.items.items()}
        self._drop = frozenset(rules.drop)
        self._keep = rules.unlisted == "pass"
        self._plain = self._keep and not (
            rules.rename or rules.values or rules.items or rules.drop or rules.flatten_with
        )
        """Nothing is to be changed, as for an unmapped event."""

    def apply(
        self, given: JsonObject, event: Event | None, findings: Findings, where: str
    ) -> JsonObject:
        """Return the fields as the rules want them; `given` itself when they change nothing."""
        if self._plain:
            return given
        out = self._renamed(given, event, findings, where)
        for target, table in self._values.items():
            if target in out:
                _map_value(out, target, table, findings, where)
        for name in self._rules.drop:
            if out.pop(name, None) is not None:
                _left_out(findings, name, where)
        for name, nested in self._items.items():
            items = out.get(name)
            if isinstance(items, list):
                out[name] = [
                    nested.apply(item, None, findings, f"{where}.{name}[{position}]")
                    if isinstance(item, dict)
                    else item
                    for position, item in enumerate(items)
                ]
        separator = self._rules.flatten_with
        if separator is None:
            return out
        return _flattened(out, separator, findings, where)

    def _chosen(
        self, given: JsonObject, event: Event | None
    ) -> tuple[dict[str, list[str]], JsonObject]:
        """Return each consumed key with its targets, which stand where it stood, and the other targets."""
        moved: dict[str, list[str]] = {}
        added: JsonObject = {}
        for place in sorted(self._may_be_filled(given)):
            target, sources = self._renames[place]
            for source, names in sources:
                if source in given:
                    if given[source] is not None and source not in self._drop:
                        moved.setdefault(source, []).append(target)
                        break
                    continue
                value = _at_path(names, given, event)
                if value is not None:
                    added[target] = value
                    break
        return moved, added

    def _may_be_filled(self, given: JsonObject) -> set[int]:
        places = {place for place, head in self._nested if head == "$" or head in given}
        for name in given:
            if name in self._by_source:
                places.update(self._by_source[name])
        return places

    def _renamed(
        self, given: JsonObject, event: Event | None, findings: Findings, where: str
    ) -> JsonObject:
        moved, added = self._chosen(given, event)
        targets = set(added).union(*moved.values()) if moved or added else set[str]()
        out: JsonObject = {}
        overwritten: JsonObject = {}
        for name, value in given.items():
            if name in moved:
                for target in moved[name]:
                    out[target] = value
            elif name in targets:
                overwritten[name] = value
            elif self._keep or name in self._rules.rename:
                out[name] = value
            elif value is not None:
                _left_out(findings, name, where)
        out |= added
        for name, value in overwritten.items():
            _overwritten(value, out.get(name), findings, f"{where}.{name}")
        return out


def _overwritten(value: Json, by: Json, findings: Findings, where: str) -> None:
    if value is not None and value != by:
        message = "a rename of the blueprint puts another value in this place"
        findings.warn("blueprint.taken", message, where)


def _map_value(
    out: JsonObject, target: str, table: Mapping[str, Json], findings: Findings, where: str
) -> None:
    before = out[target]
    after = _mapped(before, table)
    if after is not None:
        out[target] = after
        return
    del out[target]
    if before is None:
        findings.null(f"{where}.{target}")
    else:
        _left_out(findings, target, where)


def _flattened(out: JsonObject, separator: str, findings: Findings, where: str) -> JsonObject:
    lost: list[Lost] = []
    flat = flatten_objects(out, separator, lost)
    for each in lost:
        at = f"{where}.{each.path}"
        if each.why == "taken":
            message = f"flattening makes a second {each.path!r}; it is left out"
            findings.warn("blueprint.taken", message, at)
        elif each.why == "empty":
            findings.empty(at)
        else:
            findings.null(at)
    return flat


def _left_out(findings: Findings, name: str, where: str) -> None:
    findings.warn("blueprint.left_out", "the blueprint leaves it out", f"{where}.{name}")


def _mapped(value: Json, table: Mapping[str, Json]) -> Json:
    if isinstance(value, (dict, list)) or value is None:
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    key = text.casefold()
    return table[key] if key in table else table.get("*", value)


def _at_path(names: list[str], given: JsonObject, event: Event | None) -> Json:
    """Return the value at `a.b.c` in the fields or at `$.a.b` in the event, None when missing."""
    node: Json = given
    if names[0] == "$":
        if event is None:
            return None
        node, names = getattr(event, names[1]), names[2:]
    elif len(names) == 1:
        return None
    for name in names:
        if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, dict):
            node = node.get(name)
        else:
            return None
    return node
