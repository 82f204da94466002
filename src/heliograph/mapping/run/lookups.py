"""The text of a generated function, and the look-ups in it: each shared prefix of paths once.

`CodeText` collects lines and constants. `Lookups` collects the paths that start at one base (the body, an
element of an array, headers, query), then writes code that puts the value of each into a variable, None
where there is none. Open paths are followed where they are asked for; those whose base is the same for
several records, once for all of these.
"""

from collections.abc import Collection, Generator
from contextlib import contextmanager

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import Path
from heliograph.mapping.paths.jsonpath import ANY, Query, normalized


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
    """Which variable holds what a path selects. Bases are variables of the generated function.

    Args:
        code: where the lines go.
        inner: the bases that are another value in each record.
    """

    def __init__(self, code: CodeText, inner: Collection[str]) -> None:
        self._code = code
        self._inner = inner
        self._bases: dict[str, _Place] = {}
        self._shared: dict[str, dict[str, tuple[str, Path]]] = {}
        """Base -> text of an open path -> (variable, path)."""

    def enter(self, path: Path) -> None:
        """Note that a path will be asked for."""
        base = base_of(path)
        if selection.is_singular(path):
            self.enter_steps(base, _plain(path))
        elif base not in self._inner:
            of_base = self._shared.setdefault(base, {})
            of_base.setdefault(path.text, (self._code.new("all"), path))

    def is_inner(self, path: Path) -> bool:
        """Tell whether a path starts at a value that each record has to itself."""
        return base_of(path) in self._inner

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

    def write_shared(self, base: str) -> None:
        """Write the following of open paths from a base that several records have in common."""
        for variable, path in self._shared.get(base, {}).values():
            self._code.line(f"{variable} = {self._followed(path)}")

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
        shared = self._shared.get(base_of(path), {}).get(path.text)
        return shared[0] if shared is not None else self._followed(path)

    def _followed(self, path: Path) -> str:
        query = Query(path.text, path.query.head[path.start :], path.query.tail)
        return f"{self._code.constant(query.values_from)}({base_of(path)}, body, work)"

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


def place_code(
    code: CodeText, arrays: tuple[tuple[str | int, ...], ...], rest: tuple[str | int, ...]
) -> str:
    """Return the expression of the normalized path of `rest` in the element that is visited now."""
    pieces: list[str] = []
    before = "$"
    for level, steps in enumerate(arrays, 1):
        before += normalized(steps)[1:] + "["
        pieces += [code.constant(before), f"str(i{level})"]
        before = "]"
    pieces.append(code.constant(before + normalized(rest)[1:]))
    return " + ".join(pieces)


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
