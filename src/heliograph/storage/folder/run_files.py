"""Who works on a data folder: one lock and one note per role, under `<data_dir>/run/`.

```
run/<role>.lock   held with flock by the running process; the system lets go when it dies, however it dies
run/<role>.json   who that is and where it listens, see `RoleNote`
```

The lock decides, the note informs: a note without a lock is what a killed process left behind.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Final

import msgspec

from heliograph.errors import HeliographError, StoreUnavailable
from heliograph.storage.folder import private

Role = str
"""`up`, `gateway`, `worker`, further workers as `worker-2`, …; a command holds `remap` while it writes."""
ROLES: Final[tuple[Role, ...]] = ("up", "gateway", "worker")
"""Those that run for long, but for further workers."""


def worker_role(number: int) -> Role:
    """Return the role of a worker, counted from 1."""
    return "worker" if number == 1 else f"worker-{number}"


def free_number(data_path: Path) -> int:
    """Return the lowest number that no running worker of a data folder has."""
    return next(n for n in count(1) if running(data_path, worker_role(n)) is None)


def worker_roles(data_path: Path, expected: int) -> list[Role]:
    """Return the roles of the workers that are expected, and of any others that run."""
    wanted = [worker_role(number) for number in range(1, expected + 1)]
    found = worker_locks(data_path)
    others = [role for role in found if role not in wanted and running(data_path, role) is not None]
    return wanted + others


def worker_locks(data_path: Path) -> list[Role]:
    """Return the roles of all workers that ever ran on a data folder, sorted."""
    return sorted(path.stem for path in (data_path / "run").glob("worker*.lock"))


class RoleNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a running role says about itself."""

    role: str
    pid: int
    started_at: int
    """UTC epoch milliseconds."""
    address: str | None = None
    """`http://host:port` of the gateway once it listens."""
    about: str | None = None
    """Id of the remap that is at work."""
    problems: tuple[str, ...] = ()
    """Documents that it cannot use as they are written, e.g. because its environment lacks a variable."""


@contextmanager
def role_lock(
    data_path: Path,
    role: Role,
    *,
    wait_s: float,
    monotonic_s: Callable[[], float],
    pause: Callable[[float], object],
    otherwise: str = "",
) -> Generator[None, None, None]:
    """Hold a role of a data folder for the length of the block.

    Args:
        data_path: the data folder; made when missing.
        role: what the process is going to be.
        wait_s: how long to wait for a predecessor that is just ending.
        monotonic_s: clock for the wait.
        pause: called with seconds between two looks, e.g. `threading.Event().wait`.
        otherwise: what else the caller may do when the role is held, e.g. `start it with --number 2`.

    Raises:
        HeliographError: `process.locked`, naming the process that holds it.
        StoreUnavailable: the folder cannot be made or written.
    """
    handle = _open_lock(data_path, role)
    try:
        deadline = monotonic_s() + wait_s
        while not _try_lock(handle):
            if monotonic_s() >= deadline:
                raise _held(data_path, role, otherwise)
            pause(0.05)
        yield
    finally:
        handle.close()


def write_note(data_path: Path, note: RoleNote) -> None:
    """Say who holds a role; replaces what a predecessor said."""
    path = data_path / "run" / f"{note.role}.json"
    temporary = path.with_suffix(".json.new")
    with open(temporary, "wb", opener=private.opener) as file:
        file.write(msgspec.json.encode(note))
    os.replace(temporary, path)


def running(data_path: Path, role: Role) -> RoleNote | None:
    """Return the note of the process that holds a role now, or None when nobody does."""
    path = data_path / "run" / f"{role}.lock"
    try:
        with path.open("rb") as handle:
            # Shared, so that two who look at once do not take each other for the holder.
            if _try_lock(handle, fcntl.LOCK_SH):
                return None
    except OSError:
        return None
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((data_path / "run" / f"{role}.json").read_bytes(), type=RoleNote)
    return RoleNote(role=role, pid=0, started_at=0)


def running_worker(data_path: Path) -> RoleNote | None:
    """Return the note of a worker that runs now, whatever its number; None when none does."""
    notes = (running(data_path, role) for role in worker_locks(data_path))
    return next((note for note in notes if note is not None), None)


def _open_lock(data_path: Path, role: Role) -> IO[bytes]:
    folder = data_path / "run"
    try:
        private.make_folder(folder)
        return open(folder / f"{role}.lock", "ab", opener=private.opener)
    except OSError as error:
        raise StoreUnavailable(
            "store.unavailable",
            f"the data folder cannot be written: {error.strerror}",
            where=str(data_path),
            hint="Choose another one with --data-dir, or give this user the right to write there.",
        ) from error


def _try_lock(handle: IO[bytes], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _held(data_path: Path, role: Role, otherwise: str) -> HeliographError:
    note = running(data_path, role)
    pid = note.pid if note is not None else 0
    who = f"process {pid}" if pid else "another process"
    kill = f" (kill {pid})" if pid else ""
    return HeliographError(
        "process.locked",
        f"this data folder has a running {'hub' if role == 'up' else role} already",
        where=str(data_path),
        found=who,
        hint=f"Stop it first{kill}, {f'{otherwise}, ' if otherwise else ''}or take another folder with "
        "--data-dir.",
    )
