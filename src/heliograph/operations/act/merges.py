"""Two profiles that a person makes one, and takes apart again."""

import msgspec

from heliograph.operations.act.people import merge_profiles, unmerge_profile
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.persons import one_profile_id
from heliograph.operations.views import MergeView, UnmergeView
from heliograph.telemetry.logs import get_logger

log = get_logger("operations.merges")


def merge(
    caller: Caller, hub: Hub, *, keep: str, absorb: str, workspace: str | None = None
) -> MergeView:
    """Make `absorb` the same person as `keep`, each named as `persons.one_profile_id` takes it.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`, `profile.merge_refused`, `caller.refused`.
        StoreUnavailable: nothing was changed.
    """
    caller.require("act")
    with hub.data.store.transaction() as tx:
        done = merge_profiles(
            tx,
            keep=one_profile_id(caller, tx, keep, workspace),
            absorb=one_profile_id(caller, tx, absorb, workspace),
            operator=caller.who,
            now_ms=hub.clock.now_ms(),
        )
    log.info("profiles merged", old=done.old, canonical=done.canonical, by=caller.who)
    return MergeView(**msgspec.structs.asdict(done))


def unmerge(caller: Caller, hub: Hub, said: str, *, workspace: str | None = None) -> UnmergeView:
    """Make what was merged a person of its own again; events will not merge it by themselves.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`, `profile.unknown`, `caller.refused`.
        StoreUnavailable: nothing was changed.
    """
    caller.require("act")
    with hub.data.store.transaction() as tx:
        profile_id = one_profile_id(caller, tx, said, workspace)
        before = unmerge_profile(tx, profile_id=profile_id, now_ms=hub.clock.now_ms())
    log.info("profile un-merged", profile_id=profile_id, canonical=before, by=caller.who)
    return UnmergeView(profile_id=profile_id, was_merged_into=before)
