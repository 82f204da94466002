"""The fast way: one Python function per mapper, written for its plan.

The function maps regular records by itself and hands every other one to `mapping.explain.reference`, so it
never decides what is wrong, only what is right. It follows each prefix that several paths share once, keeps
what is the same for all records of a batch outside the loop, and walks each array once.

Safety: the text of the function consists of our own words and of numbers. Whatever comes from the mapper
document (names, literals, patterns) is a value in the function's globals, never part of its text.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol, TypeAlias, cast

from heliograph.errors import InputError
from heliograph.mapping.document.plan import Constant, Merge, Path, Plan
from heliograph.mapping.result import MappingResult
from heliograph.mapping.run.irregular import Irregular
from heliograph.mapping.run.lookups import CodeText, Lookups, element_of
from heliograph.mapping.run.record_code import RecordCode
from heliograph.model.json import Json

Headers: TypeAlias = "Mapping[str, str] | None"
Judge: TypeAlias = Callable[[Json, Headers, Headers, int], MappingResult]
"""(payload, headers, query, received_at_ms) → result."""


class Apply(Protocol):
    """How a mapper is applied to a payload."""

    def __call__(
        self,
        payload: Json,
        /,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> MappingResult:
        """Return the mapped and the rejected items of a payload, each in the order of the payload.

        Never raises for a JSON value, whatever it holds: what cannot be mapped is in `rejected`.

        Args:
            payload: the decoded body; plain dicts, lists, strings, numbers, booleans and None.
            received_at_ms: UTC epoch milliseconds, for `$receivedAt`.
            headers: request headers, for `$headers`; the case of names does not matter.
            query: parameters of the request's query string, for `$query`.
        """
        ...


_OTHERWISE: Final = "return otherwise(body, headers, query, received_at_ms)"


def generate(plan: Plan, otherwise: Judge) -> tuple[Apply, str]:
    """Return the function for a plan, and its text for those who want to read it.

    Args:
        plan: what to map.
        otherwise: judges payloads that are irregular as a whole.
    """
    writer = _Writer(plan, otherwise)
    source = writer.write()
    scope = writer.scope
    exec(compile(source, f"<mapper {plan.partner}>", "exec"), scope)  # noqa: S102 (see module text)
    return cast("Apply", scope["apply"]), source


def lower_names(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers by lower-case name."""
    return {name.lower(): value for name, value in headers.items()} if headers else {}


