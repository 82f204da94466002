"""Every vendor's scheme through the gateway: fresh, forged, too old, rotated."""

import json
import re
from typing import Any

import pytest

from heliograph.gateway.signatures import SCHEMES, SignedScheme
from heliograph.gateway.signatures.parts import place_of
from heliograph.model.event import decode_event
from heliograph.testing.vendors import (
    NOT_THE_BODY,
    PATH,
    SETTINGS,
    SIGNERS,
    TOKENS,
    URL,
    Sent,
    keys_of,
)

EVENT = {"email": "ann@example.com", "event": "Form Sent", "at": 1_750_000_000_000}
BODY = json.dumps(EVENT).encode()
LONG_MS = 400_000_000
"""Longer than any vendor's window."""
TIMED = sorted(
    name for name, scheme in SCHEMES.items() if isinstance(scheme, SignedScheme) and scheme.has_time
)


def configure(gateway: Any, name: str, secrets: list[str], **settings: Any) -> None:
    verify = {"scheme": name, "secrets": secrets, **SETTINGS.get(name, {}), **settings}
    single = gateway.mappers["single"]
    # A mapper that takes nothing from the keys under which vendors put their ids.
    plain = {**single, "mappings": {**single["mappings"], "event_name": "Form Sent"}}
    body = {"partner": "contact-form", "config": "plain", "verify": verify, "public_url": URL}
    gateway.configure(
        *gateway.documents(),
        gateway.document("mapper", "contact-form/plain", plain),
        gateway.document("source", "code", body),
    )
    assert gateway.gateway.reception.directory.problems == []


async def post(gateway: Any, sent: Sent) -> Any:
    headers = {"content-type": "application/json", **sent.headers}
    target = f"{PATH}?{sent.query}" if sent.query else PATH
    return await gateway.call("POST", target, sent.body, headers=list(headers.items()))


def test_every_scheme_has_a_signer_here():
    assert set(SIGNERS) == {*SCHEMES, "token", "basic"}


@pytest.mark.parametrize("name", sorted(SIGNERS))
async def test_a_fresh_request_is_an_event_with_either_secret(gateway: Any, name: str):
    new, old, other = keys_of(name)
    configure(gateway, name, [new, old])
    for key in (new, old):
        reply = await post(gateway, SIGNERS[name](BODY, key, gateway.clock.ms))
        assert reply.status == 200, reply.body
    reply = await post(gateway, SIGNERS[name](BODY, other, gateway.clock.ms))
    assert (reply.status, reply.json["error"]["type"]) == (401, "Authentication required")
    assert [decode_event(each.value).event for each in gateway.journal.records] == ["Form Sent"] * 2
    assert all(new not in each.path and old not in each.path for each in gateway.journal.requests)
    configure(gateway, name, [new])  # the rotation is over
    assert (await post(gateway, SIGNERS[name](BODY, old, gateway.clock.ms))).status == 401
    assert len(gateway.journal.requests) == 2


@pytest.mark.parametrize("name", sorted(set(SIGNERS) - TOKENS - NOT_THE_BODY))
async def test_another_body_under_the_same_signature_is_refused(gateway: Any, name: str):
    key = keys_of(name)[0]
    configure(gateway, name, [key])
    sent = SIGNERS[name](BODY, key, gateway.clock.ms)
    sent.body = sent.body.replace(b"ann", b"eve")
    reply = await post(gateway, sent)
    assert reply.status == 401
    assert "does not belong to this body" in reply.json["error"]["message"]
    assert key not in reply.body.decode()
    assert gateway.journal.requests == []


@pytest.mark.parametrize(
    ("name", "signed", "other"),
    [
        ("adyen", b"1130", b"9130"),
        ("paymob", b"2346", b"2347"),
        ("mailgun", b"50-letters", b"51-letters"),
        ("quoter", b'"text"', b'"test"'),
        ("favro", b'"p-1"', b'"p-2"'),
        ("sns", b"an order", b"an offer"),
    ],
)
async def test_another_value_under_the_same_signature_is_refused(
    gateway: Any, name: str, signed: bytes, other: bytes
):
    key = keys_of(name)[0]
    configure(gateway, name, [key])
    sent = SIGNERS[name](BODY, key, gateway.clock.ms)
    assert signed in sent.body
    sent.body = sent.body.replace(signed, other)
    assert (await post(gateway, sent)).status == 401


