"""What does a plan make of one record? The definition of the mapper's semantics, with reasons.

Slow and plain on purpose: `mapping.run.codegen` is the fast way and must give the same for every record it
does not hand over to this one. Readings of docs/reference/mapper.md are named where they are decided.
"""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import (
    CREATE_ALL,
    PLATFORMS,
    Attribute,
    Attributes,
    Constant,
    Expression,
    Merge,
    Path,
    Plan,
    Source,
    Validation,
    Value,
)
from heliograph.mapping.document.validations import has_type
from heliograph.mapping.explain.copied import copy_all, overruled
from heliograph.mapping.explain.explanation import (
    WARNING,
    Conversion,
    FieldExplanation,
    ItemExplanation,
    Refusal,
)
from heliograph.mapping.explain.expressions import Evaluator, first_path
from heliograph.mapping.explain.lookup import Lookup, empty, matches_of
from heliograph.mapping.explain.records import (
    INVALID_PAYLOAD,
    Payload,
    Record,
    blocked_field,
    missing_field,
)
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.result import Mapped
from heliograph.mapping.times.reader import UnreadableTime
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json
from heliograph.model.request import RejectedItem


def explain_record(
    plan: Plan, payload: Payload, record: Record, *, advise: bool = False, brief: bool = False
) -> ItemExplanation:
    """Return what becomes of one record, and why.

    Args:
        plan: the mapper.
        payload: the request.
        record: the record.
        advise: also look for what a path that leads nowhere may have meant.
        brief: of a refused record, leave out the fields that cannot refuse one.

    Raises:
        TooMuchWork: it costs more than is left for the payload.
    """
    evaluation = _Evaluation(plan, payload, record, advise=advise, brief=brief)
    outcome: Mapped | RejectedItem | None = evaluation.run()
    if outcome is None:
        refused = evaluation.refused()
        assert refused is not None
        code, message, place = refused
        outcome = RejectedItem(
            index=record.index, code=code, message=message, path=place, item=record.item
        )
    return ItemExplanation(
        index=record.index,
        path=jsonpath.normalized(record.nodes[-1][0]),
        outcome=outcome,
        fields=tuple(evaluation.fields),
    )


