"""One record in generated code: the lines that read its fields and make its `Mapped`.

Whatever they cannot read, they leave to the reference, see `RecordCode.leave`.
"""

from functools import partial
from typing import Final, cast

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import (
    PLATFORMS,
    Attributes,
    Constant,
    Expression,
    Merge,
    Path,
    Plan,
    Source,
    Validation,
    Value,
    leaves_of,
)
from heliograph.mapping.document.validations import has_type
from heliograph.mapping.explain.records import missing_field
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.result import Mapped
from heliograph.mapping.run.expression_code import ExpressionCode
from heliograph.mapping.run.lookups import CodeText, Lookups, place_code
from heliograph.mapping.times.reader import UnreadableTime
from heliograph.mapping.times.window import YEAR_2100_MS
from heliograph.model.json import JsonObject
from heliograph.model.nobody import Usable

_TYPE_TESTS: Final = {"string": "str", "boolean": "bool", "object": "dict", "array": "list"}
"""Validation types that one comparison of the Python type decides."""
_PLAIN_MS: Final = (10**12, 10**13)
"""Numbers of 13 digits are milliseconds of 2001 to 2286: they form no date, as those of other lengths may."""


_TARGETS: Final = {
    "event": "actions.action",
    "app_version": "actions.app_version",
    "group_id": "group_id",
}
"""Variable of a required text → what messages call it."""


def without_nulls(values: JsonObject) -> JsonObject:
    """Return a copy without the keys whose value is null (reading A8)."""
    return {name: value for name, value in values.items() if value is not None}


