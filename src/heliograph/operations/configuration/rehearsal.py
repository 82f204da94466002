"""What destinations would leave out of the events that a mapper makes of samples: planned, never sent.

`mapping.lint` knows the limits that names and values of a mapper meet; this goes the whole way, by each
type's default blueprint and settings made of their examples, and tells what `destination plan` does.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from heliograph.destinations import registry
from heliograph.destinations.base import PlanContext
from heliograph.destinations.planning.findings import LOSSES
from heliograph.destinations.preflight import plan_event
from heliograph.destinations.registry import AnyDestination
from heliograph.destinations.sample import read_event, read_person, sample_settings
from heliograph.errors import DestinationError, InputError
from heliograph.mapping.lint.check import Finding
from heliograph.mapping.lint.sample_lint import RECEIVED_AT_MS, document_place
from heliograph.mapping.run.mapper import compile_mapper
from heliograph.mapping.run.output import as_output
from heliograph.model.event import Event
from heliograph.model.json import Json, JsonObject

_POSITION: Final = re.compile(r"\[\d+\]")
_DECIDED: Final = frozenset({"customer_id", "event", "timestamp", "platform", "app_version"})
"""Fields of an event that a mapper has a line for."""
_GROUPS: Final = {"properties": "attr", "traits": "user_attributes"}
"""Where a mapper names what becomes an attribute."""
_SAID: Final = {("value.unusable", "$.platform")}
"""What `lint.platform_unknown` says already."""


def rehearse(
    document: JsonObject,
    samples: Sequence[Json],
    types: Iterable[str],
    *,
    timezone: str = "UTC",
) -> list[Finding]:
    """Return what destinations would leave out, cut or change, each once: losses before notes.

    Args:
        document: the mapper document.
        samples: decoded payloads.
        types: of destinations.
        timezone: of times without one.

    Raises:
        ConfigError: `mapper.invalid`, when the document does not compile.
    """
    events = list(_events(document, samples, timezone)) if samples else []
    found: dict[tuple[str, str, str], Finding] = {}
    for type_ in types:
        for event in events:
            for finding in _findings(registry.get(type_), event, document):
                found.setdefault((type_, finding.code, finding.where), finding)
    return sorted(found.values(), key=lambda each: each.severity == "note")


def _events(document: JsonObject, samples: Sequence[Json], timezone: str) -> Iterator[Event]:
    mapper = compile_mapper(document, timezone=timezone)
    for sample in samples:
        try:
            result = as_output(mapper.apply(sample, received_at_ms=RECEIVED_AT_MS))
        except InputError:
            # Refused as a whole, as `lint.item_refused` says.
            continue
        mapped = result["events"]
        assert isinstance(mapped, list)
        for item in mapped:
            assert isinstance(item, dict)
            kind = "track" if item.get("event") else "identify"
            known = {name: value for name, value in item.items() if value is not None}
            yield read_event({"type": kind, **known}, now_ms=RECEIVED_AT_MS)


def _findings(destination: AnyDestination, event: Event, document: JsonObject) -> Iterator[Finding]:
    context = PlanContext(delivery_id="dlv_sample", person=read_person(None, event))
    settings, blueprint = sample_settings(destination), destination.blueprints[0]
    try:
        warnings = plan_event(destination, settings, blueprint, event, context).warnings
    except DestinationError as error:
        place = _place(error.where or "$", document)
        message = f"{destination.title}: {error.message}."
        yield Finding(
            code=error.code,
            severity="warning",
            message=message,
            where=place,
            vendor=destination.name,
        )
        return
    for each in warnings:
        if (each.code, each.where) in _SAID:
            continue
        yield Finding(
            code=each.code,
            severity="warning" if each.code in LOSSES else "note",
            message=f"{destination.title}: {_POSITION.sub('', each.where)}: {each.message}.",
            where=_place(each.where, document),
            vendor=destination.name,
        )


def _place(where: str, document: JsonObject) -> str:
    """Return where in the mapper document a place in an event is decided.

    A flattened attribute (`lines_qty`) is decided where the one is that it begins with (`lines`).
    """
    group, _, rest = _POSITION.sub("", where).removeprefix("$.").partition(".")
    if group in _GROUPS:
        mappings = document.get("mappings")
        named = mappings.get(_GROUPS[group]) if isinstance(mappings, dict) else None
        names = [name for name in named if rest.startswith(name)] if isinstance(named, dict) else []
        return document_place(f"{group}.{max(names, key=len)}") if names else "$.mappings"
    return document_place(group) if group in _DECIDED else "$.mappings"
