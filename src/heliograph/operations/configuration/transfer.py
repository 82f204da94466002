"""Bringing a folder into force, and writing what is in force as a folder."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import msgspec

from heliograph.errors import ConfigError, StoreConflict, StoreCorrupt
from heliograph.model.delivery import UNDELIVERED, DeliveryState
from heliograph.model.documents.files import file_of
from heliograph.operations.configuration.changes import Change, compare
from heliograph.operations.configuration.files import text_of
from heliograph.operations.configuration.folder import Folder, read_folder
from heliograph.operations.configuration.layout import document_of
from heliograph.storage.configuration import Configuration, Document
from heliograph.storage.folder import private
from heliograph.storage.store import Store


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What `apply` did."""

    changes: tuple[Change, ...]
    revision: int
    """Configuration revision afterwards."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What `export` did, by file relative to the folder."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    """Files that said the same already; left as they are, comments included."""
    removed: tuple[str, ...]
    left: tuple[str, ...]
    """Files of documents that are not in force, left because pruning was not asked for."""


def planned(store: Store, folder: Folder, *, prune: bool) -> list[Change]:
    """Return what applying would change now.

    Raises:
        ConfigError: `config.immutable`; a mapper differs under a name that was used before.
    """
    with store.read() as reader:
        changes = _compared(reader.configuration, folder, prune=prune)
        deliveries = reader.deliveries.counts()
    refuse_changed_mappers(changes)
    return [_with_waiting(change, folder.workspace, deliveries) for change in changes]


def _compared(configuration: Configuration, folder: Folder, *, prune: bool) -> list[Change]:
    current = configuration.all()
    workspace = folder.workspace
    former: list[Document] = []
    if workspace is not None:
        in_force = {d.name for d in current if d.kind == "mapper" and d.workspace == workspace}
        saved = (
            configuration.newest(workspace, "mapper", document.name)
            for document in folder.of("mapper")
            if document.name not in in_force
        )
        former = [document for document in saved if document is not None]
    return compare(folder, current, prune=prune, former=former)


def _with_waiting(
    change: Change, workspace: str | None, deliveries: Mapping[str, Mapping[DeliveryState, int]]
) -> Change:
    if (change.action, change.kind) != ("removed", "destination"):
        return change
    counts = deliveries.get(f"{workspace}/{change.name}", {})
    waiting = sum(counts.get(state, 0) for state in UNDELIVERED)
    return msgspec.structs.replace(change, waiting=waiting)


def refuse_changed_mappers(changes: list[Change]) -> None:
    """Raise for the first mapper whose document differs under a name used before, naming them all.

    Raises:
        ConfigError: `config.immutable`.
    """
    refused = [change for change in changes if change.action == "refused"]
    if not refused:
        return
    first = refused[0]
    partner, _, config = first.name.partition("/")
    others = ", ".join(change.file for change in refused[1:])
    raise ConfigError(
        "config.immutable",
        "another document was saved under this config name; senders of its URL rely on that one"
        + (f" (also: {others})" if others else ""),
        where=first.file,
        found="; ".join(f.path for f in first.fields[:5]) or "a null that comes or goes",
        hint=f"Save the new one under a new name, e.g. mappers/{partner}/{_next_name(config)}.json, "
        f"restore the old file, and point the sender to ?configName={_next_name(config)}.",
    )


def apply(
    store: Store, folder: Folder, *, expected: list[Change], prune: bool, now_ms: int
) -> Applied:
    """Bring the folder into force in one transaction; nothing is written when nothing differs.

    Args:
        store: where documents are kept.
        folder: checked, with a known workspace.
        expected: the changes that were shown; others are refused.
        prune: whether documents that are not in the folder are removed.
        now_ms: UTC epoch milliseconds, written as the time of the change.

    Raises:
        StoreConflict: somebody else changed the configuration since `expected` was computed.
        StoreUnavailable: nothing was written.
    """
    workspace = folder.workspace
    assert workspace is not None
    bodies = {(d.kind, d.name): d.body for d in folder.documents}
    with store.transaction() as tx:
        # How many deliveries wait goes on changing while a person reads the difference.
        shown = [msgspec.structs.replace(change, waiting=0) for change in expected]
        if _compared(tx.configuration, folder, prune=prune) != shown:
            raise StoreConflict(
                "store.conflict",
                "the configuration was changed by somebody else a moment ago",
                where=str(folder.root),
                hint="Run the command again and look at the new difference.",
            )
        for change in expected:
            if change.action == "removed":
                tx.configuration.delete(workspace, change.kind, change.name, now_ms=now_ms)
            elif change.action in ("added", "changed"):
                body = bodies[change.kind, change.name]
                tx.configuration.put(workspace, change.kind, change.name, body, now_ms=now_ms)
        revision = tx.configuration.revision()
    return Applied(changes=tuple(expected), revision=revision)


def workspaces(store: Store) -> list[str]:
    """Return the ids of all configured workspaces, sorted."""
    with store.read() as reader:
        return sorted({document.workspace for document in reader.configuration.all()})


def export(store: Store, root: Path, *, workspace: str, prune: bool) -> Exported:
    """Write the documents of a workspace as files; `apply` of the result changes nothing.

    A file that already says the same is not touched. Each file is replaced whole.
    Folders and files that were not there are their owner's alone: keys stand in them in clear.

    Raises:
        StoreUnavailable: the store cannot be read.
        StoreCorrupt: a document in it cannot; nothing was written.
    """
    with store.read() as reader:
        documents = [d for d in reader.configuration.all() if d.workspace == workspace]
    for document in documents:
        if document.fault is not None:
            raise StoreCorrupt(
                "store.corrupt",
                "a stored document cannot be read, and an export without it would not be whole",
                where=f"{document.kind} {document.name}, version {document.version}",
                found=document.fault,
                hint="Apply the folder it came from again: heliograph apply DIR. A backup has it, too, "
                "in configuration/<workspace>/.",
            )
    private.make_folder(root)
    there = read_folder(root)
    present = {(d.kind, d.name): d for d in there.documents}
    written: list[str] = []
    unchanged: list[str] = []
    for document in documents:
        file = str(file_of(document.kind, document.name))
        old = present.get((document.kind, document.name))
        if old is not None and not _differs(document, there):
            unchanged.append(file)
        else:
            _write(root / file, text_of(document.kind, document.body))
            written.append(file)
    kept = {file_of(d.kind, d.name) for d in documents}
    stale = sorted(
        relative
        for path in root.rglob("*")
        if path.is_file()
        and document_of(relative := PurePosixPath(path.relative_to(root).as_posix()))
        and relative not in kept
    )
    if prune:
        for relative in stale:
            (root / relative).unlink()
    names = tuple(str(relative) for relative in stale)
    return Exported(
        written=tuple(written),
        unchanged=tuple(unchanged),
        removed=names if prune else (),
        left=() if prune else names,
    )


def _differs(document: Document, there: Folder) -> bool:
    same_workspace = msgspec.structs.replace(there, workspace=document.workspace)
    return any(
        (change.kind, change.name) == (document.kind, document.name)
        for change in compare(same_workspace, [document], prune=False)
    )


def _write(path: Path, text: str) -> None:
    """Replace a file whole; a new one is its owner's alone, another keeps its mode."""
    private.make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.new")
    with open(temporary, "w", encoding="utf-8", opener=private.opener) as file:
        file.write(text)
    if path.exists():
        temporary.chmod(stat.S_IMODE(path.stat().st_mode))
    os.replace(temporary, path)


def _next_name(config: str) -> str:
    """Return a config name for the next version: `orders` -> `orders_v2`, `orders_v2` -> `orders_v3`."""
    stem, mark, number = config.rpartition("_v")
    return f"{stem}_v{int(number) + 1}" if mark and number.isdigit() else f"{config}_v2"
