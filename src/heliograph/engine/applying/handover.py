"""What a batch made, for the courier of the same process; built inside the batch's transaction."""

from collections.abc import Mapping

from heliograph.delivery.rows.fresh import Handover, Made
from heliograph.engine.batch import Batch
from heliograph.engine.stages.identity import Identified
from heliograph.engine.stages.profile import Gathered
from heliograph.engine.stages.route import Routed
from heliograph.profiles.lookup import load_members
from heliograph.storage.store import Reader


def handover_of(
    reader: Reader, batch: Batch, counts: Mapping[str, int], *, corrects: bool
) -> Handover:
    """Return the deliveries of a batch with their events, and the people they are about.

    Args:
        reader: the transaction, everything of the batch written.
        batch: applied.
        counts: destination -> deliveries.
        corrects: the batch held corrected events, so it was not gathered as others are.
    """
    queued = frozenset(
        name for name, states in reader.deliveries.counts().items() if states.get("queued")
    )
    if corrects:
        return Handover(counts=counts, queued=queued, regrouped=True)
    people, routed = batch.of(Identified).people, batch.of(Routed)
    events = {one.event.event_id: one.event for one in people.effective}
    rows = [
        Made(
            seq=routed.seqs[new.delivery_id],
            new=new,
            event=events[new.event_id],
            at_ms=routed.now_ms,
        )
        for new in routed.deliveries
        if new.delivery_id in routed.seqs
    ]
    records = {record.profile_id: record for record in batch.of(Gathered).records}
    return Handover(
        counts=counts,
        queued=queued,
        rows=rows,
        people=load_members(reader, [one.new.profile_id for one in rows], at_hand=records),
        regrouped=bool(people.merges),
    )
