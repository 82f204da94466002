"""Going on with a journal that is not the one the store has read so far."""

from typing import Literal

import msgspec

from heliograph.engine.settings import GROUP
from heliograph.errors import HeliographError
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.storage.data import Data
from heliograph.storage.lineage import Mismatch, examine
from heliograph.storage.reading.applied import PRUNED
from heliograph.storage.store import Reader
from heliograph.telemetry.logs import get_logger

log = get_logger("operations.repair")


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and what is read again because of it."""

    found: str | None
    """What was wrong; None when nothing was."""
    kind: Literal["none", "repaired"]
    incarnation: str
    """Of the journal, from now on."""
    reset: dict[int, int] = {}
    """Partition -> position after which it is read again; what is applied already is passed over."""
    events: int = 0
    """Events that are read again."""
    passed_over: int = 0
    """Events that are not, and were trimmed: retention had removed them and what was known of them, so that
    they would have been applied a second time."""


def repair(caller: Caller, hub: Hub) -> Repair:
    """Give the journal a new incarnation, and set back the cursors that mean nothing in it.

    Nothing is applied twice: what is read again is known by its id, and what retention had removed before,
    together with what was known of it, is removed again. Partitions whose cursor stands at the
    event it stood at are left alone. A worker that runs is fenced off and goes on by itself.

    Args:
        caller: who asks.
        hub: journal and store opened for writing.

    Raises:
        InputError: `caller.refused`.
        HeliographError: `journal.store_new`; that is for `rebuild`.
        StoreUnavailable: nothing, or only the first half was done; repeat it.
    """
    caller.require("act")
    caller.require_whole_hub("a repair")
    data = hub.data
    with data.store.read() as reader:
        mismatch = examine(data.journal, reader, group=GROUP)
        store = reader.lineage.get().store
    if mismatch is None:
        return Repair(found=None, kind="none", incarnation=data.journal.identity().incarnation)
    if mismatch.kind == "journal.store_new":
        raise HeliographError(mismatch.kind, mismatch.message, where="store", hint=mismatch.hint)
    identity = data.journal.renew(store)
    with data.store.transaction() as tx:
        reset = _to_reset(data, tx, mismatch)
        forgotten_ms = tx.cursors.positions(PRUNED).get(0, 0)
        passed_over = _trim_again(data, reset, forgotten_ms)
        heads = data.journal.heads()
        for group in {GROUP, *(group.name for group in tx.readers.all())}:
            for partition, position in reset.items():
                tx.cursors.reset(group, partition, position)
        tx.lineage.bind(identity.journal, identity.incarnation)
    log.warning("journal repaired", found=mismatch.message, by=caller.who)
    return Repair(
        found=mismatch.message,
        kind="repaired",
        incarnation=identity.incarnation,
        reset=reset,
        events=sum(heads[p].last - position for p, position in reset.items()),
        passed_over=passed_over,
    )


def _trim_again(data: Data, reset: dict[int, int], forgotten_ms: int) -> int:
    """Trim what an older copy brought back and the store has forgotten; returns how many events that were.

    Only what all groups had read was ever trimmed, and what is of a partition that is reset and older than
    that was read before: what came later than the copy is younger.
    """
    trimmed = 0
    for partition, position in reset.items():
        old = data.journal.position_at(partition, forgotten_ms)
        if old > position:
            data.journal.trim(partition, old + 1)
            reset[partition] = old
            trimmed += old - position
    return trimmed


def _to_reset(data: Data, reader: Reader, mismatch: Mismatch) -> dict[int, int]:
    """Return where each partition whose cursor cannot be trusted is read from again."""
    places = reader.cursors.places(GROUP)
    heads = data.journal.heads()
    stranger = mismatch.kind in ("journal.journal_new", "journal.other_journal")
    known = data.journal.entries([(p, place.position) for p, place in places.items()])
    reset: dict[int, int] = {}
    for partition, place in places.items():
        entry = known.get((partition, place.position))
        same = (
            not stranger
            and place.position <= heads[partition].last
            and place.anchor is not None
            and entry is not None
            and entry.record.id == place.anchor
        )
        if not same and place.position:
            reset[partition] = heads[partition].first - 1
    return reset
