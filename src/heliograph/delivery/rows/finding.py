"""What of a destination is due and not in hand yet, with all that a turn needs."""

from collections.abc import Collection, Mapping

import msgspec

from heliograph.delivery.pace.shares import LIVE, Rota, share_out
from heliograph.delivery.rows.fresh import Fresh
from heliograph.delivery.rows.hand import Hand
from heliograph.delivery.rows.people import people_of
from heliograph.delivery.rows.shelf import Shelf
from heliograph.model.clock import Clock
from heliograph.storage.store import Reader


class Found(msgspec.Struct, frozen=True):
    """What a look at a destination found."""

    hands: list[Hand]
    live_left: bool = False
    """More live ones are due than were read."""
    others_left: bool = False
    """More of the others, of those that were asked for, are due than were read."""


def find(
    reader: Reader,
    destination: str,
    *,
    limit: int,
    most: Mapping[int, int],
    skip: Collection[int],
    rota: Rota,
    clock: Clock,
    fresh: Fresh,
    shelf: Shelf,
) -> Found:
    """Return due deliveries by their classes; none when the destination is not active.

    Args:
        reader: of the store.
        destination: `<workspace>/<name>`.
        limit: how many in all.
        most: class -> how many of it; 0: it is not looked at.
        skip: seqs of what is in hand, results that are not written yet included.
        rota: of the destination.
        clock: of this process.
        fresh: what the engine of this process has just made.
        shelf: gets the texts of their blueprints.
    """
    if destination in reader.destinations.get_all():
        return Found([])
    now_ms = clock.now_ms()
    found: dict[int, list[int]] = {}
    for which, number in most.items():
        if not number:
            continue
        seqs = reader.deliveries.due(
            destination, priority=which, limit=number + len(skip), now_ms=now_ms
        )
        found[which] = [seq for seq in seqs if seq not in skip][:number]
    given = share_out(limit, {which: len(seqs) for which, seqs in found.items()}, rota)
    left = {
        which
        for which, seqs in found.items()
        if len(seqs) > given[which] or len(seqs) == most[which]
    }
    chosen = [seq for which, seqs in found.items() for seq in seqs[: given[which]]]
    if not chosen:
        return Found([])
    made, members = fresh.take(chosen, now_s=clock.monotonic_s())
    rows = {seq: one.row() for seq, one in made.items()}
    absent = [seq for seq in chosen if seq not in made]
    if absent:
        rows |= {one.seq: one for one in reader.deliveries.load(absent)}
    shelf.fill(reader, rows.values())
    people = people_of(reader, [one.profile_id for one in rows.values()], at_hand=members)
    hands = [
        Hand(
            delivery=rows[seq],
            person=people[rows[seq].profile_id],
            event=made[seq].event if seq in made else None,
        )
        for seq in chosen
        if seq in rows
    ]
    return Found(hands, live_left=LIVE in left, others_left=bool(left - {LIVE}))
