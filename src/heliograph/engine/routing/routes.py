"""The pipelines in force, compiled once per configuration revision.

A pipeline document that does not decode (it was valid when it was saved, so a newer version of the
product or a hand in the database broke it) must not lose events: its newest version that decodes
stays in force until it is mended.

Compiling resolves the names of blueprints to references (`model.documents.blueprint_reference`), so that a
delivery that waits for days is sent with the text of the day it was made. Texts of presets in use are kept
in the store: the next release may bring others.
"""

from collections.abc import Callable
from typing import Any

from heliograph.destinations import registry
from heliograph.destinations.base import Destination
from heliograph.destinations.blueprint.pinning import reference_of
from heliograph.destinations.blueprint.rules import Blueprint
from heliograph.engine.routing.route import Pin, Routes
from heliograph.errors import ConfigError
from heliograph.model.documents.catalog import Catalog, Tenant, decode_document
from heliograph.model.documents.configuration import Pipeline
from heliograph.storage.store import Reader, Store
from heliograph.telemetry.logs import get_logger

log = get_logger("engine.routes")
_NO_ROUTES = Routes("", ())


class RouteBook:
    """Routes of every workspace, made again when the revision changes. Not thread-safe."""

    def __init__(self, lookup: Callable[[str], Destination[Any]] = registry.get) -> None:
        self._lookup = lookup
        self._revision = -1
        self._routes: dict[str, Routes] = {}
        self._known: frozenset[str] = frozenset()

    def of(self, workspace: str) -> Routes:
        """Return the routes of a workspace; none when it has no pipelines."""
        return self._routes.get(workspace, _NO_ROUTES)

    def knows(self, workspace: str) -> bool:
        """Return whether the store has, or once had, a configuration of a workspace.

        One whose documents were removed is known: its events are applied and make no deliveries. One of
        which there never was a document is not: this store is new or older than the journal.
        """
        return workspace in self._known

    def update(self, revision: int, catalog: Catalog, store: Store) -> None:
        """Compile the pipelines of `catalog` unless this revision was compiled already."""
        if revision == self._revision:
            return
        presets: dict[str, Blueprint] = {}
        with store.read() as reader:
            self._routes = {
                workspace: Routes(
                    workspace,
                    _pipelines(workspace, tenant, reader),
                    _pins(tenant, self._lookup, presets),
                )
                for workspace, tenant in catalog.items()
            }
            self._known = frozenset(reader.configuration.workspaces())
            unknown = [one for one in presets if reader.configuration.preset(one) is None]
        if unknown:
            with store.transaction() as tx:
                for reference in unknown:
                    tx.configuration.keep_preset(reference, presets[reference].as_json())
        self._revision = revision


def _pins(
    tenant: Tenant, lookup: Callable[[str], Destination[Any]], presets: dict[str, Blueprint]
) -> Pin:
    """Return what pins blueprints of a workspace; presets that it meets are added to `presets`."""

    def pin(destination: str, name: str | None) -> str | None:
        config = tenant.destinations.get(destination)
        if name is None or config is None:
            return name
        try:
            kind = lookup(config.type)
        except ConfigError:
            return name
        reference, preset = reference_of(kind, name, tenant.blueprints)
        if reference is not None and preset is not None:
            presets[reference] = preset
        return reference

    return pin


def _pipelines(workspace: str, tenant: Tenant, reader: Reader) -> list[Pipeline]:
    pipelines = list(tenant.pipelines.values())
    for (kind, name), problem in tenant.problems.items():
        if kind != "pipeline":
            continue
        earlier = _newest_that_decodes(workspace, name, reader)
        log.error(
            "pipeline broken",
            workspace=workspace,
            pipeline=name,
            reason=str(problem),
            in_force="an earlier version" if earlier else "nothing: its events are not delivered",
        )
        if earlier is not None:
            pipelines.append(earlier)
    return pipelines


def _newest_that_decodes(workspace: str, name: str, reader: Reader) -> Pipeline | None:
    current = reader.configuration.get(workspace, "pipeline", name)
    for version in range(current.version if current else 0, 0, -1):
        document = reader.configuration.get(workspace, "pipeline", name, version)
        if document is None or document.fault is not None:
            continue  # what cannot be read would decode as a pipeline without destinations
        try:
            return decode_document({**document.body, "name": name}, Pipeline, where=name)
        except ConfigError:
            continue
    return None
