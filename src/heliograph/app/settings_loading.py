"""How process settings are read: defaults, then `heliograph.toml`, then the environment, then flags.

Each layer is a tree of values with the place every value came from. `read_settings` merges the
layers, checks every key and value on its own, and reports ALL problems, each with the place, what was
found, what is allowed and the nearest known name. A later layer wins per key, not per section.

- File: `heliograph.toml` in the working directory, or the one named by `--config`.
- Environment: `HELIOGRAPH_<SECTION>__<KEY>` (two underscores), e.g. `HELIOGRAPH_GATEWAY__PORT=9000`;
  keys outside a section have one part, `HELIOGRAPH_DATA_DIR`. Lists are separated by commas.
- Flags: `--data-dir`, and `--set gateway.port=9000` for any other.
"""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from msgspec import inspect

from heliograph.app.settings import Settings
from heliograph.errors import ConfigError
from heliograph.model.documents.user_files import Unreadable, read_document, read_file
from heliograph.model.json import Json, JsonObject
from heliograph.operations.configuration.text_places import line_of_toml_key

FILE_NAME: Final = "heliograph.toml"
PREFIX: Final = "HELIOGRAPH_"
DEFAULT: Final = "default"

Tree = dict[str, Json]


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """Values of one origin, nested as the settings are."""

    values: Tree
    origins: dict[str, str]
    """Dotted key -> where the value stands, e.g. `heliograph.toml line 4`."""
    text: bool
    """Whether values are text that is still to be read as the setting's type."""


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force and where each one comes from."""

    settings: Settings
    origins: dict[str, str]
    """Dotted key of every setting -> its origin; `default` when nothing set it."""


def load_settings(
    *, file: Path | None = None, environ: Mapping[str, str], flags: Mapping[str, str] | None = None
) -> Effective:
    """Return the settings in force.

    Args:
        file: a settings file that must exist; None takes `heliograph.toml` if there is one.
        environ: the environment; only names that begin with `HELIOGRAPH_` are looked at.
        flags: dotted key -> text, from the command line.

    Raises:
        ConfigError: `settings.invalid`; the first problem, with the number of others in the hint.
    """
    effective, problems = read_settings(file=file, environ=environ, flags=flags)
    if effective is None:
        first, rest = problems[0], len(problems) - 1
        if rest:
            first.hint = (first.hint or "") + f" {rest} more: heliograph config check lists all."
            first.hint = first.hint.strip()
        raise first
    return effective


def read_settings(
    *, file: Path | None = None, environ: Mapping[str, str], flags: Mapping[str, str] | None = None
) -> tuple[Effective | None, list[ConfigError]]:
    """Return the settings in force and no problem, or None and every problem found."""
    problems: list[ConfigError] = []
    layers: list[Layer] = []
    path = file or Path(FILE_NAME)
    if file is not None or path.is_file():
        layer = _file_layer(path, problems)
        if layer is not None:
            layers.append(layer)
    flag_layer = _flag_layer(flags or {})
    named = {
        str(value)
        for layer in (*layers, flag_layer)
        for key, value in _leaves(layer.values).items()
        if key.endswith("_env")
    } | {
        value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name.endswith("_ENV")
    }
    layers.append(_environment_layer(environ, problems, named=named))
    layers.append(flag_layer)
    merged: Tree = {}
    origins: dict[str, str] = {}
    for layer in layers:
        _merge(layer, merged, origins, problems)
    if problems:
        return None, problems
    settings = msgspec.convert(merged, Settings)
    for key in known_keys():
        origins.setdefault(key, DEFAULT)
    if not settings.data_dir:
        return None, [_problem("data_dir", origins["data_dir"], found="''", allowed="a folder")]
    for key in known_keys():
        text = value_of(settings, key)
        if isinstance(text, str) and "\0" in text:
            return None, [
                _problem(key, origins[key], found=repr(text), allowed="text without a NUL byte")
            ]
    return Effective(settings=settings, origins=origins), []


def known_keys() -> dict[str, inspect.Type]:
    """Return every setting by its dotted key, in the order of the documentation, with its type."""
    return {key: inspect.type_info(type_) for key, type_ in _fields(Settings)}


def _fields(struct: type[msgspec.Struct], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for field in msgspec.structs.fields(struct):
        type_: Any = field.type
        if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
            yield from _fields(type_, f"{prefix}{field.encode_name}.")
        else:
            yield f"{prefix}{field.encode_name}", type_


def value_of(settings: Settings, key: str) -> Json:
    """Return a setting by its dotted key as plain JSON."""
    value: object = settings
    for part in key.split("."):
        value = getattr(value, part)
    return cast("Json", msgspec.to_builtins(value))


def _file_layer(path: Path, problems: list[ConfigError]) -> Layer | None:
    try:
        if not path.exists():
            raise FileNotFoundError(path)
        document, text = read_document(read_file(path), toml=True, where=str(path))
        values = cast("Tree", document)
    except FileNotFoundError:
        problems.append(
            ConfigError(
                "settings.invalid",
                "the settings file does not exist",
                where=str(path),
                hint="Name an existing file with --config, or leave it out: every setting has a default.",
            )
        )
        return None
    except (Unreadable, OSError) as error:
        said = error.message if isinstance(error, Unreadable) else f"cannot be read: {error}"
        problems.append(ConfigError("settings.invalid", said, where=str(path)))
        return None
    origins = {
        key: f"{path.name} line {line}"
        if (line := line_of_toml_key(text, key.split(".")))
        else path.name
        for key in _leaves(values)
    }
    data_dir = values.get("data_dir")
    if isinstance(data_dir, str) and data_dir:
        # A path in a file is meant relative to the file, wherever the process was started.
        values["data_dir"] = str(path.resolve().parent / data_dir)
    return Layer(values=values, origins=origins, text=False)


def _environment_layer(
    environ: Mapping[str, str], problems: list[ConfigError], *, named: Collection[str]
) -> Layer:
    """Read the environment; variables `named` by settings are for others to read."""
    values: Tree = {}
    origins: dict[str, str] = {}
    top = [key for key in known_keys() if "." not in key]
    flat = {key.replace(".", "").replace("_", ""): key for key in known_keys() if "." in key}
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        parts = name.removeprefix(PREFIX).lower().split("__")
        if len(parts) == 1 and parts[0] not in top:
            if name in named:
                continue
            # Other variables have the prefix too, such as secrets; only a setting's own name is a mistake.
            key = flat.get(parts[0].replace("_", ""))
            if key is not None:
                spelled = PREFIX + key.upper().replace(".", "__")
                problems.append(
                    _unknown(
                        ".".join(parts),
                        f"environment {name}",
                        [f"{spelled} (two underscores behind the section)"],
                    )
                )
                continue
            near = difflib.get_close_matches(parts[0], top, n=1, cutoff=0.85)
            if near:
                problems.append(_unknown(".".join(parts), f"environment {name}", near))
            continue
        _put(values, parts, environ[name])
        origins[".".join(parts)] = f"environment {name}"
    return Layer(values=values, origins=origins, text=True)


def _flag_layer(flags: Mapping[str, str]) -> Layer:
    values: Tree = {}
    for key, text in flags.items():
        _put(values, key.split("."), text)
    origins = {
        key: "flag --data-dir" if key == "data_dir" else f"flag --set {key}" for key in flags
    }
    return Layer(values=values, origins=origins, text=True)


def _merge(
    layer: Layer, merged: Tree, origins: dict[str, str], problems: list[ConfigError]
) -> None:
    """Check each value of a layer by itself and put it over what the layers before it said."""
    known = known_keys()
    for key, value in _leaves(layer.values).items():
        origin = layer.origins.get(key, "?")
        type_ = known.get(key)
        if type_ is None:
            problems.append(_unknown(key, origin, _near(key, known)))
            continue
        try:
            checked = _checked(key, value, text=layer.text)
        except msgspec.ValidationError as error:
            problems.append(
                _problem(key, origin, found=repr(value), allowed=describe(type_), why=str(error))
            )
            continue
        _put(merged, key.split("."), checked)
        origins[key] = origin


def _checked(key: str, value: Json, *, text: bool) -> Json:
    type_ = dict(_fields(Settings))[key]
    if text and isinstance(value, str):
        info = inspect.type_info(type_)
        if isinstance(info, inspect.VarTupleType | inspect.ListType):
            value = [part.strip() for part in value.split(",") if part.strip()]
    return cast("Json", msgspec.to_builtins(msgspec.convert(value, type_, strict=not text)))


def _put(tree: Tree, parts: Sequence[str], value: Json) -> None:
    for part in parts[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    tree[parts[-1]] = value


def _leaves(tree: Mapping[str, Json], prefix: str = "") -> JsonObject:
    """Return dotted key -> value; a table of values that is no section is looked into as well."""
    leaves: JsonObject = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            leaves.update(_leaves(value, f"{prefix}{key}."))
        else:
            leaves[f"{prefix}{key}"] = value
    return leaves


def _near(key: str, known: Iterable[str]) -> list[str]:
    candidates = list(known)
    near = difflib.get_close_matches(key, candidates, n=2, cutoff=0.6)
    if not near:
        by_last = {candidate.rpartition(".")[2]: candidate for candidate in candidates}
        last = key.rpartition(".")[2]
        near = [by_last[m] for m in difflib.get_close_matches(last, by_last, n=2, cutoff=0.75)]
    return near


def _unknown(key: str, origin: str, near: Sequence[str]) -> ConfigError:
    section = key.partition(".")[0]
    members = [name for name in known_keys() if name.startswith(f"{section}.")]
    sections = sorted({name.partition(".")[0] for name in known_keys()})
    return ConfigError(
        "settings.invalid",
        "there is no such setting",
        where=origin,
        found=key,
        allowed=", ".join(members or sections),
        hint=f"Did you mean {' or '.join(near)}?" if near else None,
    )


def _problem(
    key: str, origin: str, *, found: str, allowed: str, why: str | None = None
) -> ConfigError:
    message = f"{key} has a value that cannot be used"
    if why:
        message += f" ({why[0].lower()}{why[1:]})"
    return ConfigError("settings.invalid", message, where=origin, found=found, allowed=allowed)


def describe(type_: inspect.Type) -> str:
    """Return what values a setting may have, in words: `integer 0..65535`, `one of text, json`."""
    match type_:
        case inspect.Metadata():
            return describe(type_.type)
        case inspect.IntType() | inspect.FloatType():
            noun = "integer" if isinstance(type_, inspect.IntType) else "number"
            return noun + _range(type_)
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "text"
        case inspect.NoneType():
            return "nothing"
        case inspect.LiteralType():
            return "one of " + ", ".join(str(value) for value in type_.values)
        case inspect.VarTupleType() | inspect.ListType():
            return f"list of {describe(type_.item_type)}"
        case inspect.UnionType():
            words = [describe(t) for t in type_.types if not isinstance(t, inspect.NoneType)]
            return " or ".join(words)
        case _:
            return type(type_).__name__.removesuffix("Type").lower()


def _range(type_: inspect.IntType | inspect.FloatType) -> str:
    low = type_.ge if type_.ge is not None else type_.gt
    high = type_.le if type_.le is not None else type_.lt
    above, below = type_.gt is not None, type_.lt is not None
    if low is not None and high is not None:
        text = f" {low}..{high}"
        return (
            text + (f", {low} excluded" if above else "") + (f", {high} excluded" if below else "")
        )
    if low is not None:
        return f" above {low}" if above else f" of {low} or more"
    if high is not None:
        return f" below {high}" if below else f" of {high} or less"
    return ""
