"""What `apply` would change: the documents of a folder against those in force, field by field."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.documents.files import file_of
from heliograph.model.json import Json
from heliograph.operations.configuration.files import portable
from heliograph.operations.configuration.folder import Folder
from heliograph.operations.configuration.masking import masked, secret_settings
from heliograph.storage.configuration import Document

Action = Literal["added", "changed", "removed", "kept", "refused"]


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One value that differs; `None` before means it was not there, `None` after that it is gone.

    Values of names that look like credentials are masked unless they are `${NAME}`.
    """

    path: str
    before: Json = None
    after: Json = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one document.

    - `added`, `changed`: the folder's version comes into force.
    - `removed`: in force, not in the folder, and pruning was asked for. `kept`: the same without.
    - `refused`: a mapper whose document differs from the one saved under its name before, whether that
      one is in force or was removed.
    """

    action: Action
    kind: DocumentKind
    name: str
    file: str
    fields: tuple[FieldChange, ...] = ()
    waiting: int = 0
    """Deliveries of a destination that is removed which were not delivered yet: they are kept, and sent
    when a destination of this name is there again."""


def compare(
    folder: Folder,
    current: Iterable[Document],
    *,
    prune: bool,
    former: Iterable[Document] = (),
) -> list[Change]:
    """Return what applying the folder would do; documents that are the same are left out.

    Args:
        folder: whose `workspace` is known.
        current: the documents in force, of all workspaces.
        prune: whether documents that are not in the folder are to be removed.
        former: mappers of the folder's workspace that were removed, as they were saved last.
    """
    removed = {d.name: d for d in former}
    before: dict[tuple[DocumentKind, str], Document] = {
        (d.kind, d.name): d for d in current if d.workspace == folder.workspace
    }
    changes: list[Change] = []
    for document in folder.documents:
        old = before.pop((document.kind, document.name), None)
        if old is None and document.kind == "mapper":
            old = removed.get(document.name)
            if old is not None and old.body == document.body:
                changes.append(_change("added", document.kind, document.name))
                continue
        if old is None:
            changes.append(_change("added", document.kind, document.name))
            continue
        # Mappers are compared as they are: their documents never change, not even in a null.
        if document.kind == "mapper":
            same = old.body == document.body
        else:
            same = portable(old.body) == portable(document.body)
        if not same:
            # One that cannot be read any more is mended by the folder, which people have kept.
            immutable = document.kind == "mapper" and old.fault is None
            action: Action = "refused" if immutable else "changed"
            secret = secret_settings(document.kind, old.body) | secret_settings(
                document.kind, document.body
            )
            fields = tuple(_differences("$", portable(old.body), portable(document.body), secret))
            changes.append(_change(action, document.kind, document.name, fields))
    changes += [_change("removed" if prune else "kept", kind, name) for kind, name in before]
    return changes


def _change(
    action: Action, kind: DocumentKind, name: str, fields: tuple[FieldChange, ...] = ()
) -> Change:
    return Change(action=action, kind=kind, name=name, file=str(file_of(kind, name)), fields=fields)


def _differences(
    path: str, before: Json, after: Json, secret: frozenset[str]
) -> Iterable[FieldChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _differences(f"{path}.{key}", before.get(key), after.get(key), secret)
    elif before != after:
        yield FieldChange(
            path=path, before=masked(path, before, secret), after=masked(path, after, secret)
        )
