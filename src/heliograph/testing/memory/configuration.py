"""Configuration documents with their versions, in memory."""

from collections.abc import Mapping
from copy import deepcopy

from heliograph.errors import ConfigError
from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.json import Json
from heliograph.storage.configuration import Document

_Name = tuple[str, DocumentKind, str]


class MemoryConfiguration:
    """See `storage.configuration.Configuration`."""

    def __init__(self) -> None:
        self._revision = 0
        self._versions: dict[_Name, list[Document]] = {}
        self._current: dict[_Name, Document] = {}
        self._presets: dict[str, dict[str, Json]] = {}

    def revision(self) -> int:
        """Return a number that rises with every change; 0 when empty."""
        return self._revision

    def all(self) -> list[Document]:
        """Return the current documents, ordered by workspace, kind and name."""
        return [document for _, document in sorted(self._current.items(), key=lambda kv: kv[0])]

    def workspaces(self) -> set[str]:
        """Return the workspaces that have a document, or once had one."""
        return {workspace for workspace, _, _ in self._versions}

    def get(
        self, workspace: str, kind: DocumentKind, name: str, version: int | None = None
    ) -> Document | None:
        """Return the current document or a given version of it, or None."""
        if version is None:
            return self._current.get((workspace, kind, name))
        versions = self._versions.get((workspace, kind, name), [])
        return versions[version - 1] if 0 < version <= len(versions) else None

    def newest(self, workspace: str, kind: DocumentKind, name: str) -> Document | None:
        """Return the version that was written last, also of a document that was removed since."""
        versions = self._versions.get((workspace, kind, name))
        return versions[-1] if versions else None

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
        key: _Name = (workspace, kind, name)
        current = self._current.get(key)
        if current is not None and current.body == body:
            return current
        newest = self.newest(workspace, kind, name)
        if kind == "mapper" and newest is not None and newest.body != body:
            raise ConfigError(
                "config.immutable", "a mapper's document never changes under its name", where=name
            )
        versions = self._versions.setdefault(key, [])
        document = Document(
            workspace=workspace,
            kind=kind,
            name=name,
            version=len(versions) + 1,
            body=deepcopy(dict(body)),
            changed_at=now_ms,
        )
        versions.append(document)
        self._current[key] = document
        self._revision += 1
        return document

    def keep_preset(self, reference: str, body: Mapping[str, Json]) -> None:
        """Keep the text of a preset."""
        self._presets.setdefault(reference, deepcopy(dict(body)))

    def preset(self, reference: str) -> dict[str, Json] | None:
        """Return the text of a preset that was kept."""
        return deepcopy(self._presets.get(reference))

    def delete(self, workspace: str, kind: DocumentKind, name: str, *, now_ms: int) -> bool:
        """Remove from the current set; versions stay readable."""
        del now_ms
        if self._current.pop((workspace, kind, name), None) is None:
            return False
        self._revision += 1
        return True
