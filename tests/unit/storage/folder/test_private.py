"""Who may use what a hub makes: its owner, whatever the umask was and whatever was there before."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from heliograph.storage.folder.private import exposed, keep_private, make_file, make_folder, opener


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids="umask {:03o}".format)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_umask")
def test_what_is_made_is_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    make_file(folder / "library.db")
    with open(folder / "own", "wb", opener=opener) as file:
        file.write(b"x")
    assert [mode(path) for path in (folder, folder.parent)] == [0o700, 0o700]
    assert [mode(folder / name) for name in ("library.db", "own")] == [0o600, 0o600]


def test_what_is_there_keeps_its_content_and_loses_the_rights_of_others(tmp_path: Path) -> None:
    file = tmp_path / "note"
    file.write_text("old")
    file.chmod(0o644)
    make_file(file)
    assert file.read_text() == "old"
    with open(file, "ab", opener=opener):
        assert mode(file) == 0o600


def loose_folder(folder: Path) -> Path:
    (folder / "run").mkdir(parents=True)
    for name in ("journal.db", "journal.db-wal", "store.db", "run/worker.lock"):
        (folder / name).write_text("x")
        (folder / name).chmod(0o664)
    for each in (folder, folder / "run"):
        each.chmod(0o755)
    return folder


def test_a_loose_data_folder_is_tightened_and_said(tmp_path: Path) -> None:
    folder = loose_folder(tmp_path / "data")
    assert len(exposed(folder)) == 6
    done = keep_private(folder)
    assert f"{folder} was 0755 and is 0700 now" in done
    assert f"{folder / 'journal.db-wal'} was 0664 and is 0600 now" in done
    assert len(done) == 6
    assert exposed(folder) == []
    assert keep_private(folder) == []


def test_a_folder_that_holds_other_things_is_not_closed_but_said(tmp_path: Path) -> None:
    folder = loose_folder(tmp_path / "project")
    script = folder / "deploy.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    keep_private(folder)
    assert mode(script) == 0o755
    assert mode(folder) == 0o755
    assert mode(folder / "store.db") == 0o600
    (said,) = exposed(folder)
    assert said.startswith(f"{folder} can be used by others (mode 0755); allowed is 0700")


def test_what_a_symbolic_link_leads_to_is_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    folder = tmp_path / "data"
    make_folder(folder)
    (folder / "run").symlink_to(outside)
    keep_private(folder)
    assert mode(outside) == 0o644
