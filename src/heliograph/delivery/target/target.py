"""Targets: what the configuration says about each destination, made ready for sending. Pure.

A destination that cannot be used (unknown type, settings that do not decode, a secret that is not set,
a pipeline's destination without a document) becomes a `ConfigError` instead: its deliveries wait.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from heliograph.delivery.rows.shelf import Shelf
from heliograph.destinations.base import Capabilities, Destination
from heliograph.destinations.blueprint.pinning import compile_reference
from heliograph.destinations.blueprint.rules import Blueprint
from heliograph.destinations.settings import decode_settings
from heliograph.errors import ConfigError
from heliograph.model.documents.catalog import Blueprint as StoredBlueprint
from heliograph.model.documents.catalog import Catalog, Tenant
from heliograph.model.documents.configuration import DestinationConfig
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.target")
CONFIGURATION: Final = "configuration: "
"""Opens the reason of a state that the courier set because of a document, and takes back by itself."""

AnyDestination = Destination[Any]
Lookup = Callable[[str], AnyDestination]
"""From a type's name to the destination; ConfigError when there is none."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A destination that can be sent to."""

    name: str
    """`<workspace>/<name>`."""
    config: DestinationConfig
    destination: AnyDestination
    settings: Any
    capabilities: Capabilities
    documents: Mapping[str, StoredBlueprint]
    """The workspace's blueprints."""
    shelf: Shelf
    """Texts that deliveries in hand refer to."""
    compiled: dict[str, Blueprint | ConfigError] = {}
    """Those used so far, by reference."""

    concurrency: int
    """Requests in flight at most."""

    def timeout_s(self, bound: float | None) -> float:
        """Return the timeout of a request, `bound` being the process's own limit."""
        own = self.capabilities.timeout_s
        return own if bound is None else min(own, bound)

    def blueprint(self, reference: str | None) -> Blueprint | None:
        """Return the compiled blueprint that a delivery refers to; None for no reference.

        Raises:
            ConfigError: there is none of this name, or its document does not compile.
        """
        if reference is None:
            return None
        found = self.compiled.get(reference)
        if found is None:
            try:
                found = compile_reference(
                    self.destination,
                    reference,
                    text=self.shelf.text(self.name, reference),
                    documents=self.documents,
                )
            except ConfigError as error:
                found = error
            assert found is not None
            self.compiled[reference] = found
        if isinstance(found, ConfigError):
            raise found
        return found


def resolve_targets(
    catalog: Catalog, lookup: Lookup, shelf: Shelf
) -> dict[str, Target | ConfigError]:
    """Return every destination of the catalog by `<workspace>/<name>`, disabled ones left out.

    Also those that only a pipeline names, as errors, because deliveries wait for them.
    """
    targets: dict[str, Target | ConfigError] = {}
    for workspace, tenant in catalog.items():
        for kind, name in tenant.problems:
            if kind == "destination":
                targets[f"{workspace}/{name}"] = tenant.problems[kind, name]
        for pipeline in tenant.pipelines.values():
            for used in pipeline.destinations:
                targets.setdefault(f"{workspace}/{used.name}", _missing(used.name, pipeline.name))
        for name, config in tenant.destinations.items():
            full = f"{workspace}/{name}"
            if config.enabled:
                targets[full] = _resolve(full, config, tenant, lookup, shelf)
            else:
                targets.pop(full, None)
    return targets


def _missing(name: str, pipeline: str) -> ConfigError:
    return ConfigError(
        "config.unknown_reference",
        f"pipeline {pipeline} sends to {name}, which has no document",
        where=f"destinations/{name}.toml",
        hint="Add the destination, or take it out of the pipeline; what waits for it is kept.",
    )


def _resolve(
    name: str, config: DestinationConfig, tenant: Tenant, lookup: Lookup, shelf: Shelf
) -> Target | ConfigError:
    try:
        destination = lookup(config.type)
        settings = decode_settings(destination, config.settings)
        capabilities = destination.capabilities(settings)
    except ConfigError as error:
        return error
    except Exception as error:
        log.exception("destination failed", destination=name)
        return ConfigError(
            "config.invalid",
            f"the code of destination type {config.type} failed: {type(error).__name__}",
            where=f"destinations/{config.name}.toml",
        )
    return Target(
        name=name,
        config=config,
        destination=destination,
        settings=settings,
        capabilities=capabilities,
        concurrency=max(1, config.concurrency or capabilities.in_flight),
        documents=tenant.blueprints,
        shelf=shelf,
    )
