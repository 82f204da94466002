"""Folders from anywhere: whatever is in them ends in a sentence that names the file."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from heliograph.cli import run
from heliograph.model.documents import user_files
from heliograph.model.documents.user_files import DEEPEST_DOCUMENT, LARGEST_BYTES
from heliograph.testing.running.processes import write_files

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

DEEP = 5_000


def link_out(folder: Path) -> None:
    (folder.parent / "secret.toml").write_text('password = "of somebody else"\n')
    (folder / "sources/out.toml").symlink_to(folder.parent / "secret.toml")


def link_loop(folder: Path) -> None:
    (folder / "sources/loop.toml").symlink_to(folder / "sources/loop.toml")


def link_to_folder(folder: Path) -> None:
    (folder / "sources/again").symlink_to(folder, target_is_directory=True)


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "sources/pipe.toml")


def unix_socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(folder / "sources")  # the path of a socket may have 107 bytes
        try:
            listener.bind("socket.toml")
        finally:
            os.chdir(here)


def too_large(folder: Path) -> None:
    with (folder / "sources/large.toml").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)


def deep_json(folder: Path) -> None:
    (folder / "blueprints").mkdir()
    (folder / "blueprints/deep.json").write_text('{"a":' * DEEP + "1" + "}" * DEEP)


def just_too_deep_json(folder: Path) -> None:
    (folder / "blueprints").mkdir()
    levels = DEEPEST_DOCUMENT + 1
    (folder / "blueprints/deep.json").write_text('{"a":' * levels + "1" + "}" * levels)


def deep_toml(folder: Path) -> None:
    (folder / "sources/deep.toml").write_text("a = " + "[" * DEEP + "]" * DEEP)


def dotted_toml(folder: Path) -> None:
    (folder / "sources/dotted.toml").write_text(".".join(["a"] * DEEP) + " = 1")


def deep_folder(folder: Path) -> None:
    write_files(folder, {"/".join(["mappers", *["d"] * 20, "x.json"]): "{}"})


def no_utf_8(folder: Path) -> None:
    (folder / "sources/text.toml").write_bytes(b'partner = "\xff"\n')


def name_no_utf_8(folder: Path) -> None:
    with open(os.fsencode(folder / "sources") + b"/\xff.toml", "wb"):
        pass


def same_but_case(folder: Path) -> None:
    write_files(folder, {"sources/Shop.toml": "", "sources/shop.toml": ""})


def huge_number(folder: Path) -> None:
    (folder / "blueprints").mkdir()
    (folder / "blueprints/n.json").write_text('{"n": ' + "9" * 5_000 + "}")


def not_a_number(folder: Path) -> None:
    (folder / "blueprints").mkdir()
    (folder / "blueprints/n.json").write_text('{"n": NaN}')


def half_pair(folder: Path) -> None:
    (folder / "blueprints").mkdir()
    (folder / "blueprints/n.json").write_text(r'{"n": "\ud800"}')


HOSTILE: list[tuple[Callable[[Path], None], str]] = [
    (link_out, "sources/out.toml: is a link that leads out of the folder"),
    (link_loop, "sources/loop.toml: cannot be read: Too many levels of symbolic links"),
    (link_to_folder, "sources/again: is a link to a folder, which is not followed"),
    (pipe, "sources/pipe.toml: is no regular file"),
    (unix_socket, "sources/socket.toml: is no regular file"),
    (too_large, "sources/large.toml: is too large to be a document"),
    (deep_json, "blueprints/deep.json: is nested too deeply"),
    (just_too_deep_json, "blueprints/deep.json: is nested too deeply"),
    (deep_toml, "sources/deep.toml: is nested too deeply"),
    (dotted_toml, "sources/dotted.toml: is nested too deeply"),
    (deep_folder, ": lies too deep"),
    (no_utf_8, "sources/text.toml: is no UTF-8"),
    (name_no_utf_8, "sources/\\udcff.toml: has a name that is no UTF-8"),
    (same_but_case, "sources/shop.toml: differs from another file in case only"),
    (huge_number, "blueprints/n.json: is no JSON"),
    (not_a_number, "blueprints/n.json: is no JSON: NaN is no value of JSON"),
    (half_pair, "blueprints/n.json: has half of a surrogate pair"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in/sources").mkdir(parents=True)
    return write_files(tmp_path / "in", {"workspace.toml": 'id = "a"\ndata_api_keys = ["k"]\n'})


@pytest.mark.parametrize(("make", "said"), HOSTILE, ids=lambda one: getattr(one, "__name__", ""))
def test_check_and_apply_refuse_with_a_sentence(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], None],
    said: str,
):
    make(folder)
    for command in (
        ["check", str(folder)],
        ["apply", str(folder), "--yes", "--data-dir", str(tmp_path / "data")],
    ):
        assert run(command) == 1
        out = "".join(capsys.readouterr())
        assert said in out
        assert "Traceback" not in out
        assert "of somebody else" not in out


def test_a_folder_with_too_many_files_is_refused_whole(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(user_files, "MOST_FILES", 3)
    write_files(folder, {f"sources/s{n}.toml": "" for n in range(4)})
    assert run(["check", str(folder)]) == 1
    assert "has too many files for a configuration" in capsys.readouterr().err


def test_a_link_within_the_folder_is_followed(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "sources/a.toml").write_text('partner = "p"\n')
    (folder / "sources/b.toml").symlink_to("a.toml")
    run(["check", str(folder)])
    assert "3 documents" in capsys.readouterr().out


def test_a_link_to_nothing_is_said(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "sources/a.toml").symlink_to("nothing.toml")
    assert run(["check", str(folder)]) == 1
    assert "sources/a.toml: cannot be read: No such file" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["test", "lint"])
def test_mappers_of_a_hostile_folder_are_refused_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
):
    folder = tmp_path / "mappers/shop"
    folder.mkdir(parents=True)
    (tmp_path / "secret.json").write_text('{"of somebody": "else"')
    (folder / "out.json").symlink_to(tmp_path.parent / "elsewhere.json")
    (tmp_path.parent / "elsewhere.json").write_text('{"of somebody": "else"')
    os.mkfifo(folder / "pipe.json")
    (folder / "deep.json").write_text('{"a":' * DEEP + "1" + "}" * DEEP)
    with (folder / "large.json").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    run(["mapper", command, str(tmp_path / "mappers")])
    out = "".join(capsys.readouterr())
    assert "Traceback" not in out
    for said in ("leads out of the folder", "no regular file", "too large"):
        assert said in out, out
    assert "nested too deeply" in out or "not JSON" in out


def test_settings_of_hostile_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    deep = tmp_path / "deep.toml"
    deep.write_text("a = " + "[" * DEEP + "]" * DEEP)
    large = tmp_path / "large.toml"
    with large.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    for path, said in ((pipe, "no regular file"), (deep, "too deeply"), (large, "too large")):
        assert run(["config", "check", "--config", str(path)]) == 1
        assert said in "".join(capsys.readouterr())
    event = tmp_path / "event.json"
    event.write_text("{}")
    nested = tmp_path / "nested.json"
    nested.write_text('{"a":' * DEEP + "1" + "}" * DEEP)
    plan = ["destination", "plan", "--type", "webhook", "--event", str(event)]
    for settings in (nested, deep):
        assert run([*plan, "--settings", str(settings)]) == 2
        assert "nested too deeply" in capsys.readouterr().err
