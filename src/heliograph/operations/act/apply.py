"""Configuration as files: bring a folder into force, write what is in force as a folder."""

from collections.abc import Sequence
from pathlib import Path

from heliograph.errors import ConfigError
from heliograph.operations.caller import Caller
from heliograph.operations.configuration import transfer
from heliograph.operations.configuration.changes import Change
from heliograph.operations.configuration.folder import Folder
from heliograph.operations.hub import Hub


def planned(caller: Caller, hub: Hub, folder: Folder, *, prune: bool) -> list[Change]:
    """Return what applying a folder would change now.

    Raises:
        ConfigError: `config.immutable`; a mapper differs under a name that was used before.
        InputError: `caller.refused`; among others, the folder is of another workspace.
    """
    caller.require("look")
    caller.within(folder.workspace)
    return transfer.planned(hub.data.store, folder, prune=prune)


def apply(
    caller: Caller, hub: Hub, folder: Folder, *, expected: Sequence[Change], prune: bool
) -> int:
    """Bring a checked folder into force in one transaction, and return the revision afterwards.

    Args:
        caller: who asks.
        hub: opened for writing the store.
        folder: without errors.
        expected: what `planned` said, as it was shown; other changes are refused.
        prune: remove documents that are not in the folder.

    Raises:
        StoreConflict: somebody else changed the configuration meanwhile.
        StoreUnavailable: nothing was written.
        InputError: `caller.refused`.
    """
    caller.require("act")
    caller.within(folder.workspace)
    done = transfer.apply(
        hub.data.store,
        folder,
        expected=list(expected),
        prune=prune,
        now_ms=hub.clock.now_ms(),
    )
    return done.revision


def revision(caller: Caller, hub: Hub) -> int:
    """Return the revision of the configuration in force."""
    caller.require("look")
    with hub.data.store.read() as reader:
        return reader.configuration.revision()


def export(
    caller: Caller, hub: Hub, root: Path, *, workspace: str | None, prune: bool
) -> transfer.Exported:
    """Write the documents of a workspace as files; applying them again changes nothing.

    Secrets are written as they stand in the documents.

    Args:
        caller: who asks; must have the right to `reveal`.
        hub: where.
        root: the folder; made when missing.
        workspace: which one; may be left out when there is one only.
        prune: delete files of documents that are not in force.

    Raises:
        ConfigError: `lookup.not_found`; there is no such workspace, or several and none was named.
        InputError: `caller.refused`.
    """
    caller.require("reveal")
    there = [name for name in transfer.workspaces(hub.data.store) if caller.sees(name)]
    chosen = _chosen(there, caller.within(workspace))
    return transfer.export(hub.data.store, root, workspace=chosen, prune=prune)


def _chosen(there: Sequence[str], wanted: str | None) -> str:
    if wanted is None and len(there) == 1:
        return there[0]
    if wanted in there and wanted is not None:
        return wanted
    raise ConfigError(
        "lookup.not_found",
        "name a workspace" if wanted is None else "there is no such workspace",
        where="--workspace",
        found=wanted,
        allowed=", ".join(there) or "none: nothing was applied yet",
        hint="Apply a configuration first: heliograph apply DIR." if not there else None,
    )
