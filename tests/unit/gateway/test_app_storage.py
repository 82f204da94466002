"""What the journal holds after each outcome, and what is answered when it cannot be written."""

import asyncio
import json
from typing import Any

import pytest

from heliograph.gateway.directory import Directory
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.event import decode_event
from heliograph.model.request import encode_rejected

GOOD = {"email": "ann@example.com", "event": "Form Sent", "at": 1_750_000_000_000, "form": "demo"}
EVENTS = "/v1/partner/contact-form/events/?configName=v1"
ORDERS = "/v1/partner/orders/events/?configName=v1"


def order(customer: str | None, total: float = 9.5) -> dict[str, Any]:
    return {"customer": customer, "at": 1_750_000_000_000, "total": total}


async def test_event_and_raw_request_are_stored_together(gateway: Any):
    reply = await gateway.post(EVENTS, GOOD)
    (request,) = gateway.journal.requests
    (record,) = gateway.journal.records
    event = decode_event(record.value)
    assert request.request_id == event.request_id == reply.json["request_id"]
    assert (request.state, request.items, request.events) == ("accepted", 1, 1)
    assert (request.workspace, request.source_id) == (gateway.workspace, "contact-form")
    assert request.mapper == event.mapper == "contact-form/v1@1"
    assert json.loads(request.body) == GOOD
    assert request.path == EVENTS
    assert (event.type, event.event, event.customer_id) == (
        "track",
        "Form Sent",
        "ann@example.com",
    )
    assert event.properties == {"form": "demo"}
    assert event.traits == {"u_em": "ann@example.com"}
    assert event.timestamp == 1_750_000_000_000
    assert (record.key, record.id, record.at) == (event.key, event.event_id, event.received_at)
    assert event.event_id == f"evt_{request.request_id[4:]}-0"


async def test_users_mapper_gives_an_identify_at_the_time_of_receipt(gateway: Any):
    await gateway.post("/v1/partner/crm/users/?configName=v1", {"id": 42, "email": "a@b.cd"})
    event = decode_event(gateway.journal.records[0].value)
    assert (event.type, event.event, event.customer_id) == ("identify", None, "42")
    assert event.timestamp == event.received_at == gateway.clock.ms
    assert event.traits == {"u_em": "a@b.cd"}


async def test_source_name_comes_from_the_catalog(gateway: Any):
    await gateway.post(ORDERS, {"orders": [order("a1")]})
    assert gateway.journal.requests[0].source_id == "shop"
    assert decode_event(gateway.journal.records[0].value).source_id == "shop"


async def test_partly_bad_batch_is_taken_and_the_bad_item_quarantined(gateway: Any):
    reply = await gateway.post(ORDERS, {"orders": [order("a1"), order(None), order("c3")]})
    assert reply.status == 200
    assert (reply.json["accepted"], reply.json["rejected_total"]) == (2, 1)
    (item,) = reply.json["rejected"]
    assert item["index"] == 1
    assert item["code"] == "mapper.missing_field"
    assert "Request.data.customer_id" in item["message"]
    (request,) = gateway.journal.requests
    assert (request.state, request.items, request.events) == ("partial", 3, 2)
    assert [(r.index, r.item) for r in request.rejected] == [(1, order(None))]
    events = [decode_event(record.value) for record in gateway.journal.records]
    assert [(event.item_index, event.customer_id) for event in events] == [(0, "a1"), (2, "c3")]


async def test_whole_batch_that_is_bad_is_refused_and_kept(gateway: Any):
    reply = await gateway.post(ORDERS, {"orders": [order(None)] * 30})
    assert reply.status == 400
    assert len(reply.json["error"]["details"]) == 20
    (request,) = gateway.journal.requests
    assert (request.state, request.items, request.events, len(request.rejected)) == (
        "refused",
        30,
        0,
        30,
    )
    assert gateway.journal.records == []


@pytest.mark.parametrize("policy", ["partial", "all_or_nothing"])
async def test_a_megabyte_of_bad_items_is_kept_once(make_gateway: Any, policy: str):
    """It became 29 megabytes: each item again, with its reason and its explanation."""
    gateway = make_gateway(batch_policy=policy)
    orders = [{**order(None), "note": "x" * 100}] * 4_999
    reply = await gateway.post(ORDERS, {"orders": [order("a1"), *orders]})
    (request,) = gateway.journal.requests
    bad = 4_999 if policy == "partial" else 5_000
    assert (request.items, request.events, request.rejected_count) == (5_000, 5_000 - bad, bad)
    assert len(encode_rejected(request)) < 70_000
    assert request.rejected_indexes() == set(range(5_000 - bad, 5_000))
    assert reply.json.get("rejected_total", bad) == bad
    listed = reply.json.get("rejected") or reply.json["error"]["details"]
    assert len(listed) == 20


async def test_all_or_nothing_refuses_the_good_items_too(make_gateway: Any):
    gateway = make_gateway(batch_policy="all_or_nothing")
    reply = await gateway.post(ORDERS, {"orders": [order("a1"), order(None)]})
    assert reply.status == 400
    assert "Request.data.customer_id" in reply.json["error"]["message"]
    (request,) = gateway.journal.requests
    assert (request.state, request.items, request.events) == ("refused", 2, 0)
    assert {item.index for item in request.rejected} == {0, 1}
    assert gateway.journal.records == []


async def test_all_or_nothing_takes_a_batch_without_fault(make_gateway: Any):
    gateway = make_gateway(batch_policy="all_or_nothing")
    assert (await gateway.post(ORDERS, {"orders": [order("a1"), order("b2")]})).status == 200
    assert len(gateway.journal.records) == 2


