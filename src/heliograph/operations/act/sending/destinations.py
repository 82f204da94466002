"""Destinations that a person pauses, resumes or tries out."""

from heliograph.errors import ConfigError
from heliograph.operations.act.sending.deliveries import pause_destination, resume_destination
from heliograph.operations.act.sending.probe import ProbeResult, probe_destination
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.records.documents import lines_of
from heliograph.operations.names import full_destination, not_found
from heliograph.operations.views import DestinationChange


def pause(
    caller: Caller, hub: Hub, name: str, *, reason: str, workspace: str | None = None
) -> DestinationChange:
    """Stop sending to a destination until it is resumed; its deliveries are kept and wait.

    Args:
        caller: who asks.
        hub: opened for writing the store.
        name: `<name>` or `<workspace>/<name>`.
        reason: shown wherever the destination is.
        workspace: only one of this workspace is meant.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`, `caller.refused`.
        StoreUnavailable: nothing was changed.
    """
    return _change(caller, hub, name, reason, workspace)


def resume(
    caller: Caller, hub: Hub, name: str, *, workspace: str | None = None
) -> DestinationChange:
    """Send to a destination again, whether it was paused or had refused its credentials.

    What its document says wins: of one that is disabled or removed the answer says so.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`, `caller.refused`.
        StoreUnavailable: nothing was changed.
    """
    return _change(caller, hub, name, None, workspace)


def _change(
    caller: Caller, hub: Hub, name: str, reason: str | None, workspace: str | None
) -> DestinationChange:
    caller.require("act")
    store, clock, by = hub.data.store, hub.clock, caller.who
    with store.read() as reader:
        full = full_destination(caller, reader, name, workspace)
    if reason is None:
        change = resume_destination(store, full, clock=clock, by=by)
    else:
        change = pause_destination(store, full, reason=reason, clock=clock, by=by)
    with store.read() as reader:
        line = lines_of(reader).get(full)
    stopped = line if line is not None and line.state in ("disabled", "removed") else None
    return DestinationChange(
        destination=change.destination,
        before=change.before,
        before_reason=change.before_reason,
        after=change.after,
        reason=change.reason,
        at=change.at,
        by=change.by,
        state=stopped.state if stopped else change.after,
        state_reason=stopped.reason if stopped else "",
    )


async def probe(
    caller: Caller, hub: Hub, name: str, *, workspace: str | None = None
) -> ProbeResult:
    """Send a cheap request that tells whether address and credentials of a destination work.

    Secrets are taken from the environment of this process.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`, `caller.refused`.
        ConfigError: its document cannot be used.
    """
    caller.require("act")
    _, catalog = hub.data.catalog().current()
    with hub.data.store.read() as reader:
        full = full_destination(caller, reader, name, workspace)
    workspace, _, short_name = full.partition("/")
    tenant = catalog.get(workspace)
    if tenant is None or short_name not in tenant.destinations:
        problem = tenant.problems.get(("destination", short_name)) if tenant else None
        if problem is not None and problem.code == "config.missing_secret":
            raise ConfigError(
                problem.code,
                problem.message,
                where=problem.where,
                hint="A test reads its own environment, not the hub's: set it there too and test again.",
            )
        if problem is not None:
            raise problem
        # It was removed, and is known only for its deliveries.
        raise not_found("destination", name)
    return await probe_destination(full, tenant.destinations[short_name])
