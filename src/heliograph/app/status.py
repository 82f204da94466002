"""What runs on a data folder and how far it is, as one document."""

import msgspec

from heliograph.app.lag import engine_lag
from heliograph.app.run_files import ROLES, RoleNote, running
from heliograph.app.settings import Settings
from heliograph.app.wiring import Data, size_of
from heliograph.model.catalog import Catalog
from heliograph.model.delivery import DeliveryState, DestinationState
from heliograph.storage.destination_states import DestinationStatus


class DestinationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One destination: whether it is sent to, and its deliveries by state."""

    name: str
    """`<workspace>/<name>`."""
    type: str | None
    """None when its document is gone but deliveries are left."""
    state: DestinationState
    reason: str
    deliveries: dict[DeliveryState, int]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a hub. Numbers are totals since the data folder was made."""

    data_dir: str
    bytes: int
    """Size of the data folder."""
    roles: dict[str, RoleNote | None]
    """`up`, `gateway`, `worker`; None when it does not run."""
    revision: int
    """Of the configuration."""
    requests: int
    refused_requests: int
    events: int
    rejected: int
    lag: int
    """Events that were not applied yet."""
    profiles: int
    trimmed_requests: int
    """Of the requests, those whose retention has ended."""
    trimmed_events: int
    """Of the events, likewise."""
    destinations: tuple[DestinationLine, ...]
    problems: tuple[str, ...]
    """Documents that cannot be used, and destinations that are not sent to."""


def read_status(settings: Settings, data: Data) -> Status:
    """Return the status; works while the hub runs and when it does not.

    Raises:
        StoreUnavailable: journal or store cannot be read.
    """
    revision, catalog = data.catalog_as_written().current()
    counts = data.journal.counts()
    with data.store.read() as reader:
        profiles = reader.profiles.count()
        deliveries = reader.deliveries.counts()
        states = reader.destinations.get_all()
    lines = _destinations(catalog, deliveries, states)
    return Status(
        data_dir=str(settings.data_path),
        bytes=size_of(settings.data_path),
        roles={role: running(settings.data_path, role) for role in ROLES},
        revision=revision,
        requests=counts.requests,
        refused_requests=counts.refused_requests,
        events=counts.events,
        rejected=counts.rejected,
        lag=engine_lag(data).events,
        profiles=profiles,
        trimmed_requests=counts.trimmed_requests,
        trimmed_events=sum(
            data.journal.bounds(partition).first - 1 for partition in range(data.journal.partitions)
        ),
        destinations=lines,
        problems=(*_problems(catalog), *_silent(lines)),
    )


def _destinations(
    catalog: Catalog,
    deliveries: dict[str, dict[DeliveryState, int]],
    states: dict[str, DestinationStatus],
) -> tuple[DestinationLine, ...]:
    types = {
        f"{workspace}/{name}": config.type
        for workspace, tenant in catalog.items()
        for name, config in tenant.destinations.items()
    }
    lines: list[DestinationLine] = []
    for name in sorted({*types, *deliveries}):
        status = states.get(name)
        lines.append(
            DestinationLine(
                name=name,
                type=types.get(name),
                state=status.state if status else "active",
                reason=status.reason if status else "",
                deliveries={s: n for s, n in deliveries.get(name, {}).items() if n},
            )
        )
    return tuple(lines)


def _problems(catalog: Catalog) -> list[str]:
    return [
        f"{workspace}: {error}"
        for workspace, tenant in catalog.items()
        for error in tenant.problems.values()
    ]


def _silent(lines: tuple[DestinationLine, ...]) -> list[str]:
    return [
        f"{line.name} is {line.state}: {line.reason or 'no reason was given'}"
        for line in lines
        if line.state != "active"
    ]
