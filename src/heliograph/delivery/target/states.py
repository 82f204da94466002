"""Which destination states follow from the configuration."""

from collections.abc import Mapping

from heliograph.delivery.target.target import CONFIGURATION, Target
from heliograph.errors import ConfigError
from heliograph.model.clock import Clock
from heliograph.model.delivery import DestinationState
from heliograph.storage.store import Reader, Store
from heliograph.storage.work.destination_states import DestinationStatus


def wanted_changes(
    store: Store, targets: Mapping[str, Target | ConfigError], clock: Clock
) -> list[DestinationStatus]:
    """Return the states to write after the configuration was read, in the order of the names.

    A destination that cannot be used becomes misconfigured; one that was so because of its document,
    or whose document changed after it had become so, becomes active. A paused one stays paused.
    """
    now_ms = clock.now_ms()
    changes: list[DestinationStatus] = []
    with store.read() as reader:
        states = reader.destinations.get_all()
        for name, target in sorted(targets.items()):
            before = states.get(name)
            if before is not None and before.state == "paused":
                continue
            if isinstance(target, ConfigError):
                reason = f"{CONFIGURATION}{target}"
                if before is None or before.reason != reason:
                    changes.append(_status(name, "misconfigured", reason, now_ms))
            elif before is not None and _mended(reader, before):
                changes.append(_status(name, "active", "the configuration was changed", now_ms))
    return changes


def _mended(reader: Reader, status: DestinationStatus) -> bool:
    if status.reason.startswith(CONFIGURATION):
        return True
    workspace, _, name = status.destination.partition("/")
    document = reader.configuration.get(workspace, "destination", name)
    return document is not None and document.changed_at > status.since


def _status(
    destination: str, state: DestinationState, reason: str, since: int
) -> DestinationStatus:
    return DestinationStatus(destination=destination, state=state, reason=reason, since=since)
