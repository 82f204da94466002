"""Why did this payload map to that? The answer as values and as text.

`Mapper.explain` gives an `Explanation`; it says for each output field where its value comes from or why it
is empty, and never disagrees with `Mapper.apply`: `explanation.result()` is what `apply` returns.
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from heliograph.mapping.document.plan import CREATE_ALL, MapperKind, MapperWarning
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.mapping.wording import shown
from heliograph.model.json import Json
from heliograph.model.request import RejectedItem

SHOWN_MATCHES: Final = 20
"""Places listed under one field of the text; a wildcard may lead to thousands."""

_COPIES: Final = (f"properties.{CREATE_ALL}", f"traits.{CREATE_ALL}")
WARNING: Final = "Warning: "
"""What the note of a value begins with that was kept although it is doubtful."""

Reason = Literal[
    "path_missing",
    "null",
    "empty",
    "wrong_type",
    "blocked",
    "unreadable_time",
    "no_value",
]
"""Why a field is empty or refused; `no_value`: an expression made nothing of what was found."""


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

    def lines(self) -> Iterator[str]:
        """Yield the field as text: what it gets or that it is empty, then what was found and tried.

        The one form of it: `mapper explain` prints these lines, and the gateway answers a refusal with
        them. Values are cut, and at most `SHOWN_MATCHES` places are listed.
        """
        mark = "!" if self.refused is not None else "=" if self.reason is None else "-"
        head = f"  {mark} {self.field} <- {self.source}"
        if self.reason is None and not self.field.startswith("validation."):
            head += f" -> {shown(self.value)}"
        yield head
        for match in self.matches[:SHOWN_MATCHES]:
            yield f"      at {match.path}: {shown(match.value)}"
        more = len(self.matches) - SHOWN_MATCHES
        if more > 0:
            yield f"      and at {more:,} more place{'' if more == 1 else 's'}"
        for each in self.conversions:
            yield f"      tried {each.tried}: {each.outcome}"
        if self.note is not None:
            yield f"      {self.note}"
        if self.suggestion is not None:
            yield f"      Did you mean {self.suggestion}?"


class ItemExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the payload."""

    index: int
    path: str
    """Normalized path of the record; `$` for a single one."""
    outcome: Mapped | RejectedItem
    note: str | None = None
    """Why the payload, or this part of it, could not be cut into records, or went to no variant."""
    variant: str | None = None
    """Which variant of the mapper took it; None where there are none."""
    at: str = "$"
    """Place in the mapper document of what took it."""
    fields: tuple[FieldExplanation, ...] = ()

    @property
    def uncopied(self) -> bool:
        """Whether it is mapped, and `create_all` found something that is no object."""
        return isinstance(self.outcome, Mapped) and any(
            field.reason == "wrong_type" and field.field in _COPIES for field in self.fields
        )

    def lines(self) -> Iterator[str]:
        """Yield the item as text: a heading, then the lines of each field."""
        if isinstance(self.outcome, Mapped):
            yield f"item {self.index} at {self.path}: mapped"
        else:
            where = f" ({self.outcome.path})" if self.outcome.path else ""
            yield f"item {self.index} at {self.path}: refused, {self.outcome.message}{where}"
        yield from self._reasons(self.fields)

    def why_refused(self) -> str | None:
        """Return those of `lines` that say why the item is refused, without the heading; None: mapped."""
        if isinstance(self.outcome, Mapped):
            return None
        refusing = tuple(field for field in self.fields if field.refused is not None)
        return "\n".join(self._reasons(refusing)) or None

    def _reasons(self, fields: tuple[FieldExplanation, ...]) -> Iterator[str]:
        if self.variant is not None:
            yield f"  by {self.variant}"
        if self.note is not None:
            yield f"  ! {self.note}"
        for field in fields:
            yield from field.lines()


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
            uncopied=any(item.uncopied for item in self.items),
        )

    def warned(self) -> Iterator[str]:
        """Yield a line for each value that was kept although it is doubtful."""
        for item in self.items:
            for field in item.fields:
                if field.reason is None and field.note and field.note.startswith(WARNING):
                    yield f"item {item.index}, {field.field}: {field.note}"

    def text(self) -> str:
        """Return the explanation for a terminal: a heading per item, a line per field."""
        lines = [line for item in self.items for line in item.lines()]
        lines += [f"warning {each.code} at {each.where}: {each.message}" for each in self.warnings]
        return "\n".join(lines)
