"""A folder of configuration as documents, with everything that could not be read as problems."""

import difflib
from pathlib import Path, PurePosixPath
from typing import Literal, cast

import msgspec

from heliograph.errors import ConfigError
from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.documents.files import FOLDERS, WORKSPACE_FILE
from heliograph.model.documents.user_files import Unreadable, read_document, read_file, walk
from heliograph.model.json import Json, JsonObject
from heliograph.operations.configuration.files import body_of
from heliograph.operations.configuration.layout import document_of, is_case, is_left_alone
from heliograph.operations.configuration.text_places import line_of_json_path, line_of_toml_key


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong in a folder, and where a person finds it."""

    file: str
    """Relative to the folder, with `/`."""
    code: str
    message: str
    severity: Literal["error", "warning"] = "error"
    line: int | None = None
    """From 1, where it could be told."""
    path: str | None = None
    """JSON path or key inside the document."""
    found: str | None = None
    allowed: str | None = None
    hint: str | None = None


class FileDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document as read from its file."""

    kind: DocumentKind
    name: str
    file: str
    text: str
    body: JsonObject
    """Without `name`, which is the file's."""

    def problem(
        self,
        error: ConfigError,
        *,
        path: str | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> Problem:
        """Return an error about this document as a problem, with its line."""
        path = path or _path_in(error.where)
        return Problem(
            file=self.file,
            code=error.code,
            message=error.message,
            severity=severity,
            line=self.line_of(path),
            path=path,
            found=error.found,
            allowed=error.allowed,
            hint=error.hint,
        )

    def line_of(self, path: str | None) -> int | None:
        """Return the line of a JSON path in the file, or None."""
        if path is None or path == "$":
            return None
        if self.file.endswith(".json"):
            return line_of_json_path(self.text, path)
        keys = [part.partition("[")[0] for part in path.removeprefix("$.").split(".")]
        return line_of_toml_key(self.text, keys) or line_of_toml_key(self.text, keys[-1:])


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """All documents of a folder."""

    root: Path
    workspace: str | None
    """Id of the workspace; None when workspace.toml is missing or broken."""
    documents: tuple[FileDocument, ...]
    cases: tuple[Path, ...]
    problems: tuple[Problem, ...]

    def of(self, kind: DocumentKind) -> list[FileDocument]:
        """Return the documents of one kind, by name."""
        return [document for document in self.documents if document.kind == kind]


def read_folder(root: Path) -> Folder:
    """Return the documents of a folder; what cannot be read becomes a problem.

    Raises:
        ConfigError: `config.invalid`; there is no such folder.
    """
    if not root.is_dir():
        raise ConfigError(
            "config.invalid",
            "there is no such folder",
            where=str(root),
            hint="Name a folder with a workspace.toml; `heliograph export DIR` writes one.",
        )
    documents: list[FileDocument] = []
    cases: list[Path] = []
    problems: list[Problem] = []
    files, odd = walk(root)
    problems += [
        _unreadable(each) for each in odd if not is_left_alone(PurePosixPath(each.where or ""))
    ]
    for relative, path in files.items():
        target = document_of(relative)
        if is_case(relative):
            cases.append(path)
        elif is_left_alone(relative):
            continue
        elif target is None:
            problems.append(_stranger(relative))
        else:
            document = _read_document(root, path, relative, target)
            if isinstance(document, Problem):
                problems.append(document)
            else:
                documents.append(document)
    if PurePosixPath(WORKSPACE_FILE) not in files:
        problems.insert(0, _no_workspace())
    ids = [d.body.get("id") for d in documents if d.kind == "workspace"]
    workspace = ids[0] if ids and isinstance(ids[0], str) and ids[0] else None
    return Folder(
        root=root,
        workspace=workspace,
        documents=tuple(documents),
        cases=tuple(cases),
        problems=tuple(problems),
    )


def _read_document(
    root: Path, path: Path, relative: PurePosixPath, target: tuple[DocumentKind, str]
) -> FileDocument | Problem:
    kind, name = target
    file = str(relative)
    try:
        data = read_file(path, inside=root, where=file)
        body, text = read_document(data, toml=path.suffix == ".toml", where=file)
    except Unreadable as error:
        return _unreadable(error)
    # Dates of TOML have no place in a JSON document.
    body = cast("Json", msgspec.to_builtins(body, builtin_types=()))
    if not isinstance(body, dict):
        return Problem(
            file=file, code="config.invalid", message="is no object", found=type(body).__name__
        )
    body = cast("JsonObject", body)
    if kind not in ("mapper", "blueprint") and "name" in body:
        said = body.pop("name")
        if said != name:
            return Problem(
                file=file,
                code="config.invalid",
                message="the name differs from the file's",
                line=line_of_toml_key(text, ["name"]),
                path="$.name",
                found=repr(said),
                allowed=repr(name),
                hint="Leave `name` out: the file's name counts.",
            )
    return FileDocument(kind=kind, name=name, file=file, text=text, body=body_of(kind, body))


def _unreadable(error: Unreadable) -> Problem:
    return Problem(
        file=error.where or "",
        code=error.code,
        message=error.message,
        line=error.line,
        found=error.found,
        allowed=error.allowed,
        hint=error.hint,
    )


def _stranger(relative: PurePosixPath) -> Problem:
    folder, _, inside = str(relative).partition("/")
    near = difflib.get_close_matches(folder.lower(), FOLDERS, n=1, cutoff=0.6)
    hint = None
    if folder in FOLDERS:
        kind, ending = FOLDERS[folder]
        inner = "<partner>/<config>" if kind == "mapper" else "<name>"
        hint = f"A {kind} is {folder}/{inner}{ending}."
    elif inside and near:
        hint = f"Did you mean the folder {near[0]}/?"
    return Problem(
        file=str(relative),
        code="config.invalid",
        message="is no configuration document and is not read",
        severity="warning",
        allowed=", ".join([WORKSPACE_FILE, *(f"{folder}/" for folder in FOLDERS)]),
        hint=hint,
    )


def _no_workspace() -> Problem:
    return Problem(
        file=WORKSPACE_FILE,
        code="config.invalid",
        message="is missing",
        hint='Write at least: id = "my-workspace" and data_api_keys = ["${HELIOGRAPH_DATA_API_KEY}"]',
    )


def _path_in(where: str | None) -> str | None:
    """Return the JSON path at the end of an error's place, if it ends in one."""
    if where is None:
        return None
    last = where.split(" ")[-1]
    return last if last.startswith("$") else None
