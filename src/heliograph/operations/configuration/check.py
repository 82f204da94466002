"""Everything that is wrong with a folder of configuration, found in one pass and without a running hub.

Each document is decoded and compiled as the hub would do it; names that documents use must exist; cases
of mappers are run; variables must be set in the environment. A problem never hides another one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from heliograph.destinations import registry
from heliograph.destinations.blueprint.document import BlueprintDocument
from heliograph.destinations.blueprint.rules import compile_blueprint
from heliograph.destinations.preflight import find_blueprint
from heliograph.destinations.settings import settings_faults
from heliograph.errors import ConfigError
from heliograph.gateway.signatures import check_secrets, read_scheme
from heliograph.mapping import compile_mapper
from heliograph.model.documents.catalog import Blueprint, resolve_secrets, secret_references
from heliograph.model.documents.configuration import (
    DestinationConfig,
    Pipeline,
    Source,
    Workspace,
)
from heliograph.model.documents.faults import faults, without
from heliograph.model.json import JsonObject
from heliograph.model.secret import Secret
from heliograph.operations.configuration.cases import case_problems
from heliograph.operations.configuration.folder import FileDocument, Folder, Problem

Severity = Literal["error", "warning"]
PLACEHOLDER: Final = "unset"


def check_folder(
    folder: Folder, environ: Mapping[str, str], *, secrets: Severity, cases: bool
) -> list[Problem]:
    """Return every problem of a folder, errors before warnings, then by file and line.

    Args:
        folder: as read; what could not be read is among the problems already.
        environ: where `${NAME}` is looked up.
        secrets: how a variable that is not set counts; where the hub runs elsewhere it is a warning.
        cases: whether the mappers' cases are run.
    """
    checker = _Checker(folder, environ, secrets)
    problems = [*folder.problems, *checker.problems()]
    if cases:
        problems += case_problems(folder, timezone=checker.timezone, blocked=checker.blocked)
    return sorted(problems, key=lambda p: (p.severity == "warning", p.file, p.line or 0))


class _Checker:
    """Goes through the documents kind by kind; later kinds refer to earlier ones."""

    def __init__(self, folder: Folder, environ: Mapping[str, str], secrets: Severity) -> None:
        self._folder = folder
        self._environ = environ
        self._secrets: Severity = secrets
        self.timezone = "UTC"
        self.blocked: list[str] = []
        """Identifiers that stand for nobody, besides the built-in ones."""

    def problems(self) -> Iterable[Problem]:
        yield from self._each("workspace", self._workspace)
        yield from self._each("source", self._source)
        yield from self._each("mapper", self._mapper)
        yield from self._each("destination", self._destination)
        yield from self._each("blueprint", self._blueprint)
        yield from self._each("pipeline", self._pipeline)

    def _each(self, kind: Any, check: Any) -> Iterable[Problem]:
        for document in self._folder.of(kind):
            holds_secrets = kind in ("workspace", "source", "destination")
            unset = list(self._unset(document)) if holds_secrets else []
            yield from unset
            # A placeholder for a variable may look wrong for no fault of its own.
            excused = {missing.path for missing in unset}
            yield from (p for p in self._found(document, check) if p.path not in excused)

    def _found(self, document: FileDocument, check: Any) -> Iterable[Problem]:
        try:
            yield from check(document)
        except ConfigError as error:
            yield document.problem(error)

    def _unset(self, document: FileDocument) -> Iterable[Problem]:
        for path, name in secret_references(document.body):
            if name not in self._environ:
                error = ConfigError(
                    "config.missing_secret",
                    f"the environment variable {name} is not set",
                    hint=f"Needed where the hub runs, not here: export {name}=… in its environment."
                    if self._secrets == "warning"
                    else f"Set it here too, or say --no-secrets if only the hub has it: export {name}=…",
                )
                yield document.problem(error, path=path, severity=self._secrets)

    def _resolved(self, body: JsonObject) -> JsonObject:
        names = {name for _, name in secret_references(body)}
        resolved = resolve_secrets(body, {**dict.fromkeys(names, PLACEHOLDER), **self._environ})
        assert isinstance(resolved, dict)
        return resolved

    def _workspace(self, document: FileDocument) -> Iterable[Problem]:
        body = self._resolved(document.body)
        yield from _faulty(document, body, Workspace)
        for field in ("id", "data_api_keys"):
            if body.get(field) in ("", []):
                error = ConfigError("config.invalid", f"`{field}` is empty")
                yield document.problem(error, path=f"$.{field}")
        id_ = body.get("id")
        if isinstance(id_, str) and not all(c.isprintable() and c not in "/: " for c in id_):
            error = ConfigError(
                "config.invalid",
                "a workspace id stands in names such as <id>/<destination> and in Basic auth",
                found=repr(id_),
                allowed="printable characters but for `/`, `:` and blanks",
            )
            yield document.problem(error, path="$.id")
        listed = body.get("blocked_identifiers")
        if isinstance(listed, list):
            self.blocked = [word for word in listed if isinstance(word, str)]
        timezone = body.get("timezone")
        if not isinstance(timezone, str):
            return
        try:
            ZoneInfo(timezone)
            self.timezone = timezone
        except (ZoneInfoNotFoundError, ValueError):
            error = ConfigError(
                "config.invalid",
                "there is no such time zone",
                found=repr(timezone),
                allowed="a name of the IANA database, e.g. Europe/Berlin",
            )
            yield document.problem(error, path="$.timezone")

    def _source(self, document: FileDocument) -> Iterable[Problem]:
        body: JsonObject = {**self._resolved(document.body), "name": document.name}
        yield from _faulty(document, body, Source)
        source = _readable(body, Source)
        if source is None:
            return
        partner = source.partner or source.name
        for other in self._folder.of("source"):
            theirs = other.body.get("partner") or other.name
            both_plain = source.verify is None and other.body.get("verify") is None
            if theirs == partner and both_plain and other.name < document.name:
                error = ConfigError(
                    "config.invalid",
                    f"the partner is taken by sources/{other.name}.toml",
                    found=repr(partner),
                    hint="One source answers a partner's address; give this one another partner, or "
                    "a `verify` table, which makes it a webhook address of its own.",
                )
                yield document.problem(error, path="$.partner")
        if source.kind == "webhook" and partner not in self._partners():
            error = ConfigError(
                "config.unknown_reference",
                f"no mapper belongs to the partner {partner!r}, so every request is answered 404",
                hint=f"Add mappers/{partner}/<config>.json.",
            )
            yield document.problem(error, path="$.partner", severity="warning")
        yield from self._hook(document, source, partner)

    def _hook(self, document: FileDocument, source: Source, partner: str) -> Iterable[Problem]:
        """Yield what is wrong with a source that verifies signatures, or names a mapper."""
        names = [d.name.partition("/") for d in self._folder.of("mapper")]
        configs = sorted(config for name, _, config in names if name == partner)
        if source.config is not None and source.config not in configs:
            yield self._missing(document, "mapper", source.config, configs, path="$.config")
        elif source.verify is not None and source.config is None and len(configs) > 1:
            error = ConfigError(
                "config.unknown_reference",
                f"the partner {partner!r} has {len(configs)} mappers, so the source must name one",
                allowed=", ".join(configs),
                hint=f'Add config = "{configs[0]}".',
            )
            yield document.problem(error, path="$.verify")
        if source.verify is None:
            return
        try:
            settings = {key: value for key, value in source.verify.items() if key != "secrets"}
            listed = source.verify.get("secrets")
            texts = listed if isinstance(listed, list) else []
            secrets = [Secret(text) for text in texts if isinstance(text, str)]
            check_secrets(read_scheme(settings, where="$.verify"), secrets, where="$.verify")
        except ConfigError as error:
            unset = any(True for _ in self._unset(document))
            if not (unset and error.where == "$.verify.secrets"):
                yield document.problem(error)

    def _mapper(self, document: FileDocument) -> Iterable[Problem]:
        mapper = compile_mapper(document.body, timezone=self.timezone)
        for warning in mapper.warnings:
            error = ConfigError("mapper.invalid", warning.message)
            yield document.problem(error, path=warning.where, severity="warning")
        partner = document.name.partition("/")[0]
        if mapper.partner != partner:
            error = ConfigError(
                "config.invalid",
                "partner_name differs from the folder, whose name is the one in the URL",
                found=repr(mapper.partner),
                allowed=repr(partner),
            )
            yield document.problem(error, path="$.partner_name", severity="warning")

    def _destination(self, document: FileDocument) -> Iterable[Problem]:
        body: JsonObject = {**self._resolved(document.body), "name": document.name}
        yield from _faulty(document, body, DestinationConfig)
        type_, settings = body.get("type"), body.get("settings", {})
        if not isinstance(type_, str):
            return
        try:
            destination = registry.get(type_)
        except ConfigError as error:
            # Which settings it may have is not known then.
            yield document.problem(error, path="$.type")
            return
        if isinstance(settings, dict):
            for error in settings_faults(destination, settings):
                inside = (error.where or "$").removeprefix("$")
                yield document.problem(error, path=f"$.settings{inside}")

    def _blueprint(self, document: FileDocument) -> Iterable[Problem]:
        body: JsonObject = {**document.body, "name": document.name}
        misshapen = list(_faulty(document, body, BlueprintDocument))
        yield from misshapen
        if not misshapen:
            compile_blueprint(document.body, name=document.name)

    def _pipeline(self, document: FileDocument) -> Iterable[Problem]:
        body: JsonObject = {**document.body, "name": document.name}
        yield from _faulty(document, body, Pipeline)
        pipeline = _readable(body, Pipeline)
        if pipeline is None:
            return
        known = {"*", *self._partners(), *(d.name for d in self._folder.of("source"))}
        for index, source in enumerate(pipeline.sources):
            if source not in known:
                yield self._missing(document, "source", source, known, path=f"$.sources[{index}]")
        targets = {d.name: d for d in self._folder.of("destination")}
        for index, target in enumerate(pipeline.destinations):
            path = f"$.destinations[{index}]"
            if target.name not in targets:
                yield self._missing(document, "destination", target.name, targets, path=path)
                continue
            yield from self._blueprint_of(document, target, targets[target.name], path=path)

    def _blueprint_of(
        self, document: FileDocument, target: Any, of: FileDocument, *, path: str
    ) -> Iterable[Problem]:
        blueprints = {
            d.name: Blueprint(name=d.name, version=1, document=d.body)
            for d in self._folder.of("blueprint")
        }
        try:
            destination = registry.get(str(of.body.get("type", "")))
        except ConfigError:
            return  # said about the destination already
        try:
            find_blueprint(destination, target.blueprint, blueprints)
        except ConfigError as error:
            yield document.problem(error, path=f"{path}.blueprint")

    def _missing(
        self, document: FileDocument, noun: str, name: str, known: Iterable[str], *, path: str
    ) -> Problem:
        import difflib

        near = difflib.get_close_matches(name, list(known), n=1)
        error = ConfigError(
            "config.unknown_reference",
            f"there is no {noun} of this name",
            found=repr(name),
            allowed=", ".join(sorted(known)) or "none yet",
            hint=f"Did you mean {near[0]!r}?"
            if near
            else f"Add this {noun}, or take its name out of the document.",
        )
        return document.problem(error, path=path)

    def _partners(self) -> set[str]:
        return {document.name.partition("/")[0] for document in self._folder.of("mapper")}


def _faulty(document: FileDocument, body: JsonObject, type_: type[Any]) -> Iterable[Problem]:
    """Yield everything that keeps a body from being decoded as its Struct."""
    fields = [field.encode_name for field in msgspec.structs.fields(type_)]
    for fault in faults(body, type_):
        error = ConfigError(
            "config.invalid",
            fault.message[0].lower() + fault.message[1:],
            allowed=", ".join(f for f in fields if f != "name") if len(fault.path) == 1 else None,
            hint=f"Did you mean {fault.near!r}?" if fault.near else None,
        )
        yield document.problem(error, path=fault.where)


def _readable(body: JsonObject, type_: type[Any]) -> Any:
    """Return what can be decoded of a body as its Struct, or None: the rest was said already."""
    try:
        return msgspec.convert(without(body, faults(body, type_)), type_)
    except msgspec.ValidationError:
        return None
