"""What becomes of a whole payload, and why: its records one by one, or why it has none."""

from collections.abc import Collection, Iterator
from contextlib import suppress

import msgspec

from heliograph.mapping.document.plan import Plan
from heliograph.mapping.explain.explanation import ItemExplanation
from heliograph.mapping.explain.records import Payload, split, why_not_split
from heliograph.mapping.explain.reference import explain_record
from heliograph.mapping.paths.work import TooMuchWork, Work
from heliograph.model.request import RejectedItem


def explain_payload(plan: Plan, payload: Payload, *, advise: bool) -> list[ItemExplanation]:
    """Return one explanation per record, in order; a payload refused as a whole gives one.

    Args:
        plan: the mapper.
        payload: the request.
        advise: also look for what a path that leads nowhere may have meant.

    Raises:
        TooMuchWork: it costs more than is left for the payload.
    """
    records = split(plan.chain, payload.body)
    if isinstance(records, RejectedItem):
        return [_explain_whole(plan, payload, records)]
    return [
        _explain_broken(each)
        if isinstance(each, RejectedItem)
        else explain_record(plan, payload, each, advise=advise)
        for each in records
    ]


def explain_refusals(
    plan: Plan, payload: Payload, indexes: Collection[int], *, work: int
) -> Iterator[ItemExplanation]:
    """Yield why each of some refused items is refused, of its fields only those that may refuse it.

    Args:
        plan: the mapper.
        payload: the request.
        indexes: which items.
        work: what looking for advice may cost per item; one that costs more is left out.
    """
    records = split(plan.chain, payload.body, only=indexes)
    if isinstance(records, RejectedItem):
        yield _explain_whole(plan, payload, records)
        return
    for each in records:
        if isinstance(each, RejectedItem):
            yield _explain_broken(each)
            continue
        own = msgspec.structs.replace(payload, work=Work(work))
        with suppress(TooMuchWork):
            yield explain_record(plan, own, each, advise=True, brief=True)


def _explain_whole(plan: Plan, payload: Payload, refused: RejectedItem) -> ItemExplanation:
    note = why_not_split(plan.chain, payload.body)
    return ItemExplanation(index=0, path="$", outcome=refused, note=note)


def _explain_broken(item: RejectedItem) -> ItemExplanation:
    note = "[*] needs an array here."
    return ItemExplanation(index=item.index, path=item.path or "$", outcome=item, note=note)
