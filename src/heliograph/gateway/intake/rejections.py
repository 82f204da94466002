"""How much of rejected items is kept and answered: enough to mend the sender, never more than a bound.

One megabyte of bad items would otherwise become thirty in the journal. The raw request holds every item
anyway, and how many were rejected, and which, is always known (`RejectedCut`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from heliograph.model.request import RejectedCut, RejectedItem

MAX_DETAILS: Final = 100
"""Rejected items of one request that are kept in detail."""
MAX_BYTES: Final = 64_000
"""What these take as JSON; a raw item that does not fit is left out first."""
_MESSAGE: Final = 1_000
_PATH: Final = 500
_EXPLANATION: Final = 4_000

_encode: Final = msgspec.json.Encoder().encode


def kept(
    rejected: Sequence[RejectedItem],
) -> tuple[tuple[RejectedItem, ...], RejectedCut | None]:
    """Return the items to keep in detail, and what is known of all when these are not all."""
    details: list[RejectedItem] = []
    left = MAX_BYTES
    for item in rejected[:MAX_DETAILS]:
        detail = shortened(item)
        size = len(_encode(detail))
        if size > left:
            detail = msgspec.structs.replace(detail, item=None)
            size = len(_encode(detail))
        if size > left:
            break
        left -= size
        details.append(detail)
    if len(details) == len(rejected):
        return tuple(details), None
    ranges = tuple(_ranges(sorted(item.index for item in rejected)))
    return tuple(details), RejectedCut(total=len(rejected), ranges=ranges)


def shortened(item: RejectedItem) -> RejectedItem:
    """Return the item with texts of bounded length; names of the payload may be in them, of any length."""
    if (
        len(item.message) <= _MESSAGE
        and len(item.path or "") <= _PATH
        and len(item.explanation or "") <= _EXPLANATION
    ):
        return item
    return msgspec.structs.replace(
        item,
        message=_cut(item.message, _MESSAGE),
        path=item.path and _cut(item.path, _PATH),
        explanation=item.explanation and _cut(item.explanation, _EXPLANATION),
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _ranges(indexes: Iterable[int]) -> Iterator[tuple[int, int]]:
    first: int | None = None
    last = -1
    for index in indexes:
        if first is not None and index != last + 1:
            yield first, last
            first = None
        first = index if first is None else first
        last = index
    if first is not None:
        yield first, last
