"""The fast way: one Python function per mapper, written for its plan.

The function maps regular records by itself and hands every other one to `mapping.reference`, so it never
decides what is wrong, only what is right. It follows each prefix that several paths share once, keeps what
is the same for all records of a batch outside the loop, and walks each array once.

Safety: the text of the function consists of our own words and of numbers. Whatever comes from the mapper
document (names, literals, patterns) is a value in the function's globals, never part of its text.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, TypeAlias, cast

from heliograph.mapping import jsonpath, selection
from heliograph.mapping.irregular import Irregular
from heliograph.mapping.lookups import CodeText, Lookups, element_of
from heliograph.mapping.plan import (
    PLATFORMS,
    Attributes,
    Constant,
    Merge,
    Path,
    Plan,
    Validation,
)
from heliograph.mapping.records import missing_field
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.mapping.times import UnreadableTime
from heliograph.mapping.validations import has_type
from heliograph.model.identity import BLOCKED_VALUES
from heliograph.model.json import Json, JsonObject
from heliograph.model.request import RejectedItem

Run: TypeAlias = Callable[
    [Json, "Mapping[str, str] | None", "Mapping[str, str] | None", int], "MappingResult | None"
]
"""(body, headers, query, received_at_ms) → result; None when the whole payload is irregular."""

_TYPE_TESTS: Final = {"string": "str", "boolean": "bool", "object": "dict", "array": "list"}
"""Validation types that one comparison of the Python type decides."""


def generate(plan: Plan) -> tuple[Run, str]:
    """Return the function for a plan, and its text for those who want to read it."""
    writer = _Writer(plan)
    source = writer.write()
    scope = writer.scope
    exec(compile(source, f"<mapper {plan.partner}>", "exec"), scope)  # noqa: S102 (see module text)
    run: Run = scope["run"]  # pyright: ignore[reportAssignmentType]
    return run, source


def without_nulls(values: JsonObject) -> JsonObject:
    """Return a copy without the keys whose value is null (reading A8)."""
    return {name: value for name, value in values.items() if value is not None}


def lower_names(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers by lower-case name."""
    return {name.lower(): value for name, value in headers.items()} if headers else {}


