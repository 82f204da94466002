"""Error codes and the tree of errors: what is written is what is used."""

import ast
import inspect
import re
from pathlib import Path

from heliograph import errors
from heliograph.errors import CODES, HeliographError

SOURCE = Path(errors.__file__).parent
CODE = re.compile(r"^[a-z][a-z_]*(\.[a-z][a-z_]*)*$")


def error_classes() -> list[type[HeliographError]]:
    return [
        value
        for _, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, HeliographError)
    ]


def raised_codes() -> dict[str, str]:
    """Return each code given literally to an error of ours (or built as one), with its place."""
    names = {cls.__name__ for cls in error_classes()}
    found: dict[str, str] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            first = node.args[0] if node.args else None
            given = next((k.value for k in node.keywords if k.arg == "code"), first)
            if not (isinstance(given, ast.Constant) and isinstance(given.value, str)):
                continue
            if called in names - {"InvariantBroken"} and CODE.match(given.value):
                found.setdefault(given.value, f"{path.relative_to(SOURCE)}:{node.lineno}")
    return found


def test_every_code_that_is_raised_has_a_meaning():
    unknown = {code: place for code, place in raised_codes().items() if code not in CODES}
    assert not unknown, f"not in errors.CODES: {unknown}"


def test_every_code_with_a_meaning_occurs_in_the_product():
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in SOURCE.rglob("*.py")
        if path.name != "errors.py"
    )
    own = {"invariant"}  # said by InvariantBroken itself
    unused = [code for code in CODES if code not in own and f'"{code}"' not in text]
    assert not unused, f"in errors.CODES, but used nowhere: {unused}"


def test_codes_are_dotted_words_and_meanings_are_sentences():
    for code, meaning in CODES.items():
        assert CODE.match(code), code
        assert meaning.endswith("."), code


def test_the_drawing_of_the_tree_is_the_tree():
    """Depth in the drawing equals depth of inheritance, and nothing is missing on either side."""
    drawing = (errors.__doc__ or "").split("```")[1]
    drawn: dict[str, str | None] = {}
    path: list[str] = []
    for line in drawing.strip().splitlines():
        match = re.match(r"^([│├└─ ]*)(\w+)", line)
        assert match, line
        depth = len(match[1]) // 4
        path = [*path[:depth], match[2]]
        drawn[match[2]] = path[-2] if depth else None
    real = {
        cls.__name__: None if cls is HeliographError else cls.__bases__[0].__name__
        for cls in error_classes()
    }
    assert drawn == real


def test_every_error_says_who_can_mend_it():
    assert {cls.blame for cls in error_classes()} <= {"operator", "caller", "nobody", "heliograph"}
