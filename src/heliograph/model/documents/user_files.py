"""Files and folders that people hand in: looked at before they are read, and read within limits.

A folder may come from anywhere: a pull request, a mounted volume, an archive. A link that leads out of it, a
pipe that nobody writes to, a file of a gigabyte or a document nested a thousand deep ends in a sentence
that names the file; never in a hang, a traceback or in bytes of a file that was not meant.
"""

import errno
import json
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, NoReturn

from heliograph.errors import ConfigError
from heliograph.model.documents.spelling import odd_character
from heliograph.model.json import Json

LARGEST_BYTES: Final = 4 << 20
"""Of one file; the largest mapper that ships has 12 KiB."""
MOST_FILES: Final = 20_000
DEEPEST_FOLDER: Final = 16
DEEPEST_DOCUMENT: Final = 64
"""Objects and lists inside one another; the mapper grammar needs 10."""

_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")


class Unreadable(ConfigError):
    """A file or document that cannot be read; `line` says where in it, from 1, if that could be told."""

    def __init__(
        self, message: str, *, where: str, line: int | None = None, **more: str | None
    ) -> None:
        super().__init__("config.invalid", message, where=where, **more)
        self.line = line


def read_file(path: Path, *, inside: Path | None = None, where: str | None = None) -> bytes:
    """Return the bytes of a regular file.

    Args:
        path: of the file.
        inside: the folder it must lie in, links resolved.
        where: how it is called in errors; its path by default.

    Raises:
        Unreadable: it is no regular file, too large, leads out of the folder, or cannot be opened.
    """
    said = str(path) if where is None else where
    try:
        _require_inside(path, inside, said)
        # Opening a pipe would wait for somebody to write into it.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode):
                raise Unreadable("is no regular file", where=said, found=_kind(mode))
            data = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        _refuse(error, said)
    if len(data) > LARGEST_BYTES:
        raise Unreadable(
            "is too large to be a document",
            where=said,
            found=f"more than {LARGEST_BYTES:,} bytes",
            allowed=f"{LARGEST_BYTES:,} bytes",
        )
    return data


def read_document(data: bytes, *, toml: bool, where: str) -> tuple[Json, str]:
    """Return a document and its text.

    Dates of TOML stay what `tomllib` makes of them.

    Raises:
        Unreadable: it is no JSON or TOML in UTF-8, nested too deeply, or has what cannot be stored.
    """
    text = ""
    try:
        text = data.decode("utf-8")
        value: Json = tomllib.loads(text) if toml else json.loads(text, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"is no UTF-8: {error.reason} at byte {error.start}", where=where
        ) from None
    except json.JSONDecodeError as error:
        message = f"is no JSON: {error.msg} at column {error.colno}"
        hint = _json_hint(text, error)
        raise Unreadable(message, where=where, line=error.lineno, hint=hint) from None
    except RecursionError:
        raise _too_deep(where) from None
    except ValueError as error:
        raise Unreadable(
            f"is no {'TOML' if toml else 'JSON'}: {error}",
            where=where,
            hint=_toml_hint(text, str(error)) if toml else None,
        ) from None
    require_shallow(value, where=where)
    if _HALF_PAIR.search(text) or (not toml and "\\u" in text and _has_half_pair(value)):
        raise Unreadable("has half of a surrogate pair, which no text can hold", where=where)
    return value, text


