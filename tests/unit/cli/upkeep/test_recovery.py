"""What `rebuild` and `restore` refuse before they announce anything, and what is said of a lost file."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heliograph.cli import run
from heliograph.cli.upkeep.rebuild import what_became
from heliograph.storage.folder.run_files import role_lock, worker_role
from heliograph.testing.clock import ManualClock
from heliograph.testing.running.processes import write_files

FOLDER = {
    "workspace.toml": 'id = "acme"\ndata_api_keys = ["k"]\n',
    "pipelines/main.toml": 'sources = ["*"]\n',
}


@pytest.fixture
def data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "data"
    assert run(["apply", "--yes", str(write_files(tmp_path / "in", FOLDER)), *at(folder)]) == 0
    assert run(["backup", str(tmp_path / "kept"), *at(folder)]) == 0
    capsys.readouterr()
    return folder


def at(folder: Path) -> tuple[str, str]:
    return "--data-dir", str(folder)


@contextmanager
def held(folder: Path, role: str) -> Iterator[None]:
    clock = ManualClock()
    pause = lambda seconds: clock.advance(s=seconds)  # noqa: E731
    with role_lock(folder, role, wait_s=0, monotonic_s=clock.monotonic_s, pause=pause):
        yield


@pytest.mark.parametrize("number", [1, 2, 17])
@pytest.mark.parametrize("command", ["rebuild", "restore"])
def test_no_worker_may_run_whatever_its_number(
    command: str, number: int, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (
        ["rebuild"] if command == "rebuild" else ["restore", str(tmp_path / "kept"), "--replace"]
    )
    before = (data / "store.db").stat().st_ino
    with held(data, worker_role(number)):
        code = run([*arguments, "--yes", *at(data)])
    out, err = capsys.readouterr()
    assert code == 3
    assert out == "", "nothing is announced that is refused"
    assert "worker" in err
    assert (data / "store.db").stat().st_ino == before
    assert run([*arguments, "--yes", *at(data)]) == 0
    assert "Start the" in capsys.readouterr().out


@pytest.mark.parametrize("role", ["up", "gateway", "remap"])
def test_a_restore_wants_the_folder_for_itself(
    role: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with held(data, role):
        code = run(["restore", str(tmp_path / "kept"), "--replace", "--yes", *at(data)])
    assert (code, capsys.readouterr().out) == (3, "")


def test_a_rebuild_wants_a_configuration(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in data.glob("store.db*"):
        path.unlink()
    code = run(["clock", "accept", *at(data)])  # makes a store with nothing in it
    assert code == 0
    capsys.readouterr()
    code = run(["rebuild", "--yes", "--json", *at(data)])
    error = json.loads(capsys.readouterr().out)["error"]
    assert (code, error["code"]) == (1, "config.none")
    assert "heliograph apply DIR" in error["hint"]
    assert run(["apply", "--yes", str(tmp_path / "in"), *at(data)]) == 0
    assert run(["rebuild", "--yes", *at(data)]) == 0


def test_a_rebuild_says_what_became_of_every_event() -> None:
    assert what_became(10, 0, 0) == ["Applied 10 events."]
    after_a_remap = what_became(10, 5, 1)
    assert [line.split(" ", 2)[:2] for line in after_a_remap] == [
        ["Applied", "10"],
        ["5", "events"],
        ["1", "repetition"],
    ]
    assert "remap" in after_a_remap[1]


@pytest.mark.parametrize("command", [["status"], ["rebuild", "--yes"], ["repair"], ["audit"]])
@pytest.mark.parametrize(
    ("gone", "there", "next_"),
    [
        ("store.db", "journal.db", "heliograph rebuild"),
        ("journal.db", "store.db", "heliograph repair"),
    ],
)
def test_a_lost_file_is_named_beside_the_one_that_is_there(
    gone: str,
    there: str,
    next_: str,
    command: list[str],
    data: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for path in data.glob(f"{gone}*"):
        path.unlink()
    assert run([*command, "--json", *at(data)]) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "store.unavailable"
    assert "missing" in error["message"]
    assert error["found"] == f"{there}, without {gone}"
    for said in ("heliograph restore DIR --replace", next_, "docs/how-to/back-up-and-restore.md"):
        assert said in error["hint"]


def test_a_backup_is_its_owners_alone(data: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert run(["backup", str(tmp_path / "again"), *at(data)]) == 0
    finally:
        os.umask(before)
    found = [tmp_path / "again", *(tmp_path / "again").rglob("*")]
    assert "workspace.toml" in {path.name for path in found}
    loose = {path: oct(path.stat().st_mode) for path in found if path.stat().st_mode & 0o077}
    assert not loose


@pytest.mark.parametrize(("answer", "said"), [("", "With --yes nothing is asked."), ("n\n", "")])
@pytest.mark.parametrize("command", ["rebuild", "restore"])
def test_without_a_yes_nothing_is_done_and_said_so(
    command: str,
    answer: str,
    said: str,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    before = (data / "store.db").read_bytes()
    more = [str(tmp_path / "kept"), "--replace"] if command == "restore" else []
    assert run([command, *more, *at(data)]) == 130
    err = capsys.readouterr().err
    assert "othing was done" in err
    assert err.rstrip().endswith(said)
    assert (data / "store.db").read_bytes() == before
