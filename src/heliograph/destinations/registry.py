"""Which destinations there are: the built-in ones, and those of other packages.

Another package offers one by an entry point of the group `heliograph.destinations` whose object is a
`Destination`. Two with the same name refuse to start; nothing is registered by being imported.
"""

from collections.abc import Iterable
from functools import cache
from importlib import metadata
from typing import Any, Final, cast

from heliograph.destinations.base import Destination
from heliograph.destinations.heap import DESTINATION as HEAP
from heliograph.destinations.moengage import DESTINATION as MOENGAGE
from heliograph.destinations.webengage import DESTINATION as WEBENGAGE
from heliograph.destinations.webhook import DESTINATION as WEBHOOK
from heliograph.errors import ConfigError

GROUP: Final = "heliograph.destinations"
BUILT_IN: Final[tuple[Destination[Any], ...]] = (WEBENGAGE, MOENGAGE, HEAP, WEBHOOK)

AnyDestination = Destination[Any]


def registered(
    built_in: Iterable[AnyDestination], entry_points: Iterable[metadata.EntryPoint]
) -> dict[str, AnyDestination]:
    """Return destinations by name, the built-in ones first.

    Raises:
        ConfigError: `config.unsupported`: two have the same name, or an entry point is no destination.
    """
    found: dict[str, AnyDestination] = {}
    origin: dict[str, str] = {}

    def add(destination: AnyDestination, where: str) -> None:
        name = destination.name
        if name in found:
            raise ConfigError(
                "config.unsupported",
                f"two destinations are called {name!r}",
                where=where,
                found=f"the other one comes from {origin[name]}",
                hint="Uninstall one of the packages.",
            )
        found[name] = destination
        origin[name] = where

    for destination in built_in:
        add(destination, "heliograph")
    for point in sorted(entry_points, key=lambda point: (point.name, point.value)):
        loaded: object = point.load()
        if not isinstance(loaded, Destination):
            raise ConfigError(
                "config.unsupported",
                "the entry point names something that is no destination",
                where=f"{GROUP}: {point.name} = {point.value}",
                found=type(loaded).__name__,
                allowed="an instance of heliograph.destinations.base.Destination",
            )
        add(cast(AnyDestination, loaded), point.value)
    return found


@cache
def _installed() -> dict[str, AnyDestination]:
    return registered(BUILT_IN, metadata.entry_points(group=GROUP))


def all() -> tuple[AnyDestination, ...]:
    """Return every destination of this process, the built-in ones first.

    Raises:
        ConfigError: `config.unsupported`, see `registered`.
    """
    return tuple(_installed().values())


def get(name: str) -> AnyDestination:
    """Return the destination of a `type` in `destinations/*.toml`.

    Raises:
        ConfigError: `config.unknown_reference`: there is none of that name.
    """
    destination = _installed().get(name)
    if destination is None:
        raise ConfigError(
            "config.unknown_reference",
            f"there is no type of destination called {name!r}",
            where="$.type",
            allowed=", ".join(_installed()),
        )
    return destination
