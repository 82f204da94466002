"""Statuses, bodies and headers of every outcome, exact to what senders of the published interface expect."""

import base64
import gzip
import json
import zlib
from typing import Any

import pytest

from heliograph.mapping import compile_mapper

GOOD = {"email": "ann@example.com", "event": "Form Sent", "at": 1_750_000_000_000, "form": "demo"}
EVENTS = "/v1/partner/contact-form/events/?configName=v1"
BOUGHT = {"customer": "c-1", "at": 1_750_000_000_000, "total": 5}
ORDERS = "/v1/partner/orders/events/?configName=v1"


async def test_success_names_the_request_and_the_partner(gateway: Any):
    reply = await gateway.post(EVENTS, GOOD)
    assert reply.status == 200
    assert reply.json == {
        "request_id": reply.headers["x-request-id"],
        "name": "contact-form",
        "description": "Successfully submitted for processing",
    }
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["events/", "events", "event", "event/"])
async def test_kind_and_slash_may_be_spelled_either_way(gateway: Any, path: str):
    reply = await gateway.post(f"/v1/partner/contact-form/{path}?configName=v1", GOOD)
    assert reply.status == 200


@pytest.mark.parametrize("path", ["users/", "users", "user", "user/"])
async def test_users_go_to_a_users_mapper(gateway: Any, path: str):
    reply = await gateway.post(
        f"/v1/partner/crm/{path}?configName=v1", {"id": "u7", "email": "a@b.cd"}
    )
    assert reply.status == 200
    assert reply.json["name"] == "crm"


async def test_missing_mandatory_field_is_named_as_published(gateway: Any):
    payload = {key: value for key, value in GOOD.items() if key != "event"}
    reply = await gateway.post(EVENTS, payload)
    message = "Required field 'Request.data.actions.action' is missing in the payload"
    assert reply.status == 400
    error = reply.json["error"]
    assert list(reply.json) == ["error"]
    assert {key: error[key] for key in ("code", "message", "target")} == {
        "code": "e_9004",
        "message": message,
        "target": "payload_validation",
    }
    (detail,) = error["details"]
    assert {key: detail[key] for key in ("code", "target", "message")} == {
        "code": "e_9004",
        "target": "payload_validation",
        "message": message,
    }
    assert detail["index"] == 0


@pytest.mark.parametrize(
    "value", ["undefined", "{{user.id}}", "00000000-0000-0000-0000-000000000000"]
)
async def test_an_identifier_that_stands_for_nobody_is_a_blocked_value(gateway: Any, value: str):
    reply = await gateway.post("/v1/partner/crm/users/?configName=v1", {"id": value})
    message = f"Field 'Request.data.customer_id' holds the blocked value '{value}', which stands for nobody"
    assert reply.status == 400
    assert reply.json["error"]["message"] == message
    (detail,) = reply.json["error"]["details"]
    assert (detail["message"], detail["path"]) == (message, "$['id']")


async def test_a_workspace_blocks_identifiers_of_its_own(gateway: Any):
    gateway.configure(*gateway.documents(blocked_identifiers=["till-1"]))
    users = "/v1/partner/crm/users/?configName=v1"
    assert (await gateway.post(users, {"id": "Till-1"})).status == 400
    assert (await gateway.post(users, {"id": "till-2"})).status == 200
    gateway.configure(*gateway.documents(), revision=3)
    assert (await gateway.post(users, {"id": "till-1"})).status == 200


async def test_the_explanation_of_a_refusal_is_what_mapper_explain_prints(gateway: Any):
    payload: Any = {"orders": [{"custmer": "c-1", "at": "soon", "total": 1}]}
    text = (
        compile_mapper(gateway.mappers["batch"])
        .explain(payload, received_at_ms=0)
        .text()
        .splitlines()
    )
    reply = await gateway.post(ORDERS, payload)
    (detail,) = reply.json["error"]["details"]
    explanation = detail["explanation"].splitlines()
    assert [line for line in explanation if line.startswith("  ! ")] == [
        "  ! customer_id <- $.orders[*].customer",
        "  ! timestamp <- $.orders[*].at",
    ]
    start = text.index(explanation[0])
    assert text[start : start + 3] == explanation[:3]
    assert set(explanation) <= set(text)
    (item,) = gateway.journal.requests[0].rejected
    assert item.explanation == detail["explanation"]


