"""The fast way: one Python function per mapper, written for its plan.

The function maps regular records by itself and hands every other one to `mapping.explain.reference`, so it
never decides what is wrong, only what is right. It follows each prefix that several paths share once, keeps
what is the same for all records of a batch outside the loop, and walks each array once.

Safety: the text of the function consists of our own words and of numbers. Whatever comes from the mapper
document (names, literals, patterns) is a value in the function's globals, never part of its text.
"""

from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Final, Protocol, TypeAlias, cast

from heliograph.mapping.document import chains
from heliograph.mapping.document.plan import Plan, leaves_of
from heliograph.mapping.explain.records import INVALID_PAYLOAD, count, nothing_inside
from heliograph.mapping.explain.variants import without_index
from heliograph.mapping.paths.work import NewWork, TooMuchWork, Work
from heliograph.mapping.result import MappingResult
from heliograph.mapping.run.irregular import Irregular
from heliograph.mapping.run.limits import Limits, too_many_items
from heliograph.mapping.run.lookups import CodeText, Lookups, element_of, place_code
from heliograph.mapping.run.plan_paths import (
    condition_paths,
    copies,
    every_path,
    has_open_paths,
    paths_of_block,
)
from heliograph.mapping.run.record_code import RecordCode
from heliograph.mapping.run.variant_code import VariantCode
from heliograph.model.json import Json
from heliograph.model.request import RejectedItem

Headers: TypeAlias = "Mapping[str, str] | None"
Query: TypeAlias = "Mapping[str, Json] | None"
Judge: TypeAlias = Callable[[Json, Headers, Query, int], MappingResult]
"""(payload, headers, query, received_at_ms) → result."""


_REQUEST_BASES: Final = ("request_headers", "request_query", "body", "received_at_ms")
_OTHERWISE: Final = "return otherwise(body, headers, query, received_at_ms)"


class Apply(Protocol):
    """How a mapper is applied to a payload."""

    def __call__(
        self,
        payload: Json,
        /,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Json] | None = None,
        new_work: NewWork = Work,
    ) -> MappingResult:
        """Return the mapped and the rejected items of a payload, each in the order of the payload.

        What cannot be mapped is in `rejected`, whatever the JSON value holds.

        Args:
            payload: the decoded body; plain dicts, lists, strings, numbers, booleans and None.
            received_at_ms: UTC epoch milliseconds, for `$receivedAt`.
            headers: request headers, for `$headers`; the case of names does not matter.
            query: parameters of the request's query string, for `$query`.
            new_work: makes the payload's share of work.

        Raises:
            InputError: the payload as a whole is more than the mapper's limits allow:
                `batch.too_large` (413), before anything is mapped, or `mapper.work_exceeded` (400).
        """
        ...


class ApplySlices(Protocol):
    """The same in slices: between two of them the caller may do something else."""

    def __call__(
        self,
        payload: Json,
        /,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Json] | None = None,
        new_work: NewWork = Work,
    ) -> Generator[None, None, MappingResult]:
        """Yield after every few items; the result is what `Apply` returns for the same arguments."""
        ...


SLICE: Final = 16
"""Items between two yields, a power of two; under 2 ms when each is judged by the reference."""


def generate(plan: Plan, otherwise: Judge, limits: Limits) -> tuple[Apply, str]:
    """Return the function for a plan, and its text for those who want to read it.

    Args:
        plan: what to map.
        otherwise: judges payloads that are irregular as a whole.
        limits: what one payload may hold and cost.
    """
    writer = _Writer(plan, otherwise, limits, sliced=False)
    apply, source = writer.compiled()
    return cast("Apply", apply), source


def generate_slices(plan: Plan, otherwise: Judge, limits: Limits) -> ApplySlices:
    """Return the function for a plan that batches as a generator; arguments as for `generate`."""
    return cast("ApplySlices", _Writer(plan, otherwise, limits, sliced=True).compiled()[0])


