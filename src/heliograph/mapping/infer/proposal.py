"""Try drafts on their own samples, and propose the likeliest that holds."""

from collections.abc import Sequence
from typing import Final

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping.infer import scope, survey
from heliograph.mapping.infer.survey import Sample, Survey
from heliograph.mapping.infer.writer import Choice, Writer
from heliograph.mapping.run.mapper import compile_mapper
from heliograph.model.json import JsonObject

MOST_SAMPLES: Final = 20
_RECEIVED_AT_MS: Final = 1_704_067_200_000
"""Stands for the moment of receipt; no choice depends on it."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A mapper document and why it looks as it does."""

    document: JsonObject
    choices: tuple[Choice, ...]
    items: int
    """Records in the samples."""
    accepted: int
    """Of these, how many the proposal maps."""


def infer_mapper(samples: Sequence[Sample], *, partner: str = "my-source") -> Proposal:
    """Return the likeliest mapper for one to twenty samples of one kind of payload.

    Args:
        samples: payloads, and headers where they are known.
        partner: the document's `partner_name`.

    Raises:
        ConfigError: `mapper.invalid`, when there are no samples or too many, or nothing in them says who
            it was.
    """
    if not 1 <= len(samples) <= MOST_SAMPLES:
        raise ConfigError(
            "mapper.invalid",
            "a mapper is inferred from one to twenty samples",
            found=str(len(samples)),
            allowed=f"1 to {MOST_SAMPLES}",
        )
    found = survey.take(samples)
    best = _likeliest(samples, found, partner)
    if best is None or not best.accepted:
        best = _likeliest(samples, survey.take(samples, first=True), partner) or best
    if best is None or not best.accepted:
        best = _likeliest(samples, found, partner, nobody=True)
    if best is None or not best.accepted:
        best = _likeliest(samples, survey.take(samples, first=True), partner, nobody=True)
    if best is None or not best.accepted:
        raise ConfigError(
            "mapper.invalid",
            "nothing in the samples says whom they are about",
            found=", ".join(leaf.path for leaf in list(found.leaves.values())[:8]) or "no values",
            allowed="a value such as customer_id, user_id, email, or an anonymous id",
            hint="Give samples of known people, or write customer_id by hand.",
        )
    return best


def _likeliest(
    samples: Sequence[Sample], found: Survey, partner: str, *, nobody: bool = False
) -> Proposal | None:
    """Return the draft that maps most of the samples, of equal ones the likeliest.

    Args:
        samples: payloads.
        found: what they hold.
        partner: the document's `partner_name`.
        nobody: no place says who it was, so that any id may stand for an unknown visitor.
    """
    writer = Writer(samples, found, scope.find_scope(found), partner, nobody=nobody)
    best: Proposal | None = None
    for draft in writer.drafts():
        document, choices = writer.write(draft)
        items, accepted = _try(document, samples)
        proposal = Proposal(document=document, choices=choices, items=items, accepted=accepted)
        if best is None or proposal.accepted > best.accepted:
            best = proposal
        if best.accepted == best.items:
            break
    return best


def _try(document: JsonObject, samples: Sequence[Sample]) -> tuple[int, int]:
    """Return how many records the samples hold and how many of them the document maps."""
    mapper = compile_mapper(document)
    results = [
        mapper.apply(each.payload, received_at_ms=_RECEIVED_AT_MS, headers=each.headers)
        for each in samples
    ]
    accepted = sum(len(each.mapped) for each in results)
    return accepted + sum(len(each.rejected) for each in results), accepted
