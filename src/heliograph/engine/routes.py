"""The pipelines in force, compiled once per configuration revision.

A pipeline document that does not decode (it was valid when it was saved, so a newer version of the
product or a hand in the database broke it) must not lose events: its newest version that decodes
stays in force until it is mended.
"""

from heliograph.engine.routing import Routes
from heliograph.errors import ConfigError
from heliograph.model.catalog import Catalog, Tenant, decode_document
from heliograph.model.configuration import Pipeline
from heliograph.storage.store import Reader, Store
from heliograph.telemetry.logs import get_logger

log = get_logger("engine.routes")
_NO_ROUTES = Routes("", ())


class RouteBook:
    """Routes of every workspace, made again when the revision changes. Not thread-safe."""

    def __init__(self) -> None:
        self._revision = -1
        self._routes: dict[str, Routes] = {}

    def of(self, workspace: str) -> Routes:
        """Return the routes of a workspace; none when it has no pipelines."""
        return self._routes.get(workspace, _NO_ROUTES)

    def update(self, revision: int, catalog: Catalog, store: Store) -> None:
        """Compile the pipelines of `catalog` unless this revision was compiled already."""
        if revision == self._revision:
            return
        with store.read() as reader:
            self._routes = {
                workspace: Routes(workspace, _pipelines(workspace, tenant, reader))
                for workspace, tenant in catalog.items()
            }
        self._revision = revision


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
        if document is None:
            continue
        try:
            return decode_document({**document.body, "name": name}, Pipeline, where=name)
        except ConfigError:
            continue
    return None
