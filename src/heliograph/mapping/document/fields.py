"""Reads the keys of `mappings` and `payload_validations`: what may stand there, and what it becomes.

One method per kind of field; each reports to `Findings` and returns None (or nothing) when it could not
read its part, so that the rest of the document is checked all the same.
"""

from datetime import UTC, tzinfo

from heliograph.errors import ConfigError
from heliograph.mapping.document import chains, selection
from heliograph.mapping.document.expressions.grammar import ExpressionReader
from heliograph.mapping.document.literals import looks_like_path, never_literal, spelling_of
from heliograph.mapping.document.plan import (
    CREATE_ALL,
    MERGE,
    PLATFORMS,
    Attribute,
    Attributes,
    Constant,
    MapperKind,
    Merge,
    Path,
    Source,
    Validation,
    Value,
    with_paths,
)
from heliograph.mapping.document.problems import Findings, document_path
from heliograph.mapping.document.sources import is_path, read_path
from heliograph.mapping.document.validations import TYPES
from heliograph.mapping.times.patterns import joiner
from heliograph.mapping.times.reader import TimeReader
from heliograph.mapping.wording import shown
from heliograph.model.json import Json, JsonObject


class FieldReader:
    """Reads the fields of one mapper document."""

    def __init__(
        self,
        mappings: JsonObject,
        findings: Findings,
        *,
        kind: MapperKind,
        batching: bool,
        zone: tzinfo,
    ) -> None:
        self._mappings = mappings
        self._findings = findings
        self._kind = kind
        self._events = kind == "events"
        self._batching = batching
        self._zone = zone

    def identity(self, key: str, *, required: bool) -> Value | None:
        """Return where `customer_id` or `anon_id` comes from; a literal is a problem."""
        value = self._mappings.get(key)
        where = document_path("mappings", key)
        if value is None:
            if required:
                instead = ", or anon_id beside it or alone" if self._events else ""
                self._findings.problem(
                    where, f"The mapper has no {key}.", allowed=f"a path, e.g. $.email{instead}"
                )
            return None
        return self._one_value(value, where, f"{key} would be the same person in every record")

    def message_id(self) -> Value | None:
        """Return `message_id`, which stands beside `mappings`."""
        value = self._mappings.get("message_id")
        if value is None:
            return None
        return self._one_value(value, "$.message_id", "every record would be the same message")

    def text(self, key: str, *, required: bool) -> Source | None:
        """Return the source or literal text of `event_name`, `platform` or `app_version`."""
        value = self._mappings.get(key)
        where = document_path("mappings", key)
        if value is None:
            if required:
                kind = "An events mapper" if self._events else "A groups mapper"
                self._findings.problem(
                    where, f"{kind} needs {key}.", allowed="a path or a literal text"
                )
            return None
        source = self._source(value, where)
        if source is None:
            return None
        if not isinstance(source, Constant):
            self._check_one_value(source, where)
            return source
        text = selection.text_of(source.value)
        if text is None or not text.strip():
            self._findings.problem(
                where, f"{key} is a text.", found=shown(value), allowed="a path or a literal text"
            )
            return None
        if (
            key != "platform" and not source.meant
        ):  # any literal platform is checked against the list
            self._check_literal(text, where, of_event=True)
        return Constant(text)

    def platform(self) -> Source | None:
        """Return `platform`; a literal must be one of `PLATFORMS`, in any case."""
        source = self.text("platform", required=self._events)
        if isinstance(source, Constant) and str(source.value).lower() not in PLATFORMS:
            self._findings.problem(
                "$.mappings.platform",
                "This platform is not known.",
                found=shown(source.value),
                allowed="web, android, ios, api, or a path",
                hint=_path_advice(str(source.value)),
            )
        return source

    def pattern(self) -> str | None:
        """Return the date pattern of `user_time` in `formats`."""
        pattern: str | None = None
        value = self._mappings.get("formats")
        for key, text in self._findings.object_at(value, "mappings", "formats").items():
            where = document_path("mappings", "formats", key)
            if not isinstance(text, str):
                self._findings.problem(where, "A date pattern is a text.", found=shown(text))
                continue
            try:
                TimeReader(pattern=text, zone=UTC)
            except ConfigError as error:
                self._findings.problem_of(error, where)
                continue
            if key == "user_time":
                pattern = text
            else:
                self._findings.warn(
                    "mapper.format_ignored", f"The pattern of {key} has no effect.", where
                )
        return pattern

    def time(self, pattern: str | None) -> Value | Merge | None:
        """Return `user_time`: a path, an expression, or what `#MERGE` says."""
        value = self._mappings.get("user_time")
        merges = self._merges()
        if value == MERGE:
            parts = merges.get("user_time")
            if parts is None:
                self._findings.problem(
                    "$.mappings.user_time",
                    "user_time is #MERGE, but #MERGE does not say what to merge.",
                    allowed='"#MERGE": {"user_time": {"date": "$.path", "time": "$.path"}}',
                )
                return None
            return self._merge(parts, pattern)
        if value is not None:
            return self._one_value(
                value, "$.mappings.user_time", "every record would have the same time", times=True
            )
        if self._events:
            self._findings.problem(
                "$.mappings.user_time",
                "An events mapper needs user_time.",
                allowed='a path, "#MERGE", or $receivedAt for payloads without a time',
            )
        return None

    def attributes(self, key: str) -> Attributes:
        """Return `attr` or `user_attributes`."""
        named: list[Attribute] = []
        create_all: Value | None = None
        value = self._mappings.get(key)
        for name, each in self._findings.object_at(value, "mappings", key).items():
            where = document_path("mappings", key, name)
            if each is None:
                self._findings.warn("mapper.null_literal", f"{name} maps nothing.", where)
                continue
            source = self._source(each, where)
            if source is None:
                continue
            if name != CREATE_ALL:
                self._check_attribute(source, where)
                named.append(Attribute(name, source))
            elif not isinstance(source, Constant):
                self._check_one_value(source, where)
                create_all = source
            else:
                self._findings.problem(
                    where,
                    "create_all is the path of an object.",
                    found=shown(each),
                    allowed="a path, e.g. $.user_attributes",
                    hint=_advice(each) if isinstance(each, str) else None,
                )
        return Attributes(tuple(named), create_all)

    def validations(self, value: Json) -> tuple[Validation, ...]:
        """Return the entries of `payload_validations`."""
        validations: list[Validation] = []
        for text, name in self._findings.object_at(value, "payload_validations").items():
            where = document_path("payload_validations", text)
            if not is_path(text):
                self._findings.problem(
                    where,
                    "A validation is named by a path.",
                    found=shown(text),
                    allowed="$.path",
                    hint=_advice(text),
                )
            elif not isinstance(name, str) or name not in TYPES:
                self._findings.problem(
                    where,
                    "This type is not known.",
                    found=shown(name),
                    allowed=", ".join(TYPES),
                )
            else:
                path = self._path(text, where)
                validations += [Validation(path, name)] if path is not None else []
        return tuple(validations)

    def _merges(self) -> JsonObject:
        """Return the entries of `#MERGE`; all but `user_time` have no effect (reading A13)."""
        value = self._mappings.get(MERGE)
        merges = self._findings.object_at(value, "mappings", MERGE)
        for key in merges:
            if key != "user_time" or self._mappings.get("user_time") != MERGE:
                self._findings.warn(
                    "mapper.merge_ignored",
                    f"#MERGE of {key} has no effect"
                    + (", as user_time is not #MERGE." if key == "user_time" else "."),
                    document_path("mappings", MERGE, key),
                )
        return merges

    def _merge(self, value: Json, pattern: str | None) -> Merge | None:
        parts = self._findings.object_at(value, "mappings", MERGE, "user_time")
        found: list[Value] = []
        for part in ("date", "time"):
            where = document_path("mappings", MERGE, "user_time", part)
            if parts.get(part) is None:
                self._findings.problem(
                    where, f"#MERGE of user_time has no {part}.", allowed="a path"
                )
                continue
            source = self._one_value(parts[part], where, f"every record would have the same {part}")
            found += [source] if source is not None else []
        return Merge(found[0], found[1], joiner(pattern)) if len(found) == 2 else None

    def _one_value(
        self, value: Json, where: str, otherwise: str, *, times: bool = False
    ) -> Value | None:
        source = self._source(value, where, times=times)
        if source is None:
            return None
        if selection.may_be_literal(source):
            plain = isinstance(source, Constant)
            self._findings.problem(
                where,
                f"This {'is' if plain else 'may come to'} a literal, so {otherwise}.",
                found=shown(value),
                allowed="a path" if plain else "an expression that ends in paths",
                hint=_advice(value) if isinstance(value, str) else None,
            )
            return None
        assert not isinstance(source, Constant)
        self._check_one_value(source, where)
        return source

    def _check_one_value(self, source: Value, where: str) -> None:
        """A field of one value takes no list: only batching gives each wildcard one value."""

        def alone(path: Path) -> Path:
            return chains.place(path, chains.find_chain([path]))

        inner = with_paths(source, alone) if self._batching else source
        if selection.gives_list(inner):
            self._findings.problem(
                where,
                "This path gives a list, and the field takes one value."
                if isinstance(source, Path)
                else "This expression gives a list, and the field takes one value.",
                found=source.text,
                allowed="a path to one value"
                if self._batching
                else 'a path to one value, or "batching": true for one record per element',
            )
        elif isinstance(inner, Path) and not selection.is_singular(inner):
            self._findings.warn(
                "mapper.first_match", f"The first match of {source.text} is taken.", where
            )

    def _check_attribute(self, source: Source, where: str) -> None:
        if not isinstance(source, Constant):
            if not self._batching and isinstance(source, Path) and selection.is_list(source):
                self._findings.warn(
                    "mapper.wildcard_as_list",
                    f"{source.text} gives one list, as batching is false.",
                    where,
                )
        elif not source.meant:
            texts = source.value if isinstance(source.value, list) else [source.value]
            for text in texts:
                if isinstance(text, str):
                    self._check_literal(text, where)

    def _check_literal(self, text: str, where: str, *, of_event: bool = False) -> None:
        """A path of another dialect is refused where it can be nothing else, and a doubt elsewhere."""
        if never_literal(text):
            self._findings.problem(
                where,
                "This is neither a path nor a literal.",
                found=shown(text),
                allowed="a path, which starts with $. or $[, or a literal",
                hint=spelling_of(text),
            )
        elif looks_like_path(text, of_event=of_event):
            advice = spelling_of(text)
            self._findings.warn(
                "mapper.literal_like_path",
                f"{shown(text)} is used as it is: it is no path."
                + (f" {advice}" if advice else ""),
                where,
            )

    def _source(self, value: Json, where: str, *, times: bool = False) -> Source | None:
        reader = ExpressionReader(
            self._findings,
            zone=self._zone,
            times_as_ms=times,
            check_literal=self._check_literal,
        )
        return reader.read(value, where)

    def _path(self, text: str, where: str) -> Path | None:
        try:
            return read_path(text)
        except ConfigError as error:
            self._findings.problem_of(error, where)
            return None


def _path_advice(text: str) -> str | None:
    return spelling_of(text) if never_literal(text) or looks_like_path(text) else None


def _advice(text: str) -> str | None:
    """Return advice on a text where only a path can stand; a single name is meant as one too."""
    if text.isidentifier():
        return f"Write $.{text} for the payload's {text}."
    return _path_advice(text) if " " in text.strip() else spelling_of(text)
