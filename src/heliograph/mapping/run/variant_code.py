"""Variants in generated code: per record, which of them take it, and the lines of each.

What the conditions ask for is looked up for every record, what a variant maps only when it takes the record.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import Condition, Plan
from heliograph.mapping.explain.variants import fulfils
from heliograph.mapping.run.lookups import CodeText, Lookups
from heliograph.mapping.run.plan_paths import copies
from heliograph.mapping.run.record_code import RecordCode
from heliograph.mapping.values.texts import as_text
from heliograph.model.json import Json


class VariantCode:
    """Writes the variants of one plan.

    Args:
        plan: what to map.
        code: where the lines go.
        conditions: variables of what the conditions ask for.
        blocks: variables of what each variant maps.
    """

    def __init__(
        self, plan: Plan, code: CodeText, conditions: Lookups, blocks: list[Lookups]
    ) -> None:
        self._plan = plan
        self._code = code
        self._conditions = conditions
        self._blocks = blocks
        self._several = any(variant.also for variant in plan.variants)
        code.scope["ONCE"] = (None,)

    @property
    def several(self) -> bool:
        """Whether one record may have more than one result; then `further` counts their numbers."""
        return self._several

    def write(self, number: str, place: str, bases: Iterable[str], *, counted: bool) -> None:
        """Write the lines for one record; they end with `continue`, so a loop is around them.

        Args:
            number: expression of the record's place in the payload.
            place: expression of its place in each array of the chain.
            bases: variables that are another value in each record.
            counted: whether `work` is there already.
        """
        bases = list(bases)
        tests = [self._test(variant.when) for variant in self._plan.variants]
        if self._several:
            self._code.line("number = -1")
        for position, test in enumerate(tests):
            variant = self._plan.variants[position]
            if test is not None:
                self._code.line(f"if {test}:")
            with self._indented(test is not None):
                if self._several:
                    self._code.line("if number < 0:")
                    self._code.line(f"    number = {number}")
                    self._code.line("else:")
                    self._code.line("    number = further")
                    self._code.line("    further += 1")
                if variant.also:
                    self._code.line("for _ in ONCE:")
                with self._indented(variant.also):
                    self._block(position, place, bases, number=number, counted=counted)
            if test is None and not variant.also:
                return
        if self._several:
            self._code.line("if number >= 0:")
            self._code.line("    continue")
        for line in self._leave(number, place, None, counted=counted):
            self._code.line(line)

    def _block(
        self, position: int, place: str, bases: list[str], *, number: str, counted: bool
    ) -> None:
        lookups = self._blocks[position]
        for base in bases:
            lookups.write(base)
        number = "number" if self._several else number
        record = RecordCode(
            self._plan.variants[position].plan,
            self._code,
            lookups,
            number=number,
            leave=self._leave(number, place, position, counted=counted),
        )
        self._code.line(f"add({record.write()})")
        self._code.line("continue")

    def _leave(
        self, number: str, place: str, position: int | None, *, counted: bool
    ) -> tuple[str, ...]:
        """Return the lines that leave a record to the reference."""
        return (
            *(() if counted else ("work = work or new_work(MAX_WORK)",)),
            f"{'uncopied |= ' if copies(self._plan) else ''}"
            f"irregular.item(body, headers, query, received_at_ms, {place}, {number}, "
            f"mapped, rejected, work, {position})",
            "continue",
        )

    def _test(self, when: tuple[Condition, ...]) -> str | None:
        """Write the look-ups of conditions; return the expression of whether all hold, None: always."""
        return " and ".join(map(self._one_test, when)) or None

    def _one_test(self, condition: Condition) -> str:
        path, constant = condition.path, self._code.constant
        if not selection.is_singular(path):
            holds = constant(partial(fulfils, condition))
            return f"{holds}({self._conditions.all(path)})"
        value = self._conditions.first(path)
        if condition.present is not None:
            there = f"{value} is not None and (type({value}) is not str or {value}.strip() != '')"
            return f"({there})" if condition.present else f"not ({there})"
        other = f"{constant(partial(_is_one_of, condition))}({value})"
        return f"({value} in {constant(condition.texts)} if type({value}) is str else {other})"

    def _indented(self, deeper: bool) -> AbstractContextManager[None]:
        return self._code.block() if deeper else nullcontext()


def _is_one_of(condition: Condition, value: Json) -> bool:
    if value is None:
        return condition.or_missing
    return as_text(value) in condition.texts
