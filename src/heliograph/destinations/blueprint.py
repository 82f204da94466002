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

`apply_blueprint` is pure and never changes its input.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from heliograph.destinations.flatten import flatten_objects
from heliograph.errors import ConfigError
from heliograph.model.event import Event
from heliograph.model.json import Json, JsonObject

Unlisted = Literal["pass", "drop"]
Sources = str | tuple[str, ...]

TYPE_NAMES: Final[dict[str, str]] = {
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Group Joined",
    "alias": "Alias Created",
}
"""What the events that have no name of their own are called where no blueprint says otherwise."""


class EventRules(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Which events pass, and under which names."""

    rename: dict[str, Sources] = {}
    """Target name ← canonical names."""
    drop: tuple[str, ...] = ()
    unlisted: Unlisted = "pass"
    page_names: Literal["fixed", "viewed"] = "fixed"
    """`viewed` names pages and screens `Viewed <category> <name> page`, as some other hubs do."""


class FieldRules(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What happens to the properties, the traits, or the objects of a list."""

    rename: dict[str, Sources] = {}
    values: dict[str, dict[str, Json]] = {}
    items: "dict[str, FieldRules]" = {}
    drop: tuple[str, ...] = ()
    unlisted: Unlisted = "pass"
    flatten_with: str | None = None
    """Separator under which nested objects are lifted to the top; None leaves them nested."""


class BlueprintDocument(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A blueprint as written."""

    name: str
    destination: str = ""
    """Type of destination it is meant for; empty = any."""
    title: str = ""
    description: str = ""
    events: EventRules = EventRules()
    properties: FieldRules = FieldRules()
    traits: FieldRules = FieldRules()


class Blueprint:
    """A compiled blueprint; immutable, made once per document by `compile_blueprint`."""

    __slots__ = ("_names", "document", "properties", "traits")

    def __init__(self, document: BlueprintDocument) -> None:
        self.document = document
        self._names = {
            source: target
            for target, sources in document.events.rename.items()
            for source in _as_tuple(sources)
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


def check_blueprint(document: BlueprintDocument) -> None:
    """Return nothing when the rules do not contradict each other.

    Raises:
        ConfigError: `config.invalid`; `where` is the JSON path in the document.
    """
    if not document.name:
        raise _contradiction("$.name", "a blueprint needs a name")
    _check_sources(document.events.rename, "$.events.rename", several_targets=False)
    for section, rules in (("properties", document.properties), ("traits", document.traits)):
        _check_fields(rules, f"$.{section}")


def _check_fields(rules: FieldRules, where: str) -> None:
    _check_sources(rules.rename, f"{where}.rename", several_targets=True)
    if rules.flatten_with == "":
        raise _contradiction(f"{where}.flatten_with", "the separator is empty")
    for name, nested in rules.items.items():
        _check_fields(nested, f"{where}.items.{name}")


def _check_sources(rename: Mapping[str, Sources], where: str, *, several_targets: bool) -> None:
    owner: dict[str, str] = {}
    for target, sources in rename.items():
        at = f"{where}.{target}"
        if not target:
            raise _contradiction(where, "a target name is empty")
        if not _as_tuple(sources):
            raise _contradiction(at, "there is no source")
        for source in _as_tuple(sources):
            if not source:
                raise _contradiction(at, "a source is empty")
            if source.startswith("$") and not _is_event_path(source):
                raise _contradiction(at, f"{source!r} is no path into an event", _PATHS)
            if not several_targets and source in owner:
                raise _contradiction(at, f"{source!r} is a source of {owner[source]!r} as well")
            owner[source] = target


def _is_event_path(source: str) -> bool:
    root, _, rest = source.partition(".")
    return root == "$" and rest.partition(".")[0] in Event.__struct_fields__


_PATHS: Final = "$.<field of the event>, $.context.page.url; no brackets, filters or wildcards"


def _contradiction(where: str, message: str, allowed: str | None = None) -> ConfigError:
    return ConfigError("config.invalid", f"blueprint: {message}", where=where, allowed=allowed)


def apply_blueprint(blueprint: Blueprint, event: Event) -> Event | None:
    """Return the event as its destination is to be told, None when the blueprint drops it."""
    document = blueprint.document
    properties = event.properties
    name: str | None = None
    if event.type != "identify":
        canonical = canonical_name(event)
        if event.type in ("page", "screen") and document.events.page_names == "viewed":
            name = None if canonical in document.events.drop else _viewed_name(event)
        else:
            name = blueprint.event_name(canonical)
        if name is None:
            return None
        if name == canonical and event.type in TYPE_NAMES:
            name = TYPE_NAMES[event.type]
        if event.type != "track" and event.event and "name" not in properties:
            properties = {"name": event.event, **properties}
    elif "identify" in document.events.drop:
        return None
    return msgspec.structs.replace(
        event,
        event=name,
        properties=blueprint.properties.apply(properties, event),
        traits=blueprint.traits.apply(event.traits, event),
    )


def canonical_name(event: Event) -> str:
    """Return the name an event has in `events` rules: its own for track, else its type."""
    return event.event or "" if event.type == "track" else event.type


def _viewed_name(event: Event) -> str:
    named = [event.properties.get("category"), event.event or event.properties.get("name")]
    words = [word for word in named if isinstance(word, str) and word]
    return " ".join(["Viewed", *words, event.type]) if words else f"Viewed a {event.type}"


def _as_tuple(sources: Sources) -> tuple[str, ...]:
    return (sources,) if isinstance(sources, str) else sources


class _Fields:
    """Compiled `FieldRules`."""

    __slots__ = ("_drop", "_items", "_keep", "_renames", "_rules", "_values")

    def __init__(self, rules: FieldRules) -> None:
        self._rules = rules
        self._renames = [(target, _as_tuple(s)) for target, s in rules.rename.items()]
        self._values = {
            target: {given.casefold(): value for given, value in table.items()}
            for target, table in rules.values.items()
        }
        self._items = {name: _Fields(nested) for name, nested in rules.items.items()}
        self._drop = frozenset(rules.drop)
        self._keep = rules.unlisted == "pass"

    def apply(self, given: JsonObject, event: Event | None) -> JsonObject:
        out = self._renamed(given, event)
        for target, table in self._values.items():
            if target in out:
                out[target] = _mapped(out[target], table)
        out = {
            name: value
            for name, value in out.items()
            if name not in self._drop and not (value is None and name in self._values)
        }
        for name, nested in self._items.items():
            items = out.get(name)
            if isinstance(items, list):
                out[name] = [
                    nested.apply(item, None) if isinstance(item, dict) else item for item in items
                ]
        separator = self._rules.flatten_with
        return out if separator is None else flatten_objects(out, separator)

    def _renamed(self, given: JsonObject, event: Event | None) -> JsonObject:
        moved: dict[str, list[str]] = {}
        """Consumed key → its targets: they stand where the key stood."""
        added: JsonObject = {}
        """Targets whose source is no key of its own."""
        for target, sources in self._renames:
            for source in sources:
                if source in given:
                    if given[source] is not None and source not in self._drop:
                        moved.setdefault(source, []).append(target)
                        break
                    continue
                value = _at_path(source, given, event)
                if value is not None:
                    added[target] = value
                    break
        targets = set(added).union(*moved.values()) if moved or added else set[str]()
        out: JsonObject = {}
        for name, value in given.items():
            if name in moved:
                for target in moved[name]:
                    out[target] = value
            elif name not in targets and (self._keep or name in self._rules.rename):
                out[name] = value
        out |= added
        return out


def _mapped(value: Json, table: Mapping[str, Json]) -> Json:
    if isinstance(value, (dict, list)) or value is None:
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    key = text.casefold()
    return table[key] if key in table else table.get("*", value)


def _at_path(source: str, given: JsonObject, event: Event | None) -> Json:
    """Return the value at `a.b.c` in the fields or at `$.a.b` in the event, None when missing."""
    node: Json = given
    names = source.split(".")
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
