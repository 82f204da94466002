"""`$headers`, `$query` and `$receivedAt` beside the payload."""

from typing import Any

import pytest

from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.result import MappingResult

RECEIVED = 1_767_225_600_000


def mapper(batching: bool = False, **mappings: Any) -> Mapper:
    usual = {
        "customer_id": "$.id",
        "event_name": "Seen",
        "user_time": "$receivedAt",
        "platform": "web",
    }
    return compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "events",
            "mappings": {**usual, **mappings},
            "batching": batching,
        }
    )


def apply(each: Mapper, payload: Any, **request: Any) -> MappingResult:
    return each.apply(payload, received_at_ms=RECEIVED, **request)


@pytest.mark.parametrize(
    "path",
    ["$headers.x-github-event", "$headers['x-github-event']", '$headers["X-GitHub-Event"]',
     "$headers.X-GitHub-Event"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["x-github-event", "X-GitHub-Event", "X-GITHUB-EVENT"])
def test_a_header_is_found_whatever_its_case(path: str, name: str):
    (item,) = apply(mapper(event_name=path), {"id": "c-1"}, headers={name: "push"}).mapped
    assert item.event == "push"


@pytest.mark.parametrize("path", ["$query.topic", "$query['topic']"])
def test_a_query_parameter_keeps_its_case(path: str):
    each = mapper(event_name=path)
    (item,) = apply(each, {"id": "c-1"}, query={"topic": "orders/create"}).mapped
    assert item.event == "orders/create"
    (refused,) = apply(each, {"id": "c-1"}, query={"Topic": "x"}).rejected
    assert refused.path == path
    assert refused.message.startswith("Required field 'Request.data.actions.action'")


@pytest.mark.parametrize("request_parts", [{}, {"headers": None, "query": None}, {"headers": {}}])
def test_without_headers_a_header_is_missing(request_parts: Any):
    (item,) = apply(mapper(event_name="$headers.topic"), {"id": "c-1"}, **request_parts).rejected
    assert (item.code, item.path) == ("mapper.missing_field", "$headers.topic")


def test_whole_headers_and_query_can_be_copied():
    each = mapper(attr={"create_all": "$query"}, user_attributes={"h": "$headers"})
    (item,) = apply(each, {"id": "c-1"}, query={"a": "1"}, headers={"X-A": "b"}).mapped
    assert (item.properties, item.traits) == ({"a": "1"}, {"h": {"x-a": "b"}})


def test_the_moment_of_receipt_is_taken_as_it_is():
    each = mapper(attr={"at": "$receivedAt"})
    (item,) = each.apply({"id": "c-1"}, received_at_ms=1_000).mapped
    assert (item.timestamp, item.properties) == (1_000, {"at": 1_000})


def test_they_are_the_same_for_every_item_of_a_batch():
    each = mapper(
        batching=True, customer_id="$[*].id", event_name="$headers.topic", attr={"q": "$query.q"}
    )
    result = apply(each, [{"id": "a-1"}, {"id": "a-2"}], headers={"Topic": "T"}, query={"q": "1"})
    assert [(item.event, item.properties) for item in result.mapped] == [("T", {"q": "1"})] * 2


@pytest.mark.parametrize("literal", ["$headersX", "$querystring", "$receivedat"])
def test_other_words_after_a_dollar_are_literals(literal: str):
    each = mapper(attr={"x": literal})
    (item,) = apply(each, {"id": "c-1"}).mapped
    assert item.properties == {"x": literal}
    assert [warning.code for warning in each.warnings] == ["mapper.literal_like_path"]


def test_validations_may_look_at_headers():
    each = compile_mapper(
        {
            "partner_name": "test",
            "mapping_type": "users",
            "mappings": {"customer_id": "$.id"},
            "payload_validations": {"$headers.x-topic": "string"},
        }
    )
    assert apply(each, {"id": "c-1"}, headers={"X-Topic": "t"}).mapped
    (item,) = apply(each, {"id": "c-1"}).rejected
    assert item.message == "Required field '$headers.x-topic' is missing in the payload"
