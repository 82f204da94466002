"""`POST /v1/webhook/{source}`: verified first, then mapped and stored like any other webhook."""

import base64
import gzip
import hashlib
import hmac
import json
from typing import Any

import pytest

from heliograph.model.event import decode_event

GOOD = {"email": "ann@example.com", "event": "Form Sent", "at": 1_750_000_000_000}
URL = "/v1/webhook/code"


def configure(gateway: Any, **source: Any) -> None:
    body = {
        "partner": "contact-form",
        "verify": {"scheme": "github", "secrets": ["new-secret", "old-secret"]},
        **source,
    }
    gateway.configure(*gateway.documents(), gateway.document("source", "code", body))


def signed(body: bytes, secret: str = "new-secret") -> list[tuple[str, str]]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return [("x-hub-signature-256", f"sha256={digest}")]


async def send(gateway: Any, payload: Any = GOOD, url: str = URL, **options: Any) -> Any:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = options.pop("headers", None) or signed(body)
    return await gateway.post(url, body, authorization=None, headers=headers, **options)


async def test_genuine_request_is_mapped_and_stored(gateway: Any):
    configure(gateway)
    reply = await send(gateway)
    assert (reply.status, reply.json["name"]) == (200, "contact-form")
    (request,) = gateway.journal.requests
    assert (request.source_id, request.state) == ("code", "accepted")
    assert decode_event(gateway.journal.records[0].value).customer_id == "ann@example.com"


