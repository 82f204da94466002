"""What a person does to deliveries and destinations: replay, pause, resume. Each answers what it changed.

Used by the command line and the console; every change is logged with who asked for it.
"""

import msgspec

from heliograph.model.clock import Clock
from heliograph.model.delivery import DestinationState
from heliograph.storage.store import Store
from heliograph.storage.work.deliveries import DeliveryQuery
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.operations")


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay did."""

    replayed: int
    """Dead letters that are open again; they keep delivery id and idempotency key."""
    at: int
    by: str


class StateChange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a destination."""

    destination: str
    before: DestinationState
    before_reason: str
    after: DestinationState
    reason: str
    at: int
    by: str

    @property
    def changed(self) -> bool:
        """Whether anything is different now."""
        return self.before != self.after


def replay_dead_letters(
    store: Store, query: DeliveryQuery, *, clock: Clock, by: str, newest_blueprint: bool = False
) -> ReplayResult:
    """Make matching dead letters open again, oldest first and in order per key.

    The retry schedule of each starts anew. `query.limit` 0 means all of them; `query.states` is ignored.
    Each is made with the text of the blueprint that it was made with before or, with `newest_blueprint`,
    with what bears that name now.

    Raises:
        StoreUnavailable: nothing was changed.
    """
    now_ms = clock.now_ms()
    dead = msgspec.structs.replace(query, states=("dead",))
    with store.transaction() as tx:
        replayed = tx.deliveries.replay(dead, now_ms=now_ms, newest_blueprint=newest_blueprint)
    log.info("dead letters replayed", replayed=replayed, by=by, destination=query.destination)
    return ReplayResult(replayed=replayed, at=now_ms, by=by)


def pause_destination(
    store: Store, destination: str, *, reason: str, clock: Clock, by: str
) -> StateChange:
    """Stop sending to a destination until a person resumes it; deliveries for it are kept and wait.

    Args:
        store: the store.
        destination: `<workspace>/<name>`.
        reason: shown wherever the destination is.
        clock: wall clock.
        by: who asked.

    Raises:
        StoreUnavailable: nothing was changed.
    """
    return _change(store, destination, "paused", reason, clock=clock, by=by)


def resume_destination(store: Store, destination: str, *, clock: Clock, by: str) -> StateChange:
    """Send to a destination again, whether it was paused or misconfigured.

    Raises:
        StoreUnavailable: nothing was changed.
    """
    return _change(store, destination, "active", "", clock=clock, by=by)


def _change(
    store: Store, destination: str, state: DestinationState, reason: str, *, clock: Clock, by: str
) -> StateChange:
    now_ms = clock.now_ms()
    with store.transaction() as tx:
        before = tx.destinations.get_all().get(destination)
        tx.destinations.set(
            DestinationStatus(destination=destination, state=state, reason=reason, since=now_ms)
        )
    change = StateChange(
        destination=destination,
        before=before.state if before else "active",
        before_reason=before.reason if before else "",
        after=state,
        reason=reason,
        at=now_ms,
        by=by,
    )
    log.info("destination state", **msgspec.structs.asdict(change))
    return change