@pytest.mark.parametrize("good", [True, False])
async def test_an_answer_lists_and_explains_twenty_of_a_large_batch(gateway: Any, good: bool):
    orders = [{"customer": "c-1", "at": 1_750_000_000_000}] * good + [{}] * 1_001
    reply = await gateway.post(ORDERS, {"orders": orders})
    listed = reply.json["rejected"] if good else reply.json["error"]["details"]
    assert len(listed) == 20
    assert all("explanation" in each and "path" in each for each in listed)


@pytest.mark.parametrize("size", [1, 3])
async def test_ndjson_of_any_number_of_lines_is_a_batch(gateway: Any, size: int):
    text = json.dumps(gateway.mappers["batch"]).replace("$.orders[*]", "$[*]")
    gateway.configure(
        *(each for each in gateway.documents() if each.name != "orders/v1"),
        gateway.document("mapper", "orders/v1", json.loads(text)),
    )
    line = b'{"customer":"c-1","at":1704067200,"total":1}\n'
    headers = [("content-type", "application/x-ndjson")]
    reply = await gateway.post(ORDERS, line * size, headers=headers)
    assert reply.status == 200
    assert gateway.journal.requests[0].events == size


@pytest.mark.parametrize("body", [b"{", b"", b'"text"', b"12", b"null", b"\xff\xfe\x00", b"[1,2"])
async def test_unreadable_json_is_an_invalid_payload(gateway: Any, body: bytes):
    reply = await gateway.post(EVENTS, body, headers=[("content-type", "application/json")])
    assert reply.status == 400
    error = reply.json["error"]
    assert (error["code"], error["message"]) == ("e_9004", "The provided payload is invalid")
    assert error["details"][0]["message"] == "The provided payload is invalid"
    assert error["details"][0]["reason"]


async def test_url_kind_that_is_not_the_mappers_is_an_invalid_payload(gateway: Any):
    reply = await gateway.post("/v1/partner/contact-form/users/?configName=v1", GOOD)
    assert reply.status == 400
    assert reply.json["error"]["message"] == "The provided payload is invalid"
    assert "/v1/partner/contact-form/events/" in reply.json["error"]["details"][0]["reason"]
    (stored,) = gateway.journal.requests
    assert (stored.state, stored.items) == ("refused", 1)


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        (None, "Invalid authorization format. Expected Basic authentication"),
        ("Bearer abc", "Invalid authorization format. Expected Basic authentication"),
        ("Basic", "Invalid authorization format. Expected Basic authentication"),
        ("Basic !!!", "Invalid authorization format. Expected Basic authentication"),
        (
            "Basic " + base64.b64encode(b"nocolon").decode(),
            "Invalid authorization format. Expected Basic authentication",
        ),
        (
            "Basic " + base64.b64encode(b"NOBODY:data-key-1").decode(),
            "Invalid APP_ID used in Authentication Header",
        ),
        (
            "Basic " + base64.b64encode(b"ACME1234:wrong").decode(),
            "App Secret key mismatch. Please login to the dashboard to verify key",
        ),
        (
            "Basic " + base64.b64encode(b"ACME1234:").decode(),
            "App Secret key mismatch. Please login to the dashboard to verify key",
        ),
    ],
)
async def test_unauthenticated_requests_get_the_data_api_envelope(
    gateway: Any, authorization: str | None, message: str
):
    reply = await gateway.post(EVENTS, GOOD, authorization=authorization)
    assert reply.status == 401
    assert reply.json == {
        "status": "fail",
        "error": {
            "message": message,
            "type": "Authentication required",
            "request_id": reply.headers["x-request-id"],
        },
    }
    assert reply.headers["www-authenticate"].startswith("Basic ")
    assert gateway.journal.requests == []


async def test_every_key_of_the_workspace_is_accepted(gateway: Any):
    for key in (gateway.key, gateway.second_key):
        authorization = gateway.basic(gateway.workspace, key)
        assert (await gateway.post(EVENTS, GOOD, authorization=authorization)).status == 200


