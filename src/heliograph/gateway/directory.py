"""What the gateway knows of every workspace, compiled from the catalog and ready for the hot path.

A `Directory` is immutable but for the token buckets. A new catalog gives a new directory that takes over
what did not change: compiled mappers and buckets. A mapper that does not compile keeps its predecessor
under the same name; without one, its lane answers 503, so that senders keep what they have.
"""

from collections.abc import Mapping

import msgspec

from heliograph.errors import ConfigError
from heliograph.gateway.answers import SuccessAnswer
from heliograph.gateway.credentials import Doorkeeper
from heliograph.gateway.rate_limit import TokenBucket
from heliograph.gateway.routes import MappingType
from heliograph.mapping import Mapper, compile_mapper
from heliograph.model.catalog import Catalog, Tenant
from heliograph.model.configuration import MapperVersion


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One mapper of one workspace with all that a request through it needs."""

    workspace: str
    partner: str
    mapping_type: MappingType
    version: MapperVersion
    timezone: str
    mapper: Mapper
    address: str
    """`partner/config@version`, as written on every event."""
    source_id: str
    enabled: bool
    all_or_nothing: bool
    max_body_bytes: int
    success: SuccessAnswer


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One workspace at run time."""

    id: str
    keys: tuple[bytes, ...]
    bucket: TokenBucket
    max_body_bytes: int
    partners: frozenset[str]
    lanes: dict[tuple[str, str | None], Lane]
    """By (partner, config name)."""
    broken: dict[tuple[str, str | None], str]
    """Mappers that could not be compiled, with the reason."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration document that cannot be used; the rest works on."""

    workspace: str
    document: str
    reason: str


class Directory:
    """All workspaces of one configuration revision; -1 before the first was loaded."""

    def __init__(self, revision: int, desks: Mapping[str, Desk], problems: list[Problem]) -> None:
        self.revision = revision
        self.desks = dict(desks)
        self.problems = problems
        self.doorkeeper: Doorkeeper[Desk] = Doorkeeper(self.desks, lambda desk: desk.keys)


def build_directory(
    revision: int, catalog: Catalog, *, now_s: float, previous: Directory | None = None
) -> Directory:
    """Compile a catalog; unchanged mappers and token buckets are taken over from `previous`."""
    desks: dict[str, Desk] = {}
    problems: list[Problem] = []
    for workspace_id, tenant in catalog.items():
        before = previous.desks.get(workspace_id) if previous is not None else None
        desks[tenant.workspace.id] = _build_desk(tenant, before, problems, now_s=now_s)
    return Directory(revision, desks, problems)


def _build_desk(
    tenant: Tenant, before: Desk | None, problems: list[Problem], *, now_s: float
) -> Desk:
    workspace = tenant.workspace
    problems.extend(
        Problem(workspace=workspace.id, document=f"{kind} {name}", reason=str(error))
        for (kind, name), error in tenant.problems.items()
    )
    lanes: dict[tuple[str, str | None], Lane] = {}
    broken: dict[tuple[str, str | None], str] = {}
    for key, version in tenant.mappers.items():
        known = before.lanes.get(key) if before is not None else None
        try:
            lanes[key] = _build_lane(tenant, version, known)
        except ConfigError as error:
            problems.append(
                Problem(
                    workspace=workspace.id,
                    document=f"mapper {version.partner}/{version.config}",
                    reason=str(error),
                )
            )
            if known is not None:
                lanes[key] = known
            else:
                broken[key] = str(error)
    bucket = before.bucket if before is not None else None
    if bucket is None:
        bucket = TokenBucket(workspace.requests_per_second, now_s)
    elif bucket.rate != workspace.requests_per_second:
        bucket.change_rate(workspace.requests_per_second)
    return Desk(
        id=workspace.id,
        keys=tuple(key.encode() for key in workspace.data_api_keys if key),
        bucket=bucket,
        max_body_bytes=workspace.max_body_bytes,
        partners=frozenset(partner for partner, _ in tenant.mappers),
        lanes=lanes,
        broken=broken,
    )


def _build_lane(tenant: Tenant, version: MapperVersion, known: Lane | None) -> Lane:
    workspace = tenant.workspace
    source = tenant.sources[version.partner]
    if known is not None and known.version == version and known.timezone == workspace.timezone:
        mapper = known.mapper
    else:
        mapper = compile_mapper(version.document, timezone=workspace.timezone)
    mapping_type: MappingType = (
        "users" if version.document.get("mapping_type") == "users" else "events"
    )
    return Lane(
        workspace=workspace.id,
        partner=version.partner,
        mapping_type=mapping_type,
        version=version,
        timezone=workspace.timezone,
        mapper=mapper,
        address=version.address,
        source_id=source.name,
        enabled=source.enabled,
        all_or_nothing=workspace.batch_policy == "all_or_nothing",
        max_body_bytes=workspace.max_body_bytes,
        success=SuccessAnswer(version.partner),
    )
