"""Which expression does an object of a mapper document stand for? One with a single `$` key.

Expressions stand wherever a path or a literal may, and inside each other, `MAX_DEPTH` deep. Reading one
reports every problem with its place; what an expression makes of a payload is in `mapping.values`.
"""

import difflib
from collections.abc import Callable
from datetime import tzinfo
from typing import Final, cast, get_args

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping.document.expressions.options import FORMS, LITERAL, OptionReader
from heliograph.mapping.document.expressions.templates import read_template
from heliograph.mapping.document.plan import (
    Cast,
    CastType,
    Constant,
    Expression,
    First,
    Hash,
    HashName,
    JsonText,
    Normalising,
    Path,
    Source,
    Split,
    Template,
    TextChange,
    TextOf,
    ValueMap,
)
from heliograph.mapping.document.problems import Findings, document_path
from heliograph.mapping.document.sources import is_path, read_path, read_source
from heliograph.mapping.times.reader import TimeReader
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json, JsonObject

MAX_DEPTH: Final = 4
"""Expressions inside each other."""
MAX_OPERANDS: Final = 20
"""Sources of one `$first`, and parts of one `$template`."""

_CHANGES: Final[dict[str, TextChange]] = {
    "$lower": "lower",
    "$upper": "upper",
    "$trim": "trim",
    "$title": "title",
}


