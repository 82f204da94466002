"""Inferring from the cases of mappers written by hand finds the same people, times and batches."""

from pathlib import Path

import pytest

from heliograph.errors import InputError
from heliograph.mapping import compile_mapper
from heliograph.mapping.cases.case_files import MapperFile, find_mappers
from heliograph.mapping.infer import Sample, infer_mapper
from heliograph.mapping.presets import list_presets
from heliograph.mapping.run.output import read_payload

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
KNOWN = [
    *[mapper for preset in list_presets() for mapper in preset.mappers],
    *(find_mappers(EXAMPLES) if (EXAMPLES / "mappers").is_dir() else []),
]


def samples_of(mapper: MapperFile) -> list[Sample]:
    samples: list[Sample] = []
    for file in mapper.cases:
        case = file.read()
        if not case.expect or not case.expect.get("events") or case.expect.get("rejected"):
            continue
        try:
            payload = read_payload(case.body, case.content_type)
        except InputError:
            continue
        samples.append(Sample(payload=payload, headers=case.headers))
    return samples


@pytest.mark.parametrize("mapper", KNOWN, ids=lambda mapper: mapper.name)
def test_the_same_people_times_and_batches_are_found(mapper: MapperFile) -> None:
    document = mapper.document()
    samples = samples_of(mapper)
    if not samples:
        assert all((file.read().expect or {}).get("rejected") for file in mapper.cases)
        return
    proposal = infer_mapper(samples, partner="x")
    assert proposal.accepted == proposal.items
    assert proposal.document["batching"] == document["batching"]
    assert proposal.document["mapping_type"] == document["mapping_type"]
    by_hand, inferred = compile_mapper(document), compile_mapper(proposal.document)
    mappings = document["mappings"]
    assert isinstance(mappings, dict)
    for sample in samples:
        wanted, found = (
            each.apply(sample.payload, received_at_ms=1, headers=sample.headers).mapped
            for each in (by_hand, inferred)
        )
        assert [each.customer_id for each in found] == [each.customer_id for each in wanted]
        assert [each.anonymous_id for each in found] == [each.anonymous_id for each in wanted]
        if "user_time" in mappings:
            assert [each.timestamp for each in found] == [each.timestamp for each in wanted]