class _Evaluation:
    """Evaluates the fields of one record, in the order in which they may refuse it."""

    def __init__(
        self, plan: Plan, payload: Payload, record: Record, *, advise: bool, brief: bool
    ) -> None:
        self._plan = plan
        self._payload = payload
        self._record = record
        self._advise = advise
        self._brief = brief
        self._lookup = Lookup(payload, record, advise=advise)
        self.fields: list[FieldExplanation] = []
        self._nobody: dict[str, Json] = {}
        """Identifiers that stand for nobody, by field."""

    def run(self) -> Mapped | None:
        """Return the mapped item, or None when a field refuses the record.

        With advice all fields are explained; without it, the first refusal ends the evaluation.
        """
        plan = self._plan
        for read in self._required():
            self.fields += read()
            if not self._advise and self.refused() is not None:
                return None
        if self._brief and self.refused() is not None:
            return None
        properties, property_fields = self._attributes(plan.properties, "properties")
        traits, trait_fields = self._attributes(plan.traits, "traits")
        required = list(self.fields)
        self.fields += [*property_fields, *trait_fields]
        if self.refused() is not None:
            return None
        by_name = {each.field: each.value for each in required}
        time = by_name.get("timestamp")
        return Mapped(
            index=self._record.index,
            customer_id=_text_or_none(by_name.get("customer_id")),
            anonymous_id=_text_or_none(by_name.get("anonymous_id")),
            event=_text_or_none(by_name.get("event")),
            timestamp=time if isinstance(time, int) else None,
            platform=_text_or_none(by_name.get("platform")),
            app_version=_text_or_none(by_name.get("app_version")),
            properties=properties,
            traits=traits,
            group_id=_text_or_none(by_name.get("group_id")),
        )

    def refused(self) -> Refusal | None:
        """Return why the first of the fields explained so far refuses the record."""
        return next((field.refused for field in self.fields if field.refused is not None), None)

    def _required(self) -> Iterator[Callable[[], list[FieldExplanation]]]:
        """Yield what may refuse the record, in the order in which it is judged."""
        plan = self._plan
        yield self._identities
        yield lambda: self._text(plan.event, "event", "actions.action")
        yield self._time
        yield lambda: self._text(plan.platform, "platform", "actions.platform")
        yield lambda: self._text(plan.app_version, "app_version", "actions.app_version")
        yield lambda: self._text(plan.group_id, "group_id", "group_id")
        for validation in plan.validations:
            yield partial(self._validation, validation)

    # ---- identity (A14, A19) ---------------------------------------------------------------------

    def _identities(self) -> list[FieldExplanation]:
        plan = self._plan
        anonymous = self._identity(plan.anonymous_id, "anonymous_id")
        customer = self._identity(plan.customer_id, "customer_id")
        found = [each for each in (customer, anonymous) if each is not None]
        enough = customer is not None and customer.value is not None
        if plan.kind == "events" and anonymous is not None and anonymous.value is not None:
            enough = True
        if enough:
            return found
        # Of two that are none the blocked one says more, where either would have been enough.
        either = found if plan.kind == "events" else found[:1]
        culprit = next((each for each in either if each.reason == "blocked"), found[0])
        place = self._place_of(plan.customer_id if culprit is customer else plan.anonymous_id)
        refused = ("mapper.missing_field", missing_field("customer_id"), place)
        if culprit.reason == "blocked":
            message = blocked_field("customer_id", self._nobody[culprit.field])
            refused = ("mapper.blocked_identity", message, place)
        refusal = msgspec.structs.replace(culprit, refused=refused)
        return [refusal if each is culprit else each for each in found]

    def _identity(self, source: Value | None, field: str) -> FieldExplanation | None:
        if source is None:
            return None
        found = self._value(source, field)
        if found.reason is not None:
            return found
        text = selection.id_of(found.value)
        if text is None:
            blank = isinstance(found.value, str)
            kind = a_kind_of(found.value).capitalize()
            return empty(
                found,
                "empty" if blank else "wrong_type",
                "The text is empty." if blank else f"{kind} like this is no identifier.",
            )
        if self._plan.blocked.holds(text):
            self._nobody[field] = found.value
            return empty(
                found, "blocked", f"{shown(text)} is a blocked value: it stands for nobody."
            )
        if text != found.value:
            tried = (*found.conversions, Conversion("identifier as text", shown(text)))
            return msgspec.structs.replace(found, value=text, conversions=tried)
        return found

    # ---- texts -----------------------------------------------------------------------------------

    def _text(self, source: Source | None, field: str, target: str) -> list[FieldExplanation]:
        if source is None:
            return []
        found = self._value(source, field)
        if isinstance(source, Constant):
            return [found]
        if found.reason is None:
            text = selection.text_of(found.value)
            if text is None:
                note = f"{a_kind_of(found.value).capitalize()} like this is no text."
                found = empty(found, "wrong_type", note)
            elif not text.strip():
                found = empty(found, "empty", "The text is empty.")
            elif field == "group_id" and self._plan.blocked.holds(text):
                self._nobody[field] = found.value
                note = f"{shown(text)} is a blocked value: it stands for nobody."
                found = empty(found, "blocked", note)
            elif field == "platform" and text.lower() not in PLATFORMS:
                found = empty(
                    found, "wrong_type", f"The platform is none of {', '.join(PLATFORMS)}."
                )
            else:
                return [msgspec.structs.replace(found, value=text)]
        place = self._place_of(source)
        if found.reason == "wrong_type":
            refused = ("mapper.invalid_payload", INVALID_PAYLOAD, place)
        elif found.reason == "blocked":
            message = blocked_field(target, self._nobody[field])
            refused = ("mapper.blocked_identity", message, place)
        else:
            refused = ("mapper.missing_field", missing_field(target), place)
        return [msgspec.structs.replace(found, refused=refused)]

    # ---- time (A10, A11, A13, A24) ---------------------------------------------------------------

    def _time(self) -> list[FieldExplanation]:
        source = self._plan.time
        if source is None:
            return []
        if isinstance(source, Merge):
            return [self._merged_time(source)]
        if isinstance(source, Path) and source.origin == "received_at":
            value = self._payload.received_at_ms
            return [FieldExplanation(field="timestamp", source=source.text, value=value)]
        found = self._value(source, "timestamp")
        if found.reason is None and isinstance(found.value, str) and not found.value.strip():
            found = empty(found, "empty", "The text is empty.")
        if found.reason is not None:
            return [self._without_time(found, source)]
        return [self._read_time(found, found.value, source)]

    def _merged_time(self, merge: Merge) -> FieldExplanation:
        date = self._value(merge.date, "timestamp")
        time = self._value(merge.time, "timestamp")
        matches = (*date.matches, *time.matches)
        for part, source in ((date, merge.date), (time, merge.time)):
            text = selection.text_of(part.value)
            if part.reason is None and text is not None and not text.strip():
                part = empty(part, "empty", "The text is empty.")
            part = msgspec.structs.replace(part, source=f"#MERGE {part.source}", matches=matches)
            if part.reason is not None:
                return self._without_time(part, source)
            if text is None:
                return self._read_time(part, part.value, source)
        joined = merge.joiner.join(
            (selection.text_of(each.value) or "").strip() for each in (date, time)
        )
        found = msgspec.structs.replace(
            date, source=f"#MERGE {date.source} {time.source}", matches=matches
        )
        return self._read_time(found, joined, merge.date)

    def _without_time(self, found: FieldExplanation, source: Value) -> FieldExplanation:
        if self._plan.kind != "events":
            return found
        place = self._place_of(source)
        refused = ("mapper.missing_field", missing_field("actions.user_time"), place)
        return msgspec.structs.replace(found, refused=refused)

    def _read_time(self, found: FieldExplanation, value: Json, source: Value) -> FieldExplanation:
        reader = self._plan.reader
        tried = f"{reader.pattern} " if reader.pattern and isinstance(value, str) else ""
        tried = f"{tried}{shown(value)}"
        window, received = self._plan.window, self._payload.received_at_ms
        try:
            ms = reader.read(value, received + window.ahead_ms)
        except UnreadableTime as error:
            return self._no_time(found, source, str(error), Conversion(tried, "no time"))
        read = (*found.conversions, Conversion(tried, reader.form_of(value)))
        if window.holds(ms, received):
            return msgspec.structs.replace(found, value=ms, conversions=read)
        why = window.why_not(value, ms, received)
        if not window.keeps(ms):
            return self._no_time(found, source, why, read[-1])
        return msgspec.structs.replace(found, value=ms, conversions=read, note=f"{WARNING}{why}")

    def _no_time(
        self, found: FieldExplanation, source: Value, why: str, conversion: Conversion
    ) -> FieldExplanation:
        return msgspec.structs.replace(
            empty(found, "unreadable_time", why),
            conversions=(*found.conversions, conversion),
            refused=("mapper.invalid_time", why, self._place_of(source)),
        )

    # ---- validations (A15) -----------------------------------------------------------------------

    def _validation(self, validation: Validation) -> list[FieldExplanation]:
        path = validation.path
        field = f"validation.{path.text}"
        source = f"{path.text} is {validation.type}"
        nodes = self._record.nodes_of(path, self._payload)
        matches = matches_of(path, nodes, self._payload.work)
        result = FieldExplanation(field=field, source=source, matches=matches)
        message = f"Required field '{path.text}' is missing in the payload"
        if not nodes:
            place = self._record.place_of(path, self._payload)
            missing = empty(result, "path_missing", f"{place} leads nowhere.")
            missing = msgspec.structs.replace(missing, suggestion=self._lookup.suggestion(path))
            refused = ("mapper.missing_field", message, place)
            return [msgspec.structs.replace(missing, refused=refused)]
        for match in matches:
            if match.value is None:
                null = empty(result, "null", f"{match.path} is null.")
                refused = ("mapper.missing_field", message, match.path)
                return [msgspec.structs.replace(null, refused=refused)]
            if not has_type(match.value, validation.type, self._plan.reader):
                note = f"{match.path} is {a_kind_of(match.value)}, not of type {validation.type}."
                wrong = empty(result, "wrong_type", note)
                refused = ("mapper.invalid_payload", INVALID_PAYLOAD, match.path)
                return [msgspec.structs.replace(wrong, refused=refused)]
        return [result]

    # ---- attributes (A8, A9) ---------------------------------------------------------------------

    def _attributes(
        self, attributes: Attributes, prefix: str
    ) -> tuple[dict[str, Json], list[FieldExplanation]]:
        values: dict[str, Json] = {}
        fields: list[FieldExplanation] = []
        if attributes.create_all is not None:
            found = self._value(attributes.create_all, f"{prefix}.{CREATE_ALL}")
            copied, found = copy_all(found, advise=self._advise)
            self._payload.work.spend(len(copied))
            values |= copied
            fields.append(found)
        own: list[str] = []
        for attribute in attributes.named:
            found = self._attribute(attribute, f"{prefix}.{attribute.name}")
            if found.value is not None:
                if attribute.name in values:
                    own.append(attribute.name)
                values[attribute.name] = found.value
            fields.append(found)
        if own:
            fields[0] = overruled(fields[0], own)
        return values, fields

    def _attribute(self, attribute: Attribute, field: str) -> FieldExplanation:
        source = attribute.value
        if isinstance(source, Constant):
            value = list(source.value) if isinstance(source.value, list) else source.value
            return FieldExplanation(field=field, source=shown(source.value), value=value)
        return self._value(source, field, many=True)

    # ---- sources ---------------------------------------------------------------------------------

    def _value(self, source: Source, field: str, *, many: bool = False) -> FieldExplanation:
        """Return the field with the value of its source, or with the reason why there is none."""
        if not isinstance(source, Expression):
            return self._lookup.value(source, field, many=many)
        work = self._payload.work
        evaluator = Evaluator(self._lookup, field, many=many, work=work, nobody=self._nobody)
        return evaluator.explain(source)

    def _place_of(self, source: Source | None) -> str:
        """Return where in this payload a source leads to, or the first path of an expression."""
        path = first_path(source)
        return "$" if path is None else self._record.place_of(path, self._payload)


def _text_or_none(value: Json) -> str | None:
    return value if isinstance(value, str) else None