class _Writer:
    """Writes the function; `scope` collects its globals."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._irregular: tuple[str, ...] = ()
        self.scope: dict[str, object] = {
            "BLOCKED": BLOCKED_VALUES,
            "NO_KEYS": {},
            "NO_ITEMS": [],
            "MISSING_FIELD": "mapper.missing_field",
            "PLATFORMS": frozenset(PLATFORMS),
            "RejectedItem": RejectedItem,
            "Mapped": Mapped,
            "MappingResult": MappingResult,
            "UnreadableTime": UnreadableTime,
            "has_type": has_type,
            "id_of": selection.id_of,
            "text_of": selection.text_of,
            "irregular": Irregular(plan),
            "lower_names": lower_names,
            "read_time": plan.reader.read_soon,
            "reader": plan.reader,
            "without_nulls": without_nulls,
        }
        self._code = CodeText(self.scope)
        self._lookups = Lookups(self._code)

    def write(self) -> str:
        """Return the text of the function `run`."""
        plan = self._plan
        self._collect()
        self._line("def run(body, headers, query, received_at_ms):")
        with self._code.block():
            if plan.chain.arrays:
                self._batch()
            else:
                self._line("if type(body) is not dict and type(body) is not list:")
                self._line("    return None")
                self._irregular = ("return irregular.single(body, headers, query, received_at_ms)",)
                self._write_request()
                self._record("0")
                self._line(f"return MappingResult(mapped=[item], rejected=[]{self._flag()})")
        return self._code.text()

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
        self._line("    return None")
        for array in arrays[1:]:
            self._line(f"if type({array}) is not list or len({array}) != len({arrays[0]}):")
            self._line("    return None")
        number = "i1" if depth == 1 else "n"
        if depth > 1:
            self._line("n = -1")
        indexes = "".join(f"i{level}, " for level in range(1, depth + 1))
        self._irregular = (
            f"irregular.item(body, headers, query, received_at_ms, ({indexes}), {number}, "
            "mapped, rejected)",
            "continue",
        )
        elements = ["e1", *(f"s{side}" for side in range(1, len(arrays)))]
        if len(arrays) == 1:
            self._line(f"for i1, e1 in enumerate({arrays[0]}):")
        else:
            targets, sources = ", ".join(elements), ", ".join(arrays)
            self._line(f"for i1, ({targets}) in enumerate(zip({sources})):")
        self._levels(1, depth, number, elements)
        if depth > 1:
            self._line("if n < 0:")
            self._line("    return None")
        self._line(f"return MappingResult(mapped=mapped, rejected=rejected{self._flag()})")

    def _flag(self) -> str:
        return ", update_existing_only=True" if self._plan.update_existing_only else ""

    def _levels(self, level: int, depth: int, number: str, elements: list[str]) -> None:
        with self._code.block():
            for element in elements:
                self._lookups.write(element)
            if level == depth:
                if depth > 1:
                    self._line("n += 1")
                self._record(number)
                self._line("add(item)")
                return
            array = self._lookups.at(f"e{level}", self._plan.chain.arrays[level])
            self._line(f"if {array} is None:")
            self._line("    continue")
            self._line(f"if type({array}) is not list:")
            self._line("    return None")
            inner = level + 1
            self._line(f"for i{inner}, e{inner} in enumerate({array}):")
            self._levels(inner, depth, number, [f"e{inner}"])

    # ---- one record ------------------------------------------------------------------------------

    def _record(self, number: str) -> None:
        plan = self._plan
        events = plan.kind == "events"
        self._identity(number)
        event = self._text(plan.event, "event") if events else "None"
        self._time()
        platform = self._text(plan.platform, "platform") if events else "None"
        app_version = self._text(plan.app_version, "app_version") if events else "None"
        for validation in plan.validations:
            self._validation(validation)
        self._attributes(plan.properties, "properties")
        self._attributes(plan.traits, "traits")
        self._line(f"item = Mapped(index={number}, customer_id=customer_id,")
        self._line(f"    anonymous_id=anonymous_id, event={event}, timestamp=time,")
        self._line(f"    platform={platform}, app_version={app_version},")
        self._line("    properties=properties, traits=traits)")

    def _identity(self, number: str) -> None:
        plan = self._plan
        if plan.anonymous_id is None:
            self._line("anonymous_id = None")
        else:
            self._line(f"anonymous_id = {self._lookups.first(plan.anonymous_id)}")
            self._line("if anonymous_id is not None:")
            self._line("    anonymous_id = id_of(anonymous_id)")
        if plan.customer_id is None:
            self._line("customer_id = None")
        else:
            self._line(f"customer_id = {self._lookups.first(plan.customer_id)}")
            self._line("if type(customer_id) is str:")
            self._line("    customer_id = customer_id.strip()")
            self._missing_customer(plan.customer_id, number)
            self._line("elif customer_id is not None:")
            self._line("    customer_id = id_of(customer_id)")
            if plan.kind == "users" or plan.anonymous_id is None:
                self._irregular_if("customer_id is None or customer_id.lower() in BLOCKED")
                return
            self._line("if customer_id is not None and customer_id.lower() in BLOCKED:")
            self._line("    customer_id = None")
        self._irregular_if("customer_id is None and anonymous_id is None")

    def _missing_customer(self, path: Path, number: str) -> None:
        """Refuse items without a customer at once: junk batches hold many, and must cost little."""
        plan = self._plan
        alone = plan.kind == "users" or plan.anonymous_id is None
        if not (plan.chain.arrays and alone and selection.is_singular(path)):
            return
        if path.origin != "body" or path.side or path.level != len(plan.chain.arrays):
            return
        pieces: list[str] = []
        for level, steps in enumerate(plan.chain.arrays, 1):
            before = jsonpath.normalized(steps)[0 if level == 1 else 1 :]
            pieces.append(f"{self._code.constant(before + '[')} + str(i{level})")
        rest = cast("jsonpath.Location", path.query.head[path.start :])
        after = self._code.constant("]" + jsonpath.normalized(rest)[1:])
        place = f" + {self._code.constant(']')} + ".join(pieces) + f" + {after}"
        message = self._code.constant(missing_field("customer_id"))
        self._line("elif customer_id is None:")
        self._line(f"    rejected.append(RejectedItem(index={number}, code=MISSING_FIELD,")
        self._line(f"        message={message}, path={place}, item=e{len(plan.chain.arrays)}))")
        self._line("    continue")

    def _text(self, source: Path | Constant | None, variable: str) -> str:
        """Write the reading of a required text; return the expression of its value."""
        if not isinstance(source, Path):
            return self._code.constant(source.value if source is not None else None)
        self._line(f"{variable} = {self._lookups.first(source)}")
        if variable == "platform":
            self._irregular_if(
                f"type({variable}) is not str or {variable}.lower() not in PLATFORMS"
            )
            return variable
        self._line(f"if type({variable}) is not str:")
        self._line(f"    {variable} = text_of({variable})")
        self._irregular_if(f"not {variable} or {variable}.isspace()")
        return variable

    def _time(self) -> None:
        time = self._plan.time
        if time is None:
            self._line("time = None")
        elif isinstance(time, Merge):
            self._line(f"date = {self._lookups.first(time.date)}")
            self._line(f"clock = {self._lookups.first(time.time)}")
            self._irregular_if("type(date) is not str or type(clock) is not str")
            self._line("date = date.strip()")
            self._line("clock = clock.strip()")
            self._irregular_if("not date or not clock")
            self._line(f"time = date + {self._code.constant(time.joiner)} + clock")
            self._read_time()
        elif time.origin == "received_at":
            self._line("time = received_at_ms")
        else:
            self._line(f"time = {self._lookups.first(time)}")
            regular = "type(time) is not int or not 100000000000 <= time < 100000000000000"
            if self._plan.kind == "users":
                regular = f"time is not None and ({regular})"
            self._line(f"if {regular}:")
            with self._code.block():
                self._read_time()

    def _read_time(self) -> None:
        self._line("try:")
        self._line("    time = read_time(time)")
        self._line("except UnreadableTime:")
        with self._code.block():
            self._leave()

    def _validation(self, validation: Validation) -> None:
        if not selection.is_singular(validation.path):
            self._line(f"values = {self._lookups.all(validation.path)}")
            self._irregular_if("not values")
            self._line("for value in values:")
            test = f"has_type(value, {self._code.constant(validation.type)}, reader)"
            self._line(f"    if value is None or not {test}:")
            self._line("        break")
            self._line("else:")
            self._line("    values = None")
            self._irregular_if("values is not None")
            return
        value = self._lookups.first(validation.path)
        python_type = _TYPE_TESTS.get(validation.type)
        if python_type is not None:
            self._irregular_if(f"type({value}) is not {python_type}")
        else:
            test = f"has_type({value}, {self._code.constant(validation.type)}, reader)"
            self._irregular_if(f"{value} is None or not {test}")

    def _attributes(self, attributes: Attributes, variable: str) -> None:
        values: list[tuple[str, str, bool]] = []
        for attribute in attributes.named:
            name, source = self._code.constant(attribute.name), attribute.value
            if isinstance(source, Constant):
                value = self._code.constant(source.value)
                values.append(
                    (name, f"{value}[:]" if isinstance(source.value, list) else value, False)
                )
            elif selection.is_singular(source):
                values.append((name, self._lookups.first(source), True))
            else:
                value = self._code.new("v")
                rule = self._code.constant(partial(selection.attribute_value, source))
                self._line(f"{value} = {rule}({self._lookups.all(source)})")
                values.append((name, value, True))
        if attributes.create_all is None:
            display = ", ".join(f"{name}: {value}" for name, value, _ in values)
            self._line(f"{variable} = {{{display}}}")
            doubtful = " or ".join(f"{value} is None" for _, value, open_ in values if open_)
            if doubtful:
                self._line(f"if {doubtful}:")
                self._line(f"    {variable} = without_nulls({variable})")
            return
        self._line(f"{variable} = {self._lookups.first(attributes.create_all)}")
        self._line(f"if type({variable}) is not dict:")
        self._line(f"    {variable} = {{}}")
        self._line(f"elif None in {variable}.values():")
        self._line(f"    {variable} = without_nulls({variable})")
        if not values:
            return  # nothing is added, so the payload's own object serves: results are read-only
        self._line("else:")
        self._line(f"    {variable} = {variable}.copy()")
        for name, value, open_ in values:
            if open_:
                self._line(f"if {value} is not None:")
                self._line(f"    {variable}[{name}] = {value}")
            else:
                self._line(f"{variable}[{name}] = {value}")

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

    def _irregular_if(self, condition: str) -> None:
        self._line(f"if {condition}:")
        with self._code.block():
            self._leave()

    def _leave(self) -> None:
        for line in self._irregular:
            self._line(line)

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
