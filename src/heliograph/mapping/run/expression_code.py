"""Expressions in generated code: lines that put the value of one into a variable, None where there is none.

Texts take a short way in the code itself; every other value goes to the functions of `mapping.values`, which
`mapping.explain.expressions` uses too. What a text holds is read once for all `$json` of a record.
"""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, cast

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import (
    Cast,
    Constant,
    Expression,
    First,
    Hash,
    JsonText,
    Path,
    Source,
    Split,
    Template,
    TextOf,
    Unblocked,
    ValueMap,
    leaves_of,
    operands_of,
)
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.paths.work import Work
from heliograph.mapping.run.lookups import CodeText, Lookups
from heliograph.mapping.values.maps import UNLISTED, Find, Unlisted, finder, mapped
from heliograph.mapping.values.operations import (
    Plain,
    document_in,
    of_one,
    operation_of,
    selector,
)
from heliograph.mapping.values.somebody import stands_for_nobody
from heliograph.mapping.values.texts import is_filled, joiner
from heliograph.model.json import Json

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,1199}")
_METHODS: Final = {"lower": "lower", "upper": "upper", "trim": "strip"}


def is_counted(source: Source, *, in_batch: bool) -> bool:
    """Tell whether what a source costs within one record is to be counted.

    Reading a text is; and so is whatever works on a value that many records of a batch share.
    """
    if not isinstance(source, Expression):
        return False
    if isinstance(source, JsonText):
        return True
    if in_batch and any(path.origin != "body" or not path.level for path in leaves_of(source)):
        return True
    return any(is_counted(each, in_batch=in_batch) for each in operands_of(source))


class ExpressionCode:
    """Writes expressions of the records of one plan.

    Args:
        code: where the lines go; its scope gets the names they use.
        lookups: variables of what paths select.
        in_batch: whether values may be shared by several records, and are to be counted.
    """

    def __init__(self, code: CodeText, lookups: Lookups, *, in_batch: bool) -> None:
        self._code = code
        self._lookups = lookups
        self._in_batch = in_batch
        self._written: dict[tuple[object, ...], str] = {}
        """What an expression does → variable; where it is surely set."""
        self._documents: dict[str, str] = {}
        """Variable of a text → variable of what it holds; where it is surely set."""
        code.scope |= {"UNLISTED": UNLISTED, "document_in": document_in, "spend_on": spend_on}

    def begin_record(self) -> None:
        """Forget what was written: another block follows."""
        self._written.clear()
        self._documents.clear()

    def write(self, source: Source, *, many: bool) -> str:
        """Write the lines; return the name of the variable or constant that holds the value.

        Args:
            source: what to evaluate.
            many: whether the field takes a list, as attributes do.
        """
        if isinstance(source, Constant):
            return self._code.constant(source.value)
        if isinstance(source, Path):
            return self._path(source, many=many)
        key = (source.text, many, *_unwritten(source))
        known = self._written.get(key)
        if known is None:
            known = self._expression(source, many=many)
            self._written[key] = known
        return known

    def _path(self, path: Path, *, many: bool) -> str:
        if selection.is_singular(path) or not many:
            value = self._lookups.first(path)
        else:
            value = self._code.new("v")
            rule = self._code.constant(partial(selection.attribute_value, path))
            self._line(f"{value} = {rule}({self._lookups.all(path)})")
        self._count(path, value)
        return value

    def _count(self, path: Path, value: str) -> None:
        if self._in_batch and (path.origin != "body" or not path.level):
            self._line(f"spend_on(work, {value})")

    def _expression(self, source: Expression, *, many: bool) -> str:
        match source:
            case First():
                return self._first(source, many=many)
            case ValueMap():
                return self._map(source, many=many)
            case Template():
                return self._template(source, many=many)
            case JsonText():
                return self._json(source, many=many)
            case Hash() | Cast() | Split() | TextOf() | Unblocked():
                return self._plain(source, many=many)
            case _:
                raise TypeError(type(source))

    def _first(self, first: First, *, many: bool) -> str:
        result = self._code.new("x")
        nobody = stands_for_nobody(first.blocked) if first.blocked is not None else None
        blank = f"{self._code.constant(nobody)}({result})" if nobody else _blank(result)
        for position, source in enumerate(first.of):
            if not position:
                self._line(f"{result} = {self._candidate(source, nobody, many=many)}")
                continue
            self._line(f"if {blank}:")
            with self._apart():
                self._line(f"{result} = {self._candidate(source, nobody, many=many)}")
        last = first.of[-1]
        if nobody:
            self._line(f"if {blank}:")
            self._line(f"    {result} = None")
            return result
        if not isinstance(last, Constant) or not is_filled(last.value):
            self._line(f"if type({result}) is str and (not {result} or {result}.isspace()):")
            self._line(f"    {result} = None")
        return result

    def _candidate(
        self, source: Source, nobody: Callable[[Json], bool] | None, *, many: bool
    ) -> str:
        """Write one of the values that `$first` tries; of an open path each match is one."""
        if not isinstance(source, Path) or selection.is_singular(source):
            return self.write(source, many=many)
        rule = partial(_first_somebody, nobody) if nobody else _first_filled
        value = self._assign(f"{self._code.constant(rule)}({self._lookups.all(source)})")
        self._count(source, value)
        return value

    def _map(self, expression: ValueMap, *, many: bool) -> str:
        value = self.write(expression.of, many=many)
        find = finder(expression.values, ignore_case=expression.ignore_case)
        default = expression.default
        table = self._code.constant(_with_numbers(expression.values))
        if default is None or isinstance(default, Constant):
            keep = default is None
            rule = _mapper_of(find, default.value if default is not None else None, keep=keep)
            slow = f"{self._code.constant(rule)}({value})"
            if expression.ignore_case:
                return self._assign(slow)
            other = value if default is None else self._code.constant(default.value)
            quick = f"{table}.get({value}, {other})"
            return self._assign(f"{quick} if {_is_key(value)} else {slow}")
        slow = f"{self._code.constant(partial(_listed, find))}({value})"
        quick = f"{table}.get({value}, UNLISTED) if {_is_key(value)} else {slow}"
        result = self._assign(slow if expression.ignore_case else quick)
        self._line(f"if {result} is UNLISTED:")
        with self._apart():
            otherwise = self.write(default, many=many)
            rule = self._code.constant(partial(mapped, find, keep=False))
            slow = f"{rule}({value}, {otherwise})"
            self._line(f"{result} = {otherwise} if type({value}) is not list else {slow}")
        return result

    def _template(self, template: Template, *, many: bool) -> str:
        pieces: list[str] = []
        values: list[str] = []
        for part in template.parts:
            if isinstance(part, str):
                pieces.append(f"{{{self._code.constant(part)}}}")
            else:
                values.append(self.write(part, many=many))
                pieces.append(f"{{{values[-1]}}}")
        parts = tuple(part if isinstance(part, str) else None for part in template.parts)
        join = self._code.constant(joiner(parts))
        texts = " and ".join(f"type({value}) is str" for value in dict.fromkeys(values))
        quick, slow = f'f"{"".join(pieces)}"', f"{join}({', '.join(values)})"
        return self._assign(f"{quick} if {texts} else {slow}")

    def _json(self, expression: JsonText, *, many: bool) -> str:
        value = self.write(expression.of, many=many)
        document = self._documents.get(value)
        if document is None:
            document = self._documents[value] = self._assign(f"document_in({value}, work)")
        if expression.query.singular:
            return self._stepped(document, cast("jsonpath.Location", expression.query.head))
        select = self._code.constant(selector(expression, one=not many))
        return self._assign(f"{select}({document}, work)")

    def _stepped(self, document: str, steps: "jsonpath.Location") -> str:
        """Write the way along plain steps; return the variable of what they lead to."""
        value = self._assign(document)
        for step in steps:
            if isinstance(step, str):
                found = f"{value}.get({self._code.constant(step)}) if type({value}) is dict"
            else:
                enough = f"len({value}) > {step}" if step >= 0 else f"len({value}) >= {-step}"
                found = f"{value}[{step}] if type({value}) is list and {enough}"
            self._line(f"{value} = {found} else None")
        return value

    def _plain(self, source: Plain, *, many: bool) -> str:
        value = self.write(source.of, many=many)
        slow = f"{self._code.constant(operation_of(source))}({value})"
        if isinstance(source, TextOf) and source.how in _METHODS:
            method = _METHODS[source.how]
            return self._assign(f"{value}.{method}() if type({value}) is str else {slow}")
        if isinstance(source, Split) and source.take == 0 and source.limit is None:
            by = self._code.constant(source.by)
            return self._assign(f"{value}.partition({by})[0] if type({value}) is str else {slow}")
        quick = f"{self._code.constant(of_one(source))}({value})"
        return self._assign(f"{quick} if type({value}) is not list else {slow}")

    @contextmanager
    def _apart(self) -> Generator[None]:
        """Indent what is added inside, and forget it after: in a block a variable may never be set."""
        written, documents = dict(self._written), dict(self._documents)
        with self._code.block():
            yield
        self._written, self._documents = written, documents

    def _assign(self, expression: str) -> str:
        result = self._code.new("x")
        self._line(f"{result} = {expression}")
        return result

    def _line(self, text: str) -> None:
        self._code.line(text)