async def test_a_key_that_was_taken_away_is_refused_at_once(gateway: Any):
    authorization = gateway.basic(gateway.workspace, gateway.second_key)
    assert (await gateway.post(EVENTS, GOOD, authorization=authorization)).status == 200
    gateway.configure(*gateway.documents(data_api_keys=[gateway.key]))
    assert (await gateway.post(EVENTS, GOOD, authorization=authorization)).status == 401
    assert (await gateway.post(EVENTS, GOOD)).status == 200


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/v1/partner/nobody/events/?configName=v1", "'nobody'"),
        ("/v1/partner/contact-form/events/?configName=V1", "case-sensitive"),
        ("/v1/partner/contact-form/events/", "configName"),
        ("/v1/partner/contact-form/events/?configName=", "configName"),
        ("/v1/partner/contact-form/orders/?configName=v1", "Nothing is served"),
        ("/v1/partner//events/?configName=v1", "Nothing is served"),
        ("/v1/partner/contact-form/events/x/?configName=v1", "Nothing is served"),
        ("/elsewhere", "Nothing is served"),
    ],
)
async def test_unknown_addresses_are_404_in_the_data_api_envelope(
    gateway: Any, target: str, words: str
):
    reply = await gateway.post(target, GOOD)
    assert reply.status == 404
    assert reply.json["status"] == "fail"
    assert words in reply.json["error"]["message"]
    assert reply.json["error"]["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
async def test_webhooks_are_posted(gateway: Any, method: str):
    reply = await gateway.call(method, EVENTS)
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


async def test_disabled_source_is_forbidden(gateway: Any):
    disabled = gateway.document("source", "orders", {"enabled": False})
    gateway.configure(*[d for d in gateway.documents() if d.kind != "source"], disabled)
    reply = await gateway.post(ORDERS, {"orders": []})
    assert reply.status == 403
    assert reply.json["error"]["type"] == "BlockedClient"
    assert gateway.journal.requests == []


async def test_rate_limit_says_when_to_come_back(make_gateway: Any):
    gateway = make_gateway(requests_per_second=2)
    assert [(await gateway.post(EVENTS, GOOD)).status for _ in range(3)] == [200, 200, 429]
    reply = await gateway.post(EVENTS, GOOD)
    assert reply.json["error"]["type"] == "RateLimitError"
    expected = {
        "retry-after": "1",
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1",
    }
    assert {name: reply.headers[name] for name in expected} == expected
    gateway.clock.seconds += 0.5
    assert (await gateway.post(EVENTS, GOOD)).status == 200
    assert len(gateway.journal.requests) == 3


async def test_body_over_the_limit_is_413_before_it_is_read(make_gateway: Any):
    gateway = make_gateway(max_body_bytes=100)
    reply = await gateway.post(EVENTS, b"x" * 101)
    assert reply.status == 413
    assert reply.json["error"]["type"] == "PayloadTooLarge"
    assert "100 bytes" in reply.json["error"]["message"]
    assert "connection" not in reply.headers


async def test_a_batch_of_more_items_than_allowed_is_413_and_nothing_of_it_is_kept(
    make_gateway: Any,
):
    gateway = make_gateway(max_batch_items=3)
    reply = await gateway.post(ORDERS, {"orders": [BOUGHT] * 4})
    assert reply.status == 413
    error = reply.json["error"]
    assert error["type"] == "PayloadTooLarge"
    for part in ("a batch of 4 items", "at most 3 items", "Send the batch in several requests."):
        assert part in error["message"]
    assert gateway.journal.requests == []
    assert (await gateway.post(ORDERS, {"orders": [BOUGHT] * 3})).status == 200


async def test_a_body_that_costs_too_much_to_map_is_400_and_kept(make_gateway: Any):
    gateway = make_gateway(max_mapping_work=200)
    reply = await gateway.post(ORDERS, {"orders": [{"customer": []}] * 3})
    assert reply.status == 400
    assert "mapping" not in reply.json["error"]["message"]
    reason = reply.json["error"]["details"][0]["reason"]
    assert "at most 200 values looked at" in reason
    [request] = gateway.journal.requests
    assert (request.state, request.items, request.events) == ("refused", 1, 0)
    assert [item.code for item in request.rejected] == ["mapper.work_exceeded"]


async def test_chunked_body_over_the_limit_is_413(make_gateway: Any):
    gateway = make_gateway(max_body_bytes=100)
    reply = await gateway.post(EVENTS, [b"x" * 60, b"y" * 60, b"z" * 60], content_length=False)
    assert reply.status == 413
    assert gateway.journal.requests == []


async def test_body_exactly_at_the_limit_is_taken(make_gateway: Any):
    body = json.dumps(GOOD).encode()
    gateway = make_gateway(max_body_bytes=len(body))
    assert (await gateway.post(EVENTS, body)).status == 200


async def test_body_that_grows_beyond_the_limit_when_inflated_is_413(make_gateway: Any):
    gateway = make_gateway(max_body_bytes=1000)
    bomb = gzip.compress(b" " * 1_000_000)
    reply = await gateway.post(EVENTS, bomb, headers=[("content-encoding", "gzip")])
    assert reply.status == 413
    assert reply.json["error"]["type"] == "PayloadTooLarge"


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
async def test_compressed_bodies_are_read_and_stored_plain(
    gateway: Any, encoding: str, compress: Any
):
    body = json.dumps(GOOD).encode()
    reply = await gateway.post(EVENTS, compress(body), headers=[("content-encoding", encoding)])
    assert reply.status == 200
    assert gateway.journal.requests[0].body == body


async def test_unknown_encoding_is_415_and_stored_as_refused(gateway: Any):
    reply = await gateway.post(EVENTS, b"abc", headers=[("content-encoding", "br")])
    assert reply.status == 415
    assert reply.json["status"] == "fail"
    assert gateway.journal.requests[0].state == "refused"


async def test_unreadable_media_type_is_415(gateway: Any):
    reply = await gateway.post(EVENTS, b"\x89PNG\r\n", headers=[("content-type", "image/png")])
    assert reply.status == 415
    assert reply.json["error"]["type"] == "Unsupported media type"


async def test_partner_and_config_may_be_percent_encoded(gateway: Any):
    reply = await gateway.post("/v1/partner/contact%2Dform/events/?configName=%76%31", GOOD)
    assert reply.status == 200


async def test_large_unwanted_body_ends_the_connection(gateway: Any):
    reply = await gateway.post(
        EVENTS, b"", content_length=False, headers=[("content-length", str(50_000_000))]
    )
    assert (reply.status, reply.headers["connection"]) == (413, "close")


async def test_refusal_instead_of_100_continue_ends_the_connection(gateway: Any):
    reply = await gateway.post(
        EVENTS, GOOD, authorization=None, headers=[("expect", "100-continue")]
    )
    assert (reply.status, reply.headers["connection"]) == (401, "close")


async def test_greeting_tells_where_webhooks_go(gateway: Any):
    reply = await gateway.call("GET", "/")
    assert reply.status == 200
    assert "configName" in reply.json["webhooks"]


@pytest.mark.parametrize("kind", ["events", "users"])
async def test_a_mapper_with_variants_takes_requests_under_both_kinds(gateway: Any, kind: str):
    event = {
        "customer_id": "$.id",
        "event_name": "Paid",
        "user_time": "$receivedAt",
        "platform": "web",
    }
    document = {
        "partner_name": "orders",
        "variants": [
            {
                "when": {"$.email": True},
                "also": True,
                "mapping_type": "users",
                "mappings": {"customer_id": "$.id", "user_attributes": {"u_em": "$.email"}},
            },
            {"when": {"$.type": "paid"}, "mapping_type": "events", "mappings": event},
        ],
    }
    gateway.configure(
        *(each for each in gateway.documents() if each.name != "orders/v1"),
        gateway.document("mapper", "orders/v1", document),
    )
    url = ORDERS.replace("/events/", f"/{kind}/")
    reply = await gateway.post(url, {"id": "c-1", "email": "a@ex.com", "type": "paid"})
    assert reply.status == 200
    assert gateway.journal.requests[0].events == 2
    reply = await gateway.post(url, {"id": "c-1", "type": "seen"})
    (detail,) = reply.json["error"]["details"]
    assert reply.status == 400
    assert detail["message"] == "The provided payload is invalid"
    assert detail["reason"] == (
        "No variant of the mapper takes this: $.email is missing, $.type is 'seen'"
    )
    assert "variant 2 ($.type is paid)" in detail["explanation"]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ('{"plan": "pro"}', 'a string that holds JSON: {"$json": "$.Message"} reads it.'),
        ("pro", "a string."),
        (["pro"], "an array."),
    ],
)
async def test_what_create_all_cannot_copy_is_said_in_the_answer(
    gateway: Any, message: Any, why: str
):
    mappings = {"customer_id": "$.id", "event_name": "Seen", "user_time": "$receivedAt"}
    mappings |= {"platform": "web", "attr": {"create_all": "$.Message"}}
    document = {"partner_name": "orders", "mapping_type": "events", "mappings": mappings}
    gateway.configure(
        *(each for each in gateway.documents() if each.name != "orders/v1"),
        gateway.document("mapper", "orders/v1", document),
    )
    reply = await gateway.post(ORDERS, {"id": "c-1", "Message": message})
    assert reply.status == 200
    assert reply.json["description"] == "Successfully submitted for processing"
    assert reply.json["warnings"] == [
        {
            "index": 0,
            "field": "attr.create_all",
            "path": "$['Message']",
            "message": f"create_all copies the keys of an object; this is {why}",
        }
    ]
    for harmless in ({"plan": "pro"}, "", None):
        reply = await gateway.post(ORDERS, {"id": "c-1", "Message": harmless})
        assert "warnings" not in reply.json