def lower_names(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers by lower-case name."""
    return {name.lower(): value for name, value in headers.items()} if headers else {}


class _Writer:
    """Writes the function; `scope` collects its globals."""

    def __init__(self, plan: Plan, otherwise: Judge, limits: Limits, *, sliced: bool) -> None:
        self._plan = plan
        self._limits = limits
        self._sliced = sliced
        chain = plan.chain
        self.scope: dict[str, object] = {
            "MAX_WORK": limits.work,
            "MappingResult": MappingResult,
            "NO_ITEMS": [],
            "NO_KEYS": {},
            "RejectedItem": RejectedItem,
            "TooMuchWork": TooMuchWork,
            "Work": Work,
            "count_items": partial(count, chain),
            "irregular": Irregular(plan),
            "lower_names": lower_names,
            "named": partial(_named, plan),
            "otherwise": otherwise,
            "too_many_items": too_many_items,
            "without_index": without_index,
        }
        depth = len(chain.arrays)
        sides = [f"s{side}" for side, _ in enumerate(chain.beside, 1)] if depth == 1 else []
        self._code = CodeText(self.scope)
        inner = {element_of(depth), *sides} if depth else set(_REQUEST_BASES)
        self._lookups = Lookups(self._code, inner)
        self._blocks = [Lookups(self._code, inner) for _ in plan.variants]
        """Of each variant: what it maps is looked up only where it takes a record."""
        self._all = [self._lookups, *self._blocks]
        self._variants = VariantCode(plan, self._code, self._lookups, self._blocks)

    def compiled(self) -> tuple[object, str]:
        """Return the function and its text."""
        source = self._write()
        code = compile(source, f"<mapper {self._plan.partner}>", "exec")
        exec(code, self.scope)  # noqa: S102 (see module text)
        return self.scope["apply"], source

    def _write(self) -> str:
        plan = self._plan
        self._collect()
        self._line(
            "def apply(body, /, *, received_at_ms, headers=None, query=None, new_work=Work):"
        )
        with self._code.block():
            self._line("try:")
            with self._code.block():
                if plan.chain.arrays:
                    self._batch()
                else:
                    self._single()
            self._line("except TooMuchWork as error:")
            self._line("    raise named(error) from None")
        return self._code.text()

    def _single(self) -> None:
        self._line("if type(body) is not dict:")
        self._line("    if type(body) is not list:")
        self._line(f"        {_OTHERWISE}")
        if self._plan.variants:
            self._single_of_variants()
            return
        work = "new_work(MAX_WORK)"
        if has_open_paths(self._plan):
            self._line(f"work = {work}")
            work = "work"
        if copies(self._plan):
            self._line("uncopied = False")
        self._write_request()
        leave = (f"return irregular.single(body, headers, query, received_at_ms, {work})",)
        record = RecordCode(self._plan, self._code, self._lookups, number="0", leave=leave)
        self._line(f"return MappingResult([{record.write()}], []{self._flag()})")

    def _single_of_variants(self) -> None:
        self._begin_lists()
        if self._variants.several:
            self._line("further = 1")
        self._write_request()
        self._line("for _ in ONCE:")
        with self._code.block():
            self._variants.write("0", "()", _REQUEST_BASES, counted=self._counts())
        self._line(f"return MappingResult(mapped, rejected{self._flag()})")

    # ---- iteration -------------------------------------------------------------------------------

    def _batch(self) -> None:
        chain = self._plan.chain
        depth = len(chain.arrays)
        self._begin_lists()
        takes_one = bool(self._plan.variants) and not chain.arrays[0]
        if takes_one:
            self._line("alone = type(body) is dict")
            self._line("if alone:")
            self._line("    body = [body]")
        self._write_request()
        arrays = [self._lookups.at("body", steps) for steps in (chain.arrays[0], *chain.beside)]
        self._line(f"if type({arrays[0]}) is not list or not {arrays[0]}:")
        self._line(f"    {_OTHERWISE}")
        for array in arrays[1:]:
            self._line(f"if type({array}) is not list or len({array}) != len({arrays[0]}):")
            self._line(f"    {_OTHERWISE}")
        if self._limits.items is not None:
            size = f"len({arrays[0]})"
            if depth > 1:
                self._line("size = count_items(body)")
                size = "size"
            self._line(f"if {size} > {self._limits.items}:")
            self._line(f"    raise too_many_items({size}, {self._limits.items})")
        for base in _REQUEST_BASES:
            self._write_shared(base)
        if self._variants.several:
            self._line(f"further = {'count_items(body)' if depth > 1 else f'len({arrays[0]})'}")
        number = "i1" if depth == 1 else "n"
        if depth > 1:
            self._line("n = -1")
        elements = ["e1", *(f"s{side}" for side in range(1, len(arrays)))]
        if len(arrays) == 1:
            self._line(f"for i1, e1 in enumerate({arrays[0]}):")
        else:
            targets, sources = ", ".join(elements), ", ".join(arrays)
            self._line(f"for i1, ({targets}) in enumerate(zip({sources})):")
        self._levels(1, number, elements)
        if depth > 1:
            self._line("if n < 0:")
            self._line(
                f"    return MappingResult([], [{self._code.constant(nothing_inside(chain))}]"
            )
            self._line(f"    {self._flag()})")
        if takes_one:
            self._line("if alone:")
            self._line("    rejected = list(map(without_index, rejected))")
        self._line(f"return MappingResult(mapped, rejected{self._flag()})")

    def _begin_lists(self) -> None:
        self._line("mapped = []")
        self._line("rejected = []")
        self._line("add = mapped.append")
        # Most payloads need none of it until an item is irregular.
        self._line(f"work = {'new_work(MAX_WORK)' if self._counts() else 'None'}")
        if copies(self._plan):
            self._line("uncopied = False")

    def _item(self, number: str, elements: list[str]) -> None:
        """Write what becomes of one element of the innermost array."""
        depth = len(self._plan.chain.arrays)
        indexes = "".join(f"i{level}, " for level in range(1, depth + 1))
        if self._plan.variants:
            self._variants.write(number, f"({indexes})", elements, counted=self._counts())
            return
        leave = (
            "work = work or new_work(MAX_WORK)",
            f"{'uncopied |= ' if copies(self._plan) else ''}"
            f"irregular.item(body, headers, query, received_at_ms, ({indexes}), {number}, "
            "mapped, rejected, work)",
            "continue",
        )
        record = RecordCode(self._plan, self._code, self._lookups, number=number, leave=leave)
        self._line(f"add({record.write()})")

    def _counts(self) -> bool:
        """Tell whether regular records cost more than the payload is large."""
        blocks = self._plan.blocks()
        copied = [each.create_all for block in blocks for each in (block.properties, block.traits)]
        shared = (path for source in copied for path in leaves_of(source))
        return has_open_paths(self._plan) or not all(map(self._lookups.is_inner, shared))

    def _flag(self) -> str:
        if copies(self._plan):
            return f", {self._plan.update_existing_only}, uncopied"
        return ", True" if self._plan.update_existing_only else ""

    def _levels(self, level: int, number: str, elements: list[str]) -> None:
        depth = len(self._plan.chain.arrays)
        with self._code.block():
            if self._sliced:
                self._line(f"if not i{level} & {SLICE - 1}:")
                self._line("    yield")
            for lookups in self._all if level < depth else [self._lookups]:
                for element in elements:
                    lookups.write(element)
            if level == depth:
                if depth > 1:
                    self._line("n += 1")
                self._item(number, elements)
                return
            steps = self._plan.chain.arrays[level]
            array = self._lookups.at(f"e{level}", steps)
            self._line(f"if {array} is None:")
            self._line("    continue")
            self._line(f"if type({array}) is not list:")
            self._line("    n += 1")
            self._line(f"    rejected.append({self._broken(level, steps)})")
            self._line("    continue")
            for element in elements:
                self._write_shared(element)
            inner = level + 1
            self._line(f"for i{inner}, e{inner} in enumerate({array}):")
            self._levels(inner, number, [f"e{inner}"])

    def _broken(self, level: int, steps: tuple[str | int, ...]) -> str:
        """Return the expression of the refusal of an element without the array that is walked in it."""
        place = place_code(self._code, self._plan.chain.arrays[:level], steps)
        message = self._code.constant(INVALID_PAYLOAD)
        return (
            f"RejectedItem(index=n, code='mapper.invalid_payload', message={message}, "
            f"path={place}, item=e{level})"
        )

    # ---- paths -----------------------------------------------------------------------------------

    def _collect(self) -> None:
        """Enter all paths and all arrays of the plan."""
        own = self._plan.variants
        for path in condition_paths(self._plan) if own else paths_of_block(self._plan):
            self._lookups.enter(path)
        for lookups, variant in zip(self._blocks, own, strict=True):
            for path in paths_of_block(variant.plan):
                lookups.enter(path)
        for level, steps in enumerate(self._plan.chain.arrays):
            self._lookups.enter_steps(element_of(level), steps)
        for steps in self._plan.chain.beside:
            self._lookups.enter_steps("body", steps)

    def _write_request(self) -> None:
        """Write the look-ups that are the same for all records."""
        origins = {path.origin for path in every_path(self._plan)}
        if "headers" in origins:
            self._line("request_headers = lower_names(headers)")
        if "query" in origins:
            self._line("request_query = dict(query) if query else {}")
        for lookups in self._all if self._plan.chain.arrays else [self._lookups]:
            for base in _REQUEST_BASES:
                lookups.write(base)

    def _write_shared(self, base: str) -> None:
        for lookups in self._all:
            lookups.write_shared(base)

    # ---- text ------------------------------------------------------------------------------------

    def _line(self, text: str) -> None:
        self._code.line(text)


def _named(plan: Plan, error: TooMuchWork) -> TooMuchWork:
    """Return the refusal with the fields whose path used up what there was."""
    blocks = plan.blocks()
    checks = [("$.payload_validations", each.path) for b in blocks for each in b.validations]
    checks += [("$.when", path) for path in condition_paths(plan)]
    named = [*(each for block in blocks for each in chains.paths_of(block)), *checks]
    fields = dict.fromkeys(where for where, path in named if path.text == error.where)
    places = ", ".join(fields).replace("$.mappings.", "")
    return TooMuchWork(
        f"mapper {plan.partner}" + (f", {places}: {error.where}" if places else ""),
        limit=error.limit,
    )
