"""The one name for "any JSON value", so that `Any` stays out of everything else."""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
else:
    # msgspec decodes an untyped value faster than a recursive union, which it cannot resolve anyway.
    Json = Any

JsonObject: TypeAlias = dict[str, Json]