@pytest.mark.parametrize("name", TIMED)
async def test_what_was_signed_long_ago_is_refused(gateway: Any, name: str):
    key = keys_of(name)[0]
    configure(gateway, name, [key])
    sent = SIGNERS[name](BODY, key, gateway.clock.ms)
    assert (await post(gateway, sent)).status == 200
    gateway.clock.ms += LONG_MS
    reply = await post(gateway, sent)
    assert reply.status == 401
    window = SCHEMES[name].tolerance_s  # type: ignore[union-attr]
    assert f"signed 400000 s ago; {window} s are accepted" in reply.json["error"]["message"]
    assert len(gateway.journal.requests) == 1


@pytest.mark.parametrize("name", sorted(SIGNERS))
async def test_a_request_without_proof_is_told_what_is_missing(gateway: Any, name: str):
    configure(gateway, name, keys_of(name)[:1])
    reply = await post(gateway, Sent({}, BODY))
    assert reply.status == 401
    message = reply.json["error"]["message"]
    assert "is missing" in message or "nothing at" in message or "no token at" in message


def test_windows_are_the_vendors():
    assert SCHEMES["recharge"].tolerance_s == 172_800  # type: ignore[union-attr]
    assert SCHEMES["paypal"].tolerance_s > 3 * 86_400  # type: ignore[union-attr]
    assert {"paypal", "contentful", "sns", "mailgun"} <= set(TIMED)
    assert len(TIMED) > 30


WITH_ID = sorted(
    name
    for name, scheme in SCHEMES.items()
    if scheme.message_id or (isinstance(scheme, SignedScheme) and scheme.id_header)
)


def named(name: str, id_: str) -> tuple[bytes, dict[str, str]]:
    """Return a body and headers in which the vendor's id stands where the scheme looks for it first."""
    payload: dict[str, Any] = dict(EVENT)
    headers: dict[str, str] = {}
    for template in SCHEMES[name].message_id[:1]:
        for piece in re.findall(r"\{(\$[^{}]+)\}", template):
            place = place_of(piece)
            steps = [str(step) for step in place.query.head]
            if place.origin == "headers":
                headers[steps[0]] = id_
                continue
            inner = payload
            for step in steps[:-1]:
                if not isinstance(inner.get(step), dict):
                    inner[step] = {}
                inner = inner[step]
            inner[steps[-1]] = id_
    return json.dumps(payload).encode(), headers


@pytest.mark.parametrize("name", WITH_ID)
async def test_a_retry_has_the_event_id_of_the_first_one(gateway: Any, name: str):
    key = keys_of(name)[0]
    configure(gateway, name, [key])
    for id_ in ("a-1", "a-1", "b-2"):
        body, headers = named(name, id_)
        sent = SIGNERS[name](body, key, gateway.clock.ms)
        own = {} if name in ("sns", "adyen", "favro") else headers
        reply = await post(gateway, Sent({**sent.headers, **own}, sent.body, sent.query))
        assert reply.status == 200, reply.body
        gateway.clock.ms += 60_000
    first, second, other = [decode_event(each.value) for each in gateway.journal.records]
    assert first.event_id == second.event_id
    assert first.message_id
    assert (first.request_id != second.request_id, first.source_id) == (True, "code")
    if SCHEMES[name].message_id and name not in ("sns", "adyen", "favro"):
        assert other.event_id != first.event_id


def test_most_vendors_name_their_messages():
    assert len(WITH_ID) > 65


async def test_one_event_of_a_shop_under_two_topics_is_two_messages(gateway: Any):
    """Shopify gives one X-Shopify-Event-Id to all webhooks of what happened."""
    configure(gateway, "shopify", ["key"])
    for topic, webhook in (("orders/create", "1"), ("orders/paid", "2"), ("orders/create", "3")):
        headers = {
            "x-shopify-event-id": "e-1",
            "x-shopify-topic": topic,
            "x-shopify-webhook-id": webhook,
        }
        sent = SIGNERS["shopify"](BODY, "key", gateway.clock.ms)
        assert (await post(gateway, Sent({**sent.headers, **headers}, BODY))).status == 200
    ids = [decode_event(each.value).event_id for each in gateway.journal.records]
    assert ids[0] == ids[2] != ids[1]


