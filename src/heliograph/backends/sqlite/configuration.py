"""Versioned configuration documents and the revision that rises with every change."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select, update

from heliograph.backends.sqlite.schema import configuration
from heliograph.backends.sqlite.schema import documents as table
from heliograph.backends.sqlite.session import Session, encode
from heliograph.backends.sqlite.stored import readable, required
from heliograph.errors import ConfigError
from heliograph.model.configuration import DocumentKind
from heliograph.model.json import Json, JsonObject
from heliograph.storage.configuration import Document

_decode: Final[Callable[[bytes], JsonObject]] = msgspec.json.Decoder(dict[str, Any]).decode


class SqliteConfiguration:
    """See `storage.configuration.Configuration`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def revision(self) -> int:
        """Return a number that rises with every change; 0 when empty."""
        return self._session.sa.execute(select(configuration.c.revision)).scalar_one()

    def all(self) -> list[Document]:
        """Return the current documents, ordered by workspace, kind and name."""
        rows = self._session.sa.execute(
            select(table)
            .where(table.c.current == 1)
            .order_by(table.c.workspace, table.c.kind, table.c.name)
        )
        return [_document(row) for row in rows]

    def workspaces(self) -> set[str]:
        """Return the workspaces that have a document, or once had one."""
        return set(self._session.sa.execute(select(table.c.workspace).distinct()).scalars())

    def get(
        self, workspace: str, kind: DocumentKind, name: str, version: int | None = None
    ) -> Document | None:
        """Return the current document or a given version of it, or None."""
        chosen = table.c.current == 1 if version is None else table.c.version == version
        row = self._session.sa.execute(
            select(table).where(*_named(workspace, kind, name), chosen)
        ).one_or_none()
        return None if row is None else _document(row)

    def newest(self, workspace: str, kind: DocumentKind, name: str) -> Document | None:
        """Return the version that was written last, also of a document that was removed since."""
        row = self._session.sa.execute(
            select(table)
            .where(*_named(workspace, kind, name))
            .order_by(table.c.version.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else _document(row)

    def put(
        self,
        workspace: str,
        kind: DocumentKind,
        name: str,
        body: Mapping[str, Json],
        *,
        now_ms: int,
    ) -> Document:
        """Write a new version, or return the current one when the body is the same."""
        wanted = dict(body)
        current = self.get(workspace, kind, name)
        if current is not None and current.body == wanted:
            return current
        newest = self.newest(workspace, kind, name)
        if kind == "mapper" and newest and newest.fault is None and newest.body != wanted:
            raise ConfigError(
                "config.immutable",
                "a mapper's document never changes under its name",
                where=f"mapper {name}",
                found="a document that differs from the one saved under this name",
                allowed=f"the document of version {newest.version}",
                hint="Save it under a new config name; the old URL keeps working.",
            )
        document = Document(
            workspace=workspace,
            kind=kind,
            name=name,
            version=(newest.version if newest else 0) + 1,
            body=wanted,
            changed_at=now_ms,
        )
        self._retire(workspace, kind, name)
        self._session.sa.execute(
            insert(table).values(
                workspace=workspace,
                kind=kind,
                name=name,
                version=document.version,
                body=encode(wanted),
                changed_at=now_ms,
                current=1,
            )
        )
        self._changed()
        return document

    def keep_preset(self, reference: str, body: Mapping[str, Json]) -> None:
        """Keep the text of a preset; one that is kept already stays."""
        self._session.run("keep_preset", reference, encode(dict(body)))

    def preset(self, reference: str) -> dict[str, Json] | None:
        """Return the text of a preset that was kept."""
        rows = self._session.rows("preset", reference)
        return required(_decode, rows[0][0], f"preset {reference}") if rows else None

    def delete(self, workspace: str, kind: DocumentKind, name: str, *, now_ms: int) -> bool:
        """Remove from the current set; versions stay readable. False when there was none."""
        del now_ms  # a deletion makes no version that could carry its time
        if not self._retire(workspace, kind, name):
            return False
        self._changed()
        return True

    def _retire(self, workspace: str, kind: DocumentKind, name: str) -> bool:
        retired = self._session.sa.execute(
            update(table)
            .where(*_named(workspace, kind, name), table.c.current == 1)
            .values(current=0)
        )
        return retired.rowcount > 0

    def _changed(self) -> None:
        self._session.sa.execute(
            update(configuration).values(revision=configuration.c.revision + 1)
        )


def _named(workspace: str, kind: DocumentKind, name: str) -> tuple[Any, ...]:
    return table.c.workspace == workspace, table.c.kind == kind, table.c.name == name


def _document(row: Row[Any]) -> Document:
    body, fault = readable(_decode, row.body, {}, "document")
    return Document(
        workspace=row.workspace,
        kind=row.kind,
        name=row.name,
        version=row.version,
        body=body,
        changed_at=row.changed_at,
        fault=fault,
    )
