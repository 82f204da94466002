"""Configuration documents in versions; old versions stay readable for ever."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.json import Json


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One configuration document as stored."""

    workspace: str
    kind: DocumentKind
    name: str
    """`<partner>/<config>` for mappers, else the file's stem; `workspace` for the workspace."""
    version: int
    """From 1, per (workspace, kind, name); rises with every change, also across deletion."""
    body: dict[str, Json]
    changed_at: int
    fault: str | None = None
    """Why the body cannot be read back, which is empty then; None as it is written."""


class Configuration(Protocol):
    """Versioned documents. Old versions stay readable for ever."""

    def revision(self) -> int:
        """Return a number that rises with every change of any document; 0 when empty."""
        ...

    def all(self) -> list[Document]:
        """Return the current documents of all workspaces, ordered by workspace, kind and name."""
        ...

    def workspaces(self) -> set[str]:
        """Return the workspaces that have a document of any kind, or once had one."""
        ...

    def get(
        self, workspace: str, kind: DocumentKind, name: str, version: int | None = None
    ) -> Document | None:
        """Return a document, the current one or a given version (also of a deleted one)."""
        ...

    def newest(self, workspace: str, kind: DocumentKind, name: str) -> Document | None:
        """Return the version that was written last, also of a document that was removed since."""
        ...

    def put(
        self,
        workspace: str,
        kind: DocumentKind,
        name: str,
        body: Mapping[str, Json],
        *,
        now_ms: int,
    ) -> Document:
        """Write a new version, or return the current one when the body is the same.

        Raises:
            ConfigError: `config.immutable` for a mapper whose document differs from the one written last
                under its name, also when that one was removed since.
        """
        ...

    def keep_preset(self, reference: str, body: Mapping[str, Json]) -> None:
        """Keep the text of a preset for deliveries that refer to it; one that is kept already stays."""
        ...

    def preset(self, reference: str) -> dict[str, Json] | None:
        """Return the text of a preset that was kept."""
        ...

    def delete(self, workspace: str, kind: DocumentKind, name: str, *, now_ms: int) -> bool:
        """Remove from the current set; versions stay readable."""
        ...
