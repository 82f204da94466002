"""Which configuration document lives in which file.

```
workspace.toml                          the workspace
sources/<name>.toml                     a source
mappers/<partner>/<config>.json         a mapper, the JSON verbatim
mappers/<partner>/<config>/cases/*.json its cases; read by tests, never stored
destinations/<name>.toml                a destination
blueprints/<name>.json                  a blueprint
pipelines/<name>.toml                   a pipeline
```
"""

from pathlib import PurePosixPath
from typing import Final

from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.documents.files import FOLDERS, WORKSPACE_FILE

PRESET_FILE: Final = "preset.json"
"""Describes the mappers beside it to people who choose one; no document."""


def document_of(path: PurePosixPath) -> tuple[DocumentKind, str] | None:
    """Return kind and name of the document in a file, or None when the file is not of the layout."""
    if str(path) == WORKSPACE_FILE:
        return "workspace", "workspace"
    folder, *rest = path.parts
    if folder not in FOLDERS:
        return None
    kind, ending = FOLDERS[folder]
    if (
        path.name == PRESET_FILE
        or path.suffix != ending
        or len(rest) != (2 if kind == "mapper" else 1)
    ):
        return None
    return kind, "/".join([*rest[:-1], path.name.removesuffix(ending)])


def is_case(path: PurePosixPath) -> bool:
    """Tell whether a file is a mapper's case."""
    match path.parts:
        case ("mappers", _, _, "cases", *_):
            return path.suffix == ".json"
        case _:
            return False


def is_left_alone(path: PurePosixPath) -> bool:
    """Tell whether a file may lie in the folder without being a document: notes, settings, hidden files."""
    return (
        any(part.startswith(".") for part in path.parts)
        or path.name == PRESET_FILE
        or path.suffix in {".md", ".txt", ".gitignore"}
        or str(path) == "heliograph.toml"
        or (path.parts[0] not in FOLDERS and len(path.parts) > 1 and not _looks_meant(path))
    )


def _looks_meant(path: PurePosixPath) -> bool:
    """Tell whether a foreign folder's name is a near miss of one of ours, such as `source`."""
    import difflib

    return bool(difflib.get_close_matches(path.parts[0].lower(), FOLDERS, n=1, cutoff=0.75))
