"""What becomes of a whole payload, and why: its records one by one, or why it has none."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import count as count_from

import msgspec

from heliograph.mapping.document.plan import Plan
from heliograph.mapping.explain.explanation import ItemExplanation
from heliograph.mapping.explain.records import Payload, count, split, why_not_split
from heliograph.mapping.explain.variants import explain_item, takes_one, without_index
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
    if takes_one(plan, payload.body):
        alone = msgspec.structs.replace(payload, body=[payload.body])
        return list(map(_alone, explain_payload(plan, alone, advise=advise)))
    records = split(plan.chain, payload.body)
    if isinstance(records, RejectedItem):
        return [_explain_whole(plan, payload, records)]
    further = count_from(len(records))
    found: list[ItemExplanation] = []
    for each in records:
        if isinstance(each, RejectedItem):
            found.append(_explain_broken(each))
        else:
            found += explain_item(plan, payload, each, further, advise=advise)
    return found


def explain_refusals(
    plan: Plan, payload: Payload, indexes: Collection[int], *, work: int
) -> Iterator[ItemExplanation]:
    """Yield why each of some refused items is refused, of its fields only those that may refuse it.

    In a batch, results of an item beyond the first one are left out: their numbers depend on all items.

    Args:
        plan: the mapper.
        payload: the request.
        indexes: which items.
        work: what looking for advice may cost per item; one that costs more is left out.
    """
    if takes_one(plan, payload.body):
        alone = msgspec.structs.replace(payload, body=[payload.body])
        yield from map(_alone, explain_refusals(plan, alone, indexes, work=work))
        return
    records = split(plan.chain, payload.body, only=indexes)
    if isinstance(records, RejectedItem):
        yield _explain_whole(plan, payload, records)
        return
    size = count(plan.chain, payload.body) if plan.chain.arrays else 1
    for each in records:
        if isinstance(each, RejectedItem):
            yield _explain_broken(each)
            continue
        own = msgspec.structs.replace(payload, work=Work(work))
        further = count_from(size)
        with suppress(TooMuchWork):
            for item in explain_item(plan, own, each, further, advise=True, brief=True):
                known = item.index < size or not plan.chain.arrays
                if known and item.index in indexes:
                    yield item


def _alone(item: ItemExplanation) -> ItemExplanation:
    """Return the explanation of an item that is the whole body, which was put into a list for it."""
    outcome = item.outcome
    if isinstance(outcome, RejectedItem):
        outcome = without_index(outcome)
    return msgspec.structs.replace(item, path="$", outcome=outcome)


def _explain_whole(plan: Plan, payload: Payload, refused: RejectedItem) -> ItemExplanation:
    note = why_not_split(plan.chain, payload.body)
    return ItemExplanation(index=0, path="$", outcome=refused, note=note)


def _explain_broken(item: RejectedItem) -> ItemExplanation:
    note = "[*] needs an array here."
    return ItemExplanation(index=item.index, path=item.path or "$", outcome=item, note=note)
