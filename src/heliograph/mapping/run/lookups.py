"""The text of a generated function, and the look-ups in it: each shared prefix of paths once.

`CodeText` collects lines and constants. `Lookups` collects the paths that start at one base (the body, an
element of an array, headers, query), then writes code that puts the value of each into a variable, None
where there is none.
"""

from collections.abc import Generator
from contextlib import contextmanager

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import Path
from heliograph.mapping.paths.jsonpath import ANY, Query
from heliograph.model.json import Json


class CodeText:
    """Lines of Python under construction; `scope` holds the constants they name."""

    def __init__(self, scope: dict[str, object]) -> None:
        self.scope = scope
        self._lines: list[str] = []
        self._indent = 0
        self._names = 0
        self._constants: dict[tuple[type, object], str] = {}

    def line(self, text: str) -> None:
        """Add a line at the current indentation."""
        self._lines.append("    " * self._indent + text)

    @contextmanager
    def block(self) -> Generator[None]:
        """Indent what is added inside."""
        self._indent += 1
        yield
        self._indent -= 1

    def constant(self, value: object) -> str:
        """Return the name of a global that holds a value; `None` stands for itself."""
        if value is None:
            return "None"
        key = (type(value), value if isinstance(value, str) else id(value))
        if key not in self._constants:
            name = f"C{len(self._constants)}"
            self._constants[key] = name
            self.scope[name] = value
        return self._constants[key]

    def new(self, prefix: str) -> str:
        """Return a fresh variable name."""
        self._names += 1
        return f"{prefix}_{self._names}"

    def text(self) -> str:
        """Return all lines."""
        return "\n".join(self._lines) + "\n"


class _Place:
    """A step of the paths that start at one base: a variable, and what is looked up in it."""

    def __init__(self) -> None:
        self.variable = ""
        self.names: dict[str, _Place] = {}
        self.indexes: dict[int, _Place] = {}

    def child(self, steps: tuple[str | int, ...]) -> "_Place":
        place = self
        for step in steps:
            if isinstance(step, str):
                place = place.names.setdefault(step, _Place())
            else:
                place = place.indexes.setdefault(step, _Place())
        return place


class Lookups:
    """Which variable holds what a path selects. Bases are variables of the generated function."""

    def __init__(self, code: CodeText) -> None:
        self._code = code
        self._bases: dict[str, _Place] = {}

    def enter(self, path: Path) -> None:
        """Note that a path will be asked for; an open path only needs its base."""
        if selection.is_singular(path):
            self.enter_steps(base_of(path), _plain(path))

    def enter_steps(self, base: str, steps: tuple[str | int, ...]) -> None:
        """Note that the value of some steps from a base will be asked for."""
        self._bases.setdefault(base, _Place()).child(steps)

    def __contains__(self, base: str) -> bool:
        return base in self._bases

    def write(self, base: str) -> None:
        """Write the look-ups of everything that starts at a base."""
        place = self._bases.get(base)
        if place is not None:
            place.variable = base
            self._write_children(place)

    def at(self, base: str, steps: tuple[str | int, ...]) -> str:
        """Return the variable of some steps from a base that was written."""
        return self._bases[base].child(steps).variable

    def first(self, path: Path) -> str:
        """Return the expression of the value of a field that takes one."""
        if selection.is_singular(path):
            return self.at(base_of(path), _plain(path))
        value = self._code.new("v")
        self._code.line(f"{value} = {self.all(path)}")
        self._code.line(f"{value} = {value}[0] if {value} else None")
        return value

    def all(self, path: Path) -> str:
        """Return the expression of the list of values that an open path selects."""
        head = path.query.head[path.start :]
        query = Query(path.text, head, path.query.tail)
        if not path.query.tail:
            return f"{self._code.constant(query.values)}({base_of(path)})"

        def values(start: Json, root: Json) -> list[Json]:
            return [value for _, value in query.nodes_from(0, ((), start), root)]

        return f"{self._code.constant(values)}({base_of(path)}, body)"

    def _write_children(self, place: _Place) -> None:
        code = self._code
        if place.names:
            holder = code.new("d")
            code.line(f"{holder} = {place.variable}")
            code.line(f"if type({holder}) is not dict:")
            code.line(f"    {holder} = NO_KEYS")
            for name, child in place.names.items():
                child.variable = code.new("v")
                code.line(f"{child.variable} = {holder}.get({code.constant(name)})")
                self._write_children(child)
        if place.indexes:
            holder = code.new("l")
            code.line(f"{holder} = {place.variable}")
            code.line(f"if type({holder}) is not list:")
            code.line(f"    {holder} = NO_ITEMS")
            for index, child in place.indexes.items():
                child.variable = code.new("v")
                enough = f"len({holder}) > {index}" if index >= 0 else f"len({holder}) >= {-index}"
                code.line(f"{child.variable} = {holder}[{index}] if {enough} else None")
                self._write_children(child)


def element_of(level: int) -> str:
    """Return the variable of the chain's element at a level; level 0 is the body."""
    return f"e{level}" if level else "body"


def base_of(path: Path) -> str:
    """Return the variable that the rest of a path, from step `path.start` on, is followed from."""
    if path.origin == "headers" or path.origin == "query":
        return f"request_{path.origin}"
    if path.origin == "received_at":
        return "received_at_ms"
    return f"s{path.side}" if path.side and path.level else element_of(path.level)


def _plain(path: Path) -> tuple[str | int, ...]:
    return tuple(step for step in path.query.head[path.start :] if step is not ANY)
