"""The mapper: one document compiled once, applied to each payload.

`compile_mapper(document)` reads and checks the document; `Mapper.apply` is pure: no clock, network, disk or
state, the payload is not changed, and the same arguments give the same result. Results share parts of
the payload, so treat them as read-only.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from functools import partial
from typing import Final

import msgspec

from heliograph.mapping.document.plan import MapperKind, MapperWarning, Plan
from heliograph.mapping.document.reader import read_document
from heliograph.mapping.explain.copied import uncopied_of
from heliograph.mapping.explain.explanation import Explanation, ItemExplanation
from heliograph.mapping.explain.message_ids import message_ids_of
from heliograph.mapping.explain.payload import explain_payload, explain_refusals
from heliograph.mapping.explain.records import Payload
from heliograph.mapping.paths.work import TooMuchWork, Work
from heliograph.mapping.result import MappingResult
from heliograph.mapping.run.codegen import (
    Apply,
    ApplySlices,
    generate,
    generate_slices,
)
from heliograph.mapping.run.irregular import payload_of
from heliograph.mapping.run.limits import DEFAULT, Limits
from heliograph.mapping.run.plan_paths import has_open_paths
from heliograph.model.json import Json, JsonObject
from heliograph.model.nobody import BUILT_IN, Blocklist

EXPLAINED_ITEMS: Final = 20
"""Refused items of one payload that are explained in depth."""
LIGHT_WORK: Final = 5_000
"""Values that `Mapper.light` looks at, at most."""
_ADVICE_WORK: Final = 20_000
"""What looking for advice may cost per item; about 4 ms at worst."""
_EXPLAIN_FACTOR: Final = 20
"""Explaining looks at more than mapping does, and notes the place of each value."""


class Mapper:
    """A compiled mapper document; immutable, safe to share between threads."""

    __slots__ = (
        "_light", "_slices", "apply", "kind", "limits", "open_paths", "partner", "plan", "source", "warnings"
    )  # fmt: skip

    def __init__(self, plan: Plan, limits: Limits) -> None:
        self.plan = plan
        self.limits = limits
        self.partner: str = plan.partner
        self.kind: MapperKind = plan.kind
        self.warnings: tuple[MapperWarning, ...] = plan.warnings
        self.open_paths: bool = has_open_paths(plan)
        """Whether a single item may cost up to `limits.work` looks, and is better mapped elsewhere."""
        self.apply: Apply
        """Maps a payload: the function generated for the plan, see `codegen.Apply`."""
        self.source: str
        """Text of that function."""
        self.apply, self.source = generate(plan, self._judge, limits)
        self._slices: ApplySlices | None = None
        self._light: Apply | None = None

    def light(
        self,
        payload: Json,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Json] | None = None,
    ) -> MappingResult | None:
        """Return what `apply` does, or None when open paths make that take more than a millisecond or two.

        Raises:
            InputError: `batch.too_large`, as `apply`.
        """
        if not self.open_paths:
            return self.apply(payload, received_at_ms=received_at_ms, headers=headers, query=query)
        if self._light is None:
            work = min(LIGHT_WORK, self.limits.work)
            limits = Limits(items=self.limits.items, work=work)
            self._light = generate(self.plan, self._judge, limits)[0]
        try:
            return self._light(payload, received_at_ms=received_at_ms, headers=headers, query=query)
        except TooMuchWork:
            return None

    def slices(
        self,
        payload: Json,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Json] | None = None,
        pause: Callable[[], object] | None = None,
    ) -> Generator[None, None, MappingResult]:
        """Map a payload and explain its refusals, in slices of at most a few milliseconds.

        The generator yields nothing; what it returns is what `apply` and then `explain_refusals` give for
        the same arguments, which are described there. One item is never cut in two: see `open_paths`; within
        it `pause` is called every millisecond or so.

        Raises:
            InputError: as `apply`.
        """
        new_work = Work if pause is None else partial(Work, pause=pause)
        if self.plan.chain.arrays:
            if self._slices is None:  # most mappers never get a body that needs it
                self._slices = generate_slices(self.plan, self._judge, self.limits)
            result = yield from self._slices(
                payload,
                received_at_ms=received_at_ms,
                headers=headers,
                query=query,
                new_work=new_work,
            )
        else:
            result = self.apply(
                payload,
                received_at_ms=received_at_ms,
                headers=headers,
                query=query,
                new_work=new_work,
            )
        if not result.rejected and not result.uncopied:
            return result
        work = new_work(self.limits.work)
        request = payload_of(payload, headers, query, received_at_ms, work)
        why: dict[int, str | None] = {}
        for item in self._refusals(result, request):
            why[item.index] = item.why_refused()
            yield
        return self._with_notes(_with_reasons(result, why), request)

    def message_ids(
        self,
        payload: Json,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Json] | None = None,
    ) -> list[str]:
        """Return the sender's id of each record, as `message_ids_of` does; none for a mapper without any.

        Raises:
            InputError: `mapper.work_exceeded`.
        """
        if self.plan.message_id is None:
            return []
        request = self._request(payload, headers, query, received_at_ms, self.limits.work)
        return message_ids_of(self.plan, request)

    def explain(
        self,
        payload: Json,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Json] | None = None,
    ) -> Explanation:
        """Return where each output field of each item comes from, or why it is empty.

        Agrees with `apply` for the same arguments, which are described there; many times slower.

        Raises:
            InputError: as `apply`.
        """
        # What is refused as a whole is refused here too; beyond that, explaining has a share of its own.
        self.apply(payload, received_at_ms=received_at_ms, headers=headers, query=query)
        work = _EXPLAIN_FACTOR * self.limits.work
        request = self._request(payload, headers, query, received_at_ms, work)
        return self._explanation(explain_payload(self.plan, request, advise=True))

    def explain_refusals(
        self,
        result: MappingResult,
        payload: Json,
        *,
        received_at_ms: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Json] | None = None,
    ) -> MappingResult:
        """Return `result`, which `apply` gave for the same arguments, with the first refusals explained.

        So is what `create_all` could not copy, in `notes`.

        At most `EXPLAINED_ITEMS` are, and of these the ones whose explanation costs no more than a few
        milliseconds: explaining would cost a sender of junk nothing and the gateway much.
        """
        if not result.rejected and not result.uncopied:
            return result
        request = self._request(payload, headers, query, received_at_ms, self.limits.work)
        items = self._refusals(result, request)
        result = _with_reasons(result, {item.index: item.why_refused() for item in items})
        return self._with_notes(result, request)

    def _with_notes(self, result: MappingResult, request: Payload) -> MappingResult:
        """Return the result with what `create_all` of its first items found that is no object."""
        if not result.uncopied:
            return result
        only = {item.index for item in result.mapped[:EXPLAINED_ITEMS]}
        items = explain_refusals(self.plan, request, only, work=_ADVICE_WORK)
        notes = tuple(note for item in items for note in uncopied_of(item))
        return msgspec.structs.replace(result, notes=notes)

    def _refusals(self, result: MappingResult, request: Payload) -> Iterator[ItemExplanation]:
        only = {item.index for item in result.rejected[:EXPLAINED_ITEMS]}
        return explain_refusals(self.plan, request, only, work=_ADVICE_WORK)

    def _judge(
        self,
        payload: Json,
        headers: Mapping[str, str] | None,
        query: Mapping[str, Json] | None,
        received_at_ms: int,
    ) -> MappingResult:
        """Return the result of a payload that is irregular as a whole."""
        request = self._request(payload, headers, query, received_at_ms, self.limits.work)
        return self._explanation(explain_payload(self.plan, request, advise=False)).result()

    def _request(
        self,
        payload: Json,
        headers: Mapping[str, str] | None,
        query: Mapping[str, Json] | None,
        received_at_ms: int,
        work: int,
    ) -> Payload:
        return payload_of(payload, headers, query, received_at_ms, Work(work))

    def _explanation(self, items: list[ItemExplanation]) -> Explanation:
        return Explanation(
            partner=self.partner,
            kind=self.kind,
            items=tuple(items),
            update_existing_only=self.plan.update_existing_only,
            warnings=self.warnings,
        )


def _with_reasons(result: MappingResult, why: Mapping[int, str | None]) -> MappingResult:
    count = min(EXPLAINED_ITEMS, len(result.rejected))
    explained = [
        msgspec.structs.replace(item, explanation=why.get(item.index))
        for item in result.rejected[:count]
    ]
    return msgspec.structs.replace(result, rejected=[*explained, *result.rejected[count:]])


def compile_mapper(
    document: JsonObject,
    *,
    timezone: str = "UTC",
    limits: Limits = DEFAULT,
    blocked: Collection[str] = (),
) -> Mapper:
    """Return the mapper that a document describes.

    Args:
        document: the seed's mapper JSON, decoded.
        timezone: IANA zone of times that carry none; the document's own `timezone` wins.
        limits: what one payload may hold and cost.
        blocked: identifiers that stand for nobody in its workspace, besides the built-in ones.

    Raises:
        ConfigError: `mapper.invalid`; the message lists every problem with its JSON path in the document,
            what was found and what is allowed.
    """
    list_ = Blocklist(blocked) if blocked else BUILT_IN
    return Mapper(read_document(document, timezone=timezone, blocked=list_), limits)
