"""A mapper names where the sender's id stands; what comes twice has one event id, and nothing else does."""

import json
from typing import Any

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import compile_mapper
from heliograph.model.event import decode_event
from heliograph.model.ids import MessageNames, several_message_ids

PARTNER = "/v1/partner/orders/events/?configName=v3"


def configure(gateway: Any, document: dict[str, Any], *more: Any) -> None:
    gateway.configure(
        *gateway.documents(), gateway.document("mapper", "orders/v3", document), *more
    )
    assert gateway.gateway.reception.directory.problems == []


def order(id_: str | None, customer: str = "ann") -> dict[str, Any]:
    return {"id": id_, "customer": customer, "at": 1_750_000_000_000, "total": 5}


def batch(gateway: Any, **changes: Any) -> dict[str, Any]:
    return {**gateway.mappers["batch"], "message_id": "$.orders[*].id", **changes}


def events(gateway: Any) -> list[Any]:
    return [decode_event(each.value) for each in gateway.journal.records]


async def test_an_item_that_comes_again_in_another_batch_has_its_event_id(gateway: Any):
    configure(gateway, batch(gateway))
    for ids in (["a", "b"], ["b", "c"]):
        payload = {"orders": [order(each) for each in ids]}
        assert (await gateway.post(PARTNER, payload)).status == 200
    a, b, again, c = events(gateway)
    assert b.event_id == again.event_id
    assert len({a.event_id, b.event_id, c.event_id}) == 3
    assert [each.message_id for each in (a, b, again, c)] == ["a", "b", "b", "c"]


async def test_items_without_an_id_are_events_of_their_own(gateway: Any):
    configure(gateway, batch(gateway))
    for _ in range(2):
        payload = {"orders": [order("a"), order(None), order("")]}
        assert (await gateway.post(PARTNER, payload)).status == 200
    found = events(gateway)
    assert found[0].event_id == found[3].event_id
    assert len({each.event_id for each in found}) == 5
    assert found[1].message_id is None


async def test_an_id_beside_the_array_names_the_message_and_not_its_items(gateway: Any):
    configure(gateway, batch(gateway, message_id="$.delivery"))
    for _ in range(2):
        payload = {"delivery": "d-1", "orders": [order("a"), order("a", "bob")]}
        assert (await gateway.post(PARTNER, payload)).status == 200
    first, second, *again = events(gateway)
    assert first.event_id != second.event_id
    assert [each.event_id for each in again] == [first.event_id, second.event_id]


async def test_a_rejected_item_shifts_no_id(gateway: Any):
    configure(gateway, batch(gateway))
    bad = {"id": "bad", "at": 1_750_000_000_000}
    await gateway.post(PARTNER, {"orders": [bad, order("a")]})
    await gateway.post(PARTNER, {"orders": [order("a")]})
    first, second = events(gateway)
    assert first.event_id == second.event_id


@pytest.mark.parametrize(
    ("source", "headers", "query"),
    [
        ("$.delivery.id", {}, ""),
        ("$headers.idempotency-key", {"idempotency-key": "k-1"}, ""),
        ("$query.delivery", {}, "&delivery=k-1"),
        ({"$template": "{$.event}-{$.delivery.id}"}, {}, ""),
        ({"$first": ["$.nothing", "$.delivery.id"]}, {}, ""),
    ],
)
async def test_it_may_stand_anywhere_in_a_request(
    gateway: Any, source: Any, headers: dict[str, str], query: str
):
    single = {**gateway.mappers["single"], "message_id": source}
    gateway.configure(*gateway.documents(), gateway.document("mapper", "contact-form/v3", single))
    url = "/v1/partner/contact-form/events/?configName=v3" + query
    payload = {
        "email": "a@example.com",
        "event": "Form Sent",
        "at": 1_750_000_000_000,
        "delivery": {"id": 7},
    }
    for _ in range(2):
        assert (await gateway.post(url, payload, headers=list(headers.items()))).status == 200
    first, second = events(gateway)
    assert first.event_id == second.event_id
    assert first.request_id != second.request_id


