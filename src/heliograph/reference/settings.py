"""The reference pages of settings and configuration documents, made from the types themselves.

A field is described by the text below it in its class; defaults, ranges and variables follow from the
type. `make docs` writes the pages, a test says when they are stale.
"""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

import msgspec

from heliograph.app.demo.stage import configuration_folder
from heliograph.app.settings import Settings
from heliograph.app.settings_loading import PREFIX, describe
from heliograph.model.documents.configuration import (
    DestinationConfig,
    Pipeline,
    PipelineTarget,
    Source,
    Workspace,
)
from heliograph.operations.configuration import layout

EXAMPLES: Final = (
    ("workspace.toml", "toml"),
    ("sources/shop.toml", "toml"),
    ("mappers/custom-shop/orders.json", "json"),
    ("destinations/webengage.toml", "toml"),
    ("pipelines/orders.toml", "toml"),
)
_DOCUMENTS: Final[tuple[tuple[str, type[msgspec.Struct]], ...]] = (
    ("workspace.toml", Workspace),
    ("sources/*.toml", Source),
    ("destinations/*.toml", DestinationConfig),
    ("pipelines/*.toml", Pipeline),
    ("pipelines/*.toml, each of destinations", PipelineTarget),
)


def field_texts(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return field -> the text below it in the class, on one line; fields without one are absent."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(struct)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    texts: dict[str, str] = {}
    for field, below in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            texts[field.target.id] = " ".join(below.value.value.split())
    return texts


def settings_page(notice: str) -> str:
    """Return docs/reference/settings.md."""
    parts = [
        "# Settings",
        notice,
        "Settings belong to the processes of one data folder. All have defaults, so none is needed. A "
        "later place wins over an earlier one, key by key: defaults, then `heliograph.toml` (in the working "
        "directory, or named by `--config`), then the environment, then flags (`--data-dir`, "
        "`--set gateway.port=9000`). `heliograph config show --origin` prints what is in force and where it "
        "comes from; `heliograph config check` lists everything that is wrong.",
        "`data_dir` says where everything is kept. `gateway.data_dir` follows it and is to be set only when "
        "the journal's files are on another file system than that folder (a link or a mount inside it): it "
        "names the folder whose free space decides whether the gateway is ready.",
        "Workspaces, sources, mappers, destinations and pipelines are not settings but "
        "[configuration documents](configuration.md).",
        *_sections(Settings, ""),
    ]
    return "\n\n".join(parts) + "\n"


def configuration_page(notice: str) -> str:
    """Return docs/reference/configuration.md."""
    drawing = (inspect.getdoc(layout) or "").split("```")[1].strip()
    parts = [
        "# Configuration documents",
        notice,
        "What the hub does is said by documents, kept as versions in the store and written as a folder of "
        "files. `heliograph check DIR` lists everything that is wrong with a folder, `heliograph apply DIR` "
        "shows what would change and brings it into force in one transaction, `heliograph export DIR` "
        "writes what is in force. A running hub takes changes over within a second.",
        "Three things are judged only when what they rest on is right: rules between several values of a "
        "document, the settings of a destination whose `type` is known, and names that other documents "
        "have. Of the rules of a blueprint the first that is broken is shown.",
        f"```text\n{drawing}\n```",
        "The name of a document is the name of its file. A value `${NAME}` is looked up in the environment "
        "of the process that uses it and is never stored. A mapper never changes under its name, not even "
        "after it was removed: give a new document a new name, and the old URL keeps working with the old "
        "one. Secrets that are written out are masked wherever documents are shown (`--reveal` shows them); "
        "`heliograph export` writes them. Files named "
        f"`{layout.PRESET_FILE}`, notes (`.md`, `.txt`) and hidden files are not read.",
        *(
            f"## `{title}`\n\n{_summary(struct)}\n\n{_table(struct)}"
            for title, struct in _DOCUMENTS
        ),
        "## `mappers/<partner>/<config>.json`\n\nThe mapper's JSON, verbatim. Its request URL is "
        "`/v1/partner/<partner>/events/?configName=<config>` (or `users`). Cases beside it are run by "
        "`heliograph check` and `heliograph mapper test`.",
        "## `blueprints/<name>.json`\n\nAn outgoing mapping; presets come with each destination, see "
        "[Destinations](destinations.md). `heliograph destination describe TYPE --blueprint NAME` prints "
        "one to start from.",
        "## An example\n\nThe files below are from `examples/demo`.",
        *_examples(),
    ]
    return "\n\n".join(parts) + "\n"


def _sections(struct: type[msgspec.Struct], prefix: str) -> Iterable[str]:
    """Yield heading and table of a section, then those of the sections inside it."""
    texts = field_texts(struct)
    rows: list[str] = []
    inner: list[tuple[str, type[msgspec.Struct]]] = []
    for field in msgspec.structs.fields(struct):
        type_: Any = field.type
        if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
            inner.append((f"{prefix}{field.encode_name}.", type_))
            continue
        key = f"{prefix}{field.encode_name}"
        variable = PREFIX + key.replace(".", "__").upper()
        allowed = describe(msgspec.inspect.type_info(type_))
        rows.append(
            f"| `{field.encode_name}` | {_default(field)} | {allowed} | `{variable}` "
            f"| {texts.get(field.name, '')} |"
        )
    if rows:
        name = prefix.rstrip(".")
        heading = f"## [{name}]\n\n{_summary(struct)}" if name else "## Outside any section"
        table = ["| Key | Default | Allowed | Variable | Meaning |", "|---|---|---|---|---|", *rows]
        yield f"{heading}\n\n" + "\n".join(table)
    for inner_prefix, inner_struct in inner:
        yield from _sections(inner_struct, inner_prefix)


def _table(struct: type[msgspec.Struct]) -> str:
    texts = field_texts(struct)
    rows = ["| Key | Default | Meaning |", "|---|---|---|"]
    for field in msgspec.structs.fields(struct):
        if field.name == "name" and struct is not PipelineTarget:
            continue  # the file's name
        rows.append(f"| `{field.name}` | {_default(field)} | {texts.get(field.name, '')} |")
    return "\n".join(rows)


def _default(field: Any) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    elif field.default is not msgspec.NODEFAULT:
        value = field.default
    else:
        return "required"
    if value is None:
        return "none"
    return f"`{json.dumps(msgspec.to_builtins(value), ensure_ascii=False)}`"


def _summary(struct: type[msgspec.Struct]) -> str:
    paragraphs = (inspect.getdoc(struct) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _examples() -> Iterable[str]:
    for name, language in EXAMPLES:
        text = (configuration_folder() / name).read_text(encoding="utf-8")
        yield f"`{name}`\n\n<!-- from: examples/demo/{name} -->\n```{language}\n{text}```"
