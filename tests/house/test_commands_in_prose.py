"""Every command and option that a message or a page names is one that the command line has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from heliograph.cli import cli
from heliograph.operations.names import SHOWN_BY, not_found

NAMED = re.compile(r"(?<![\w./\"'-])heliograph((?:[ \t]+(?:\\\n\s*)?[^\s`()\[\],;:\"']+)+)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+\b")
FOREIGN_OPTIONS = frozenset(
    {"--version", "--help", "--boundary"}
)  # the last one ends a multipart body


def _every_option() -> frozenset[str]:
    def below(command: click.Command) -> Iterator[str]:
        for parameter in command.params:
            yield from (*parameter.opts, *parameter.secondary_opts)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from below(found)

    return frozenset(below(cli)) | FOREIGN_OPTIONS


def _fault(words: list[str]) -> str | None:
    """Return what of `heliograph WORDS…` the command line does not have; None when all is there."""
    command: click.Command = cli
    path = ["heliograph"]
    rest = iter(words)
    for word in rest:
        if not isinstance(command, click.Group) or not re.fullmatch(
            r"[a-z][a-z-]*", word.strip(".…")
        ):
            rest = iter([word, *rest])
            break
        found = command.get_command(click.Context(command), word.strip(".…"))
        if found is None:
            return f"no command {' '.join([*path, word])}"
        command = found
        path.append(word)
        if word.endswith("."):
            return None
    own = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    for word in rest:
        option = OPTION.match(word)
        if option and option.group() not in own | FOREIGN_OPTIONS:
            return f"{' '.join(path)} has no {option.group()}"
        if word.endswith((".", "|", "&", ">")):
            return None
    return None


def _texts_of_messages(path: Path) -> Iterator[str]:
    """Yield the texts of a module that a person may read; docstrings are read by developers, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_commands_named_in_messages_are_there(repo_root: Path):
    source = repo_root / "src" / "heliograph"
    named: list[tuple[str, list[str]]] = [
        (str(path.relative_to(repo_root)), match.split())
        for path in sorted(source.rglob("*.py"))
        for text in _texts_of_messages(path)
        for match in NAMED.findall(text)
    ]
    assert len(named) > 50
    wrong = [f"{place}: {fault}" for place, words in named if (fault := _fault(words))]
    assert not wrong, "\n".join(wrong)


def test_commands_named_on_pages_are_there(repo_root: Path, tracked_files: list[Path]):
    wrong = [
        f"{path.relative_to(repo_root)}: {fault}"
        for path in tracked_files
        if path.suffix == ".md"
        for match in NAMED.findall(path.read_text(encoding="utf-8"))
        if (fault := _fault(match.replace("\\\n", " ").split()))
    ]
    assert not wrong, "\n".join(wrong)


def test_options_named_in_messages_are_there(repo_root: Path):
    every = _every_option()
    wrong = [
        f"{path.relative_to(repo_root)}: {option}"
        for path in sorted((repo_root / "src" / "heliograph").rglob("*.py"))
        if "testing" not in path.parts
        for text in _texts_of_messages(path)
        for option in OPTION.findall(text)
        if option not in every
    ]
    assert not wrong, "\n".join(wrong)


def test_pages_and_targets_named_in_messages_are_there(repo_root: Path):
    targets = set(
        re.findall(r"^([a-z-]+):", (repo_root / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    wrong: list[str] = []
    for path in sorted((repo_root / "src" / "heliograph").rglob("*.py")):
        for text in _texts_of_messages(path):
            pages = re.findall(r"\bdocs/[\w/.-]+\.md", text)
            wrong += [f"{path.name}: {page}" for page in pages if not (repo_root / page).exists()]
            made = re.findall(r"(?:`|: )make ([a-z-]+)", text)
            wrong += [f"{path.name}: make {one}" for one in made if one not in targets]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("noun", SHOWN_BY)
def test_what_is_not_there_is_listed_by_a_command_that_is(noun: str):
    hint = not_found(noun, "x").hint or ""
    assert _fault(NAMED.findall(hint)[0].split()) is None, hint


def test_a_command_that_is_not_there_is_seen():
    assert _fault(["reader", "list"]) == "no command heliograph reader"
    assert _fault(["readers", "show"]) == "no command heliograph readers show"
    assert _fault(["restore", "DIR", "--replaced"]) == "heliograph restore has no --replaced"
