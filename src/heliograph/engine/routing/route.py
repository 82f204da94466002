"""Which deliveries an event becomes: event × pipelines of its workspace. Pure.

A pipeline takes an event when it is enabled, names the event's source or `*`, and one of its
destinations lets the event's name through: no `exclude_events` glob matches, and one of `events` does
(none given: all). Profile updates are called `identify`; pages, screens, groups and aliases without a
name of their own are called by their type. Globs are case-sensitive (`*`, `?`, `[abc]`).

Whether the destination exists, works or is paused does not matter here: deliveries are made and wait.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from heliograph.model.delivery import NewDelivery
from heliograph.model.documents.configuration import Pipeline
from heliograph.model.event import Event
from heliograph.model.ids import delivery_id_of

Matcher = Callable[[str], bool]
EVERY_SOURCE = "*"
Pin = Callable[[str, str | None], str | None]
"""From (destination, blueprint's name) to a reference to the text that it means now."""


def _as_named(destination: str, name: str | None) -> str | None:
    del destination
    return name


class _Way(msgspec.Struct, frozen=True, kw_only=True):
    """One destination of one pipeline."""

    pipeline: str
    destination: str
    """`<workspace>/<name>`."""
    blueprint: str | None
    sources: frozenset[str]
    admits: Matcher


class Routes:
    """The compiled pipelines of one workspace; immutable but for a memory of names already judged."""

    def __init__(self, workspace: str, pipelines: Iterable[Pipeline], pin: Pin = _as_named) -> None:
        self._ways = [
            _Way(
                pipeline=pipeline.name,
                destination=f"{workspace}/{target.name}",
                blueprint=pin(target.name, target.blueprint),
                sources=frozenset(pipeline.sources),
                admits=_matcher(target.events, target.exclude_events),
            )
            for pipeline in sorted(pipelines, key=lambda one: one.name)
            if pipeline.enabled
            for target in pipeline.destinations
        ]
        self._judged: dict[tuple[str, str], list[_Way]] = {}

    def ways(self, source_id: str, name: str) -> Sequence[_Way]:
        """Return the ways of events of this source and name, in the order of the pipelines."""
        found = self._judged.get((source_id, name))
        if found is None:
            found = [
                way
                for way in self._ways
                if (source_id in way.sources or EVERY_SOURCE in way.sources) and way.admits(name)
            ]
            if len(self._judged) >= 10_000:  # names are the senders' to choose
                self._judged.clear()
            self._judged[source_id, name] = found
        return found


def route(
    event: Event,
    routes: Routes,
    *,
    key: str,
    profile_id: str,
    partition: int,
    position: int,
    encoded: bytes,
) -> list[NewDelivery]:
    """Return the deliveries of one event; ids depend on event, pipeline and destination only.

    Args:
        event: as read from the journal.
        routes: of the event's workspace.
        key: canonical profile id; order is kept per (destination, key).
        profile_id: first profile id of the event.
        partition: where the event stands in the journal.
        position: likewise.
        encoded: the event's bytes in the journal.
    """
    return [
        NewDelivery(
            delivery_id=delivery_id_of(event.event_id, way.pipeline, way.destination),
            destination=way.destination,
            pipeline=way.pipeline,
            blueprint=way.blueprint,
            key=key,
            profile_id=profile_id,
            event_id=event.event_id,
            partition=partition,
            position=position,
            event=encoded,
        )
        for way in routes.ways(event.source_id, event_name(event))
    ]


def event_name(event: Event) -> str:
    """Return the name that a pipeline's globs are compared with."""
    return "identify" if event.type == "identify" else event.event or event.type


def _matcher(events: Sequence[str], excluded: Sequence[str]) -> Matcher:
    wanted = _any_of(events) if events else None
    unwanted = _any_of(excluded) if excluded else None

    def admits(name: str) -> bool:
        if unwanted is not None and unwanted.match(name):
            return False
        return wanted is None or wanted.match(name) is not None

    return admits


def _any_of(globs: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs))
