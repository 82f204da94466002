"""What becomes of a request whose items were mapped: accepted, partial or refused.

Pure. Which request becomes what:

| result | policy | stored | answered |
|---|---|---|---|
| every item good | any | accepted, n events | 200 |
| some good, some bad | partial | partial, good items as events, bad ones in `rejected` | 200 |
| some good, some bad | all_or_nothing | refused, no event; good items in `rejected` too | 400 |
| no item good, or unreadable | any | refused, no event | 400 |

`items` = `events` + len(`rejected`) in each row. Readings A16 and A20 of reference/moengage.md.
"""

from typing import Final

from heliograph.gateway.directory import Inlet
from heliograph.mapping.result import MappingResult
from heliograph.model.request import RejectedItem, RequestState

BATCH_REFUSED: Final = (
    "This item is good, but another item of the batch is not, and the workspace's batch_policy is "
    "all_or_nothing"
)


def judge(result: MappingResult, inlet: Inlet) -> tuple[RequestState, list[RejectedItem]]:
    """Return what becomes of a request, and every item of it that becomes no event."""
    rejected = result.rejected
    if not rejected:
        return "accepted", rejected
    if not result.mapped:
        return "refused", rejected
    if not inlet.all_or_nothing:
        return "partial", rejected
    spared = [
        RejectedItem(index=item.index, code="mapper.invalid_payload", message=BATCH_REFUSED)
        for item in result.mapped
    ]
    # The culprits first: the answer's message is about the first of them.
    return "refused", [*rejected, *spared]
