"""Making profiles anew from the journal, for whoever may act on the whole hub."""

from collections.abc import Callable

from heliograph.engine.applying.apply import BatchEffect
from heliograph.engine.rebuild import RebuildPlan, plan_rebuild
from heliograph.engine.rebuild import rebuild as run_rebuild
from heliograph.errors import HeliographError
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.storage.folder.run_files import running_worker
from heliograph.telemetry.logs import get_logger

log = get_logger("operations.rebuild")


def plan(caller: Caller, hub: Hub) -> RebuildPlan:
    """Return what a rebuild would do now, after looking whether it may.

    Raises:
        InputError: `caller.refused`.
        HeliographError: `process.locked`: a worker runs; `config.none`: no configuration was applied.
        StoreCorrupt: `journal.…`; a repair comes first.
        StoreUnavailable: journal or store cannot be read.
    """
    caller.require("act")
    caller.require_whole_hub("a rebuild")
    _refuse_worker(hub)
    _refuse_unconfigured(hub)
    return plan_rebuild(hub.data)


def rebuild(
    caller: Caller, hub: Hub, planned: RebuildPlan, *, progress: Callable[[int, int], None]
) -> BatchEffect:
    """Do what was planned, beside a gateway that may run; a worker may not.

    Raises:
        InputError: `caller.refused`.
        HeliographError: `process.locked`; a worker runs.
        StoreError: as `engine.rebuild.rebuild`.
    """
    caller.require("act")
    caller.require_whole_hub("a rebuild")
    _refuse_worker(hub)  # one may have been started while a person was asked
    log.warning("profiles are made anew", events=planned.events, by=caller.who)
    return run_rebuild(hub.data, planned, clock=hub.clock, progress=progress)


def _refuse_unconfigured(hub: Hub) -> None:
    """Refuse to read events by rules that are not there: each would be skipped, for good."""
    with hub.data.store.read() as reader:
        configured = bool(reader.configuration.all())
    if not configured:
        raise HeliographError(
            "config.none",
            "no configuration was applied to this data folder, and profiles are made by it",
            where=str(hub.folder),
            hint="Give `heliograph apply DIR` first, with the folder the configuration came from; "
            "a backup has it in configuration/<workspace>/.",
        )


def _refuse_worker(hub: Hub) -> None:
    worker = running_worker(hub.folder)
    if worker is not None:
        raise HeliographError(
            "process.locked",
            "a worker runs, and would deliver what is being made anew",
            where=str(hub.folder),
            found=f"{worker.role}, process {worker.pid}",
            hint="Stop the hub, start the gateway alone (heliograph gateway) if requests are to be taken "
            "meanwhile, and give the command again.",
        )
