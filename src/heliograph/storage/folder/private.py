"""The data folder is its owner's alone: folders 0700, files 0600, whatever the process's umask says.

What people did and the secrets of their requests lie in it. A mode given to `open` is cut by the umask, and
a looser umask lets SQLite make files that everybody reads, so both are set outright: a file is made here
before a library opens it (SQLite gives its `-wal` and `-shm` the mode of the database).

What is there already and looser is tightened when it is this user's (`keep_private`); what cannot be
tightened is said (`exposed`). Only what a hub makes is looked at, and a folder that holds other things too,
such as `/tmp` or somebody's project, is not closed to others: that is said as well.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FOLDER: Final = 0o700
FILE: Final = 0o600
OURS: Final = ("journal.db", "store.db", "run", "history")
"""How the names of what a hub makes in its data folder begin."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def make_folder(path: Path) -> None:
    """Make a folder and its parents; what is made is 0700, what exists stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    if path.is_dir():
        return
    if path.parent != path:
        make_folder(path.parent)
    try:
        path.mkdir(FOLDER)
    except FileExistsError:
        if not path.is_dir():
            raise
    else:
        path.chmod(FOLDER)


def make_file(path: Path) -> None:
    """Make an empty file 0600 for a library to open, unless something is there.

    Raises:
        OSError: it cannot be made.
    """
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, FILE)
    except FileExistsError:
        return
    try:
        os.fchmod(handle, FILE)
    finally:
        os.close(handle)


def opener(path: str, flags: int) -> int:
    """Open for `open(…, opener=opener)`: a file that it makes is 0600, and one of ours becomes it."""
    handle = os.open(path, flags | os.O_CLOEXEC, FILE)
    found = os.fstat(handle)
    mine = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
    if mine and stat.S_IMODE(found.st_mode) != FILE:
        os.fchmod(handle, FILE)
    return handle


def keep_private(folder: Path) -> list[str]:
    """Take the rights of others from a data folder and what is ours in it; return what was tightened."""
    tightened: list[str] = []
    shared = _looked(folder)
    if shared is not None and all(map(_is_ours, os.listdir(folder))):
        tightened += _tighten(folder, shared)
    for path, found in _loose(folder):
        tightened += _tighten(path, found)
    return tightened


def exposed(folder: Path) -> list[str]:
    """Return a sentence for each thing of a hub in a data folder that others may read or write."""
    shared = _looked(folder)
    loose = [*([] if shared is None else [(folder, shared)]), *_loose(folder)]
    return [
        f"{path} can be used by others (mode {found.st_mode & 0o7777:04o}); allowed is "
        f"{_wanted(found):04o}: run chmod go= on it as its owner, or take a folder of its own"
        for path, found in loose
    ]


def _is_ours(name: str) -> bool:
    return name.startswith(OURS)


def _wanted(found: os.stat_result) -> int:
    return FOLDER if stat.S_ISDIR(found.st_mode) else FILE


def _tighten(path: Path, found: os.stat_result) -> list[str]:
    if found.st_uid != os.geteuid():
        return []
    try:
        path.chmod(_wanted(found))
    except OSError:
        return []  # `exposed` says it
    return [f"{path} was {found.st_mode & 0o7777:04o} and is {_wanted(found):04o} now"]


def _loose(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield what is ours in a data folder, at any depth, and can be used by others."""
    try:
        names = sorted(filter(_is_ours, os.listdir(folder)))
    except OSError:
        return
    for name in names:
        top = folder / name
        below = (
            Path(root) / each for root, *there in os.walk(top) for each in (*there[0], *there[1])
        )
        for path in (top, *below):
            found = _looked(path)
            if found is not None:
                yield path, found


def _looked(path: Path) -> os.stat_result | None:
    """Return the state of a folder, file or pipe to which others have rights, else None."""
    try:
        found = path.lstat()
    except OSError:
        return None
    loose = found.st_mode & _OTHERS and not stat.S_ISLNK(found.st_mode)
    return found if loose else None
