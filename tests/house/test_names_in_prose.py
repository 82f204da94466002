"""What docstrings and comments call by name is there: a module that was moved is found where they say."""

import ast
import re
from pathlib import Path

import msgspec
import pytest

from heliograph.app.settings import Settings

FILE = re.compile(r"(?<![\w./<*])((?:\w+/)*\w+(?:\.py|/))(?![\w<*{])")
DOTTED = re.compile(r"`(?:heliograph\.)?((?:[a-z]\w*)(?:\.\w+)+)(?:\(\))?`")


@pytest.fixture(scope="module")
def source(repo_root: Path) -> Path:
    return repo_root / "src" / "heliograph"


def test_package_docstrings_name_modules_that_are_there(source: Path, repo_root: Path):
    gone: list[str] = []
    for package in source.rglob("__init__.py"):
        docstring = ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))) or ""
        gone += [
            f"{package.relative_to(source)}: {name}"
            for name in FILE.findall(docstring)
            if not any(package.parent.rglob(name.rstrip("/"))) and not (repo_root / name).exists()
        ]
    assert not gone, "\n".join(gone)


def _resolves(source: Path, dotted: str) -> bool:
    """Whether `package.module` or `package.module.name` is there; the name as a word in the module."""
    parts = dotted.split(".")
    place = source
    for number, part in enumerate(parts):
        if (place / part).is_dir():
            place /= part
            continue
        module = place / f"{part}.py"
        rest = parts[number + 1 :]
        if not module.exists():
            module, rest = place / "__init__.py", parts[number:]
        text = module.read_text(encoding="utf-8") if module.exists() else ""
        return all(re.search(rf"\b{name}\b", text) for name in rest)
    return True


def test_dotted_names_in_prose_lead_somewhere(source: Path):
    packages = {path.name for path in source.iterdir() if path.is_dir()}
    texts = {path: path.read_text(encoding="utf-8") for path in source.rglob("*.py")}
    defaults = msgspec.to_builtins(Settings())
    others = {
        f"{section}.{name}"
        for section, values in defaults.items()
        if isinstance(values, dict)
        for name in values
    }
    others.update(code for text in texts.values() for code in re.findall(r'"(\w+\.\w+)"', text))
    gone: list[str] = []
    for path, text in texts.items():
        gone += [
            f"{path.relative_to(source)}: {dotted}"
            for dotted in DOTTED.findall(text)
            if dotted.split(".")[0] in packages - {"cli"}
            and not dotted.endswith((".py", ".toml"))
            and dotted not in others
            and not _resolves(source, dotted)
        ]
    assert not gone, "\n".join(gone)
