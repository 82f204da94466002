"""Mapping stored requests again: plan, preview, run."""

from collections.abc import Callable

from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.records.remaps import id_of
from heliograph.remap.run import RemapReport
from heliograph.remap.wish import (
    RemapPlan,
    RemapWish,
    make_run,
    plan_remap,
    plan_rest,
    wait_for_effect,
)


def planned(caller: Caller, hub: Hub, wish: RemapWish, *, remap_id: str) -> RemapPlan:
    """Return what a wish means in this hub.

    Raises:
        HeliographError: `lookup.not_found` (source or mapper), `remap.ambiguous`, `caller.refused`.
        ConfigError: `mapper.invalid`.
    """
    caller.require("look")
    caller.within(wish.workspace)
    plan = plan_remap(hub.data, wish, remap_id=remap_id, now_ms=hub.clock.now_ms())
    caller.within(plan.remap.workspace)
    return plan


def unfinished(caller: Caller, hub: Hub, said: str) -> RemapPlan:
    """Return what is left of a remap that was interrupted; `said` is its id, or the beginning of it.

    Raises:
        HeliographError: `lookup.not_found`: there is none, or it is done; `lookup.ambiguous`,
            `caller.refused`.
    """
    caller.require("look")
    with hub.data.store.read() as reader:
        remap_id = id_of(caller, reader, said)
    return plan_rest(hub.data, remap_id)


def preview(
    caller: Caller,
    hub: Hub,
    plan: RemapPlan,
    *,
    examples: int,
    progress: Callable[[int], None],
) -> RemapReport:
    """Return what a plan would change; nothing is written.

    Raises:
        HeliographError: `process.needed`, `caller.refused`.
    """
    caller.require("look")
    return make_run(hub.folder, hub.data, plan, hub.clock).preview(
        examples=examples, progress=progress
    )


def correct(
    caller: Caller,
    hub: Hub,
    plan: RemapPlan,
    *,
    examples: int,
    progress: Callable[[int], None],
) -> tuple[RemapReport, bool]:
    """Run a plan: append what comes out as a new generation.

    Args:
        caller: who asks.
        hub: opened for writing journal and store, by the one process that may correct now.
        plan: what is to be done.
        examples: how many changes of each kind the report shows.
        progress: told the number of requests that are done.

    Returns:
        What was done, and whether it has taken effect: no, when no worker runs.

    Raises:
        HeliographError: `process.needed`, `caller.refused`.
        StoreUnavailable: what was done until then stays; the remap can be resumed.
    """
    caller.require("act")
    report = make_run(hub.folder, hub.data, plan, hub.clock).run(
        examples=examples, progress=progress
    )
    return report, wait_for_effect(hub.folder, hub.data)
