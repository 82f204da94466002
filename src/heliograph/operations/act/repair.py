"""Going on with a journal that is not the one the store has read so far."""

from typing import Literal

import msgspec

from heliograph.engine.settings import GROUP
from heliograph.errors import HeliographError
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.storage.data import Data
from heliograph.storage.lineage import Mismatch, examine
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


def repair(caller: Caller, hub: Hub) -> Repair:
    """Give the journal a new incarnation, and set back the cursors that mean nothing in it.

    Nothing is applied twice: what is read again is known by its id. Partitions whose cursor stands at the
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
    )


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