async def test_a_message_sent_twice_has_one_event_id(gateway: Any):
    key = b"0123456789abcdef0123456789abcdef"
    secret = "whsec_" + base64.b64encode(key).decode()
    configure(gateway, verify={"scheme": "standard-webhooks", "secrets": [secret]})
    body = json.dumps(GOOD).encode()
    at = str(gateway.clock.ms // 1000)
    digest = hmac.digest(key, f"msg_7.{at}.".encode() + body, "sha256")
    headers = [
        ("webhook-id", "msg_7"),
        ("webhook-timestamp", at),
        ("webhook-signature", "v1," + base64.b64encode(digest).decode()),
    ]
    for _ in range(2):
        assert (await send(gateway, body, headers=headers)).status == 200
    first, second = [decode_event(record.value) for record in gateway.journal.records]
    assert first.event_id == second.event_id
    assert first.message_id == "msg_7"
    assert first.request_id != second.request_id


async def test_old_secret_still_verifies_during_rotation(gateway: Any):
    configure(gateway)
    body = json.dumps(GOOD).encode()
    assert (await send(gateway, body, headers=signed(body, "old-secret"))).status == 200


async def test_forged_request_is_401_and_leaves_nothing(gateway: Any):
    configure(gateway)
    body = json.dumps(GOOD).encode()
    reply = await send(gateway, body, headers=signed(body, "guessed"))
    assert reply.status == 401
    assert "x-hub-signature-256" in reply.json["error"]["message"].lower()
    assert gateway.journal.requests == []


async def test_unsigned_request_is_401_even_with_the_data_api_key(gateway: Any):
    configure(gateway)
    assert (await gateway.post(URL, GOOD)).status == 401


async def test_strangers_do_not_use_up_the_rate(make_gateway: Any):
    gateway = make_gateway(requests_per_second=1)
    configure(gateway)
    gateway.gateway.reception.directory.desks[gateway.workspace].bucket.change_rate(1)
    for _ in range(5):
        assert (await gateway.post(URL, GOOD)).status == 401
    assert (await send(gateway)).status == 200
    assert (await send(gateway)).status == 429


async def test_bad_payload_of_a_genuine_sender_is_kept_as_refused(gateway: Any):
    configure(gateway)
    reply = await send(gateway, {"event": "Form Sent"})
    assert reply.status == 400
    assert gateway.journal.requests[0].state == "refused"


async def test_source_without_verification_has_no_such_url(gateway: Any):
    configure(gateway, verify=None)
    assert (await send(gateway)).status == 404


async def test_source_with_an_unusable_scheme_is_a_problem_and_404(gateway: Any):
    configure(gateway, verify={"scheme": "github", "secrets": []})
    assert (await send(gateway)).status == 404
    (problem,) = gateway.gateway.reception.directory.problems
    assert problem.reason.startswith("sources/code.toml ")


async def test_source_must_name_one_of_several_mappers(gateway: Any):
    body = {"partner": "contact-form", "verify": {"scheme": "github", "secrets": ["new-secret"]}}
    second = gateway.document("mapper", "contact-form/v2", gateway.mappers["single"])
    source = gateway.document("source", "code", body)
    gateway.configure(*gateway.documents(), second, source)
    assert (await send(gateway)).status == 404
    named = gateway.document("source", "code", {**body, "config": "v2"})
    gateway.configure(*gateway.documents(), second, named, revision=3)
    assert (await send(gateway)).status == 200
    assert gateway.journal.requests[0].mapper == "contact-form/v2@1"


async def test_disabled_source_is_forbidden(gateway: Any):
    configure(gateway, enabled=False)
    assert (await send(gateway)).status == 403


def both(gateway: Any, secret: str) -> None:
    """Give another workspace a source of the same name."""
    other = [
        gateway.document(
            "workspace", "workspace", {"id": "OTHER", "data_api_keys": ["k"]}, workspace="OTHER"
        ),
        gateway.document("mapper", "code/v1", gateway.mappers["single"], workspace="OTHER"),
        gateway.document(
            "source",
            "code",
            {"verify": {"scheme": "github", "secrets": [secret]}},
            workspace="OTHER",
        ),
    ]
    body = {"partner": "contact-form", "verify": {"scheme": "github", "secrets": ["new-secret"]}}
    gateway.configure(*gateway.documents(), gateway.document("source", "code", body), *other)


async def test_of_sources_of_one_name_the_one_whose_secret_signed_it_gets_a_request(gateway: Any):
    both(gateway, "other-secret")
    body = json.dumps(GOOD).encode()
    for secret in ("other-secret", "new-secret"):
        assert (await send(gateway, body, headers=signed(body, secret))).status == 200
    assert (await send(gateway, body, headers=signed(body, "guessed"))).status == 401
    assert [each.workspace for each in gateway.journal.requests] == ["OTHER", gateway.workspace]


async def test_the_address_decides_between_sources_of_one_name_and_one_secret(gateway: Any):
    both(gateway, "new-secret")
    reply = await send(gateway)
    assert (reply.status, "workspace" in reply.json["error"]["message"]) == (404, True)
    assert (await send(gateway, url=URL + "?workspace=OTHER")).status == 200
    assert gateway.journal.requests[0].workspace == "OTHER"


async def test_the_signature_is_over_the_bytes_as_they_were_sent(gateway: Any):
    """Nothing is inflated before it is known who sent it."""
    configure(gateway)
    plain = json.dumps(GOOD).encode()
    sent = gzip.compress(plain)
    encoded = [("content-encoding", "gzip")]
    reply = await send(gateway, sent, headers=[*encoded, *signed(plain)])
    assert reply.status == 401
    assert "after its compression" in reply.json["error"]["message"]
    assert (await send(gateway, sent, headers=[*encoded, *signed(sent)])).status == 200
    assert gateway.journal.requests[0].body == plain


async def test_damaged_compression_of_a_stranger_is_401(gateway: Any):
    """A 400 would say that somebody has looked."""
    configure(gateway)
    headers = [("content-encoding", "gzip"), *signed(b"other")]
    assert (await send(gateway, b"\x1f\x8b\x08damaged", headers=headers)).status == 401


async def test_get_is_not_allowed(gateway: Any):
    configure(gateway)
    assert (await gateway.call("GET", URL)).status == 405


async def test_a_source_whose_secret_the_hub_lacks_is_503_and_not_404(gateway: Any):
    """Its sender did nothing wrong, and must keep what it has."""
    configure(gateway, verify={"scheme": "github", "secrets": ["${ABSENT}"]})
    reply = await send(gateway)
    assert (reply.status, "retry-after" in reply.headers) == (503, True)


async def test_a_401_that_the_hub_may_have_caused_says_so_in_its_log(
    gateway: Any, capfd: pytest.CaptureFixture[str]
):
    configure(gateway, verify={"scheme": "github", "secrets": ["new-secret", "${ABSENT}"]})
    body = json.dumps(GOOD).encode()
    reply = await send(gateway, body, headers=signed(body, "what ABSENT may be"))
    assert reply.status == 401
    assert "ABSENT" not in reply.body.decode()
    assert "ABSENT is not set" in capfd.readouterr().out
