"""Remapping says exactly which events a new mapper version would add, remove and change."""

import msgspec
import pytest

from heliograph.mapping import Mapper, compile_mapper
from heliograph.model.json import Json, JsonObject
from heliograph.model.request import StoredRequest
from heliograph.remap.compare import RemapSummary, RequestDiff, compare, map_again
from heliograph.remap.request_events import first_id_of

ADDRESS = "shop/orders@1"


def document(attr: JsonObject, **mappings: Json) -> JsonObject:
    return {
        "partner_name": "shop",
        "mapping_type": "events",
        "mappings": {
            "customer_id": "$.orders[*].email",
            "event_name": "Order",
            "user_time": "$receivedAt",
            "platform": "web",
            "app_version": "1.0.0",
            "attr": attr,
            **mappings,
        },
        "batching": True,
        "payload_validations": {},
    }


OLD = compile_mapper(document({"total": "$.orders[*].total"}))
SAME = compile_mapper(document({"total": "$.orders[*].total"}))
RICHER = compile_mapper(document({"total": "$.orders[*].total", "sku": "$.orders[*].sku"}))
BY_ID = compile_mapper(document({"total": "$.orders[*].total"}, customer_id="$.orders[*].id"))


def stored(*orders: Json, mapper: Mapper = OLD) -> StoredRequest:
    """Return the request as the gateway would have stored it under `mapper`."""
    body = msgspec.json.encode({"orders": list(orders)})
    result = mapper.apply({"orders": list(orders)}, received_at_ms=7)
    events, rejected = len(result.mapped), result.rejected
    return StoredRequest(
        request_id="req_00000000000000000000000001",
        workspace="w",
        source_id="shop",
        received_at=7,
        state="accepted" if not rejected else "partial" if events else "refused",
        items=events + len(rejected),
        events=events,
        rejected=tuple(rejected),
        mapper=ADDRESS,
        path="/v1/partner/shop/events/?configName=orders",
        headers={"content-type": "application/json"},
        body=body,
    )


def one(request: StoredRequest, new: Mapper, old: Mapper = OLD) -> RequestDiff:
    """Return how a request differs under `new` from what `old` made of it."""
    had = map_again(request, old).mapped if request.events else []
    before = {item.index: item for item in had}
    return compare(request, before, map_again(request, new), event_id=first_id_of)


A: JsonObject = {"email": "a@x.com", "total": 1, "sku": "S", "id": "A"}
B: JsonObject = {"email": "b@x.com", "total": 2, "id": "B"}
NOBODY: JsonObject = {"total": 3, "id": "C"}


def test_the_same_mapper_changes_nothing() -> None:
    for request in (stored(A, B), stored(A, NOBODY), stored(NOBODY), stored()):
        assert one(request, SAME).changes == ()


def test_a_new_attribute_changes_only_the_events_that_have_it() -> None:
    diff = one(stored(A, B), RICHER)
    [change] = diff.changes
    assert (change.kind, change.index, change.fields) == ("changed", 0, ("properties.sku",))
    assert change.event_id == "evt_00000000000000000000000001-0"
    assert change.before is not None
    assert change.after is not None
    assert change.after.properties == {**change.before.properties, "sku": "S"}
    assert [item.index for item in diff.mapped] == [0, 1]


def test_an_item_that_was_refused_may_come_and_one_may_go() -> None:
    assert [change.kind for change in one(stored(A, NOBODY), BY_ID).changes] == ["changed", "added"]
    gone: JsonObject = {"email": "d@x.com"}
    added, removed = one(stored(NOBODY, gone), BY_ID).changes
    assert (added.kind, added.index, added.after and added.after.customer_id) == ("added", 0, "C")
    assert (removed.kind, removed.index) == ("removed", 1)
    assert removed.reason is not None
    assert removed.reason.code == "mapper.missing_field"


def test_a_refused_request_had_no_events() -> None:
    [change] = one(stored(NOBODY), BY_ID).changes
    assert change.kind == "added"
    refused = msgspec.structs.replace(stored(A, B), state="refused", events=0)
    assert [change.kind for change in one(refused, SAME).changes] == ["added", "added"]


@pytest.mark.parametrize("change", [{"total": 1.0}, {"total": True}, {"total": "1"}])
def test_a_change_of_type_is_a_change(change: JsonObject) -> None:
    request = stored(A)
    literal = compile_mapper(document({**change}))
    assert [each.fields for each in one(request, literal).changes] == [("properties.total",)]


def test_the_order_of_attributes_is_none() -> None:
    old = document({"total": "$.orders[*].total", "id": "$.orders[*].id"})
    new = document({"id": "$.orders[*].id", "total": "$.orders[*].total"})
    request = stored(A, mapper=compile_mapper(old))
    assert one(request, compile_mapper(new), compile_mapper(old)).changes == ()


def test_headers_query_and_time_of_receipt_are_the_stored_ones() -> None:
    new = compile_mapper(
        document(
            {"config": "$query.configName", "type": "$headers.content-type", "at": "$receivedAt"}
        )
    )
    [item] = one(stored(A), new).mapped
    assert item.properties == {"config": "orders", "type": "application/json", "at": 7}
    assert item.timestamp == 7


def test_a_body_that_cannot_be_read_stays_refused() -> None:
    request = msgspec.structs.replace(stored(NOBODY), body=b"{")
    diff = one(request, BY_ID)
    assert diff.changes == ()
    assert [item.code for item in diff.rejected] == ["body.unreadable"]


def test_events_of_a_message_are_called_by_it() -> None:
    request = msgspec.structs.replace(stored(A), message_id="msg-1")
    assert one(request, RICHER).changes[0].event_id == "w/shop/msg-1"


class TestSummary:
    def sum(self, *requests: StoredRequest, new: Mapper, examples: int = 5) -> RemapSummary:
        summary = RemapSummary()
        for request in requests:
            summary.add(one(request, new), examples=examples)
        return summary.finish()

    def test_every_event_is_counted_once(self) -> None:
        gone: JsonObject = {"email": "d@x.com"}
        summary = self.sum(stored(A, B), stored(NOBODY, gone), stored(NOBODY), new=BY_ID)
        assert (summary.requests, summary.unchanged) == (3, 0)
        assert (summary.added, summary.removed, summary.changed) == (2, 1, 2)
        assert (summary.now_accepted, summary.now_refused) == (1, 0)
        assert summary.fields == {"customer_id": 2}

    def test_unchanged_events_are_the_rest(self) -> None:
        summary = self.sum(stored(A, B), stored(B), new=RICHER)
        assert (summary.unchanged, summary.changed) == (2, 1)

    def test_examples_are_few_and_of_each_kind(self) -> None:
        requests = [stored(A, NOBODY) for _ in range(10)]
        summary = self.sum(*requests, new=BY_ID, examples=2)
        assert {kind: len(kept) for kind, kept in summary.examples.items()} == {
            "changed": 2,
            "added": 2,
        }

    def test_a_request_that_loses_all_its_events_is_named(self) -> None:
        gone: JsonObject = {"email": "d@x.com"}
        assert self.sum(stored(gone), new=BY_ID).now_refused == 1

    def test_fields_come_most_frequent_first(self) -> None:
        new = compile_mapper(document({"sku": "$.orders[*].sku"}))
        summary = self.sum(stored(A, B), new=new)
        assert list(summary.fields.items()) == [("properties.total", 2), ("properties.sku", 1)]

    def test_nothing_gives_zeroes(self) -> None:
        assert self.sum(new=SAME) == RemapSummary()