async def test_malformed_body_is_kept_as_received(gateway: Any):
    await gateway.post(EVENTS, b'{"email": ')
    (request,) = gateway.journal.requests
    assert (request.state, request.items, request.body) == ("refused", 1, b'{"email": ')


async def test_credentials_are_not_stored(gateway: Any):
    await gateway.post(
        EVENTS + "&token=abc123",
        GOOD,
        headers=[
            ("cookie", "sid=abc123"),
            ("x-shop-access-token", "abc123"),
            ("x-api-key", "abc123"),
            ("x-signature", "deadbeef"),
        ],
    )
    (request,) = gateway.journal.requests
    assert "abc123" not in request.path + json.dumps(request.headers)
    assert gateway.key not in json.dumps(request.headers)
    assert "authorization" not in request.headers
    assert request.headers["x-signature"] == "deadbeef"


async def test_nothing_is_acknowledged_when_the_journal_cannot_be_written(gateway: Any):
    gateway.journal.break_down()
    reply = await gateway.post(EVENTS, GOOD)
    assert reply.status == 503
    assert reply.headers["retry-after"] == "2"
    assert reply.json["status"] == "fail"
    assert "the disk is full" in reply.json["error"]["message"]
    gateway.journal.failure = None
    assert (await gateway.post(EVENTS, GOOD)).status == 200
    assert len(gateway.journal.requests) == 1


async def test_refused_request_that_cannot_be_kept_is_503_not_400(gateway: Any):
    gateway.journal.break_down()
    assert (await gateway.post(EVENTS, b"{")).status == 503


async def test_sender_that_leaves_stores_nothing(gateway: Any):
    reply = await gateway.call(
        "POST", EVENTS, [b'{"email":'], authorization=gateway.basic(), leaves=True
    )
    assert reply is None
    assert gateway.journal.requests == []
    assert gateway.meters.aborted.value() == 1


async def test_answer_waits_for_the_commit(gateway: Any):
    gateway.journal.gate.clear()
    task = asyncio.create_task(gateway.post(EVENTS, GOOD))
    await asyncio.to_thread(gateway.journal.entered.wait, 30)
    assert not task.done()
    gateway.journal.gate.set()
    assert (await asyncio.wait_for(task, 30)).status == 200


async def test_full_queue_is_503_before_the_body_is_read(make_gateway: Any):
    gateway = make_gateway(settings=GatewaySettings(max_pending_requests=1))
    gateway.journal.gate.clear()
    first = asyncio.create_task(gateway.post(EVENTS, GOOD))
    await asyncio.to_thread(gateway.journal.entered.wait, 30)
    second = asyncio.create_task(gateway.post(EVENTS, GOOD))
    async with asyncio.timeout(30):
        while gateway.commit.pending != 1:  # noqa: ASYNC110 - a queue tells nobody that it grew
            await asyncio.sleep(0)
    third = await gateway.post(EVENTS, GOOD)
    assert (third.status, third.headers["retry-after"]) == (503, "2")
    gateway.journal.gate.set()
    assert [(await first).status, (await second).status] == [200, 200]


async def test_ids_rise_in_the_order_of_the_journal(gateway: Any):
    replies = await asyncio.gather(*[gateway.post(EVENTS, GOOD) for _ in range(50)])
    stored = [request.request_id for request in gateway.journal.requests]
    assert stored == sorted(stored)
    assert sorted(reply.json["request_id"] for reply in replies) == stored


async def test_failing_mapper_is_500_and_the_next_request_works(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
):
    inlet = gateway.gateway.reception.directory.desks[gateway.workspace].inlets[
        "contact-form", "v1"
    ]

    def explode(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(type(inlet.mapper), "apply", explode)
        reply = await gateway.post(EVENTS, GOOD)
    assert reply.status == 500
    assert reply.json["error"]["type"] == "Server Error"
    assert (await gateway.post(EVENTS, GOOD)).status == 200


async def test_mapper_that_does_not_compile_is_503_until_it_does(gateway: Any):
    broken = gateway.document("mapper", "new/v1", {"partner_name": "new", "mapping_type": "x"})
    gateway.configure(*gateway.documents(), broken)
    reply = await gateway.post("/v1/partner/new/events/?configName=v1", GOOD)
    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert (await gateway.post(EVENTS, GOOD)).status == 200
    mended = gateway.document("mapper", "new/v1", gateway.mappers["single"])
    gateway.configure(*gateway.documents(), mended, revision=3)
    assert (await gateway.post("/v1/partner/new/events/?configName=v1", GOOD)).status == 200


async def test_new_config_lives_beside_the_old_url(gateway: Any):
    changed = {**gateway.mappers["single"], "mappings": {**gateway.mappers["single"]["mappings"]}}
    changed["mappings"]["event_name"] = "Renamed"
    gateway.configure(*gateway.documents(), gateway.document("mapper", "contact-form/v2", changed))
    await gateway.post(EVENTS, GOOD)
    await gateway.post(EVENTS.replace("v1", "v2").replace("/v2/partner", "/v1/partner"), GOOD)
    names = [decode_event(record.value).event for record in gateway.journal.records]
    assert names == ["Form Sent", "Renamed"]


@pytest.mark.parametrize("target", [EVENTS, "/v1/webhook/shop"])
async def test_nobody_is_told_401_or_404_before_a_configuration_is_loaded(
    gateway: Any, target: str
):
    gateway.gateway.reception.directory = Directory(-1, {}, [])
    reply = await gateway.post(target, GOOD)
    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert (await gateway.call("GET", "/readyz")).status == 503
