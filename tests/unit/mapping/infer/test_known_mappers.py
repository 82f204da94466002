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
BEYOND = frozenset(
    {
        "adyen/notifications",
        "aftership/trackings",
        "aircall/calls",
        "brevo/email-events",
        "cal-com/bookings",
        "clerk/users",
        "coinbase-commerce/charges",
        "discourse/activity",
        "fastspring/events",
        "ghost/members",
        "gitlab/activity",
        "jotform/submissions",
        "lemonsqueezy/events",
        "linear/events",
        "mailchimp/audience",
        "paypal/events",
        "paystack/events",
        "pipedrive/people",
        "polar/events",
        "postmark/email-events",
        "razorpay/events",
        "recharge/events",
        "resend/email-events",
        "square/events",
        "tally/responses",
        "telegram/updates",
        "telnyx/statuses",
        "webflow/submissions",
        "whatsapp/messages",
        "whatsapp/statuses",
        "workos/events",
        "zoom/participants",
    }
)
"""Presets whose person, time or batch was written by hand, often as one of several places, and that infer
does not find by itself yet. A name goes when it does; none may come for a mapper that infer did find."""
PRESETS = [mapper for preset in list_presets() for mapper in preset.mappers]
KNOWN = [
    *[mapper for mapper in PRESETS if mapper.name not in BEYOND],
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


def test_what_is_beyond_infer_are_presets() -> None:
    assert {mapper.name for mapper in PRESETS} > BEYOND