TICKET = {"id": 35436, "type": "ticket", "account_id": "12514403"}
SEEN = {"event": "seen", "message_token": 4_912_661}
HOOK = {"x-gitlab-event-uuid": "13792a34-cac6-4fda-95a8-c58e00a3954e"}
CALL = {"event": "call.tagged", "data": {"id": 812}, "timestamp": 1_750_000_000}


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        # Two triggers of one ticket; without the header nothing says that they are two.
        (
            "zendesk",
            (TICKET, {"x-zendesk-webhook-invocation-id": "01A"}),
            (TICKET, {"x-zendesk-webhook-invocation-id": "01B"}),
        ),
        ("zendesk", (TICKET, {}), (TICKET, {})),
        ("viber", ({**SEEN, "user_id": "ann"}, {}), ({**SEEN, "user_id": "bob"}, {})),
        ("viber", ({**SEEN, "user": {"id": "ann"}}, {}), ({**SEEN, "user": {"id": "bob"}}, {})),
        ("viber", ({**SEEN, "sender": {"id": "ann"}}, {}), ({**SEEN, "sender": {"id": "bob"}}, {})),
        ("viber", (SEEN, {}), (SEEN, {})),
        ("gitlab", ({}, HOOK), ({}, HOOK)),
        ("aircall", ({**CALL, "tag": "vip"}, {}), ({**CALL, "tag": "late"}, {})),
        (
            "microsoft-teams",
            ({"id": "1750000000000", "conversation": {"id": "19:a"}}, {}),
            ({"id": "1750000000000", "conversation": {"id": "19:b"}}, {}),
        ),
        (
            "google-pubsub",
            ({"subscription": "projects/p/subscriptions/a", "message": {"messageId": "7"}}, {}),
            ({"subscription": "projects/p/subscriptions/b", "message": {"messageId": "7"}}, {}),
        ),
    ],
)
async def test_what_two_messages_share_is_no_id_of_a_message(
    gateway: Any, name: str, first: Any, second: Any
):
    key = keys_of(name)[0]
    configure(gateway, name, [key])
    for payload, headers in (first, second):
        sent = SIGNERS[name](json.dumps({**EVENT, **payload}).encode(), key, gateway.clock.ms)
        sent = Sent({**sent.headers, **headers}, sent.body, sent.query)
        assert (await post(gateway, sent)).status == 200
    one, other = [decode_event(each.value).event_id for each in gateway.journal.records]
    assert one != other


async def test_the_same_id_at_two_sources_is_two_messages(gateway: Any):
    verify = {"scheme": "github", "secrets": ["key"]}
    body = {"partner": "contact-form", "config": "v1", "verify": verify}
    sources = [gateway.document("source", name, body) for name in ("code", "forge")]
    gateway.configure(*gateway.documents(), *sources)
    sent = SIGNERS["github"](BODY, "key", gateway.clock.ms)
    headers = [
        *sent.headers.items(),
        ("x-github-delivery", "d-1"),
        ("content-type", "application/json"),
    ]
    for name in ("code", "forge"):
        assert (
            await gateway.call("POST", f"/v1/webhook/{name}", BODY, headers=headers)
        ).status == 200
    first, second = [decode_event(each.value) for each in gateway.journal.records]
    assert first.event_id != second.event_id
    assert first.message_id == second.message_id == "d-1"


async def test_a_long_id_is_kept_as_its_hash(gateway: Any):
    configure(gateway, "github", ["key"])
    sent = SIGNERS["github"](BODY, "key", gateway.clock.ms)
    long = {"x-github-delivery": "d" * 201}
    assert (await post(gateway, Sent({**sent.headers, **long}, BODY))).status == 200
    (request,) = gateway.journal.requests
    assert len(request.message_id) == 64


async def test_a_source_names_the_place_of_its_own(gateway: Any):
    settings = {"header": "X-Acme", "message_id": ["{$query.delivery}", "{$.form}-{$.at}"]}
    configure(gateway, "hmac", ["key"], **settings)
    body = json.dumps({**EVENT, "form": "f"}).encode()
    digest = SIGNERS["uber"](body, "key", 0).headers["x-uber-signature"]
    for query in ("delivery=7", ""):
        assert (await post(gateway, Sent({"x-acme": digest}, body, query))).status == 200
    assert [each.message_id for each in gateway.journal.requests] == ["7", "f-1750000000000"]
