"""What the gateway knows of every workspace, compiled from the catalog and ready for the hot path.

A `Directory` is immutable but for the token buckets. A new catalog gives a new directory that takes over
what did not change: compiled mappers and buckets. A mapper that does not compile keeps its predecessor
under the same name; without one, its inlet answers 503, so that senders keep what they have.
"""

from collections.abc import Mapping

import msgspec

from heliograph.errors import ConfigError
from heliograph.gateway.credentials import Doorkeeper
from heliograph.gateway.doors.fixed_answer import FixedAnswer
from heliograph.gateway.doors.partner_words import SuccessAnswer
from heliograph.gateway.rate_limit import TokenBucket
from heliograph.gateway.registration import Rule, rules_of
from heliograph.gateway.routes import MappingType
from heliograph.gateway.signatures import Scheme, check_secrets, read_scheme
from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.run.limits import Limits
from heliograph.model.documents.catalog import Catalog, Tenant
from heliograph.model.documents.configuration import DocumentKind, MapperVersion, Source
from heliograph.model.documents.files import file_of
from heliograph.model.json import Json, JsonObject
from heliograph.model.secret import Secret


class Inlet(msgspec.Struct, frozen=True, kw_only=True):
    """One mapper of one workspace with all that a request through it needs."""

    workspace: str
    partner: str
    mapping_type: MappingType | None
    """What its partner URL is for; None for both, as the mapper has variants."""
    version: MapperVersion
    timezone: str
    blocked: tuple[str, ...]
    """Identifiers that stand for nobody, besides the built-in ones."""
    mapper: Mapper
    address: str
    """`partner/config@version`, as written on every event."""
    source_id: str
    enabled: bool
    all_or_nothing: bool
    max_body_bytes: int
    success: SuccessAnswer | FixedAnswer


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One workspace at run time."""

    id: str
    keys: tuple[bytes, ...]
    bucket: TokenBucket
    max_body_bytes: int
    partners: frozenset[str]
    inlets: dict[tuple[str, str | None], Inlet]
    """By (partner, config name)."""
    broken: dict[tuple[str, str | None], str]
    """Mappers that could not be compiled, with the reason."""
    keys_problem: str | None = None
    """Why not every key the workspace's document names can be used; the fault is the hub's."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration document that cannot be used; the rest works on."""

    workspace: str
    reason: str
    """Begins with the document's file, as `check` names it."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A source whose requests are verified by a vendor's scheme: `/v1/webhook/{source}`."""

    desk: Desk
    inlet: Inlet
    scheme: Scheme
    secrets: tuple[Secret, ...]
    public_url: str | None
    problem: str | None = None
    """Why the source's document is not used as it is written; the fault is the hub's."""
    asked: tuple[Rule, ...] = ()
    """What its vendor asks at registration before anything is verified."""
    asked_signed: tuple[Rule, ...] = ()
    """What it asks in a request that is verified."""


class Directory:
    """All workspaces of one configuration revision; -1 before the first was loaded."""

    def __init__(self, revision: int, desks: Mapping[str, Desk], problems: list[Problem]) -> None:
        self.revision = revision
        self.desks = dict(desks)
        self.problems = problems
        self.hooks: dict[str, list[Hook]] = {}
        """By source name; several when workspaces use the same one."""
        self.silent: dict[str, str] = {}
        """Names of sources that nobody can be verified for, with the reason; the fault is the hub's."""
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
    directory = Directory(revision, desks, problems)
    for tenant in catalog.values():
        desk = desks[tenant.workspace.id]
        for source in tenant.sources.values():
            problem = tenant.problems.get(("source", source.name))
            if not source.verify:
                # No webhook URL of its own, or nothing of it is in force (in `problems` already).
                if problem is not None:
                    directory.silent[source.name] = str(problem)
                continue
            try:
                hook = _build_hook(desk, source, source.verify, problem and str(problem))
            except ConfigError as error:
                problems.append(
                    Problem(workspace=desk.id, reason=_in_file("source", source.name, error))
                )
            else:
                directory.hooks.setdefault(source.name, []).append(hook)
    return directory


