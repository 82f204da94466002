"""From an event to what would be sent: the one way that courier, command line and console share."""

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

import msgspec

from heliograph.destinations.base import Destination, Plan, PlanContext, PlanWarning
from heliograph.destinations.blueprint.document import BlueprintDocument
from heliograph.destinations.blueprint.rules import (
    Blueprint,
    apply_blueprint,
    compile_blueprint,
    named_as_it_is,
)
from heliograph.destinations.planning.findings import Findings
from heliograph.errors import ConfigError
from heliograph.mapping.times.window import TimeWindow
from heliograph.model.documents.catalog import Blueprint as StoredBlueprint
from heliograph.model.event import Event

S = TypeVar("S")

PLAUSIBLE: Final = TimeWindow()

UNMAPPED: Final = Blueprint(BlueprintDocument(name="unmapped"))
"""Names pages and screens, changes nothing else."""


def plan_event(
    destination: Destination[S],
    settings: S,
    blueprint: Blueprint | None,
    event: Event,
    context: PlanContext,
) -> Plan:
    """Return what would be sent for an event; pure.

    Args:
        destination: from the registry.
        settings: from `decode_settings`.
        blueprint: from `find_blueprint`; None sends the event unmapped.
        event: as the engine stored it.
        context: delivery id and person at this moment.

    Returns:
        The plan. Without requests and without hold there is nothing to send: the delivery is done, and a
        warning says why (`blueprint.dropped`, `type.unsupported`).

    Raises:
        DestinationError: `destination.invalid_event`: the event can never be sent; a dead letter.
    """
    if blueprint is None and named_as_it_is(event):
        return destination.plan(event, context, settings)
    findings = Findings(destination.title, fail=False)
    mapped = apply_blueprint(blueprint or UNMAPPED, event, findings)
    if mapped is None:
        message = f"the blueprint {(blueprint or UNMAPPED).name!r} drops this event"
        return Plan(
            warnings=(PlanWarning(code="blueprint.dropped", message=message, where="$.event"),)
        )
    plan = destination.plan(mapped, context, settings)
    warnings = (*findings.warnings, *plan.warnings, *_doubts_about_time(event))
    return msgspec.structs.replace(plan, warnings=warnings) if warnings else plan


def _doubts_about_time(event: Event) -> Iterator[PlanWarning]:
    """Yield a warning about an event's time that is not plausible, see `mapping.times.window`."""
    if not PLAUSIBLE.holds(event.timestamp, event.received_at):
        message = PLAUSIBLE.doubt(event.timestamp, event.received_at)
        yield PlanWarning(code="time.implausible", message=message, where="$.timestamp")


def find_blueprint(
    destination: Destination[S], name: str | None, documents: Mapping[str, StoredBlueprint]
) -> Blueprint | None:
    """Return the compiled blueprint a pipeline names, None when it names none.

    A document of the workspace wins over a preset of the same name, unless it is meant for another type
    of destination.

    Args:
        destination: whose presets are looked through.
        name: as in `pipelines/*.toml`.
        documents: the workspace's blueprints by name.

    Raises:
        ConfigError: `config.unknown_reference` when there is none, `config.invalid` when the document
            does not compile or is meant for another type of destination.
    """
    if name is None:
        return None
    presets: dict[str, Blueprint] = {preset.name: preset for preset in destination.blueprints}
    stored = documents.get(name)
    if stored is not None:
        blueprint = compile_blueprint(stored.document, name=name)
        wanted = blueprint.document.destination
        if wanted in ("", destination.name):
            return blueprint
        if name not in presets:
            raise ConfigError(
                "config.invalid",
                f"the blueprint {name!r} is meant for {wanted}",
                where=f"blueprint {name} $.destination",
                found=wanted,
                allowed=destination.name,
            )
    if name not in presets:
        raise ConfigError(
            "config.unknown_reference",
            f"there is no blueprint {name!r} for {destination.name}",
            where="blueprint",
            allowed=", ".join([*presets, *documents]),
        )
    return presets[name]
