"""Why did this payload map to that? The answer as values and as text.

`Mapper.explain` gives an `Explanation`; it says for each output field where its value comes from or why it
is empty, and never disagrees with `Mapper.apply`: `explanation.result()` is what `apply` returns.
"""

from typing import Literal, TypeAlias

import msgspec

from heliograph.mapping.plan import MapperKind, MapperWarning
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.mapping.wording import shown
from heliograph.model.json import Json
from heliograph.model.request import RejectedItem

Reason = Literal[
    "path_missing",
    "null",
    "empty",
    "wrong_type",
    "blocked",
    "unreadable_time",
]
"""Why a field is empty or refused."""


Refusal: TypeAlias = tuple[str, str, str]
"""(code, message, path in the payload)."""


class Match(msgspec.Struct, frozen=True):
    """A place in the payload that a path leads to, and the value there."""

    path: str
    """Normalized path (RFC 9535, 2.7)."""
    value: Json


class Conversion(msgspec.Struct, frozen=True):
    """One attempt to turn a value into what the field needs."""

    tried: str
    outcome: str


class FieldExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """One output field of one item."""

    field: str
    """`customer_id`, `event`, `timestamp`, …, `properties.<name>`, `traits.<name>`, `validation.<path>`."""
    source: str
    """The path or literal as the mapper document has it."""
    matches: tuple[Match, ...] = ()
    value: Json = None
    """What the item gets; None when the field is left out."""
    reason: Reason | None = None
    """None when the field has a value."""
    note: str | None = None
    """One sentence: why it is empty, or what is worth knowing."""
    conversions: tuple[Conversion, ...] = ()
    suggestion: str | None = None
    """A path that may have been meant."""
    refused: Refusal | None = None
    """When this field alone refuses the item."""


class ItemExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the payload."""

    index: int
    path: str
    """Normalized path of the record; `$` for a single one."""
    outcome: Mapped | RejectedItem
    note: str | None = None
    """Why the payload, or this part of it, could not be cut into records."""
    fields: tuple[FieldExplanation, ...] = ()

    def why_refused(self) -> str | None:
        """Return what is wrong with each field that refuses the item, a line each; None: mapped."""
        if isinstance(self.outcome, Mapped):
            return None
        lines = [self.note] if self.note else []
        lines += [
            f"{field.field} <- {field.source}: {_why_refused(field)}"
            for field in self.fields
            if field.refused is not None
        ]
        return "\n".join(lines) or None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All records of one payload."""

    partner: str
    kind: MapperKind
    items: tuple[ItemExplanation, ...]
    update_existing_only: bool
    warnings: tuple[MapperWarning, ...]

    def result(self) -> MappingResult:
        """Return what `Mapper.apply` returns for the same payload."""
        outcomes = [item.outcome for item in self.items]
        return MappingResult(
            mapped=[each for each in outcomes if isinstance(each, Mapped)],
            rejected=[each for each in outcomes if isinstance(each, RejectedItem)],
            update_existing_only=self.update_existing_only,
        )

    def text(self) -> str:
        """Return the explanation for a terminal: a heading per item, a line per field."""
        lines: list[str] = []
        for item in self.items:
            if isinstance(item.outcome, Mapped):
                lines.append(f"item {item.index} at {item.path}: mapped")
            else:
                where = f" ({item.outcome.path})" if item.outcome.path else ""
                lines.append(
                    f"item {item.index} at {item.path}: refused, {item.outcome.message}{where}"
                )
            if item.note is not None:
                lines.append(f"  ! {item.note}")
            lines += [line for field in item.fields for line in _field_lines(field)]
        lines += [f"warning {each.code} at {each.where}: {each.message}" for each in self.warnings]
        return "\n".join(lines)


def _why_refused(field: FieldExplanation) -> str:
    """Return where a field looked, what it found there and why that will not do, in a line."""
    if field.reason in ("path_missing", "unreadable_time"):  # the note names place or value itself
        said: list[str] = []
    else:
        said = [f"{match.path} is {shown(match.value)}." for match in field.matches]
    if field.note is not None:
        said.append(field.note)
    if field.suggestion is not None:
        said.append(f"Did you mean {field.suggestion}?")
    return " ".join(said)


def _field_lines(field: FieldExplanation) -> list[str]:
    if field.refused is not None:
        head = f"  ! {field.field}"
    elif field.reason is None:
        head = f"  = {field.field}"
    else:
        head = f"  - {field.field}"
    lines = [f"{head} <- {field.source}"]
    if field.reason is None and not field.field.startswith("validation."):
        lines[0] += f" -> {shown(field.value)}"
    lines += [f"      at {match.path}: {shown(match.value)}" for match in field.matches]
    lines += [f"      tried {each.tried}: {each.outcome}" for each in field.conversions]
    if field.note is not None:
        lines.append(f"      {field.note}")
    if field.suggestion is not None:
        lines.append(f"      Did you mean {field.suggestion}?")
    return lines
