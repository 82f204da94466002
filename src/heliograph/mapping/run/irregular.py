"""What the fast way does not decide by itself: single records, judged by `mapping.explain.reference`."""

from collections.abc import Mapping
from typing import Final

from heliograph.mapping.document import chains
from heliograph.mapping.document.plan import Plan
from heliograph.mapping.explain.records import Payload, Record
from heliograph.mapping.explain.reference import explain_record
from heliograph.mapping.explain.variants import no_variant
from heliograph.mapping.paths.jsonpath import Node, follow_steps
from heliograph.mapping.paths.work import Work
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.model.json import Json
from heliograph.model.request import RejectedItem

Headers = Mapping[str, str] | None
Query = Mapping[str, Json] | None


_RECORD: Final = 100
"""Units of judging one record: as long as that many looks take."""


def payload_of(
    body: Json, headers: Headers, query: Query, received_at_ms: int, work: Work
) -> Payload:
    """Return the request as the reference sees it."""
    return Payload(
        body=body,
        headers={name.lower(): value for name, value in headers.items()} if headers else {},
        query=dict(query) if query else {},
        received_at_ms=received_at_ms,
        work=work,
    )


class Irregular:
    """Judges records of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        blocks = plan.blocks()
        paths = [path for block in blocks for _, path in chains.paths_of(block)]
        paths += [validation.path for block in blocks for validation in block.validations]
        paths += [each.path for variant in plan.variants for each in variant.when]
        self._asks_request = any(path.origin in ("headers", "query") for path in paths)

    def single(
        self, body: Json, headers: Headers, query: Query, received_at_ms: int, work: Work
    ) -> MappingResult:
        """Return the result of a payload that is one record."""
        mapped: list[Mapped] = []
        rejected: list[RejectedItem] = []
        uncopied = self.item(body, headers, query, received_at_ms, (), 0, mapped, rejected, work)
        return MappingResult(
            mapped=mapped,
            rejected=rejected,
            update_existing_only=self._plan.update_existing_only,
            uncopied=uncopied,
        )

    def item(
        self,
        body: Json,
        headers: Headers,
        query: Query,
        received_at_ms: int,
        indexes: tuple[int, ...],
        number: int,
        mapped: list[Mapped],
        rejected: list[RejectedItem],
        work: Work,
        variant: int | None = None,
    ) -> bool:
        """Append what becomes of one record; return whether it is mapped and `create_all` copied nothing.

        Args:
            indexes: position in each array of the chain.
            number: the record's position in the payload.
            mapped: where a mapped item goes.
            rejected: where a rejected one goes.
            body: the payload; `headers`, `query` and `received_at_ms` are as for `Mapper.apply`.
            headers: see `body`.
            query: see `body`.
            received_at_ms: see `body`.
            work: what is left for the payload.
            variant: which one took the record; None of a mapper that has some: none did.

        Raises:
            TooMuchWork: it costs more.
        """
        work.spend(_RECORD)
        chain = self._plan.chain
        nodes: list[Node] = [((), body)]
        for steps, index in zip(chain.arrays, indexes, strict=True):
            nodes.append(_element(nodes[-1], steps, index))
        beside = tuple(_element(((), body), steps, indexes[0]) for steps in chain.beside)
        record = Record(index=number, nodes=tuple(nodes), beside=beside)
        if not self._asks_request:  # a junk batch must not copy the headers for every item
            headers = query = None
        payload = payload_of(body, headers, query, received_at_ms, work)
        plan = self._plan
        if variant is not None:
            plan = plan.variants[variant].plan
        elif plan.variants:
            rejected.append(no_variant(plan, payload, record))
            return False
        item = explain_record(plan, payload, record)
        outcome = item.outcome
        if isinstance(outcome, Mapped):
            mapped.append(outcome)
        else:
            rejected.append(outcome)
        return item.uncopied


def _element(node: Node, steps: tuple[str | int, ...], index: int) -> Node:
    """Return the element that the generated code has just visited."""
    location, value = node
    return (*location, *steps, index), follow_steps((*steps, index), value)[0]