async def test_two_mappers_of_one_source_make_two_events_of_one_message(gateway: Any):
    """One Stripe event may be an event for one mapper and a profile update for another."""
    events_mapper = {**gateway.mappers["single"], "partner_name": "crm", "message_id": "$.id"}
    users_mapper = {**gateway.mappers["users"], "message_id": "$.id"}
    gateway.configure(
        *gateway.documents(),
        gateway.document("mapper", "crm/happened", events_mapper),
        gateway.document("mapper", "crm/people", users_mapper),
    )
    payload = {"id": "evt_1", "email": "a@example.com", "event": "X", "at": 1_750_000_000_000}
    for kind, config in (("events", "happened"), ("users", "people")):
        url = f"/v1/partner/crm/{kind}/?configName={config}"
        assert (await gateway.post(url, payload)).status == 200
    first, second = events(gateway)
    assert first.event_id != second.event_id
    assert first.message_id == second.message_id == "evt_1"


async def test_the_mappers_id_goes_before_that_of_the_scheme(gateway: Any):
    source = {
        "partner": "orders",
        "config": "v3",
        "verify": {"scheme": "gitlab", "secrets": ["key"]},
    }
    configure(gateway, batch(gateway), gateway.document("source", "code", source))
    for delivery in ("d-1", "d-2"):
        headers = [("x-gitlab-token", "key"), ("idempotency-key", delivery)]
        body = json.dumps({"orders": [order("a"), order(None)]}).encode()
        assert (await gateway.call("POST", "/v1/webhook/code", body, headers=headers)).status == 200
    first, unnamed, again, other = events(gateway)
    assert first.event_id == again.event_id
    assert unnamed.event_id != other.event_id
    assert unnamed.message_id == "d-1-1"


async def test_a_large_batch_has_its_ids_too(gateway: Any):
    configure(gateway, batch(gateway))
    payload = {"orders": [order(f"o-{number}") for number in range(400)]}
    for _ in range(2):
        assert (await gateway.post(PARTNER, payload)).status == 200
    assert len({each.event_id for each in events(gateway)}) == 400


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("id", "literal"),
        (7, "literal"),
        ("$.orders[*", "JSONPath"),
        ({"$first": ["$.id", "x"]}, "literal"),
    ],
)
def test_an_id_that_would_be_the_same_for_all_is_refused(gateway: Any, value: Any, words: str):
    with pytest.raises(ConfigError, match=words) as caught:
        compile_mapper({**gateway.mappers["single"], "message_id": value})
    assert "$.message_id" in str(caught.value)


def test_variants_share_the_id_of_the_document(gateway: Any):
    single = gateway.mappers["single"]
    document: dict[str, Any] = {
        "partner_name": "contact-form",
        "batching": True,
        "message_id": "$.rows[*].id",
        "variants": [
            {
                "when": {"$.rows[*].kind": ["a"]},
                "mapping_type": "events",
                "mappings": {
                    name: each.replace("$.", "$.rows[*].") if isinstance(each, str) else {}
                    for name, each in single["mappings"].items()
                },
            }
        ],
    }
    mapper = compile_mapper(document)
    row = {"kind": "a", "email": "a@example.com", "event": "X", "at": 1_750_000_000_000}
    payload: Any = {"rows": [{**row, "id": 1}, {**row, "id": 2}]}
    assert mapper.message_ids(payload, received_at_ms=0) == ["1", "2"]


def test_further_results_of_an_item_are_named_by_all_ids_together():
    kept = several_message_ids("v1", ["a", ""])
    assert kept is not None
    names = MessageNames(kept)
    ids = [names.event_id("req_0123456789abcdefghjkmnpqrs", "W", "S", index) for index in range(4)]
    assert ids[0] == "W/S/v1#a"
    assert ids[1] == "evt_0123456789abcdefghjkmnpqrs-1"
    assert len(set(ids)) == 4
    assert [names.message_id(index) for index in (0, 1)] == ["a", None]
    assert several_message_ids("v1", ["", ""]) is None
