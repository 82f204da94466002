"""By which ids does a sender know the records of a payload? What `message_id` of the document leads to.

An id belongs to a record when its path goes through the array that is walked; one that stands beside the
array is the id of the whole message, and its records are told apart by their places.
"""

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import Expression, Plan, Value, leaves_of
from heliograph.mapping.explain.expressions import Evaluator
from heliograph.mapping.explain.lookup import Lookup
from heliograph.mapping.explain.records import Payload, Record, split
from heliograph.model.ids import bounded_message_id
from heliograph.model.request import RejectedItem


def message_ids_of(plan: Plan, payload: Payload) -> list[str]:
    """Return the id of each record in its order, an empty text for one that has none; empty without any.

    Raises:
        TooMuchWork: it costs more than is left for the payload.
    """
    source = plan.message_id
    if source is None:
        return []
    records = split(plan.chain, payload.body)
    if isinstance(records, RejectedItem):
        return []
    of_record = any(path.level for path in leaves_of(source))
    found: list[str] = []
    for index, record in enumerate(records):
        text = None if isinstance(record, RejectedItem) else _text(source, payload, record)
        if text is None:
            found.append("")
        else:
            found.append(bounded_message_id(text if of_record or not index else f"{text}-{index}"))
    return found


def _text(source: Value, payload: Payload, record: Record) -> str | None:
    lookup = Lookup(payload, record, advise=False)
    if isinstance(source, Expression):
        value = Evaluator(lookup, "message_id", many=False, work=payload.work).explain(source).value
    else:
        value = lookup.value(source, "message_id").value
    return selection.id_of(value)