def require_shallow(value: Json, *, where: str) -> None:
    """Refuse a document that is nested deeper than any of ours.

    Raises:
        Unreadable: it is.
    """
    level: list[Json] = [value]
    for _ in range(DEEPEST_DOCUMENT + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise _too_deep(where)


def walk(root: Path) -> tuple[dict[PurePosixPath, Path], list[Unreadable]]:
    """Return the regular files below a folder by their paths relative to it, sorted, and what is odd.

    Links to files are followed as long as they stay in the folder; links to folders are not. Hidden files and
    folders are left out.

    Raises:
        Unreadable: the folder itself cannot be read, or has too many files.
    """
    files: dict[PurePosixPath, Path] = {}
    odd: list[Unreadable] = []
    folded: dict[str, PurePosixPath] = {}
    for relative, path in _below(root, PurePosixPath(), odd):
        if len(files) >= MOST_FILES:
            raise Unreadable(
                "has too many files for a configuration",
                where=str(root),
                found=f"more than {MOST_FILES:,}",
                allowed=f"{MOST_FILES:,}",
                hint="Name the folder of the configuration itself.",
            )
        twin = folded.setdefault(str(relative).casefold(), relative)
        if twin != relative:
            odd.append(
                Unreadable(
                    "differs from another file in case only",
                    where=str(relative),
                    found=str(twin),
                    hint="Where case does not count one of them would be lost: rename one.",
                )
            )
            continue
        files[relative] = path
    return dict(sorted(files.items())), odd


def _below(
    folder: Path, at: PurePosixPath, odd: list[Unreadable], root: Path | None = None
) -> Iterator[tuple[PurePosixPath, Path]]:
    root = root or folder
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        if folder == root:
            _refuse(error, str(root))
        odd.append(Unreadable(f"cannot be read: {error.strerror}", where=str(at)))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        relative, path = at / entry.name, Path(entry.path)
        try:
            _require_utf_8(entry.name)
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                if entry.is_symlink():
                    raise Unreadable("is a link to a folder, which is not followed", where="")
                if len(relative.parts) > DEEPEST_FOLDER:
                    raise Unreadable("lies too deep", where="", allowed=f"{DEEPEST_FOLDER} folders")
                yield from _below(path, relative, odd, root)
            elif not stat.S_ISREG(mode):
                raise Unreadable("is no regular file", where="", found=_kind(mode))
            else:
                _require_inside(path, root, "")
                yield relative, path
        except OSError as error:
            odd.append(Unreadable(f"cannot be read: {error.strerror}", where=str(relative)))
        except Unreadable as error:
            error.where = str(relative)
            odd.append(error)


def _require_utf_8(name: str) -> None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise Unreadable("has a name that is no UTF-8", where="") from None


def _require_inside(path: Path, folder: Path | None, where: str) -> None:
    if folder is None or not path.is_symlink():
        return
    if not path.resolve(strict=True).is_relative_to(folder.resolve()):
        raise Unreadable(
            "is a link that leads out of the folder",
            where=where,
            hint="Put the file itself there.",
        )


def _refuse(error: Exception, where: str) -> NoReturn:
    if isinstance(error, OSError):
        said = "is a link that leads to itself" if error.errno == errno.ELOOP else error.strerror
        raise Unreadable(f"cannot be read: {said}", where=where) from error
    raise Unreadable(f"cannot be read: {error}", where=where) from error


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _too_deep(where: str) -> Unreadable:
    return Unreadable(
        "is nested too deeply",
        where=where,
        allowed=f"{DEEPEST_DOCUMENT} objects and lists inside one another",
    )


def _inside(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _json_hint(text: str, error: json.JSONDecodeError) -> str:
    """Return what to do about a document that is no JSON, by what stands where its reading ended."""
    before, at = text[: error.pos].rstrip(), text[error.pos : error.pos + 1]
    if not text.strip():
        return "The file is empty: put the document in it, or remove it."
    if text.startswith("\ufeff"):
        return "The file begins with a byte order mark: save it as UTF-8 without one."
    if before.endswith(",") and at in ("}", "]") and error.msg.startswith("Expecting"):
        return "Remove the comma before the closing bracket."
    if error.msg.startswith("Illegal trailing comma"):
        return "Remove the comma before the closing bracket."
    odd = odd_character(at) if at.strip("\n\r\t ") else None
    if odd is not None:
        return f"The character there {odd}."
    if at == "'":
        return "JSON puts names and texts in straight double quotes."
    if at in "#/" and at:
        return "JSON has no comments; remove them."
    if "delimiter" in error.msg and at == '"':
        return "A comma is missing before it."
    if not at:
        return "The document ends too early: a bracket or a quote is not closed."
    return "Mend it there; commas, quotes and brackets are what is missing most often."


def _toml_hint(text: str, said: str) -> str:
    """Return what to do about a document that is no TOML."""
    place = _TOML_PLACE.search(said)
    lines = text.split("\n")
    if place is not None and int(place[1]) <= len(lines):
        line = lines[int(place[1]) - 1]
        for column, character in enumerate(line.rstrip("\r"), 1):
            odd = odd_character(character) if character != "\t" else None
            if odd is not None:
                return f"Character {column} of that line {odd}."
    return _TOML_HINT


_TOML_PLACE: Final = re.compile(r"at line (\d+), column \d+")
_TOML_HINT: Final = (
    "Mend it there: texts stand in double quotes, `key = value` on a line of its own, tables in "
    "[brackets]."
)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON")


def _has_half_pair(value: Json) -> bool:
    if isinstance(value, str):
        return _HALF_PAIR.search(value) is not None
    if isinstance(value, dict):
        return any(_HALF_PAIR.search(key) or _has_half_pair(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_half_pair, value))