class RecordCode:
    """Writes the lines for one record, of a payload that is one or of a batch.

    Args:
        plan: what to map.
        code: where the lines go; its scope gets the names they use.
        lookups: variables of what the paths select.
        number: expression of the record's place in the payload.
        leave: lines that leave the record to the reference, and this function or turn of a loop.
    """

    def __init__(
        self, plan: Plan, code: CodeText, lookups: Lookups, *, number: str, leave: tuple[str, ...]
    ) -> None:
        self._plan = plan
        self._code = code
        self._lookups = lookups
        self._expressions = ExpressionCode(code, lookups, in_batch=bool(plan.chain.arrays))
        self._number = number
        self._leave_lines = leave
        code.scope |= {
            "MISSING_FIELD": "mapper.missing_field",
            "Mapped": Mapped,
            "PLATFORMS": frozenset(PLATFORMS),
            "UnreadableTime": UnreadableTime,
            "has_type": has_type,
            "text_of": selection.text_of,
            "usable_id": partial(selection.usable_id, plan.blocked),
            "USABLE": Usable(plan.blocked),
            "without_nulls": without_nulls,
        }
        # Each variant of a mapper reads times in its own way.
        self._reader = code.constant(plan.reader)
        self._read = code.constant(plan.reader.read)

    def write(self) -> str:
        """Write the lines; return the expression of the `Mapped`."""
        plan = self._plan
        self._expressions.begin_record()
        events = plan.kind == "events"
        customer_id, anonymous_id = self._identity()
        event = self._text(plan.event, "event") if events else "None"
        time = self._time()
        platform = self._text(plan.platform, "platform") if events else "None"
        app_version = self._text(plan.app_version, "app_version") if events else "None"
        group_id = self._text(plan.group_id, "group_id") if plan.kind == "groups" else ""
        for validation in plan.validations:
            self._validation(validation)
        properties = self._attributes(plan.properties, "properties")
        traits = self._attributes(plan.traits, "traits")
        who = f"{self._number}, {customer_id}, {anonymous_id}"
        fields = f"{who}, {event}, {time}, {platform}, {app_version}, {properties}, {traits}"
        return f"Mapped({fields}, {group_id})" if group_id else f"Mapped({fields})"

    def _identity(self) -> tuple[str, str]:
        """Write who it is about; return the expressions of both identifiers."""
        plan = self._plan
        if plan.anonymous_id is not None:
            self._identifier(plan.anonymous_id, "anonymous_id", required=False)
            if plan.customer_id is None:
                self._irregular_if("anonymous_id is None")
                return "None", "anonymous_id"
        elif plan.customer_id is None:
            self._leave()
            return "None", "None"
        required = plan.kind != "events" or plan.anonymous_id is None
        self._identifier(plan.customer_id, "customer_id", required=required)
        also = "" if required else " and anonymous_id is None"
        self._irregular_if(f"customer_id is None{also}")
        return "customer_id", "None" if plan.anonymous_id is None else "anonymous_id"

    def _identifier(self, source: Value, variable: str, *, required: bool) -> None:
        """Write the reading of an identifier: None when there is none that stands for somebody."""
        self._line(f"{variable} = {self._first(source)}")
        self._line(f"if type({variable}) is str:")
        self._line(f"    {variable} = USABLE[{variable}]")
        if required:
            self._missing(f"elif {variable} is None:", source, variable)
        self._line(f"elif {variable} is not None:")
        self._line(f"    {variable} = usable_id({variable})")

    def _missing(self, condition: str, path: Value, target: str) -> None:
        """Refuse an item without a required field at once: junk batches hold many, and must cost little."""
        arrays = self._plan.chain.arrays
        if (
            not arrays
            or not isinstance(path, Path)
            or path.origin != "body"
            or path.side
            or not selection.is_singular(path)
        ):
            return
        rest = cast("jsonpath.Location", path.query.head[path.start :])
        place = place_code(self._code, arrays[: path.level], rest)
        self._line(condition)
        self._line(f"    rejected.append(RejectedItem(index={self._number}, code=MISSING_FIELD,")
        self._line(f"        message={self._code.constant(missing_field(target))},")
        self._line(f"        path={place}, item=e{len(arrays)}))")
        self._line("    continue")

    def _text(self, source: Source | None, variable: str) -> str:
        """Write the reading of a required text; return the expression of its value."""
        if source is None or isinstance(source, Constant):
            return self._code.constant(source.value if source is not None else None)
        self._line(f"{variable} = {self._first(source)}")
        if variable == "platform":
            self._line(f"if type({variable}) is not str or {variable}.lower() not in PLATFORMS:")
            with self._code.block():
                self._missing(f"if {variable} is None:", source, "actions.platform")
                self._leave()
            return variable
        self._line(f"if type({variable}) is not str:")
        with self._code.block():
            self._missing(f"if {variable} is None:", source, _TARGETS[variable])
            self._line(f"{variable} = text_of({variable})")
        self._irregular_if(f"not {variable} or {variable}.isspace()")
        if variable == "group_id":
            self._irregular_if(f"USABLE[{variable}] is None")
        return variable

    def _time(self) -> str:
        """Write the reading of the time; return the expression of its milliseconds."""
        time = self._plan.time
        if time is None:
            return "None"
        if isinstance(time, Merge):
            self._line(f"date = {self._first(time.date)}")
            self._line(f"clock = {self._first(time.time)}")
            self._irregular_if("type(date) is not str or type(clock) is not str")
            self._line("date = date.strip()")
            self._line("clock = clock.strip()")
            self._irregular_if("not date or not clock")
            self._line(f"time = date + {self._code.constant(time.joiner)} + clock")
            self._read_text()
            self._window()
            return "time"
        if isinstance(time, Path) and time.origin == "received_at":
            return "received_at_ms"
        self._line(f"time = {self._first(time)}")
        fixed = self._plan.reader.fixed_width is not None
        if fixed:
            self._line("if type(time) is str:")
            with self._code.block():
                self._read_text()
        irregular = f"type(time) is not int or not {_PLAIN_MS[0]} <= time < {_PLAIN_MS[1]}"
        if self._plan.kind != "events":
            irregular = f"time is not None and ({irregular})"
        self._line(f"{'elif' if fixed else 'if'} {irregular}:")
        with self._code.block():
            if self._plan.kind == "events":
                self._missing("if time is None:", time, "actions.user_time")
            self._read_time()
        self._window()
        return "time"

    def _read_text(self) -> None:
        """Write the reading of a text, the short way where there is one."""
        tables = self._plan.reader.fixed_width
        if tables is None:
            self._read_time()
            return
        minutes, rests = (self._code.constant(table) for table in tables)
        self._line("try:")
        self._line(f"    time = {minutes}[time[:16]] + {rests}[time[16:]]")
        self._line("except KeyError:")
        with self._code.block():
            self._read_time()

    def _window(self) -> None:
        """Write the question whether the time is one that is refused."""
        window = self._plan.window
        if window.outside == "keep":
            return
        latest = f"<= received_at_ms + {window.ahead_ms}" if window.outside else f"< {YEAR_2100_MS}"
        implausible = f"not {window.earliest_ms} <= time {latest}"
        if self._plan.kind != "events":
            implausible = f"time is not None and {implausible}"
        self._irregular_if(implausible)

    def _read_time(self) -> None:
        self._line("try:")
        window = self._plan.window
        self._line(f"    time = {self._read}(time, received_at_ms + {window.ahead_ms})")
        self._line("except UnreadableTime:")
        with self._code.block():
            self._leave()

    def _validation(self, validation: Validation) -> None:
        if not selection.is_singular(validation.path):
            self._line(f"values = {self._lookups.all(validation.path)}")
            self._line("work.spend(len(values))")
            self._irregular_if("not values")
            self._line("for value in values:")
            test = f"has_type(value, {self._code.constant(validation.type)}, {self._reader})"
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
            test = f"has_type({value}, {self._code.constant(validation.type)}, {self._reader})"
            self._irregular_if(f"{value} is None or not {test}")

    def _attributes(self, attributes: Attributes, variable: str) -> str:
        """Write the making of an object; return the expression of it."""
        values: list[tuple[str, str, bool]] = []
        for attribute in attributes.named:
            name, source = self._code.constant(attribute.name), attribute.value
            if isinstance(source, Constant):
                value = self._code.constant(source.value)
                values.append(
                    (name, f"{value}[:]" if isinstance(source.value, list) else value, False)
                )
            elif isinstance(source, Expression):
                values.append((name, self._expressions.write(source, many=True), True))
            elif selection.is_singular(source):
                values.append((name, self._lookups.first(source), True))
            else:
                value = self._code.new("v")
                rule = self._code.constant(partial(selection.attribute_value, source))
                self._line(f"{value} = {rule}({self._lookups.all(source)})")
                values.append((name, value, True))
        if attributes.create_all is None:
            if not values:
                return "{}"
            display = ", ".join(f"{name}: {value}" for name, value, _ in values)
            self._line(f"{variable} = {{{display}}}")
            doubtful = " or ".join(f"{value} is None" for _, value, open_ in values if open_)
            if doubtful:
                self._line(f"if {doubtful}:")
                self._line(f"    {variable} = without_nulls({variable})")
            return variable
        self._line(f"{variable} = {self._first(attributes.create_all)}")
        self._line(f"if type({variable}) is not dict:")
        self._line(f"    if {variable} is not None and {variable} != '':")
        self._line("        uncopied = True")
        self._line(f"    {variable} = {{}}")
        self._line("else:")
        with self._code.block():
            paths = leaves_of(attributes.create_all)
            if self._plan.chain.arrays and not all(map(self._lookups.is_inner, paths)):
                self._line(f"work.spend(len({variable}))")
            self._line(f"for value in {variable}.values():")
            self._line("    if value is None:")
            self._line(f"        {variable} = without_nulls({variable})")
            self._line("        break")
            if values:
                self._line("else:")
                self._line(f"    {variable} = {variable}.copy()")
        # Without further values the payload's own object serves: results are read-only.
        for name, value, open_ in values:
            if open_:
                self._line(f"if {value} is not None:")
                self._line(f"    {variable}[{name}] = {value}")
            else:
                self._line(f"{variable}[{name}] = {value}")
        return variable

    def _first(self, source: Value) -> str:
        """Return the expression of the value of a field that takes one."""
        if isinstance(source, Path):
            return self._lookups.first(source)
        return self._expressions.write(source, many=False)

    def _irregular_if(self, condition: str) -> None:
        self._line(f"if {condition}:")
        with self._code.block():
            self._leave()

    def _leave(self) -> None:
        for line in self._leave_lines:
            self._line(line)

    def _line(self, text: str) -> None:
        self._code.line(text)