def spend_on(work: Work, value: Json) -> None:
    """Take off what working on a value costs that several records of a batch share.

    Raises:
        TooMuchWork: nothing is left.
    """
    if isinstance(value, str):
        work.spend(1 + (len(value) >> 4))
    elif isinstance(value, list):
        work.spend(len(value) + sum(len(each) >> 4 for each in value if isinstance(each, str)))


def _is_key(name: str) -> str:
    return f"type({name}) is str or type({name}) is int"


def _with_numbers(values: dict[str, Json]) -> dict[str | int, Json]:
    """Return the values of a `$map` also by the integers that are written as these texts."""
    numbers = {int(text): to for text, to in values.items() if _INTEGER.fullmatch(text)}
    return {**values, **numbers}


def _blank(name: str) -> str:
    return f"{name} is None or type({name}) is str and (not {name} or {name}.isspace())"


def _unwritten(source: Source) -> Iterator[object]:
    """Yield what an expression does that its text does not say, as it depends on the field it stands in."""
    match source:
        case Cast():
            yield source.as_ms
        case First():
            yield source.blocked is not None
        case Unblocked():
            yield Unblocked
        case _:
            pass
    if isinstance(source, Expression):
        for each in operands_of(source):
            yield from _unwritten(each)


def _first_somebody(nobody: Callable[[Json], bool], values: list[Json]) -> Json:
    return next((value for value in values if not nobody(value)), None)


def _first_filled(values: list[Json]) -> Json:
    return next((value for value in values if is_filled(value)), None)


def _mapper_of(find: Find, default: Json, *, keep: bool) -> Callable[[Json], Json]:
    def map_value(value: Json) -> Json:
        return mapped(find, value, default, keep=keep)

    return map_value


def _listed(find: Find, value: Json) -> Json | Unlisted:
    """Return what a value is mapped to; UNLISTED when the default must be known, as for any list."""
    return UNLISTED if isinstance(value, list) else find(value)
