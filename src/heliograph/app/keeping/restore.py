"""Bringing a backup back into a data folder.

What is there already is moved aside, never deleted. The journal begins a new incarnation, so that files
from before the restore are recognised as strangers. While it is under way `restore.json` is in the data
folder: no role starts on it, and the same command goes on.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from heliograph.app.half_restored import RESTORING
from heliograph.app.keeping.manifest import Manifest, Progress, read_manifest, sync, verify
from heliograph.app.settings import Settings
from heliograph.app.wiring import JOURNAL_FILE, STORE_FILE, copied, holding
from heliograph.errors import HeliographError
from heliograph.model.clock import Clock
from heliograph.storage.folder import private
from heliograph.storage.folder.run_files import Role, worker_locks, worker_role

FILES: Final = (STORE_FILE, JOURNAL_FILE)
LOOKED_AT_S: Final = 0.5
"""Longer than anybody only looks whether a role runs."""


def look(
    settings: Settings, folder: Path, *, replace: bool, clock: Clock, progress: Progress
) -> Manifest:
    """Return what a restore would bring back, after looking whether it may.

    Raises:
        HeliographError: `backup.invalid`, `process.locked`, or `backup.refused`: there is data already.
    """
    if settings.data_path.exists():
        with ExitStack() as held:
            _hold(held, settings, _roles(settings), clock)
    manifest = read_manifest(folder)
    _refuse_data(settings.data_path, replace=replace)
    verify(folder, manifest, progress)
    return manifest


def restore(
    settings: Settings, folder: Path, *, replace: bool, clock: Clock, progress: Progress
) -> Path | None:
    """Bring a backup back; returns where what was there is now, None when there was nothing.

    Args:
        settings: of the hub, which must not run.
        folder: the backup, as `look` found it.
        replace: move aside what is there.
        clock: of this process.
        progress: told how far it is.

    Raises:
        HeliographError: `process.locked`, or as `look`.
        StoreUnavailable: the data folder cannot be written; give the command again.
    """
    data = settings.data_path
    private.make_folder(data)
    with ExitStack() as held:
        roles = _roles(settings)
        _hold(held, settings, roles, clock)
        _refuse_data(data, replace=replace)
        marker = data / RESTORING
        interrupted = marker.exists()
        with open(marker, "wb", opener=private.opener) as file:
            file.write(f'{{"from": "{folder.absolute()}"}}\n'.encode())
            os.fsync(file.fileno())
        sync(data)
        try:
            # A worker of a number that never ran here may have begun; one that begins now sees the mark.
            _hold(held, settings, [role for role in _roles(settings) if role not in roles], clock)
        except HeliographError:
            if not interrupted:
                marker.unlink()
            raise
        fresh = data / "run" / "restoring"
        shutil.rmtree(fresh, ignore_errors=True)
        private.make_folder(fresh)
        for name in FILES:
            _copy(
                folder / name, fresh / name, lambda d, t, n=name: progress(f"Restoring {n}", d, t)
            )
        _renew(fresh)
        aside = None if interrupted else _move_aside(data, clock)
        for name in FILES:
            for left in (f"{name}-wal", f"{name}-shm"):
                (data / left).unlink(missing_ok=True)
            (fresh / name).replace(data / name)
        sync(data)
        marker.unlink()
        sync(data)
        shutil.rmtree(fresh, ignore_errors=True)
    return aside


def _roles(settings: Settings) -> list[Role]:
    """Return every role of the hub: workers that are set, and any other that ever ran here."""
    set_ = (worker_role(number) for number in range(1, settings.worker.count + 1))
    workers: set[Role] = {*set_, *worker_locks(settings.data_path)}
    return ["up", "gateway", *sorted(workers), "remap"]


def _hold(held: ExitStack, settings: Settings, roles: Iterable[Role], clock: Clock) -> None:
    """Be these roles at once.

    Raises:
        HeliographError: `process.locked`; one of them runs.
    """
    for role in roles:
        held.enter_context(holding(settings, role, clock, wait_s=LOOKED_AT_S))


def _refuse_data(data: Path, *, replace: bool) -> None:
    there = [name for name in FILES if (data / name).exists()]
    if there and not replace and not (data / RESTORING).exists():
        raise HeliographError(
            "backup.refused",
            "the data folder holds data already",
            where=str(data),
            found=", ".join(there),
            hint="Restore into an empty one (--data-dir), or say --replace: what is there is moved aside.",
        )


def _copy(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    total = source.stat().st_size
    done = 0
    with source.open("rb") as reading, open(target, "wb", opener=private.opener) as writing:
        while block := reading.read(4 << 20):
            writing.write(block)
            done += len(block)
            progress(done, total)
        writing.flush()
        os.fsync(writing.fileno())


def _renew(fresh: Path) -> None:
    """Begin a new incarnation of the pair; leaves one file each, without a WAL."""
    with closing(copied(fresh, writes=True)) as kept:
        data = kept.data
        with data.store.read() as reader:
            store = reader.lineage.get().store
        identity = data.journal.renew(store)
        with data.store.transaction() as tx:
            tx.lineage.bind(identity.journal, identity.incarnation)
    from heliograph.backends.sqlite.file.copying import begin_wal

    for name in FILES:
        begin_wal(fresh / name)
        sync(fresh / name)


def _move_aside(data: Path, clock: Clock) -> Path | None:
    there = [path for name in FILES for path in data.glob(f"{name}*") if path.is_file()]
    if not there:
        return None
    aside = data / f"run/replaced-{clock.now_ms()}"
    private.make_folder(aside)
    for path in there:
        path.replace(aside / path.name)
    sync(aside)
    return aside
