"""Where do mappers and their cases stand in a configuration folder? Finds, reads and writes them.

With `presets` the one part of this package that touches the disk; the command line uses them, the
gateway does not.
"""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import msgspec

from heliograph.errors import ConfigError, InputError
from heliograph.mapping.body.decode import decode_json
from heliograph.mapping.cases.case import Case, read_case
from heliograph.mapping.run.mapper import Mapper, compile_mapper
from heliograph.model.documents.user_files import (
    Unreadable,
    read_document,
    read_file,
    require_shallow,
)
from heliograph.model.json import Json, JsonObject

_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """One case and where it stands."""

    path: Path
    root: Path
    """The folder it must lie in."""
    name: str
    """The file's name without `.json`."""

    def read(self) -> Case:
        """Return the case.

        Raises:
            ConfigError: `config.invalid`.
        """
        return read_case(read_file(self.path, inside=self.root), where=str(self.path))

    def write_expect(self, expect: JsonObject) -> None:
        """Put `expect` into the file; everything else in it stays, key order included."""
        document = json.loads(read_file(self.path, inside=self.root))
        document["expect"] = expect
        self.path.write_text(dump(document), encoding="utf-8")


class MapperFile(msgspec.Struct, frozen=True, kw_only=True):
    """One mapper document and its cases, by name."""

    path: Path
    root: Path
    """The folder it must lie in."""
    name: str
    """`<partner>/<config>`."""
    cases: tuple[CaseFile, ...]

    def document(self) -> JsonObject:
        """Return the decoded document.

        Raises:
            ConfigError: `mapper.invalid`, when the file is no JSON object; `config.invalid`, when it
                cannot be read.
        """
        return read_document_file(read_file(self.path, inside=self.root), where=str(self.path))

    def compile(self, *, timezone: str, blocked: Collection[str] = ()) -> Mapper:
        """Return the mapper; both arguments are the workspace's.

        Raises:
            ConfigError: `mapper.invalid`.
        """
        return compile_mapper(self.document(), timezone=timezone, blocked=blocked)


def read_document_file(data: bytes, *, where: str) -> JsonObject:
    """Return the mapper document in a file's bytes.

    Raises:
        ConfigError: `mapper.invalid`, when they are no JSON object.
    """
    try:
        document: Json = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError("mapper.invalid", f"not JSON: {error}", where=where) from error
    require_shallow(document, where=where)
    if not isinstance(document, dict):
        raise ConfigError(
            "mapper.invalid", "A mapper document is a JSON object.", where=where, allowed="{…}"
        )
    return document


def find_mappers(folder: Path) -> list[MapperFile]:
    """Return the mappers below a folder, by name; none is an empty list.

    Args:
        folder: a configuration folder, its `mappers` folder, one partner's folder, one mapper file, or any
            folder with mappers among other JSON files, see `passed_over`.
    """
    if folder.is_file():
        return [_mapper_file(folder, folder.resolve().parent)]
    others = passed_over(folder)
    found = (_mapper_file(path, folder) for path in _documents(_root(folder)) if path not in others)
    return sorted(found, key=lambda each: each.name)


def passed_over(folder: Path) -> list[Path]:
    """Return the JSON files below a folder that `find_mappers` does not take for mappers, in order.

    In a folder for mappers every document counts as one, so that a mistake in it is told. Elsewhere one
    that can be read and has none of `mapping_type`, `mappings` and `variants` belongs to something else.
    """
    root = _root(folder)
    if folder.is_file() or "mappers" in (root.resolve().name, root.resolve().parent.name):
        return []
    return sorted(path for path in _documents(root) if _is_something_else(path))


def _root(folder: Path) -> Path:
    return folder / "mappers" if (folder / "mappers").is_dir() else folder


def _is_something_else(path: Path) -> bool:
    try:
        document = decode_json(read_file(path))
    except (ConfigError, InputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return not isinstance(document, dict) or not document.keys() & {
        "mapping_type",
        "mappings",
        "variants",
    }


def timezone_of(folder: Path) -> str:
    """Return the time zone of the workspace whose configuration holds this folder; default UTC."""
    zone = _workspace_of(folder).get("timezone")
    return zone if isinstance(zone, str) else "UTC"


def blocked_of(folder: Path) -> list[str]:
    """Return the identifiers that stand for nobody in that workspace, besides the built-in ones."""
    listed = _workspace_of(folder).get("blocked_identifiers")
    return [word for word in listed if isinstance(word, str)] if isinstance(listed, list) else []


def _workspace_of(folder: Path) -> JsonObject:
    for parent in (folder, *folder.resolve().parents[:3]):
        try:
            data = read_file(parent / "workspace.toml")
        except Unreadable:
            continue
        document, _ = read_document(data, toml=True, where=str(parent / "workspace.toml"))
        return document if isinstance(document, dict) else {}
    return {}


def dump(document: Json) -> str:
    """Return JSON as these files have it: two spaces, a newline at the end, unescaped what UTF-8 can hold."""
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return _HALF_PAIR.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def _documents(root: Path) -> Iterator[Path]:
    for pattern in ("*.json", "*/*.json"):
        for path in root.glob(pattern):
            if path.name != "preset.json" and path.parent.name != "cases":
                yield path


def _mapper_file(path: Path, root: Path) -> MapperFile:
    cases = sorted((path.parent / path.stem / "cases").glob("*.json"))
    return MapperFile(
        path=path,
        root=root,
        name=f"{path.resolve().parent.name}/{path.stem}",
        cases=tuple(CaseFile(path=case, root=root, name=case.stem) for case in cases),
    )
