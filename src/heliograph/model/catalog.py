"""The catalog: all current configuration documents, decoded, with their cross references resolved.

One immutable snapshot per configuration revision; gateway, engine and courier each build their own
with `build_catalog(documents, environ)` and swap it when `Configuration.revision()` changes. Destination
settings and mapper documents stay plain JSON here: their own packages compile them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar

import msgspec

from heliograph.errors import ConfigError
from heliograph.model.configuration import (
    DestinationConfig,
    DocumentKind,
    MapperVersion,
    Pipeline,
    Source,
    Workspace,
)
from heliograph.model.json import Json, JsonObject
from heliograph.model.secret import Secret

T = TypeVar("T")

SECRET_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class DocumentLike(Protocol):
    """What the catalog needs of a stored document (`storage.configuration.Document` is one)."""

    @property
    def workspace(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> DocumentKind: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def body(self) -> JsonObject: ...  # noqa: D102
    @property
    def fault(self) -> str | None: ...  # noqa: D102


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """A blueprint document as stored; compiled by `destinations.blueprint`."""

    name: str
    version: int
    document: JsonObject


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """One workspace and everything that belongs to it, by name."""

    workspace: Workspace
    sources: dict[str, Source]
    """By name, as declared."""
    mappers: dict[tuple[str, str], MapperVersion]
    """By (partner, config name)."""
    destinations: dict[str, DestinationConfig]
    blueprints: dict[str, Blueprint]
    pipelines: dict[str, Pipeline]
    problems: dict[tuple[DocumentKind, str], ConfigError]
    """Documents that cannot be used, e.g. because a `${NAME}` is not set; the rest works on."""

    def source_of(self, partner: str) -> Source:
        """Return the source that requests to `/v1/partner/{partner}/…` belong to.

        Of the partner's sources it is the one without `verify`, else the only one. A partner without a
        declared source is its own, and so is one whose sources all have webhook URLs of their own.
        """
        mine = [one for one in self.sources.values() if (one.partner or one.name) == partner]
        plain = [one for one in mine if one.verify is None]
        if plain or len(mine) == 1:
            return (plain or mine)[0]
        return Source(name=partner)


Catalog = dict[str, Tenant]
"""By workspace id."""


def resolve_secrets(value: Json, environ: Mapping[str, str], where: str = "$") -> Json:
    """Return `value` with every `${NAME}` in its strings replaced from `environ`.

    Raises:
        ConfigError: `config.missing_secret`, naming the variable and the JSON path.
    """
    if isinstance(value, str):

        def lookup(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in environ:
                raise ConfigError(
                    "config.missing_secret",
                    f"the environment variable {name} is not set",
                    where=where,
                    hint=f"Set it in the environment of this process: export {name}=…",
                )
            return environ[name]

        return SECRET_REFERENCE.sub(lookup, value)
    if isinstance(value, list):
        return [resolve_secrets(item, environ, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        return {k: resolve_secrets(v, environ, f"{where}.{k}") for k, v in value.items()}
    return value


def decode_document(
    body: Json, type_: type[T], *, where: str, environ: Mapping[str, str] | None = None
) -> T:
    """Return `body` as the given Struct; with `environ`, secrets are resolved first.

    Raises:
        ConfigError: `config.invalid` or `config.missing_secret`; `where` names the document.
    """
    try:
        if environ is not None:
            body = resolve_secrets(body, environ)
        return msgspec.convert(body, type_, dec_hook=_read_secret)
    except msgspec.ValidationError as error:
        raise ConfigError("config.invalid", str(error), where=where) from error
    except ConfigError as error:
        raise ConfigError(
            error.code, error.message, where=f"{where} {error.where}", hint=error.hint
        ) from error


def _read_secret(type_: type, value: object) -> Secret:
    """Return a text as the Secret that a field wants."""
    if type_ is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError(f"Expected `str`, got `{type(value).__name__}`")


def build_catalog(documents: Iterable[DocumentLike], environ: Mapping[str, str] | None) -> Catalog:
    """Return the snapshot of all documents; a broken one goes to `problems` of its tenant.

    Without `environ` every `${NAME}` stays as it is written: enough to look at, not to send with.

    A workspace whose own document is broken or missing has no keys, so nobody can send to it; its
    pipelines and destinations stay, because events that were acknowledged before must not be lost.
    """
    by_workspace: dict[str, list[DocumentLike]] = {}
    for document in documents:
        by_workspace.setdefault(document.workspace, []).append(document)
    return {
        workspace_id: _build_tenant(workspace_id, members, environ)
        for workspace_id, members in by_workspace.items()
    }


def _unreadable(where: str, fault: str) -> ConfigError:
    return ConfigError(
        "config.invalid",
        "the stored document cannot be read",
        where=where,
        found=fault,
        hint="Apply the configuration folder again, or restore the store from a backup.",
    )


def _build_tenant(
    workspace_id: str, documents: list[DocumentLike], environ: Mapping[str, str] | None
) -> Tenant:
    workspace = Workspace(id=workspace_id, data_api_keys=())
    sources: dict[str, Source] = {}
    mappers: dict[tuple[str, str], MapperVersion] = {}
    destinations: dict[str, DestinationConfig] = {}
    blueprints: dict[str, Blueprint] = {}
    pipelines: dict[str, Pipeline] = {}
    problems: dict[tuple[DocumentKind, str], ConfigError] = {}
    for document in documents:
        where = f"{document.kind} {document.name}"
        named: JsonObject = {**document.body, "name": document.name}
        if document.fault is not None:
            problems[document.kind, document.name] = _unreadable(where, document.fault)
            continue
        try:
            match document.kind:
                case "workspace":
                    workspace = decode_document(
                        document.body, Workspace, where=where, environ=environ
                    )
                case "source":
                    sources[document.name] = decode_document(named, Source, where=where)
                    sources[document.name] = _with_secrets(sources[document.name], environ, where)
                case "mapper":
                    partner, _, config = document.name.partition("/")
                    mappers[partner, config] = MapperVersion(
                        partner=partner,
                        config=config,
                        version=document.version,
                        document=document.body,
                    )
                case "destination":
                    destinations[document.name] = decode_document(
                        named, DestinationConfig, where=where, environ=environ
                    )
                case "blueprint":
                    blueprints[document.name] = Blueprint(
                        name=document.name, version=document.version, document=document.body
                    )
                case "pipeline":
                    pipelines[document.name] = decode_document(named, Pipeline, where=where)
        except ConfigError as error:
            problems[document.kind, document.name] = error
    for name in [name for name in sources if ("source", name) in problems]:
        # Nobody can verify its webhooks, but what else it says (partner, enabled) holds.
        sources[name] = msgspec.structs.replace(sources[name], verify={})
    return Tenant(
        workspace=workspace,
        sources=sources,
        mappers=mappers,
        destinations=destinations,
        blueprints=blueprints,
        pipelines=pipelines,
        problems=problems,
    )


def _with_secrets(source: Source, environ: Mapping[str, str] | None, where: str) -> Source:
    if source.verify is None:
        return source
    body: JsonObject = {"verify": source.verify, "public_url": source.public_url}
    return msgspec.structs.replace(
        source, **decode_document(body, dict[str, Any], where=where, environ=environ)
    )
