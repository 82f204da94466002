"""What a blueprint document may say, and what contradicts itself; `rules.py` explains the rules."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from heliograph.errors import ConfigError
from heliograph.model.event import Event
from heliograph.model.json import Json

Unlisted = Literal["pass", "drop"]
Sources = str | tuple[str, ...]


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


def as_tuple(sources: Sources) -> tuple[str, ...]:
    """Return one source or several as several."""
    return (sources,) if isinstance(sources, str) else sources


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
        if not as_tuple(sources):
            raise _contradiction(at, "there is no source")
        for source in as_tuple(sources):
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
