"""Which file of a configuration folder a document lives in, so that every message can name it."""

from pathlib import PurePosixPath
from typing import Final

from heliograph.model.documents.configuration import DocumentKind

WORKSPACE_FILE: Final = "workspace.toml"
FOLDERS: Final[dict[str, tuple[DocumentKind, str]]] = {
    "sources": ("source", ".toml"),
    "mappers": ("mapper", ".json"),
    "destinations": ("destination", ".toml"),
    "blueprints": ("blueprint", ".json"),
    "pipelines": ("pipeline", ".toml"),
}
"""Folder -> kind of its documents and ending of their files."""


def file_of(kind: DocumentKind, name: str) -> PurePosixPath:
    """Return the path of a document, relative to the folder."""
    if kind == "workspace":
        return PurePosixPath(WORKSPACE_FILE)
    folder, ending = next((f, e) for f, (k, e) in FOLDERS.items() if k == kind)
    return PurePosixPath(folder) / f"{name}{ending}"