class ExpressionReader(OptionReader):
    """Reads the sources of one field.

    Args:
        findings: where problems go.
        zone: of times without one.
        times_as_ms: whether a time that `$cast` reads becomes epoch milliseconds.
        check_literal: reports a literal text that may be meant as a path; takes the text and its place.
    """

    def __init__(
        self,
        findings: Findings,
        *,
        zone: tzinfo,
        times_as_ms: bool,
        check_literal: Callable[[str, str], None],
    ) -> None:
        super().__init__(findings)
        self._zone = zone
        self._times_as_ms = times_as_ms
        self._check_literal = check_literal

    def read(self, value: Json, where: str, depth: int = 0) -> Source | None:
        """Return what a value of the document stands for; None when that is a problem.

        Args:
            value: the value, not null.
            where: its path in the document.
            depth: expressions around it.
        """
        if isinstance(value, dict) and any(key.startswith("$") for key in value):
            return self._expression(value, where, depth)
        try:
            source = read_source(value)
        except ConfigError as error:
            self.findings.problem_of(error, where)
            return None
        if depth and isinstance(source, Constant) and isinstance(source.value, str):
            self._check_literal(source.value, where)
        return source

    def _expression(self, value: JsonObject, where: str, depth: int) -> Source | None:
        if len(value) != 1:
            return self.problem(
                where,
                "An expression is an object with one $ key.",
                found=", ".join(map(shown, value)),
                hint="Options stand inside: " + FORMS["$map"],
            )
        ((name, operand),) = value.items()
        if name not in FORMS:
            close = difflib.get_close_matches(name, FORMS, n=1)
            return self.problem(
                where,
                "This expression is not known.",
                found=shown(name),
                allowed=", ".join(FORMS),
                hint=f"Write {FORMS[close[0]]}." if close else None,
            )
        if depth >= MAX_DEPTH:
            return self.problem(
                where,
                "Too many expressions inside each other.",
                found=f"more than {MAX_DEPTH}",
                allowed=f"at most {MAX_DEPTH}",
            )
        inner = where + document_path(name)[1:]
        if name == LITERAL:
            if operand is None:
                return self.problem(inner, "A null literal maps nothing.", found="null")
            return Constant(operand, meant=True)
        text = msgspec.json.encode(value).decode()
        if name in _CHANGES:
            of = self._operand(operand, inner, depth)
            return None if of is None else TextOf(text=text, of=of, how=_CHANGES[name])
        readers = {
            "$first": self._first,
            "$template": self._template,
            "$map": self._map,
            "$hash": self._hash,
            "$cast": self._cast,
            "$split": self._split,
            "$json": self._json,
        }
        return readers[name](text, operand, inner, depth)

    def _first(self, text: str, operand: Json, where: str, depth: int) -> Expression | None:
        if not isinstance(operand, list) or not 1 <= len(operand) <= MAX_OPERANDS:
            size = f" of {len(operand)}" if isinstance(operand, list) else ""
            return self.problem(
                where,
                "$first takes a list.",
                found=a_kind_of(operand) + size,
                allowed=f"1 to {MAX_OPERANDS} paths, expressions, and a literal as the last one",
            )
        sources: list[Source] = []
        for position, each in enumerate(operand):
            place = f"{where}[{position}]"
            source = self._operand(each, place, depth)
            if source is None:
                continue
            if isinstance(source, Constant) and position + 1 < len(operand):
                self.problem(
                    place,
                    "This is a literal, so what stands after it is never reached.",
                    found=shown(each),
                    allowed="a literal as the last one",
                    hint=f"Write $.{each} for the payload's {each}."
                    if isinstance(each, str) and each.isidentifier()
                    else None,
                )
                continue
            sources.append(source)
        return First(text=text, of=tuple(sources)) if len(sources) == len(operand) else None

    def _template(self, text: str, operand: Json, where: str, depth: int) -> Expression | None:
        named: JsonObject = {}
        written = operand
        if isinstance(operand, dict):
            self.check_options(operand, where, "$template", "text", "with")
            written = operand.get("text")
            named = self.findings.object_of(
                operand.get("with"), where + ".with", "with of $template"
            )
        if not isinstance(written, str):
            return self.problem(
                where,
                "$template takes a text with paths in braces.",
                found=a_kind_of(written),
                allowed=FORMS["$template"],
            )
        try:
            pieces = read_template(written)
        except ConfigError as error:
            self.findings.problem_of(error, where)
            return None
        parts: list[str | Path | Expression] = []
        complete = True
        for piece in pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            source: Source | None = None
            if piece.inside in named:
                place = where + ".with" + document_path(piece.inside)[1:]
                source = self._operand(named[piece.inside], place, depth)
            elif is_path(piece.inside):
                source = self.read(piece.inside, where, depth + 1)
            else:
                self.problem(
                    where,
                    "Braces hold a path.",
                    found=shown(f"{{{piece.inside}}}"),
                    allowed="{$.name}, or a name that stands in with; {{ for a brace",
                )
            if isinstance(source, Constant):
                parts.append(str(source.value))
            elif source is not None:
                parts.append(source)
            complete = complete and source is not None
        if complete and all(isinstance(part, str) for part in parts):
            return self.problem(
                where,
                "This template holds no path.",
                found=shown(written),
                allowed=FORMS["$template"],
                hint="Write a text that is always the same without $template.",
            )
        if len(parts) > 2 * MAX_OPERANDS:
            return self.problem(
                where,
                "This template has too many parts.",
                found=f"{len(parts)} texts and paths",
                allowed=f"at most {2 * MAX_OPERANDS}",
            )
        return Template(text=text, parts=tuple(parts)) if complete else None

    def _map(self, text: str, operand: Json, where: str, depth: int) -> Expression | None:
        options = self.options(operand, where, "$map", "of", "values", "default", "ignore_case")
        if options is None:
            return None
        of = self._operand(options.get("of"), where + ".of", depth)
        default: Source | None = None
        if "default" in options:
            default = (
                Constant(None)
                if options["default"] is None
                else self._operand(options["default"], where + ".default", depth)
            )
        fold = options.get("ignore_case", False)
        if not isinstance(fold, bool):
            return self.problem(
                where + ".ignore_case",
                "ignore_case is true or false.",
                found=shown(fold),
                allowed="true or false",
            )
        given = options.get("values")
        if not isinstance(given, dict) or not given:
            return self.problem(
                where + ".values",
                "$map needs values.",
                found=a_kind_of(given),
                allowed='an object of values: {"from": "to"}',
            )
        values: dict[str, Json] = {}
        for name, to in given.items():
            place = where + ".values" + document_path(name)[1:]
            literal = Constant(None) if to is None else self._operand(to, place, depth)
            if literal is None:
                continue
            if not isinstance(literal, Constant):
                self.problem(
                    place,
                    "What a value is mapped to is a literal.",
                    found=shown(to),
                    allowed='a literal, null for none, or {"$literal": "$.text"} for a text that starts '
                    "like a path",
                )
                continue
            key = name.strip().lower() if fold else name
            if key in values:
                self.problem(place, "This value is mapped twice.", found=shown(name))
            values[key] = literal.value
        if of is None or ("default" in options and default is None):
            return None
        return ValueMap(text=text, of=of, values=values, default=default, ignore_case=fold)

    def _hash(self, text: str, operand: Json, where: str, depth: int) -> Expression | None:
        options = self.options(operand, where, "$hash", "of", "with", "normalise")
        if options is None:
            return None
        of = self._operand(options.get("of"), where + ".of", depth)
        algorithm = self.choice(options, "with", where, get_args(HashName), "sha256")
        normalise = self.choice(options, "normalise", where, get_args(Normalising), "none")
        if of is None or algorithm is None or normalise is None:
            return None
        return Hash(
            text=text,
            of=of,
            algorithm=cast("HashName", algorithm),
            normalise=cast("Normalising", normalise),
        )

    def _cast(self, text: str, operand: Json, where: str, depth: int) -> Expression | None:
        options = self.options(operand, where, "$cast", "of", "to", "format")
        if options is None:
            return None
        of = self._operand(options.get("of"), where + ".of", depth)
        to = self.choice(options, "to", where, get_args(CastType), None)
        pattern = options.get("format")
        if pattern is not None and to is not None and to != "time":
            return self.problem(
                where + ".format",
                "Only a time has a format.",
                found=shown(pattern),
                allowed='"to": "time"',
            )
        if pattern is not None and not isinstance(pattern, str):
            return self.problem(
                where + ".format", "A date pattern is a text.", found=shown(pattern)
            )
        reader: TimeReader | None = None
        if to == "time":
            try:
                reader = TimeReader(pattern=pattern, zone=self._zone)
            except ConfigError as error:
                self.findings.problem_of(error, where + ".format")
                return None
        if of is None or to is None:
            return None
        return Cast(
            text=text, of=of, to=cast("CastType", to), reader=reader, as_ms=self._times_as_ms
        )

    def _split(self, text: str, operand: Json, where: str, depth: int) -> Expression | None:
        options = self.options(operand, where, "$split", "of", "by", "take", "limit")
        if options is None:
            return None
        of = self._operand(options.get("of"), where + ".of", depth)
        by = options.get("by")
        if not isinstance(by, str) or not by:
            return self.problem(
                where + ".by",
                "$split needs the text between two pieces.",
                found=shown(by),
                allowed="a text of at least one character",
            )
        numbers: list[int | None] = []
        for name, least, allowed in (
            ("take", -1000, "the number of a piece, from 0; from the end: -1"),
            ("limit", 1, "how many pieces at most, from 1"),
        ):
            number = options.get(name)
            if number is None:
                numbers.append(None)
            elif type(number) is int and least <= number <= 1000:
                numbers.append(number)
            else:
                return self.problem(
                    f"{where}.{name}",
                    f"{name} of $split is a whole number.",
                    found=shown(number),
                    allowed=allowed,
                )
        take, limit = numbers
        return None if of is None else Split(text=text, of=of, by=by, take=take, limit=limit)

    def _json(self, text: str, operand: Json, where: str, depth: int) -> Expression | None:
        options = self.options(operand, where, "$json", "of", "path")
        if options is None:
            return None
        of = self._operand(options.get("of"), where + ".of", depth)
        written = options.get("path", "$")
        if not isinstance(written, str) or not is_path(written):
            return self.problem(
                where + ".path",
                "path of $json is a path into the text.",
                found=shown(written),
                allowed="a path, e.g. $.order.id",
            )
        try:
            path = read_path(written)
        except ConfigError as error:
            self.findings.problem_of(error, where + ".path")
            return None
        if path.origin != "body":
            return self.problem(
                where + ".path",
                "path of $json is a path into the text.",
                found=shown(written),
                allowed="a path that starts with $. or $[",
            )
        return None if of is None else JsonText(text=text, of=of, query=path.query)

    def _operand(self, value: Json, where: str, depth: int) -> Source | None:
        """Return a source inside an expression; one that is not there is a problem."""
        if value is None:
            return self.problem(
                where,
                "Here a path, an expression or a literal is missing.",
                found="null",
                allowed="e.g. $.email",
            )
        return self.read(value, where, depth + 1)
