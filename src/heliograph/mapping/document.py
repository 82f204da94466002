"""Is this JSON a mapper, and which one? Reads a mapper document into a `Plan`, naming every problem.

Source: Connected Sources, "Mapper Configuration" (copy of mid-2026); what it leaves open is decided in
docs/reference/mapper.md. One key is ours: `timezone` beside `mappings`, the IANA zone of times without one.

- All problems are reported at once, each with its JSON path in the mapper document.
- A key nobody knows is a problem when it resembles a known one, and a warning otherwise.
- What the document's kind does not use is read and checked all the same.
"""

import difflib
import re
from datetime import UTC, tzinfo
from typing import Final

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping import chains, selection
from heliograph.mapping.patterns import joiner
from heliograph.mapping.plan import (
    CREATE_ALL,
    MERGE,
    PLATFORMS,
    Attribute,
    Attributes,
    Chain,
    Constant,
    MapperKind,
    MapperWarning,
    Merge,
    Path,
    Plan,
    Validation,
)
from heliograph.mapping.sources import is_path, looks_like_path, read_path, read_source
from heliograph.mapping.times import TimeReader, kind_of, read_zone, shown
from heliograph.mapping.validations import TYPES
from heliograph.model.json import Json, JsonObject

WARNINGS: Final[dict[str, str]] = {
    "mapper.unknown_key": "A key that means nothing to a mapper; it is ignored.",
    "mapper.batching_without_wildcard": "`batching` is true, but no path has `[*]`: one record per payload.",
    "mapper.wildcard_as_list": "A `[*]` in a mapper without batching gives one list.",
    "mapper.arrays_side_by_side": "Two arrays are walked in step; payloads where they differ in length are refused.",
    "mapper.first_match": "The path may select several values; the first one is taken.",
    "mapper.merge_ignored": "`#MERGE` is only known for `user_time`.",
    "mapper.format_ignored": "`formats` is only known for `user_time`.",
    "mapper.literal_like_path": "A literal that looks like a path; paths start with `$.`.",
    "mapper.null_literal": "A null literal maps nothing.",
    "mapper.unused_field": "A users mapper does not use this field.",
}
"""Every code of a `MapperWarning`, with its meaning."""

DEFAULT_APP_VERSION: Final = "1.0.0"

TOP_KEYS: Final = (
    "partner_name",
    "mapping_type",
    "mappings",
    "batching",
    "payload_validations",
    "timezone",
)
MAPPING_KEYS: Final = (
    "customer_id",
    "anon_id",
    "event_name",
    "user_time",
    "platform",
    "app_version",
    "attr",
    "user_attributes",
    "update_existing_only",
    MERGE,
    "formats",
)

