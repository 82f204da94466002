"""Settings documents as typed settings, with errors that name the setting and what it means.

A destination's settings are one frozen Struct. Every field is `Annotated` with a `msgspec.Meta` that has
a title, a description (with unit), examples, and in `extra_json_schema` optionally `secret: true` and
`aliases` (other spellings that are accepted). Validation, masking, the reference page and forms are made
from it. Names are compared without regard to case, blanks, `_` and `-`, so that `API Host`, `apiHost`
and `api_host` are one setting.
"""

import difflib
import re
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from heliograph.destinations.base import Destination
from heliograph.errors import ConfigError
from heliograph.model.documents.faults import faults
from heliograph.model.json import Json, JsonObject
from heliograph.model.secret import Secret

S = TypeVar("S")

_LOCATION: Final = re.compile(r"^(?P<what>.*?)(?: - at `(?P<where>[^`]*)`)?$", re.DOTALL)
_NAMED: Final = re.compile(r"(?:(?:required|unknown) field |^)`(?P<name>[^`]*)`")


class SettingField(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as forms and the reference show it."""

    name: str
    title: str
    description: str
    examples: tuple[Json, ...]
    required: bool
    default: Json
    """None when required; an empty collection where the default is made anew."""
    secret: bool
    aliases: tuple[str, ...]


def setting_fields(settings_type: type[Any]) -> list[SettingField]:
    """Return the settings of a destination, in the order of its Struct."""
    info = inspect.type_info(settings_type)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{settings_type.__name__} is no msgspec.Struct")
    return [_setting_field(field) for field in info.fields]


def _setting_field(field: inspect.Field) -> SettingField:
    schema: dict[str, Any] = {}
    if isinstance(field.type, inspect.Metadata):
        annotated: Any = field.type
        schema = annotated.extra_json_schema or {}
    default: Any = None
    if field.default_factory is not msgspec.NODEFAULT:
        default = msgspec.to_builtins(field.default_factory())
    elif field.default is not msgspec.NODEFAULT:
        default = msgspec.to_builtins(field.default)
    return SettingField(
        name=field.encode_name,
        title=schema.get("title", ""),
        description=schema.get("description", ""),
        examples=tuple(schema.get("examples", ())),
        required=field.required,
        default=default,
        secret=bool(schema.get("secret")),
        aliases=tuple(schema.get("aliases", ())),
    )


def decode_settings(destination: Destination[S], settings: JsonObject) -> S:
    """Return the typed settings of a destination's document.

    Args:
        destination: whose settings they are.
        settings: the document with `${NAME}` already replaced (`model.documents.catalog.resolve_secrets`).

    Raises:
        ConfigError: `config.invalid`; `where` is the JSON path, `allowed` what the setting means.
    """
    fields = setting_fields(destination.settings)
    spelled = _canonical_names(destination.name, fields, settings)
    try:
        return msgspec.convert(spelled, destination.settings, dec_hook=decode_secret)
    except msgspec.ValidationError as error:
        raise _explained(destination.name, fields, str(error)) from None


def settings_faults(destination: Destination[Any], settings: JsonObject) -> list[ConfigError]:
    """Return everything that is wrong with settings, as `decode_settings` would raise the first of it.

    What concerns several settings together is judged when each of them is right.
    """
    fields = setting_fields(destination.settings)
    try:
        spelled = _canonical_names(destination.name, fields, settings)
    except ConfigError as error:
        return [error]
    return [
        _explained(destination.name, fields, f"{fault.message} - at `{fault.where}`")
        for fault in faults(spelled, destination.settings, dec_hook=decode_secret)
    ]


def decode_secret(wanted: type, value: Any) -> Any:
    """Return a `Secret` for msgspec, which calls this for types it does not know.

    Raises:
        ValueError: the secret is no text, is empty or could not stand in a header.
    """
    if wanted is not Secret:
        raise NotImplementedError(wanted)
    if not isinstance(value, str):
        raise ValueError("Expected the secret as text")
    text = value.strip()
    if not text:
        raise ValueError("Expected a secret that is not empty")
    if not text.isascii() or not text.isprintable():
        raise ValueError("Expected a secret of printable ASCII characters")
    return Secret(text)


def fault(name: str, message: str) -> ValueError:
    """Return the error for `__post_init__` of a settings Struct to raise about one setting.

    Args:
        name: the setting.
        message: what is wrong; never a secret.
    """
    return ValueError(f"`{name}`: {message}")


def _canonical_names(
    destination: str, fields: list[SettingField], settings: JsonObject
) -> JsonObject:
    known = {_plain(name): f.name for f in fields for name in (f.name, *f.aliases)}
    spelled: JsonObject = {}
    origin: dict[str, str] = {}
    for given, value in settings.items():
        name = known.get(_plain(given), given)
        if name in spelled:
            raise ConfigError(
                "config.invalid",
                f"{origin[name]!r} and {given!r} are the same setting of {destination}",
                where=f"$.{given}",
                hint=f"Keep one of them, best as {name!r}.",
            )
        spelled[name] = value
        origin[name] = given
    return spelled


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _explained(destination: str, fields: list[SettingField], message: str) -> ConfigError:
    match = _LOCATION.match(message)
    what = match["what"] if match else message
    where = (match["where"] if match else None) or "$"
    named = _NAMED.search(what)
    name = named["name"] if named else where.removeprefix("$.").partition(".")[0].partition("[")[0]
    if named and where == "$":
        where = f"$.{name}"
    what = what.removeprefix(f"`{name}`: ")
    field = next((f for f in fields if f.name == name), None)
    names = [f.name for f in fields]
    hint = None
    if field is None and named:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else None
    return ConfigError(
        "config.invalid",
        f"settings of {destination}: {what}",
        where=where,
        allowed=field.description.rstrip(".") if field else ", ".join(names),
        hint=hint,
    )
