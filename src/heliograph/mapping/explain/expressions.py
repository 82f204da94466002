"""What does an expression make of one record, and why? The definition that generated code must agree with."""

from collections.abc import Sequence
from typing import Final

import msgspec

from heliograph.mapping.document.plan import (
    Cast,
    Constant,
    Expression,
    First,
    JsonText,
    Path,
    Source,
    Template,
    Unblocked,
    ValueMap,
    leaves_of,
)
from heliograph.mapping.explain.explanation import Conversion, FieldExplanation, Match
from heliograph.mapping.explain.lookup import Lookup, empty
from heliograph.mapping.paths.work import Work
from heliograph.mapping.values.casts import Uncastable, caster
from heliograph.mapping.values.json_texts import NoJson, read_json
from heliograph.mapping.values.maps import finder, mapped
from heliograph.mapping.values.operations import Plain, document_in, operation_of, selector
from heliograph.mapping.values.somebody import stands_for_nobody
from heliograph.mapping.values.texts import as_text, is_filled, joiner
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json

_NOTED: Final = 3
"""Alternatives of a `$first` whose reason is said."""


class Evaluator:
    """Evaluates the source of one field.

    Args:
        lookup: looks up the paths.
        field: the name of the output field.
        many: whether the field takes a list, as attributes do.
        work: what is left for the payload.
        nobody: gets the value that stands for nobody, by field, when that is why an identifier has none.
    """

    def __init__(
        self,
        lookup: Lookup,
        field: str,
        *,
        many: bool,
        work: Work,
        nobody: dict[str, Json] | None = None,
    ) -> None:
        self._lookup = lookup
        self._field = field
        self._many = many
        self._work = work
        self._nobody = {} if nobody is None else nobody
        self._matches: list[Match] = []
        self._conversions: list[Conversion] = []

    def explain(self, expression: Expression) -> FieldExplanation:
        """Return the field with the expression's value, or with the reason why there is none.

        Raises:
            TooMuchWork: it costs more than is left for the payload.
        """
        found = self._expression(expression)
        return msgspec.structs.replace(
            found,
            source=expression.text,
            matches=tuple(self._matches),
            conversions=tuple(self._conversions),
        )

    def _value(self, source: Source) -> FieldExplanation:
        if isinstance(source, Expression):
            return self._expression(source)
        found = self._lookup.value(source, self._field, many=self._many)
        self._matches += found.matches
        return found

    def _expression(self, expression: Expression) -> FieldExplanation:
        match expression:
            case First():
                return self._first(expression)
            case ValueMap():
                return self._map(expression)
            case Template():
                return self._template(expression)
            case JsonText():
                return self._json(expression)
            case Unblocked():
                return self._unblocked(expression)
            case _:
                return self._plain(expression)

    def _first(self, first: First) -> FieldExplanation:
        tried: list[FieldExplanation] = []
        nobody = None if first.blocked is None else stands_for_nobody(first.blocked)
        for source in first.of:
            found = self._value(source)
            # Each match of an open path is one of the values that are tried.
            values = [m.value for m in found.matches] if isinstance(source, Path) else [found.value]
            for value in values:
                if not nobody(value) if nobody else is_filled(value):
                    return msgspec.structs.replace(
                        found, value=value, reason=None, note=None, suggestion=None
                    )
            filled = next((value for value in values if is_filled(value)), None)
            if filled is not None:
                found = self._blocked(found, filled)
            elif found.reason is None:
                found = empty(found, "empty", f"{found.source} is empty.")
            tried.append(found)
        blocked = next((each for each in tried if each.reason == "blocked"), None)
        telling = blocked or next(
            (each for each in tried if each.reason != "path_missing"), tried[0]
        )
        notes = [each.note for each in tried if each.note is not None]
        more = len(notes) - _NOTED
        note = " ".join(notes[:_NOTED]) + (f" And {more} more." if more > 0 else "")
        suggestion = next((each.suggestion for each in tried if each.suggestion), None)
        return msgspec.structs.replace(telling, value=None, note=note, suggestion=suggestion)

    def _map(self, expression: ValueMap) -> FieldExplanation:
        found = self._value(expression.of)
        find = finder(expression.values, ignore_case=expression.ignore_case)
        default = expression.default
        listed = mapped(find, found.value, None, keep=False)
        if default is None:
            value = mapped(find, found.value, None, keep=True)
        else:
            other = None
            if isinstance(found.value, list) or listed is None:
                other = self._value(default).value
            value = mapped(find, found.value, other, keep=False)
        if found.reason is None or value is not None:
            self._conversions.append(Conversion(f"$map of {shown(found.value)}", shown(value)))
        if value is not None:
            return msgspec.structs.replace(
                found, value=value, reason=None, note=None, suggestion=None
            )
        if found.reason is not None:
            return found
        return empty(found, "null", f"$map gives nothing for {shown(found.value)}.")

    def _template(self, template: Template) -> FieldExplanation:
        values: list[Json] = []
        first: FieldExplanation | None = None
        for part in template.parts:
            if isinstance(part, str):
                continue
            found = self._value(part)
            first = first or found
            if found.value is None:
                return found
            if as_text(found.value) is None:
                note = f"{a_kind_of(found.value).capitalize()} like this is no text of a template."
                return empty(found, "no_value", note)
            values.append(found.value)
        assert first is not None
        join = joiner(tuple(part if isinstance(part, str) else None for part in template.parts))
        return msgspec.structs.replace(first, value=join(*values))

    def _unblocked(self, expression: Unblocked) -> FieldExplanation:
        found = self._value(expression.of)
        if found.value is None:
            return found
        value = operation_of(expression)(found.value)
        if value is not None:
            return msgspec.structs.replace(found, value=value)
        if is_filled(found.value):
            return self._blocked(found, found.value)
        return empty(found, "empty", f"{found.source} is empty.")

    def _blocked(self, found: FieldExplanation, value: Json) -> FieldExplanation:
        self._nobody.setdefault(self._field, value)
        return empty(found, "blocked", f"{shown(value)} is a blocked value: it stands for nobody.")

    def _json(self, expression: JsonText) -> FieldExplanation:
        found = self._value(expression.of)
        if found.value is None:
            return found
        document = document_in(found.value, self._work)
        value = selector(expression, one=not self._many)(document, self._work)
        path = expression.query.text
        if value is not None:
            self._conversions.append(Conversion(f"$json {path} in the text", shown(value)))
            return msgspec.structs.replace(found, value=value)
        if document is None:
            try:
                read_json(found.value, self._work)
            except NoJson as error:
                return empty(found, "no_value", str(error))
        return empty(found, "path_missing", f"{path} leads nowhere in the JSON of the text.")

    def _plain(self, expression: Expression) -> FieldExplanation:
        plain = _plain_of(expression)
        found = self._value(plain.of)
        if found.value is None:
            return found
        value = operation_of(plain)(found.value)
        name = plain.text[2:].partition('"')[0]
        self._conversions.append(Conversion(f"{name} of {shown(found.value)}", shown(value)))
        if value is not None:
            return msgspec.structs.replace(found, value=value)
        return empty(found, "no_value", _why_nothing(plain, found.value))


def _plain_of(expression: Expression) -> Plain:
    assert isinstance(expression, Plain)
    return expression


def _why_nothing(plain: Plain, value: Json) -> str:
    each: Sequence[Json] = value if isinstance(value, list) else [value]
    if isinstance(plain, Cast):
        for member in each:
            try:
                caster(plain)(member)
            except Uncastable as error:
                return str(error)
    if isinstance(value, str):
        return f"Nothing is left of {shown(value)}."
    return f"{a_kind_of(value).capitalize()} like this is no text."


def first_path(source: Source | None) -> Path | None:
    """Return the path that stands for a source where its place in a payload is said."""
    if isinstance(source, Path):
        return source
    if source is None or isinstance(source, Constant):
        return None
    return next(leaves_of(source), None)
