"""Everything that is wrong with a document, field by field; msgspec itself stops at the first fault.

A value is looked into where its type is a Struct, a list or an object; what has no such parts is converted
as it is. Rules of a whole (`__post_init__`) are judged when all its parts are right.
"""

import difflib
import types
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from heliograph.model.json import Json

DecHook = Callable[[type, Any], Any]

_AT: Final = " - at `"


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    path: tuple[str | int, ...]
    """Keys and indices down to the value; of a field that is missing or unknown, down to the field."""
    message: str
    """As msgspec says it, without the place: ``Expected `int`, got `str` ``."""
    near: str | None = None
    """Of an unknown field, the field that may have been meant."""

    @property
    def where(self) -> str:
        """The path as JSONPath, `$.destinations[0].name`."""
        return "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path)


def faults(value: Json, type_: Any, *, dec_hook: DecHook | None = None) -> list[Fault]:
    """Return what keeps a value from being converted to a type; empty when nothing does.

    A required field that is missing is left out when an unknown one is a near miss of its name: that is
    one mistake, not two.

    Args:
        value: as decoded from JSON or TOML.
        type_: anything that `msgspec.convert` takes.
        dec_hook: as `msgspec.convert` takes it.
    """
    return list(_faults(value, type_, (), dec_hook))


def without(value: Json, found: Iterable[Fault]) -> Json:
    """Return a copy of a value without the fields that are at fault; items of lists stay."""
    paths = {fault.path for fault in found}

    def copied(part: Json, path: tuple[str | int, ...]) -> Json:
        if isinstance(part, dict):
            return {k: copied(v, (*path, k)) for k, v in part.items() if (*path, k) not in paths}
        if isinstance(part, list):
            return [copied(item, (*path, index)) for index, item in enumerate(part)]
        return part

    return copied(value, ())


def _faults(
    value: Json, type_: Any, path: tuple[str | int, ...], dec_hook: DecHook | None
) -> Iterable[Fault]:
    found = [
        fault
        for key, item, inner in _parts(value, _bare(type_))
        for fault in _faults(item, inner, (*path, key), dec_hook)
    ]
    found += _fields(value, _bare(type_), path)
    if found:
        yield from found
        return
    try:
        msgspec.convert(value, type_, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        yield Fault(path, str(error).partition(_AT)[0])


def _parts(value: Json, type_: Any) -> Iterable[tuple[str | int, Json, Any]]:
    """Yield (key or index, value, type) of the parts that have types of their own."""
    arguments = get_args(type_)
    if isinstance(value, list) and get_origin(type_) in (list, tuple):
        if len(arguments) == 1 or arguments[1:] == (...,):
            yield from ((index, item, arguments[0]) for index, item in enumerate(value))
    elif isinstance(value, dict) and get_origin(type_) is dict:
        yield from ((key, item, arguments[1]) for key, item in value.items())
    elif isinstance(value, dict) and _is_plain_struct(type_):
        known = {field.encode_name: field.type for field in msgspec.structs.fields(type_)}
        yield from ((key, item, known[key]) for key, item in value.items() if key in known)


def _fields(value: Json, type_: Any, path: tuple[str | int, ...]) -> list[Fault]:
    """Return the fields of an object that are unknown to its Struct, and the required ones it lacks."""
    if not (isinstance(value, dict) and _is_plain_struct(type_)):
        return []
    fields = msgspec.structs.fields(type_)
    names = [field.encode_name for field in fields]
    found: list[Fault] = []
    meant: set[str] = set()
    for key in value:
        if key not in names and type_.__struct_config__.forbid_unknown_fields:
            absent = [name for name in names if name not in value]
            near = next(iter(difflib.get_close_matches(key, absent, n=1)), None)
            meant |= {near} if near else set()
            found.append(Fault((*path, key), f"Object contains unknown field `{key}`", near))
    missing = [f.encode_name for f in fields if f.required and f.encode_name not in value]
    return found + [
        Fault((*path, name), f"Object missing required field `{name}`")
        for name in missing
        if name not in meant
    ]


def _is_plain_struct(type_: Any) -> bool:
    return (
        isinstance(type_, type)
        and issubclass(type_, msgspec.Struct)
        and type_.__struct_config__.tag is None
        and not type_.__struct_config__.array_like
    )


def _bare(type_: Any) -> Any:
    """Return a type without its annotations, and without `None` beside one other type."""
    if get_origin(type_) is Annotated:
        return _bare(get_args(type_)[0])
    if get_origin(type_) in (Union, types.UnionType):
        others = [one for one in get_args(type_) if one is not type(None)]
        return _bare(others[0]) if len(others) == 1 else type_
    return type_
