"""A backup of a hub that may run meanwhile.

The store is copied first and the journal after it. A journal only grows, so the copy of the journal holds
whatever the copy of the store has read: no cursor of the pair is ahead of its journal. What came in between
is in the journal and not applied; a restored hub applies it.

The configuration is in the store, and beside it as files (`configuration/<workspace>/`), for a store that
cannot be brought back.

A backup that was interrupted goes on: what is whole is kept, a half-written file is written anew. After more
than an hour it begins anew: a copy of the store from yesterday beside a journal of today would apply and send
a day again when it is restored, and retention may have removed what it had not read.
"""

import importlib.metadata
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from heliograph.app.keeping.manifest import (
    FORMAT,
    MANIFEST,
    KeptFile,
    Manifest,
    Progress,
    checksum,
    sync,
    write_manifest,
)
from heliograph.app.settings import Settings
from heliograph.app.wiring import JOURNAL_FILE, STORE_FILE, copied, reading
from heliograph.engine.loop.loop import GROUP
from heliograph.errors import HeliographError, StoreCorrupt
from heliograph.model.clock import Clock
from heliograph.model.delivery import UNDELIVERED
from heliograph.operations.configuration.transfer import export
from heliograph.storage.folder import private
from heliograph.storage.lineage import examine

GOES_ON_MS: Final = 3_600_000
"""So long after its first file was copied an interrupted backup goes on."""


def back_up(settings: Settings, folder: Path, *, clock: Clock, progress: Progress) -> Manifest:
    """Write a backup of the data folder.

    Args:
        settings: of the hub.
        folder: new or empty, or that of a backup that was interrupted.
        clock: says when it was taken.
        progress: told how far it is.

    Raises:
        HeliographError: `backup.refused`; something else is in the folder, or a whole backup.
        StoreCorrupt: journal and store do not belong together, or one of them is damaged.
        StoreUnavailable: they cannot be read, or the folder not written.
    """
    with reading(settings) as data, data.store.read() as reader:
        mismatch = examine(data.journal, reader, group=GROUP)
    if mismatch is not None:
        raise mismatch.error()
    _refuse_what_is_there(folder)
    private.make_folder(folder)
    _drop_what_is_old(folder, clock)
    for name in (STORE_FILE, JOURNAL_FILE):
        _copy(settings, folder, name, progress)
    with closing(copied(folder)) as kept:
        data = kept.data
        with data.store.read() as reader:
            mismatch = examine(data.journal, reader, group=GROUP)
            positions = reader.cursors.positions(GROUP)
            counts = reader.deliveries.counts()
            identity = reader.lineage.get()
            revision = reader.configuration.revision()
            workspaces = {document.workspace for document in reader.configuration.all()}
        if mismatch is not None:
            raise mismatch.error()
        for workspace in sorted(workspaces):
            kept_as_files = folder / "configuration" / workspace
            export(data.store, kept_as_files, workspace=workspace, prune=True)
        _close_to_others(folder / "configuration")
        heads = data.journal.heads()
        manifest = Manifest(
            format=FORMAT,
            taken_at=clock.now_ms(),
            version=importlib.metadata.version("heliograph"),
            files={},
            journal=data.journal.identity(),
            store=identity,
            requests=data.requests.counts().requests,
            events=sum(bounds.last for bounds in heads),
            positions=positions,
            revision=revision,
            open={
                name: number
                for name, states in sorted(counts.items())
                if (number := sum(states.get(state, 0) for state in UNDELIVERED))
            },
            unread=sum(bounds.last - positions.get(p, 0) for p, bounds in enumerate(heads)),
        )
    files = {name: _checksum(folder, name, progress) for name in (STORE_FILE, JOURNAL_FILE)}
    manifest = msgspec.structs.replace(manifest, files=files)
    write_manifest(folder, manifest)
    return manifest


def _drop_what_is_old(folder: Path, clock: Clock) -> None:
    """Remove what an interrupted backup has copied when the store's copy is no longer of now."""
    kept = folder / STORE_FILE
    if kept.exists() and clock.now_ms() - round(kept.stat().st_mtime * 1000) > GOES_ON_MS:
        for name in (JOURNAL_FILE, STORE_FILE):  # a journal that is older than its store is none
            (folder / name).unlink(missing_ok=True)


def _close_to_others(configuration: Path) -> None:
    """Take the rights of others from files that an earlier release's interrupted backup left."""
    for path in (configuration, *configuration.rglob("*")):
        if path.exists():
            path.chmod(private.FOLDER if path.is_dir() else private.FILE)


def _refuse_what_is_there(folder: Path) -> None:
    known = {STORE_FILE, JOURNAL_FILE, "configuration"}
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set[str]()
    if MANIFEST in names:
        raise HeliographError(
            "backup.refused",
            "there is a whole backup in this folder already",
            where=str(folder),
            hint="Name another folder, e.g. one with the date in its name.",
        )
    others = sorted(name for name in names if not any(name.startswith(one) for one in known))
    if folder.exists() and (not folder.is_dir() or others):
        raise HeliographError(
            "backup.refused",
            "something else is in the way",
            where=str(folder),
            found=", ".join(others[:5]) or "a file",
            hint="Name a new or an empty folder.",
        )


def _copy(settings: Settings, folder: Path, name: str, progress: Progress) -> None:
    from heliograph.backends.sqlite.file.copying import copy_database, faults_of

    target = folder / name
    if target.exists():
        return  # of an interrupted backup: whole, since it bears its name
    fresh = folder / f"{name}.copying"
    for left in folder.glob(f"{name}.copying*"):
        left.unlink()
    copy_database(
        settings.data_path / name,
        fresh,
        lambda done, total: progress(f"Copying {name}", done, total),
    )
    faults = faults_of(fresh)
    if faults:
        raise StoreCorrupt(
            "store.corrupt",
            "the file is damaged, and so is every copy of it",
            where=name,
            found="; ".join(faults[:3]),
            hint="Keep older backups. Stop the hub and bring the newest whole one back: "
            "heliograph restore DIR --replace.",
        )
    sync(fresh)
    fresh.replace(target)
    sync(folder)


def _checksum(folder: Path, name: str, progress: Progress) -> KeptFile:
    return checksum(folder / name, lambda done, total: progress(f"Checking {name}", done, total))