def _in_file(kind: DocumentKind, name: str, error: ConfigError) -> str:
    """Return an error with the file of its document, as the catalog's have it."""
    return f"{file_of(kind, name)}{' ' if error.where else ': '}{error}"


def _build_hook(desk: Desk, source: Source, verify: JsonObject, problem: str | None) -> Hook:
    """Return the verified webhook of a source.

    Raises:
        ConfigError: the scheme, its secrets or the choice of a mapper cannot be used.
    """
    partner = source.partner or source.name
    configs = [config for name, config in desk.inlets if name == partner]
    config = source.config or (configs[0] if len(configs) == 1 else None)
    inlet = desk.inlets.get((partner, config))
    if inlet is None:
        raise ConfigError(
            "config.unknown_reference",
            f"the partner '{partner}' has no usable mapper '{config}'"
            if config
            else f"the partner '{partner}' has {len(configs)} mappers, so the source must name one",
            where="config",
            allowed=", ".join(sorted(str(name) for name in configs)) or "none yet",
        )
    listed = verify.get("secrets")
    texts: list[Json] = listed if isinstance(listed, list) else []
    secrets = tuple(Secret(text) for text in texts if isinstance(text, str))
    scheme = read_scheme({key: value for key, value in verify.items() if key != "secrets"})
    check_secrets(scheme, secrets)
    rules = rules_of(scheme.challenge)
    inlet = msgspec.structs.replace(inlet, source_id=source.name, enabled=source.enabled)
    if scheme.answer is not None:
        inlet = msgspec.structs.replace(inlet, success=FixedAnswer(scheme.answer))
    return Hook(
        desk=desk,
        inlet=inlet,
        scheme=scheme,
        secrets=secrets,
        public_url=source.public_url,
        problem=problem,
        asked=tuple(rule for rule in rules if not rule.signed),
        asked_signed=tuple(rule for rule in rules if rule.signed),
    )


def _build_desk(
    tenant: Tenant, before: Desk | None, problems: list[Problem], *, now_s: float
) -> Desk:
    workspace = tenant.workspace
    problems.extend(
        Problem(workspace=workspace.id, reason=str(error)) for error in tenant.problems.values()
    )
    inlets: dict[tuple[str, str | None], Inlet] = {}
    broken: dict[tuple[str, str | None], str] = {}
    for key, version in tenant.mappers.items():
        known = before.inlets.get(key) if before is not None else None
        try:
            inlets[key] = _build_inlet(tenant, version, known)
        except ConfigError as error:
            problems.append(
                Problem(
                    workspace=workspace.id,
                    reason=_in_file("mapper", f"{version.partner}/{version.config}", error),
                )
            )
            if known is not None:
                inlets[key] = known
            else:
                broken[key] = str(error)
    keys_problem = [
        str(error) for (kind, _), error in tenant.problems.items() if kind == "workspace"
    ]
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
        inlets=inlets,
        broken=broken,
        keys_problem=keys_problem[0] if keys_problem else None,
    )


def _build_inlet(tenant: Tenant, version: MapperVersion, known: Inlet | None) -> Inlet:
    workspace = tenant.workspace
    source = tenant.source_of(version.partner)
    limits = Limits(items=workspace.max_batch_items, work=workspace.max_mapping_work)
    wanted = (version, workspace.timezone, limits, workspace.blocked_identifiers)
    same = known is not None and wanted == (
        known.version,
        known.timezone,
        known.mapper.limits,
        known.blocked,
    )
    if known is not None and same:
        mapper = known.mapper
    else:
        mapper = compile_mapper(
            version.document,
            timezone=workspace.timezone,
            limits=limits,
            blocked=workspace.blocked_identifiers,
        )
    mapping_type: MappingType | None = "users" if mapper.kind == "users" else "events"
    if mapper.plan.variants:
        mapping_type = None
    return Inlet(
        workspace=workspace.id,
        partner=version.partner,
        mapping_type=mapping_type,
        version=version,
        timezone=workspace.timezone,
        blocked=workspace.blocked_identifiers,
        mapper=mapper,
        address=version.address,
        source_id=source.name,
        enabled=source.enabled,
        all_or_nothing=workspace.batch_policy == "all_or_nothing",
        max_body_bytes=workspace.max_body_bytes,
        success=SuccessAnswer(version.partner),
    )
