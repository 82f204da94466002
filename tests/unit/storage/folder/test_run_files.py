"""Locks of roles: one holder, seen by others, let go of when it ends."""

import fcntl
import os
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from heliograph.errors import HeliographError, StoreUnavailable
from heliograph.storage.folder.run_files import (
    RoleNote,
    free_number,
    role_lock,
    running,
    running_worker,
    worker_locks,
    worker_role,
    write_note,
)
from heliograph.testing.clock import ManualClock


def hold(folder: Path, clock: ManualClock, *, wait_s: float = 0.0):
    return role_lock(
        folder,
        "gateway",
        wait_s=wait_s,
        monotonic_s=clock.monotonic_s,
        pause=lambda seconds: clock.advance(s=seconds),
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_a_second_holder_is_refused_and_told_who_the_first_is(tmp_path: Path, clock: ManualClock):
    with hold(tmp_path, clock):
        write_note(tmp_path, RoleNote(role="gateway", pid=os.getpid(), started_at=1))
        with pytest.raises(HeliographError) as caught, hold(tmp_path, clock):
            pass
    error = caught.value
    assert error.code == "process.locked"
    assert error.found == f"process {os.getpid()}"
    assert error.where == str(tmp_path)


def test_the_hint_names_what_else_the_caller_may_do(tmp_path: Path, clock: ManualClock):
    def worker() -> AbstractContextManager[None]:
        return role_lock(
            tmp_path,
            "worker",
            wait_s=0,
            monotonic_s=clock.monotonic_s,
            pause=lambda seconds: clock.advance(s=seconds),
            otherwise=f"start it with --number {free_number(tmp_path)}",
        )

    with worker(), pytest.raises(HeliographError) as caught, worker():
        pass
    hint = "Stop it first, start it with --number 2, or take another folder with --data-dir."
    assert caught.value.hint == hint


def test_a_successor_waits_so_long_and_no_longer(tmp_path: Path, clock: ManualClock):
    before = clock.monotonic_s()
    with hold(tmp_path, clock):
        with pytest.raises(HeliographError), hold(tmp_path, clock, wait_s=3.0):
            pass
        assert 3.0 <= clock.monotonic_s() - before < 3.2
    with hold(tmp_path, clock, wait_s=3.0):
        pass


def test_running_is_told_by_the_lock_and_described_by_the_note(tmp_path: Path, clock: ManualClock):
    assert running(tmp_path, "gateway") is None
    note = RoleNote(role="gateway", pid=7, started_at=1, address="http://127.0.0.1:1")
    with hold(tmp_path, clock):
        write_note(tmp_path, note)
        assert running(tmp_path, "gateway") == note
        assert running(tmp_path, "worker") is None
    assert running(tmp_path, "gateway") is None


def test_one_who_looks_is_not_taken_for_the_holder(tmp_path: Path, clock: ManualClock):
    """Two commands that looked at the same moment told each other of a role that had ended."""
    with hold(tmp_path, clock):
        write_note(tmp_path, RoleNote(role="gateway", pid=7, started_at=1))
    with (tmp_path / "run" / "gateway.lock").open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert running(tmp_path, "gateway") is None


def test_a_folder_that_cannot_be_made_is_the_environment_s_fault(
    tmp_path: Path, clock: ManualClock
):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable), hold(tmp_path / "file", clock):
        pass


@pytest.mark.parametrize("number", [1, 2, 12])
def test_a_worker_is_seen_to_run_whatever_its_number(
    number: int, tmp_path: Path, clock: ManualClock
):
    assert running_worker(tmp_path) is None
    role = worker_role(number)
    pause = lambda seconds: clock.advance(s=seconds)  # noqa: E731
    with role_lock(tmp_path, role, wait_s=0, monotonic_s=clock.monotonic_s, pause=pause):
        found = running_worker(tmp_path)
        assert found is not None
        assert found.role == role
        assert worker_locks(tmp_path) == [role]
    assert running_worker(tmp_path) is None
