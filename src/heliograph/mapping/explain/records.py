"""Into which records does a payload fall?

Without a chain the payload is one record. With one, each innermost element of the chain's arrays is a
record, in document order (readings A2-A5, A7):

- an array that is missing, null or empty has no elements; a payload without any record lacks its
  required fields and is refused as a whole;
- a value where an array is expected is the wrong structure: of the whole payload at the root, of one
  item further inside;
- arrays walked side by side must have the same length, else the whole payload is refused.
"""

from collections import deque
from collections.abc import Collection, Iterator

import msgspec

from heliograph.mapping.document.plan import Chain, Path, Plan
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.paths.jsonpath import Location, Node
from heliograph.mapping.paths.work import Work
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json
from heliograph.model.request import RejectedItem

INVALID_PAYLOAD = "The provided payload is invalid"


def missing_field(target: str) -> str:
    """Return the message about a required field, e.g. of target `actions.action`.

    Source: Connected Sources, "API Responses" (copy of mid-2026).
    """
    return f"Required field 'Request.data.{target}' is missing in the payload"


def blocked_field(target: str, value: Json) -> str:
    """Return the message about an identifier that stands for nobody."""
    return f"Field 'Request.data.{target}' holds the blocked value {shown(value)}, which stands for nobody"


class Payload(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request as a mapper sees it."""

    body: Json
    headers: dict[str, Json]
    """Lower-case names."""
    query: dict[str, Json]
    received_at_ms: int
    work: Work
    """What mapping it may still cost."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record: where it stands in the payload."""

    index: int
    nodes: tuple[Node, ...]
    """The body's root, then the element of each array of the chain."""
    beside: tuple[Node, ...] = ()
    """The elements of the arrays walked side by side."""

    @property
    def item(self) -> Json:
        """The innermost element; the body itself without a chain."""
        return self.nodes[-1][1]

    def start_of(self, path: Path, payload: Payload) -> Node:
        """Return the node that the rest of the path, from step `path.start`, is followed from."""
        if path.origin == "headers":
            return (), payload.headers
        if path.origin == "query":
            return (), payload.query
        if path.origin == "received_at":
            return (), payload.received_at_ms
        if path.side and path.level:
            return self.beside[path.side - 1]
        return self.nodes[path.level]

    def nodes_of(self, path: Path, payload: Payload) -> list[Node]:
        """Return what the path selects in this record.

        Raises:
            TooMuchWork: it costs more than is left for the payload.
        """
        start = self.start_of(path, payload)
        return path.query.nodes_from(path.start, start, payload.body, payload.work)

    def place_of(self, path: Path, payload: Payload) -> str:
        """Return where in this payload the path leads to, with the record's indexes, found or not."""
        if path.origin != "body":
            return path.text
        location = self.start_of(path, payload)[0]
        steps: list[str] = []
        for step in path.query.head[path.start :]:
            plain = isinstance(step, str | int)
            steps.append(jsonpath.normalized((step,))[1:] if plain else "[*]")
        return jsonpath.normalized(location) + "".join([*steps, *map(str, path.query.tail)])


def split(
    chain: Chain, body: Json, *, only: Collection[int] | None = None
) -> "list[Record | RejectedItem] | RejectedItem":
    """Return records and broken items in document order, or why the whole payload is refused.

    `only` names the indexes of those that are wanted; None: all.
    """
    if not isinstance(body, dict | list):
        return _broken(0, (), None)
    if not chain.arrays:
        return [Record(index=0, nodes=(((), body),))]
    beside: list[list[Json]] = []
    for steps in (chain.arrays[0], *chain.beside):
        elements = _elements(steps, body)
        if elements is None or (beside and len(elements) != len(beside[0])):
            return _broken(0, steps, None)
        beside.append(elements)
    found: list[Record | RejectedItem] = []
    wanted = None if only is None else deque(sorted(only))
    number = 0
    for position, element in enumerate(beside[0]):
        if wanted is not None:
            size = _count_below(chain, 1, element)
            if not wanted or wanted[0] >= number + size:
                number += size
                continue
            while wanted and wanted[0] < number + size:
                wanted.popleft()
        first = ((*chain.arrays[0], position), element)
        companions = tuple(
            ((*steps, position), elements[position])
            for steps, elements in zip(chain.beside, beside[1:], strict=True)
        )
        for nodes in _descend(chain, (((), body), first)):
            if only is None or number in only:
                if isinstance(nodes, tuple):
                    found.append(Record(index=number, nodes=nodes, beside=companions))
                else:
                    found.append(_broken(number, nodes.location, nodes.item))
            number += 1
    return found if number else nothing_inside(chain)


def is_empty_batch(plan: Plan, body: Json) -> bool:
    """Tell whether a payload is a batch of nothing, e.g. `{"events": []}`: so vendors see who listens.

    With a chain its first array must be there and be empty or null; without one the payload itself, or its
    `events`.
    """
    if not plan.chain.arrays:
        return body == [] or (isinstance(body, dict) and body.get("events", body) in ([], None))
    return jsonpath.follow_steps(plan.chain.arrays[0], body) in ([[]], [None])


def nothing_inside(chain: Chain) -> RejectedItem:
    """Return why a payload is refused whose arrays hold no item."""
    return RejectedItem(
        index=0,
        code="mapper.missing_field",
        message=missing_field("customer_id"),
        path=jsonpath.normalized(chain.arrays[0]),
    )


def count(chain: Chain, body: Json) -> int:
    """Return the number of items a payload is split into; 0 when it is refused as a whole."""
    elements = _elements(chain.arrays[0], body) if chain.arrays else None
    return sum(_count_below(chain, 1, element) for element in elements or ())


def _count_below(chain: Chain, level: int, element: Json) -> int:
    if level == len(chain.arrays):
        return 1
    elements = _elements(chain.arrays[level], element)
    if elements is None:
        return 1  # broken, which is an item too
    if level + 1 == len(chain.arrays):
        return len(elements)
    return sum(_count_below(chain, level + 1, inner) for inner in elements)


def why_not_split(chain: Chain, body: Json) -> str:
    """Return one sentence about a payload that `split` refused as a whole."""
    if not isinstance(body, dict | list):
        return f"A body is an object or an array; this is {a_kind_of(body)}."
    lengths: list[str] = []
    for steps in (chain.arrays[0], *chain.beside):
        place = jsonpath.normalized(steps)
        elements = _elements(steps, body)
        if elements is None:
            found = a_kind_of(jsonpath.follow_steps(steps, body)[0])
            return f"[*] needs an array at {place}; this is {found}."
        lengths.append(f"{place} {len(elements)}")
    if chain.beside:
        return f"Arrays walked side by side need the same length; here: {', '.join(lengths)}."
    return f"There is no element to walk at {jsonpath.normalized(chain.arrays[0])}, or none further inside."


class _Broken(msgspec.Struct, frozen=True):
    location: Location
    item: Json


def _descend(chain: Chain, nodes: tuple[Node, ...]) -> Iterator[tuple[Node, ...] | _Broken]:
    depth = len(nodes) - 1
    if depth == len(chain.arrays):
        yield nodes
        return
    location, element = nodes[-1]
    steps = chain.arrays[depth]
    elements = _elements(steps, element)
    if elements is None:
        yield _Broken((*location, *steps), element)
        return
    for position, inner in enumerate(elements):
        yield from _descend(chain, (*nodes, ((*location, *steps, position), inner)))


def _elements(steps: tuple[str | int, ...], value: Json) -> list[Json] | None:
    """Return the array's elements; empty when missing or null, None when it is no array."""
    found = jsonpath.follow_steps(steps, value)
    if not found or found[0] is None:
        return []
    return found[0] if isinstance(found[0], list) else None


def _broken(index: int, location: Location, item: Json) -> RejectedItem:
    return RejectedItem(
        index=index,
        code="mapper.invalid_payload",
        message=INVALID_PAYLOAD,
        path=jsonpath.normalized(location),
        item=item,
    )
