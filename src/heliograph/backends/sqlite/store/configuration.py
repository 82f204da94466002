"""Versioned configuration documents and the revision that rises with every change."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from heliograph.backends.sqlite.store.session import Session, encode
from heliograph.backends.sqlite.stored import readable, required
from heliograph.errors import ConfigError
from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.json import Json, JsonObject
from heliograph.storage.configuration import Document

_decode: Final[Callable[[bytes], JsonObject]] = msgspec.json.Decoder(dict[str, Any]).decode


class SqliteConfiguration:
    """See `storage.configuration.Configuration`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def revision(self) -> int:
        """Return a number that rises with every change; 0 when empty."""
        return self._session.rows("revision")[0][0]

    def all(self) -> list[Document]:
        """Return the current documents, ordered by workspace, kind and name."""
        return [_document(*row) for row in self._session.rows("current_documents")]

    def workspaces(self) -> set[str]:
        """Return the workspaces that have a document, or once had one."""
        return {row[0] for row in self._session.rows("workspaces")}

    def get(
        self, workspace: str, kind: DocumentKind, name: str, version: int | None = None
    ) -> Document | None:
        """Return the current document or a given version of it, or None."""
        if version is None:
            return self._one("current_document", workspace, kind, name)
        return self._one("document_version", workspace, kind, name, version)

    def newest(self, workspace: str, kind: DocumentKind, name: str) -> Document | None:
        """Return the version that was written last, also of a document that was removed since."""
        return self._one("newest_document", workspace, kind, name)

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
        self._session.run(
            "put_document", workspace, kind, name, document.version, encode(wanted), now_ms
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
        return self._session.run("retire_document", workspace, kind, name) > 0

    def _changed(self) -> None:
        self._session.run("changed")

    def _one(self, statement: str, *parameters: object) -> Document | None:
        rows = self._session.rows(statement, *parameters)
        return _document(*rows[0]) if rows else None


def _document(
    workspace: str, kind: DocumentKind, name: str, version: int, body: bytes, changed_at: int
) -> Document:
    decoded, fault = readable(_decode, body, {}, "document")
    return Document(
        workspace=workspace,
        kind=kind,
        name=name,
        version=version,
        body=decoded,
        changed_at=changed_at,
        fault=fault,
    )
