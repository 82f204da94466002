"""The catalog: all current configuration documents, decoded, with their cross references resolved.

One immutable snapshot per configuration revision; gateway, engine and courier each build their own
with `build_catalog(documents, environ)` and swap it when `Configuration.revision()` changes. Destination
settings and mapper documents stay plain JSON here: their own packages compile them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar

import msgspec

from heliograph.errors import ConfigError
from heliograph.model.documents.configuration import (
    DestinationConfig,
    DocumentKind,
    MapperVersion,
    Pipeline,
    Source,
    Workspace,
)
from heliograph.model.documents.files import file_of
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


NO_KEY: Final = "every request is refused: no workspace has a key that the gateway knows"


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """A blueprint document as stored; compiled by `destinations.blueprint.rules`."""

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
    """Documents that cannot be used as they are written, e.g. because a `${NAME}` is not set. What of them is
    in force, the values that resolve or the last version that can be used, is where it always is."""

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


def secret_references(value: Json, where: str = "$") -> Iterable[tuple[str, str]]:
    """Yield (JSON path, variable) of every `${NAME}` in the strings of `value`, in their order."""
    if isinstance(value, str):
        yield from ((where, name) for name in SECRET_REFERENCE.findall(value))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from secret_references(item, f"{where}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from secret_references(item, f"{where}.{key}")


def resolve_secrets(
    value: Json, environ: Mapping[str, str], where: str = "$", *, whose: str = "this process"
) -> Json:
    """Return `value` with every `${NAME}` in its strings replaced from `environ`.

    Args:
        value: any JSON.
        environ: the variables.
        where: JSON path of `value`.
        whose: environment it is, as the error says: the hub's problems are read in other processes.

    Raises:
        ConfigError: `config.missing_secret`, naming every variable that is missing and the JSON paths.
    """
    missing = [
        (path, name) for path, name in secret_references(value, where) if name not in environ
    ]
    if missing:
        raise _missing_secrets(missing, whose)
    return _replaced(value, environ)


def _replaced(value: Json, environ: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return SECRET_REFERENCE.sub(lambda match: environ[match.group(1)], value)
    if isinstance(value, list):
        return [_replaced(item, environ) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, environ) for key, item in value.items()}
    return value


def _missing_secrets(missing: list[tuple[str, str]], whose: str) -> ConfigError:
    paths = list(dict.fromkeys(path for path, _ in missing))
    names = list(dict.fromkeys(name for _, name in missing))
    *others, last = names
    message = (
        f"the environment variables {', '.join(others)} and {last} are not set"
        if others
        else f"the environment variable {last} is not set"
    )
    exports = "; ".join(f"export {name}=…" for name in names)
    return ConfigError(
        "config.missing_secret",
        message,
        where=", ".join(paths),
        hint=f"Set {'them' if others else 'it'} in the environment of {whose} ({exports}) and start "
        f"{'it' if whose == 'this process' else whose} again.",
    )


def decode_document(
    body: Json, type_: type[T], *, where: str, environ: Mapping[str, str] | None = None
) -> T:
    """Return `body` as the given Struct; with `environ`, secrets are resolved first.

    Raises:
        ConfigError: `config.invalid` or `config.missing_secret`; `where` names the document.
    """
    try:
        if environ is not None:
            body = resolve_secrets(body, environ, whose="the hub")
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


def nobody_can_send(catalog: Catalog) -> bool:
    """Tell whether no workspace has a key, for lack of what its document names; False of an empty catalog."""
    return bool(catalog) and all(
        not any(tenant.workspace.data_api_keys)
        and any(kind == "workspace" for kind, _ in tenant.problems)
        for tenant in catalog.values()
    )


Earlier = Callable[[DocumentLike], Iterable[DocumentLike]]
"""Gives the versions of a document before the given one, the newest first."""


def build_catalog(
    documents: Iterable[DocumentLike],
    environ: Mapping[str, str] | None,
    earlier: Earlier | None = None,
) -> Catalog:
    """Return the snapshot of all documents; one that cannot be used goes to `problems` of its tenant.

    Of a list of keys or secrets, those stay in force whose `${NAME}` is set; of any other workspace,
    source or destination that cannot be used, the last version that can (`earlier`) does, so that a variable
    which the running hub does not know yet stops nothing. Without `environ` every `${NAME}` stays as it is
    written: enough to look at, not to send with.

    Every problem names the file of its document, as `check` does (`sources/shop.toml`).

    A workspace of which nothing is in force has no keys, so nobody can send to it; its
    pipelines and destinations stay, because events that were acknowledged before must not be lost.
    """
    by_workspace: dict[str, list[DocumentLike]] = {}
    for document in documents:
        by_workspace.setdefault(document.workspace, []).append(document)
    return {
        workspace_id: _TenantBuilder(workspace_id, environ, earlier).build(members)
        for workspace_id, members in by_workspace.items()
    }


def _unreadable(where: str, fault: str) -> ConfigError:
    return ConfigError(
        "config.invalid",
        "the stored document cannot be read",
        where=where,
        found=fault,
        hint="Apply the folder it came from again: heliograph apply DIR. A backup has it, too, in "
        "configuration/<workspace>/.",
    )


class _TenantBuilder:
    """Decodes the documents of one workspace."""

    def __init__(
        self, workspace_id: str, environ: Mapping[str, str] | None, earlier: Earlier | None
    ) -> None:
        self._environ = environ
        self._earlier = earlier
        self._tenant = Tenant(
            workspace=Workspace(id=workspace_id, data_api_keys=()),
            sources={},
            mappers={},
            destinations={},
            blueprints={},
            pipelines={},
            problems={},
        )

    def build(self, documents: list[DocumentLike]) -> Tenant:
        """Return the tenant with everything of it that is in force."""
        for document in documents:
            try:
                self._read(document, document.body)
            except ConfigError as error:
                in_force = self._fall_back(document)
                self._tenant.problems[document.kind, document.name] = _with(error, in_force)
        return self._tenant

    def _read(self, document: DocumentLike, body: JsonObject) -> None:
        """Take a document's body into the tenant.

        Raises:
            ConfigError: it cannot be used.
        """
        tenant, name, environ = self._tenant, document.name, self._environ
        where = str(file_of(document.kind, name))
        if document.fault is not None:
            raise _unreadable(where, document.fault)
        named: JsonObject = {**body, "name": name}
        match document.kind:
            case "workspace":
                workspace = decode_document(body, Workspace, where=where, environ=environ)
                self._tenant = msgspec.structs.replace(tenant, workspace=workspace)
            case "source":
                source = decode_document(named, Source, where=where)
                tenant.sources[name] = _with_secrets(source, environ, where)
            case "mapper":
                partner, _, config = name.partition("/")
                tenant.mappers[partner, config] = MapperVersion(
                    partner=partner, config=config, version=document.version, document=body
                )
            case "destination":
                tenant.destinations[name] = decode_document(
                    named, DestinationConfig, where=where, environ=environ
                )
            case "blueprint":
                tenant.blueprints[name] = Blueprint(
                    name=name, version=document.version, document=body
                )
            case "pipeline":
                tenant.pipelines[name] = decode_document(named, Pipeline, where=where)

    def _fall_back(self, document: DocumentLike) -> str | None:
        """Take what of an unusable document can be in force; say what that is, None when nothing is."""
        if document.kind not in ("workspace", "source", "destination"):
            return None
        body, left_out = without_missing(document.kind, document.body, self._environ)
        candidates: list[tuple[str, DocumentLike, JsonObject]] = []
        if left_out:
            candidates.append((f"the document without {left_out}", document, body))
        if self._earlier is not None:
            candidates.extend(
                (f"its version {each.version}", each, _switched_off(each.body, document.body))
                for each in self._earlier(document)
            )
        for said, version, usable in candidates:
            try:
                self._read(version, usable)
            except ConfigError:
                continue
            return said
        if document.kind == "source" and document.fault is None:
            self._keep_source(document)
        return None

    def _keep_source(self, document: DocumentLike) -> None:
        """Nobody can verify its webhooks, but what else a source says (partner, enabled) holds."""
        named: JsonObject = {**document.body, "name": document.name}
        try:
            source = decode_document(named, Source, where=document.name)
        except ConfigError:
            return
        self._tenant.sources[document.name] = msgspec.structs.replace(source, verify={})


_LISTS: Final[dict[DocumentKind, tuple[str, ...]]] = {
    "workspace": ("data_api_keys",),
    "source": ("verify", "secrets"),
}
"""Where a kind of document lists keys or secrets of which each works without the others."""


def without_missing(
    kind: DocumentKind, body: JsonObject, environ: Mapping[str, str] | None
) -> tuple[JsonObject, str]:
    """Return a document without the keys or secrets whose variable is not set, and which those are.

    The names are empty when none is missing or none would be left: then the document stays as it is.
    """
    *above, last = _LISTS.get(kind, ("",))
    table: Json = body
    for key in above:
        table = table.get(key) if isinstance(table, dict) else None
    listed = table.get(last) if isinstance(table, dict) else None
    if environ is None or not isinstance(table, dict) or not isinstance(listed, list):
        return body, ""
    missing = [
        name
        for item in listed
        if isinstance(item, str)
        for name in SECRET_REFERENCE.findall(item)
        if name not in environ
    ]
    left = [item for item in listed if not _names_any(item, missing)]
    if not missing or not left:
        return body, ""
    shortened: JsonObject = {**table, last: left}
    names = ", ".join(f"${{{name}}}" for name in dict.fromkeys(missing))
    return ({**body, above[0]: shortened} if above else shortened), names


def _names_any(item: Json, names: list[str]) -> bool:
    return isinstance(item, str) and any(name in names for name in SECRET_REFERENCE.findall(item))


def _switched_off(body: JsonObject, newest: JsonObject) -> JsonObject:
    """Return an earlier body that is switched off where the newest one is: that needs no secret."""
    return {**body, "enabled": False} if newest.get("enabled") is False else body


def _with(error: ConfigError, in_force: str | None) -> ConfigError:
    """Return the error of a document that says what of it is in force as well."""
    said = in_force or "nothing of it"
    return ConfigError(
        error.code,
        f"{error.message}; in force is {said}",
        where=error.where,
        found=error.found,
        allowed=error.allowed,
        hint=error.hint,
    )


def _with_secrets(source: Source, environ: Mapping[str, str] | None, where: str) -> Source:
    if source.verify is None:
        return source
    body: JsonObject = {"verify": source.verify, "public_url": source.public_url}
    return msgspec.structs.replace(
        source, **decode_document(body, dict[str, Any], where=where, environ=environ)
    )