class _Writer:
    """Writes the function; `scope` collects its globals."""

    def __init__(self, plan: Plan, otherwise: Judge) -> None:
        self._plan = plan
        self.scope: dict[str, object] = {
            "InputError": InputError,
            "MappingResult": MappingResult,
            "NO_ITEMS": [],
            "NO_KEYS": {},
            "irregular": Irregular(plan),
            "lower_names": lower_names,
            "otherwise": otherwise,
        }
        self._code = CodeText(self.scope)
        self._lookups = Lookups(self._code)

    def write(self) -> str:
        """Return the text of the function `apply`."""
        plan = self._plan
        self._collect()
        self._line("def apply(body, /, *, received_at_ms, headers=None, query=None):")
        with self._code.block():
            self._line("try:")
            with self._code.block():
                if plan.chain.arrays:
                    self._batch()
                else:
                    self._single()
            # A filter or `..` met a document nested too deeply.
            self._line("except InputError:")
            self._line(f"    {_OTHERWISE}")
        return self._code.text()

    def _single(self) -> None:
        self._line("if type(body) is not dict:")
        self._line("    if type(body) is not list:")
        self._line(f"        {_OTHERWISE}")
        self._write_request()
        leave = ("return irregular.single(body, headers, query, received_at_ms)",)
        record = RecordCode(self._plan, self._code, self._lookups, number="0", leave=leave)
        self._line(f"return MappingResult([{record.write()}], []{self._flag()})")

    # ---- iteration -------------------------------------------------------------------------------

    def _batch(self) -> None:
        chain = self._plan.chain
        depth = len(chain.arrays)
        self._line("mapped = []")
        self._line("rejected = []")
        self._line("add = mapped.append")
        self._write_request()
        arrays = [self._lookups.at("body", steps) for steps in (chain.arrays[0], *chain.beside)]
        self._line(f"if type({arrays[0]}) is not list or not {arrays[0]}:")
        self._line(f"    {_OTHERWISE}")
        for array in arrays[1:]:
            self._line(f"if type({array}) is not list or len({array}) != len({arrays[0]}):")
            self._line(f"    {_OTHERWISE}")
        number = "i1" if depth == 1 else "n"
        if depth > 1:
            self._line("n = -1")
        indexes = "".join(f"i{level}, " for level in range(1, depth + 1))
        leave = (
            f"irregular.item(body, headers, query, received_at_ms, ({indexes}), {number}, "
            "mapped, rejected)",
            "continue",
        )
        record = RecordCode(self._plan, self._code, self._lookups, number=number, leave=leave)
        elements = ["e1", *(f"s{side}" for side in range(1, len(arrays)))]
        if len(arrays) == 1:
            self._line(f"for i1, e1 in enumerate({arrays[0]}):")
        else:
            targets, sources = ", ".join(elements), ", ".join(arrays)
            self._line(f"for i1, ({targets}) in enumerate(zip({sources})):")
        self._levels(1, record, elements)
        if depth > 1:
            self._line("if n < 0:")
            self._line(f"    {_OTHERWISE}")
        self._line(f"return MappingResult(mapped, rejected{self._flag()})")

    def _flag(self) -> str:
        return ", True" if self._plan.update_existing_only else ""

    def _levels(self, level: int, record: RecordCode, elements: list[str]) -> None:
        depth = len(self._plan.chain.arrays)
        with self._code.block():
            for element in elements:
                self._lookups.write(element)
            if level == depth:
                if depth > 1:
                    self._line("n += 1")
                self._line(f"add({record.write()})")
                return
            array = self._lookups.at(f"e{level}", self._plan.chain.arrays[level])
            self._line(f"if {array} is None:")
            self._line("    continue")
            self._line(f"if type({array}) is not list:")
            self._line(f"    {_OTHERWISE}")
            inner = level + 1
            self._line(f"for i{inner}, e{inner} in enumerate({array}):")
            self._levels(inner, record, [f"e{inner}"])

    # ---- paths -----------------------------------------------------------------------------------

    def _collect(self) -> None:
        """Enter all paths and all arrays of the plan."""
        for path in _paths(self._plan):
            self._lookups.enter(path)
        for level, steps in enumerate(self._plan.chain.arrays):
            self._lookups.enter_steps(element_of(level), steps)
        for steps in self._plan.chain.beside:
            self._lookups.enter_steps("body", steps)

    def _write_request(self) -> None:
        """Write the look-ups that are the same for all records."""
        if any(path.origin == "headers" for path in _paths(self._plan)):
            self._line("request_headers = lower_names(headers)")
        if any(path.origin == "query" for path in _paths(self._plan)):
            self._line("request_query = dict(query) if query else {}")
        for base in ("request_headers", "request_query", "body", "received_at_ms"):
            self._lookups.write(base)

    # ---- text ------------------------------------------------------------------------------------

    def _line(self, text: str) -> None:
        self._code.line(text)


def _paths(plan: Plan) -> Iterator[Path]:
    sources: list[Path | Constant | None] = [
        plan.customer_id,
        plan.anonymous_id,
        plan.event,
        plan.platform,
        plan.app_version,
    ]
    if isinstance(plan.time, Merge):
        sources += [plan.time.date, plan.time.time]
    else:
        sources.append(plan.time)
    for attributes in (plan.properties, plan.traits):
        sources += [attributes.create_all, *(each.value for each in attributes.named)]
    sources += [each.path for each in plan.validations]
    return (source for source in sources if isinstance(source, Path))
