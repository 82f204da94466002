"""Whatever the samples are, inference either proposes a mapper that maps some of them, or says why not."""

from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import ConfigError
from heliograph.mapping import compile_mapper
from heliograph.mapping.infer import Sample, infer_mapper
from heliograph.mapping.lint.check import lint
from heliograph.model.json import Json, JsonObject

NAMES = st.sampled_from(
    [
        *["customer_id", "user", "id", "email", "event", "type", "timestamp", "date", "time"],
        *["created", "attributes", "items", "name", "phone", "session_id", "gender"],
        *["x y", "", "é", "$", "'"],
    ]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["a@b.co", "2024-10-25", "14:30:00", "25/10/2024", "customer.updated", "0"]),
    st.integers(1_600_000_000_000, 1_800_000_000_000),
)
PAYLOADS = st.recursive(
    VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=25,
)


@given(st.lists(PAYLOADS, min_size=1, max_size=4))
def test_no_sample_breaks_it(payloads: list[Json]) -> None:
    samples = [Sample(payload=each) for each in payloads]
    refusal, proposal = "", None
    try:
        proposal = infer_mapper(samples)
    except ConfigError as error:
        refusal = error.code
    if proposal is None:
        assert refusal == "mapper.invalid"
        return
    assert 0 < proposal.accepted <= proposal.items
    mapper = compile_mapper(proposal.document)
    mapped = sum(len(mapper.apply(each, received_at_ms=0).mapped) for each in payloads)
    assert mapped == proposal.accepted
    lint(proposal.document, payloads)


STRANGERS = ("billing_address", "shipping_address", "assignee", "owner", "user", "author", "agent")
TRAITS: JsonObject = {
    "id": 5,
    "email": "other@x.com",
    "first_name": "Other",
    "phone": "+13155550142",
    "city": "Utica",
    "attributes": {"plan": "x", "name": "Other"},
}


@given(
    st.lists(st.sampled_from(STRANGERS), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(["data", "payload", "issue", "details"]), max_size=2),
    st.dictionaries(st.sampled_from(["email", "first_name", "plan"]), st.just("b@x.com")),
    st.sampled_from(["order.paid", "customer.updated"]),
)
def test_nobody_elses_data_is_in_the_profile(
    strangers: list[str], around: list[str], own: JsonObject, event: str
) -> None:
    inner: JsonObject = dict.fromkeys(strangers, TRAITS)
    for name in around:
        inner = {name: inner}
    payload: JsonObject = {"event": event, "customer": {**own, "id": "c1"}, **inner}
    mappings = infer_mapper([Sample(payload=payload)]).document["mappings"]
    assert isinstance(mappings, dict)
    assert mappings["customer_id"] == "$.customer.id"
    traits = mappings.get("user_attributes", {})
    assert isinstance(traits, dict)
    for path in traits.values():
        assert not [each for each in strangers if f".{each}" in str(path)]
