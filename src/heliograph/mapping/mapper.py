"""The mapper: one document compiled once, applied to each payload.

`compile_mapper(document)` reads and checks the document; `Mapper.apply` is pure: no clock, network, disk or
state, the payload is not changed, and the same arguments give the same result. Results share parts of
the payload, so treat them as read-only.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from heliograph.errors import InputError
from heliograph.mapping.codegen import generate
from heliograph.mapping.document import read_document
from heliograph.mapping.explain import Explanation, ItemExplanation
from heliograph.mapping.irregular import payload_of
from heliograph.mapping.plan import MapperKind, MapperWarning, Plan
from heliograph.mapping.reference import explain_payload
from heliograph.mapping.result import MappingResult
from heliograph.model.json import Json, JsonObject

EXPLAINED_ITEMS: Final = 20
EXPLAINED_PAYLOAD: Final = 1000


class Mapper:
    """A compiled mapper document; immutable, safe to share between threads."""

    __slots__ = ("_run", "kind", "partner", "plan", "source", "warnings")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.partner: str = plan.partner
        self.kind: MapperKind = plan.kind
        self.warnings: tuple[MapperWarning, ...] = plan.warnings
        self._run, self.source = generate(plan)

    def apply(
        self,
        payload: Json,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> MappingResult:
        """Return the mapped and the rejected items of a payload, each in the order of the payload.

        Never raises for a JSON value, whatever it holds: what cannot be mapped is in `rejected`.

        Args:
            payload: the decoded body; plain dicts, lists, strings, numbers, booleans and None.
            received_at_ms: UTC epoch milliseconds, for `$receivedAt`.
            headers: request headers, for `$headers`; the case of names does not matter.
            query: parameters of the request's query string, for `$query`.
        """
        try:
            result = self._run(payload, headers, query, received_at_ms)
        except InputError:  # a filter or `..` met a document nested too deeply: judge item by item
            result = None
        if result is not None:
            return result
        request = payload_of(payload, headers, query, received_at_ms)
        return self._explanation(explain_payload(self.plan, request, advise=False)).result()

    def explain(
        self,
        payload: Json,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Explanation:
        """Return where each output field of each item comes from, or why it is empty.

        Agrees with `apply` for the same arguments, which are described there; many times slower.
        """
        request = payload_of(payload, headers, query, received_at_ms)
        return self._explanation(explain_payload(self.plan, request, advise=True))

    def explain_refusals(
        self,
        result: MappingResult,
        payload: Json,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> MappingResult:
        """Return `result`, which `apply` gave for the same arguments, with the first refusals explained.

        At most `EXPLAINED_ITEMS` are, and none of a payload with more than `EXPLAINED_PAYLOAD` items:
        cutting it into records again would cost its sender nothing and the gateway much.
        """
        size = len(result.mapped) + len(result.rejected)
        if not result.rejected or size > EXPLAINED_PAYLOAD:
            return result
        only = {item.index for item in result.rejected[:EXPLAINED_ITEMS]}
        request = payload_of(payload, headers, query, received_at_ms)
        try:
            items = explain_payload(self.plan, request, advise=True, only=only)
        except InputError:  # nested too deeply to advise on
            return result
        why = {item.index: item.why_refused() for item in items}
        rejected = [
            msgspec.structs.replace(item, explanation=why.get(item.index))
            for item in result.rejected
        ]
        return msgspec.structs.replace(result, rejected=rejected)

    def _explanation(self, items: list[ItemExplanation]) -> Explanation:
        return Explanation(
            partner=self.partner,
            kind=self.kind,
            items=tuple(items),
            update_existing_only=self.plan.update_existing_only,
            warnings=self.warnings,
        )


def compile_mapper(document: JsonObject, *, timezone: str = "UTC") -> Mapper:
    """Return the mapper that a document describes.

    Args:
        document: the seed's mapper JSON, decoded.
        timezone: IANA zone of times that carry none; the document's own `timezone` wins.

    Raises:
        ConfigError: `mapper.invalid`; the message lists every problem with its JSON path in the document,
            what was found and what is allowed.
    """
    return Mapper(read_document(document, timezone=timezone))
