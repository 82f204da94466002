"""The mapper: one document compiled once, applied to each payload.

`compile_mapper(document)` reads and checks the document; `Mapper.apply` is pure: no clock, network, disk or
state, the payload is not changed, and the same arguments give the same result. Results share parts of
the payload, so treat them as read-only.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from heliograph.errors import InputError
from heliograph.mapping.document.plan import MapperKind, MapperWarning, Plan
from heliograph.mapping.document.reader import read_document
from heliograph.mapping.explain.explanation import Explanation, ItemExplanation
from heliograph.mapping.explain.reference import explain_payload
from heliograph.mapping.result import MappingResult
from heliograph.mapping.run.codegen import Apply, generate
from heliograph.mapping.run.irregular import payload_of
from heliograph.model.json import Json, JsonObject

EXPLAINED_ITEMS: Final = 20
EXPLAINED_PAYLOAD: Final = 1000


class Mapper:
    """A compiled mapper document; immutable, safe to share between threads."""

    __slots__ = ("apply", "kind", "partner", "plan", "source", "warnings")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.partner: str = plan.partner
        self.kind: MapperKind = plan.kind
        self.warnings: tuple[MapperWarning, ...] = plan.warnings
        self.apply: Apply
        """Maps a payload: the function generated for the plan, see `codegen.Apply`."""
        self.source: str
        """Text of that function."""
        self.apply, self.source = generate(plan, self._judge)

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

    def _judge(
        self,
        payload: Json,
        headers: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
        received_at_ms: int,
    ) -> MappingResult:
        """Return the result of a payload that is irregular as a whole."""
        request = payload_of(payload, headers, query, received_at_ms)
        return self._explanation(explain_payload(self.plan, request, advise=False)).result()

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