_PARTNER: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that keeps a mapper document from compiling."""

    where: str
    """JSON path in the mapper document."""
    message: str
    found: str | None = None
    allowed: str | None = None
    hint: str | None = None


def read_document(document: Json, *, timezone: str = "UTC") -> Plan:
    """Return the plan of a mapper document.

    Args:
        document: the decoded JSON.
        timezone: IANA zone of times that carry none, unless the document says its own.

    Raises:
        ConfigError: `mapper.invalid`; the message lists every problem with its path in the document.
    """
    reader = _DocumentReader(timezone)
    plan = reader.read(document)
    if plan is None or reader.problems:
        raise _refusal(reader.problems)
    return plan


def document_path(*keys: str) -> str:
    """Return the JSON path of a key in the mapper document, e.g. `$.mappings['#MERGE'].user_time`."""
    return "$" + "".join(
        f".{key}" if _PLAIN.fullmatch(key) else f"[{key!r}]" if key else "['']" for key in keys
    )


def _refusal(problems: list[Problem]) -> ConfigError:
    if len(problems) == 1:
        only = problems[0]
        return ConfigError(
            "mapper.invalid",
            only.message,
            where=only.where,
            found=only.found,
            allowed=only.allowed,
            hint=only.hint,
        )
    lines = [
        f"- {ConfigError('mapper.invalid', p.message, where=p.where, found=p.found, allowed=p.allowed, hint=p.hint)}"
        for p in problems
    ]
    return ConfigError(
        "mapper.invalid", f"The mapper document has {len(problems)} problems.\n" + "\n".join(lines)
    )


class _DocumentReader:
    """Collects problems and warnings while it reads; one per document."""

    def __init__(self, timezone: str) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[MapperWarning] = []
        self._timezone = timezone
        self._kind: MapperKind = "events"
        self._batching = False

    def read(self, document: Json) -> Plan | None:
        if not isinstance(document, dict):
            self._problem("$", "A mapper is a JSON object.", found=f"a {kind_of(document)}")
            return None
        self._check_keys(document, TOP_KEYS, elsewhere=MAPPING_KEYS, at=())
        partner = self._partner(document.get("partner_name"))
        self._kind = self._mapping_type(document.get("mapping_type"))
        self._batching = self._flag(document.get("batching"), "batching")
        zone = self._zone(document.get("timezone"))
        mappings = document.get("mappings")
        if not isinstance(mappings, dict):
            self._problem(
                "$.mappings",
                "The mapper has no mappings." if mappings is None else "mappings is an object.",
                found=None if mappings is None else f"a {kind_of(mappings)}",
                allowed="an object with customer_id, event_name, user_time, …",
            )
            return None
        self._check_keys(mappings, MAPPING_KEYS, elsewhere=TOP_KEYS, at=("mappings",))
        return self._plan(document, mappings, partner=partner, zone=zone)

    def _plan(
        self, document: JsonObject, mappings: JsonObject, *, partner: str, zone: tzinfo
    ) -> Plan | None:
        events = self._kind == "events"
        anonymous_id = self._identity(mappings, "anon_id", required=False)
        customer_id = self._identity(
            mappings, "customer_id", required=anonymous_id is None or not events
        )
        event = self._text(mappings, "event_name", required=events)
        pattern = self._formats(mappings.get("formats"))
        merge = self._merge(mappings.get(MERGE), pattern)
        time = self._time(mappings, merge)
        platform = self._platform(mappings)
        app_version = self._text(mappings, "app_version", required=False)
        properties = self._attributes(mappings, "attr")
        traits = self._attributes(mappings, "user_attributes")
        validations = self._validations(document.get("payload_validations"))
        flag = self._flag(mappings.get("update_existing_only"), "mappings", "update_existing_only")
        if self.problems:
            return None
        plan = Plan(
            partner=partner,
            kind=self._kind,
            chain=Chain(),
            customer_id=customer_id,
            anonymous_id=anonymous_id,
            event=event,
            time=time,
            reader=TimeReader(pattern=pattern, zone=zone),
            platform=platform,
            app_version=app_version or Constant(DEFAULT_APP_VERSION),
            properties=properties,
            traits=traits,
            validations=validations,
            update_existing_only=flag,
            warnings=(),
        )
        self._warn_unused(mappings)
        plan = self._with_chain(plan)
        return msgspec.structs.replace(plan, warnings=tuple(self.warnings))

    # ---- parts of the document -------------------------------------------------------------------

    def _partner(self, value: Json) -> str:
        if isinstance(value, str) and _PARTNER.fullmatch(value):
            return value
        self._problem(
            "$.partner_name",
            "The mapper has no partner_name."
            if value is None
            else "partner_name is a lower-case identifier.",
            found=None if value is None else shown(value),
            allowed="lower-case letters, digits, - and _, e.g. contact-form",
        )
        return ""

    def _mapping_type(self, value: Json) -> MapperKind:
        if value == "events" or value == "users":
            return "events" if value == "events" else "users"
        self._problem(
            "$.mapping_type",
            "The mapper has no mapping_type."
            if value is None
            else "This mapping_type is not known.",
            found=None if value is None else shown(value),
            allowed='"events" or "users"',
        )
        return "events"

    def _flag(self, value: Json, *at: str) -> bool:
        if value is None or isinstance(value, bool):
            return bool(value)
        self._problem(
            document_path(*at),
            f"{at[-1]} is true or false.",
            found=shown(value),
            allowed="true or false, without quotes",
        )
        return False

    def _zone(self, value: Json) -> tzinfo:
        if value is not None and not isinstance(value, str):
            self._problem("$.timezone", "timezone is a name.", found=shown(value))
            return UTC
        try:
            return read_zone(value or self._timezone, where="$.timezone" if value else "timezone")
        except ConfigError as error:
            self._problem_of(error, error.where or "$.timezone")
            return UTC

    def _identity(self, mappings: JsonObject, key: str, *, required: bool) -> Path | None:
        value = mappings.get(key)
        where = document_path("mappings", key)
        if value is None:
            if required:
                self._problem(
                    where,
                    f"The mapper has no {key}.",
                    allowed="a path, e.g. $.email"
                    + (", or anon_id in an events mapper" if self._kind == "events" else ""),
                )
            return None
        return self._required_path(value, where, f"{key} is the same person in every record")

    def _required_path(self, value: Json, where: str, otherwise: str) -> Path | None:
        source = self._source(value, where)
        if source is None:
            return None
        if isinstance(source, Path):
            self._check_single(source, where)
            return source
        self._problem(
            where,
            f"This is a literal, so {otherwise}.",
            found=shown(value),
            allowed="a path",
            hint=f"Write $.{value}" if isinstance(value, str) and _PLAIN.fullmatch(value) else None,
        )
        return None

    def _text(self, mappings: JsonObject, key: str, *, required: bool) -> Path | Constant | None:
        value = mappings.get(key)
        where = document_path("mappings", key)
        if value is None:
            if required:
                self._problem(
                    where, f"An events mapper needs {key}.", allowed="a path or a literal text"
                )
            return None
        source = self._source(value, where)
        if isinstance(source, Path):
            self._check_single(source, where)
            return source
        if source is None:
            return None
        text = selection.text_of(source.value)
        if text is None or not text.strip():
            self._problem(
                where, f"{key} is a text.", found=shown(value), allowed="a path or a literal text"
            )
            return None
        return Constant(text)

    def _platform(self, mappings: JsonObject) -> Path | Constant | None:
        source = self._text(mappings, "platform", required=self._kind == "events")
        if isinstance(source, Constant) and str(source.value).lower() not in PLATFORMS:
            self._problem(
                "$.mappings.platform",
                "This platform is not known.",
                found=shown(source.value),
                allowed="web, android, ios, api, or a path",
            )
        return source

    def _time(self, mappings: JsonObject, merge: Merge | None) -> Path | Merge | None:
        value = mappings.get("user_time")
        where = "$.mappings.user_time"
        if value is None:
            if self._kind == "events":
                self._problem(
                    where,
                    "An events mapper needs user_time.",
                    allowed='a path, "#MERGE", or $receivedAt for payloads without a time',
                )
            return None
        if value == MERGE:
            if merge is None and not self.problems:
                self._problem(
                    document_path("mappings", MERGE, "user_time"),
                    "user_time is #MERGE, but no date and time to merge are given.",
                    allowed='{"date": "$.path", "time": "$.path"}',
                )
            return merge
        return self._required_path(value, where, "every record has the same time")

    def _formats(self, value: Json) -> str | None:
        pattern: str | None = None
        for key, text in self._object(value, "mappings", "formats").items():
            where = document_path("mappings", "formats", key)
            if not isinstance(text, str):
                self._problem(where, "A date pattern is a text.", found=shown(text))
                continue
            try:
                TimeReader(pattern=text, zone=UTC)
            except ConfigError as error:
                self._problem_of(error, where)
                continue
            if key == "user_time":
                pattern = text
            else:
                self._warn("mapper.format_ignored", f"The pattern of {key} has no effect.", where)
        return pattern

    def _merge(self, value: Json, pattern: str | None) -> Merge | None:
        merge: Merge | None = None
        for key, parts in self._object(value, "mappings", MERGE).items():
            where = document_path("mappings", MERGE, key)
            if key != "user_time":
                self._warn("mapper.merge_ignored", f"#MERGE of {key} has no effect.", where)
                continue
            parts = self._object(parts, "mappings", MERGE, key)
            sources: list[Path | Constant] = []
            for part in ("date", "time"):
                at = document_path("mappings", MERGE, key, part)
                if parts.get(part) is None:
                    self._problem(at, f"#MERGE of {key} has no {part}.", allowed="a path")
                    continue
                source = self._source(parts[part], at)
                if isinstance(source, Path):
                    self._check_single(source, at)
                if source is not None:
                    sources.append(source)
            if len(sources) == 2:
                merge = Merge(sources[0], sources[1], joiner(pattern))
        return merge

    def _attributes(self, mappings: JsonObject, key: str) -> Attributes:
        named: list[Attribute] = []
        create_all: Path | None = None
        for name, value in self._object(mappings.get(key), "mappings", key).items():
            where = document_path("mappings", key, name)
            if value is None:
                self._warn("mapper.null_literal", f"{name} maps nothing.", where)
                continue
            source = self._source(value, where)
            if source is None:
                continue
            if name != CREATE_ALL:
                self._warn_literal(source, where)
                named.append(Attribute(name, source))
            elif isinstance(source, Path):
                self._check_single(source, where)
                create_all = source
            else:
                self._problem(
                    where,
                    "create_all is the path of an object.",
                    found=shown(value),
                    allowed="a path, e.g. $.user_attributes",
                )
        return Attributes(tuple(named), create_all)

    def _validations(self, value: Json) -> tuple[Validation, ...]:
        validations: list[Validation] = []
        for text, type_name in self._object(value, "payload_validations").items():
            where = document_path("payload_validations", text)
            if not is_path(text):
                self._problem(
                    where, "A validation is named by a path.", found=text, allowed="$.path"
                )
                continue
            if not isinstance(type_name, str) or type_name not in TYPES:
                self._problem(
                    where,
                    "This type is not known.",
                    found=shown(type_name),
                    allowed=", ".join(TYPES),
                )
                continue
            path = self._path(text, where)
            if path is not None:
                validations.append(Validation(path, type_name))
        return tuple(validations)

    # ---- wildcards -------------------------------------------------------------------------------

    def _with_chain(self, plan: Plan) -> Plan:
        fields = chains.paths_of(plan)
        if not self._batching:
            for where, path in fields:
                if not path.query.singular and selection.is_list(path):
                    self._warn(
                        "mapper.wildcard_as_list",
                        f"{path.text} gives one list, as batching is false.",
                        where,
                    )
            return plan
        try:
            chain = chains.find_chain(path for _, path in fields)
        except ConfigError as error:
            self._problem_of(error, "$.mappings")
            return plan
        if not chain.arrays:
            self._warn(
                "mapper.batching_without_wildcard",
                "batching is true, but no path has [*], so a payload is one record.",
                "$.batching",
            )
            return plan
        if chain.beside:
            self._warn(
                "mapper.arrays_side_by_side",
                "The paths walk several arrays in step; a payload where their lengths differ is refused.",
                "$.mappings",
            )
        return chains.placed(plan, chain)

    def _check_single(self, path: Path, where: str) -> None:
        """A field of one value takes no list: only batching may give its wildcards one value each."""
        residual = chains.place(path, chains.find_chain([path])) if self._batching else path
        if selection.is_list(residual):
            self._problem(
                where,
                "This path gives a list, and the field takes one value.",
                found=path.text,
                allowed="a path to one value"
                if self._batching
                else 'a path to one value, or "batching": true for one record per element',
            )
        elif selection.may_be_many(residual):
            self._warn("mapper.first_match", f"The first match of {path.text} is taken.", where)

    # ---- values ----------------------------------------------------------------------------------

    def _source(self, value: Json, where: str) -> Path | Constant | None:
        try:
            return read_source(value)
        except ConfigError as error:
            self._problem_of(error, where)
            return None

    def _path(self, text: str, where: str) -> Path | None:
        try:
            return read_path(text)
        except ConfigError as error:
            self._problem_of(error, where)
            return None

    def _object(self, value: Json, *at: str) -> JsonObject:
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self._problem(document_path(*at), f"{at[-1]} is an object.", found=f"a {kind_of(value)}")
        return {}

    def _check_keys(
        self,
        document: JsonObject,
        known: tuple[str, ...],
        *,
        elsewhere: tuple[str, ...],
        at: tuple[str, ...],
    ) -> None:
        for key in document:
            where = document_path(*at, key)
            if key in known:
                continue
            if key in elsewhere:
                place = "beside mappings" if at else "inside mappings"
                self._problem(where, f"{key} stands in the wrong place.", hint=f"Move it {place}.")
                continue
            close = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
            if close:
                self._problem(where, f"{key} is not known.", hint=f"Did you mean {close[0]}?")
            else:
                self._warn("mapper.unknown_key", f"{key} is ignored.", where)

    def _warn_unused(self, mappings: JsonObject) -> None:
        if self._kind == "users":
            for key in ("event_name", "platform", "app_version", "attr"):
                if mappings.get(key):
                    where = document_path("mappings", key)
                    self._warn("mapper.unused_field", f"A users mapper does not use {key}.", where)

    def _warn_literal(self, source: Path | Constant, where: str) -> None:
        if (
            isinstance(source, Constant)
            and isinstance(source.value, str)
            and looks_like_path(source.value)
        ):
            self._warn(
                "mapper.literal_like_path",
                f"{source.value!r} is used as it is: it is no path.",
                where,
            )

    def _problem(
        self,
        where: str,
        message: str,
        *,
        found: str | None = None,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problems.append(
            Problem(where=where, message=message, found=found, allowed=allowed, hint=hint)
        )

    def _problem_of(self, error: ConfigError, where: str) -> None:
        self._problem(
            where, error.message, found=error.found, allowed=error.allowed, hint=error.hint
        )

    def _warn(self, code: str, message: str, where: str) -> None:
        self.warnings.append(MapperWarning(code, message, where))
