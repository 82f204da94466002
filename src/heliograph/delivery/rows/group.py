"""One transaction of the ledger: what turns came to, fenced by the leases under which they were sent."""

from collections.abc import Sequence
from typing import Final

import msgspec

from heliograph.delivery.pace.circuit import NOBODY_THERE
from heliograph.delivery.rows.hand import Mark, Result
from heliograph.delivery.rows.people import people_of
from heliograph.model.clock import Clock
from heliograph.storage.store import Reader, Store
from heliograph.storage.work.deliveries import Finish

GROUP: Final = "courier"
"""Of the leases on destinations."""


class Group(msgspec.Struct, frozen=True):
    """What goes into one transaction."""

    results: list[Result]
    recovered: list[str]
    """Destinations that answer again."""


class Written(msgspec.Struct, frozen=True):
    """What came of one."""

    lost: set[Mark]
    """Results whose lease had passed to another courier. The same delivery may be there twice, under
    the old and the new epoch of its destination: only the old one is lost."""
    queued: frozenset[str]
    """Destinations at which deliveries wait behind others of their key."""


def write_group(store: Store, clock: Clock, group: Group) -> Written:
    """Do it all in one transaction.

    Raises:
        StoreError: nothing was written.
    """
    now_ms = clock.now_ms()
    epochs: dict[str, int] = {}
    for result in group.results:
        name = result.hand.delivery.destination
        epochs[name] = max(epochs.get(name, 0), result.epoch)
    with store.transaction() as tx:
        standing = tx.leases.holds(GROUP, epochs)
        mine: list[Result] = []
        lost: set[Mark] = set()
        for result in group.results:
            name = result.hand.delivery.destination
            if name in standing and result.epoch == epochs[name]:
                mine.append(result)
            else:
                lost.add(result.mark)
                tx.deliveries.record(result.finish.attempts)
        gone = tx.deliveries.finish(_finishes(tx, mine, now_ms), now_ms=now_ms)
        if gone:
            lost |= {result.mark for result in mine if result.finish.delivery_id in gone}
        marked = [result.status for result in mine if result.status is not None]
        stopped = tx.destinations.get_all() if marked else {}
        for status in marked:
            if status.destination not in stopped:
                tx.destinations.set(status)
                stopped[status.destination] = status
        for destination in group.recovered:
            tx.deliveries.hasten(destination, statuses=NOBODY_THERE, now_ms=now_ms)
        counts = tx.deliveries.counts()
    return Written(lost, frozenset(n for n, states in counts.items() if states.get("queued")))


def _finishes(tx: Reader, results: Sequence[Result], now_ms: int) -> list[Finish]:
    """Return what to write; a hold that the person outgrew meanwhile becomes another try."""
    held = [result.hand for result in results if result.finish.state == "held"]
    now = people_of(tx, [hand.delivery.profile_id for hand in held]) if held else {}
    return [
        msgspec.structs.replace(result.finish, state="waiting", due_at=now_ms)
        if result.finish.state == "held"
        and now[result.hand.delivery.profile_id] != result.hand.person
        else result.finish
        for result in results
    ]
