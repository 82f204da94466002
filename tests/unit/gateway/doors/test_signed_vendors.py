"""Every vendor's scheme through the gateway: fresh, forged, too old, rotated, and what vendors ask first."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from heliograph.gateway.signatures import SCHEMES
from heliograph.model.event import decode_event

HOST = "hub.example.com"
URL = "/v1/webhook/code"
PUBLIC = f"https://{HOST}{URL}"
EVENT = {"email": "ann@example.com", "event": "Form Sent", "at": 1_750_000_000_000}
BODY = json.dumps(EVENT).encode()
HOUR_MS = 3_600_000

Headers = dict[str, str]
Signer = Callable[[bytes, str, int], Headers]
PRIVATE = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("new", "old", "other")}


def mac(key: bytes, text: bytes, name: str = "sha256") -> bytes:
    return hmac.new(key, text, getattr(hashlib, name)).digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def stripe_like(header: str) -> Signer:
    def sign(body: bytes, key: str, ms: int) -> Headers:
        at = str(ms // 1000)
        return {header: f"t={at},v1={mac(key.encode(), at.encode() + b'.' + body).hex()}"}

    return sign


def standard(prefix: str) -> Signer:
    def sign(body: bytes, key: str, ms: int) -> Headers:
        at = str(ms // 1000)
        raw = base64.b64decode(key.removeprefix("whsec_"))
        return {
            f"{prefix}-id": "msg_1",
            f"{prefix}-timestamp": at,
            f"{prefix}-signature": "v1," + b64(mac(raw, f"msg_1.{at}.".encode() + body)),
        }

    return sign


def slack(body: bytes, key: str, ms: int) -> Headers:
    at = str(ms // 1000)
    return {
        "x-slack-request-timestamp": at,
        "x-slack-signature": "v0=" + mac(key.encode(), f"v0:{at}:".encode() + body).hex(),
    }


def hubspot(body: bytes, key: str, ms: int) -> Headers:
    text = b"POST" + PUBLIC.encode() + body + str(ms).encode()
    return {
        "x-hubspot-request-timestamp": str(ms),
        "x-hubspot-signature-v3": b64(mac(key.encode(), text)),
    }


def paddle(body: bytes, key: str, ms: int) -> Headers:
    at = str(ms // 1000)
    return {"paddle-signature": f"ts={at};h1={mac(key.encode(), at.encode() + b':' + body).hex()}"}


def zendesk(body: bytes, key: str, ms: int) -> Headers:
    at = datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "x-zendesk-webhook-signature-timestamp": at,
        "x-zendesk-webhook-signature": b64(mac(key.encode(), at.encode() + body)),
    }


def heap(body: bytes, key: str, ms: int) -> Headers:
    at = str(ms // 1000)
    return {"heap-hash": f"ts:{at},hmac:{mac(key.encode(), at.encode() + body).hex()}"}


def sendgrid(body: bytes, key: str, ms: int) -> Headers:
    at = str(ms // 1000)
    private = next(each for each in PRIVATE.values() if public(each) == key)
    signature = private.sign(at.encode() + body, ec.ECDSA(SHA256()))
    return {
        "x-twilio-email-event-webhook-timestamp": at,
        "x-twilio-email-event-webhook-signature": b64(signature),
    }


def public(key: ec.EllipticCurvePrivateKey) -> str:
    return b64(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def plain(header: str, prefix: str = "", name: str = "sha256", as_text: bool = False) -> Signer:
    def sign(body: bytes, key: str, ms: int) -> Headers:
        raw = mac(key.encode(), body, name)
        return {header: prefix + (b64(raw) if as_text else raw.hex())}

    return sign


SIGNERS: dict[str, Signer] = {
    "stripe": stripe_like("stripe-signature"),
    "calendly": stripe_like("calendly-webhook-signature"),
    "shopify": plain("x-shopify-hmac-sha256", as_text=True),
    "woocommerce": plain("x-wc-webhook-signature", as_text=True),
    "typeform": plain("typeform-signature", "sha256=", as_text=True),
    "github": plain("x-hub-signature-256", "sha256="),
    "meta": plain("x-hub-signature-256", "sha256="),
    "intercom": plain("x-hub-signature", "sha1=", "sha1"),
    "segment": plain("x-signature", "", "sha1"),
    "slack": slack,
    "hubspot": hubspot,
    "paddle": paddle,
    "zendesk": zendesk,
    "heap-partner": heap,
    "standard-webhooks": standard("webhook"),
    "svix": standard("svix"),
    "twilio": lambda body, key, ms: {
        "x-twilio-signature": b64(mac(key.encode(), PUBLIC.encode(), "sha1"))
    },
    "sendgrid": sendgrid,
    "token": lambda body, key, ms: {"x-token": key},
    "basic": lambda body, key, ms: {"authorization": "Basic " + b64(f"ann:{key}".encode())},
}
SETTINGS = {"token": {"header": "X-Token"}, "basic": {"username": "ann"}}
KEYS = {
    "sendgrid": [public(PRIVATE[name]) for name in ("new", "old", "other")],
    "standard-webhooks": ["whsec_" + b64(name * 8) for name in (b"new1", b"old1", b"oth1")],
}
KEYS["svix"] = KEYS["standard-webhooks"]
TIMED = [
    *("stripe", "calendly", "slack", "hubspot", "paddle", "zendesk"),
    *("heap-partner", "standard-webhooks", "svix", "sendgrid"),
]


def keys_of(name: str) -> list[str]:
    """Return the current secret, the one before it, and one that is not configured."""
    return KEYS.get(name, ["new-secret", "old-secret", "other-secret"])


def configure(gateway: Any, name: str, secrets: list[str], **settings: Any) -> None:
    verify = {"scheme": name, "secrets": secrets, **SETTINGS.get(name, {}), **settings}
    body = {"partner": "contact-form", "verify": verify, "public_url": PUBLIC}
    gateway.configure(*gateway.documents(), gateway.document("source", "code", body))
    assert gateway.gateway.reception.directory.problems == []


async def post(gateway: Any, headers: Headers, body: bytes = BODY) -> Any:
    kinds = {"content-type": "application/json", **headers}
    return await gateway.call("POST", URL, body, headers=list(kinds.items()))


def test_every_scheme_has_a_signer_here():
    assert set(SIGNERS) == {*SCHEMES, "token", "basic"}


@pytest.mark.parametrize("name", sorted(SIGNERS))
async def test_a_fresh_request_is_an_event_with_either_secret(gateway: Any, name: str):
    new, old, other = keys_of(name)
    configure(gateway, name, [new, old])
    for key in (new, old):
        assert (await post(gateway, SIGNERS[name](BODY, key, gateway.clock.ms))).status == 200
    reply = await post(gateway, SIGNERS[name](BODY, other, gateway.clock.ms))
    assert (reply.status, reply.json["error"]["type"]) == (401, "Authentication required")
    assert [decode_event(each.value).event for each in gateway.journal.records] == ["Form Sent"] * 2
    configure(gateway, name, [new])  # the rotation is over
    assert (await post(gateway, SIGNERS[name](BODY, old, gateway.clock.ms))).status == 401
    assert len(gateway.journal.requests) == 2


@pytest.mark.parametrize("name", sorted(set(SIGNERS) - {"token", "basic", "twilio"}))
async def test_another_body_under_the_same_signature_is_refused(gateway: Any, name: str):
    key = keys_of(name)[0]
    configure(gateway, name, [key])
    headers = SIGNERS[name](BODY, key, gateway.clock.ms)
    reply = await post(gateway, headers, BODY.replace(b"ann@", b"eve@"))
    assert reply.status == 401
    assert "does not belong to this body" in reply.json["error"]["message"]
    assert key not in reply.body.decode()
    assert gateway.journal.requests == []


@pytest.mark.parametrize("name", TIMED)
async def test_what_was_signed_an_hour_ago_is_refused(gateway: Any, name: str):
    key = keys_of(name)[0]
    configure(gateway, name, [key])
    headers = SIGNERS[name](BODY, key, gateway.clock.ms)
    assert (await post(gateway, headers)).status == 200
    gateway.clock.ms += HOUR_MS
    reply = await post(gateway, headers)
    assert reply.status == 401
    assert "signed 3600 s ago; 300 s are accepted" in reply.json["error"]["message"]
    assert len(gateway.journal.requests) == 1


@pytest.mark.parametrize("name", sorted(SIGNERS))
async def test_without_its_header_the_header_is_named(gateway: Any, name: str):
    configure(gateway, name, keys_of(name)[:1])
    reply = await post(gateway, {})
    assert reply.status == 401
    assert "is missing" in reply.json["error"]["message"]


class TestRegistration:
    """What vendors ask when the address is registered is answered, and is no event."""

    async def test_slack_gets_its_challenge_back_once_it_is_verified(self, gateway: Any):
        configure(gateway, "slack", ["key"])
        body = b'{"token":"t","challenge":"3eZbrw1a","type":"url_verification"}'
        reply = await post(gateway, slack(body, "key", gateway.clock.ms), body)
        assert (reply.status, reply.json) == (200, {"challenge": "3eZbrw1a"})
        assert (await post(gateway, slack(body, "guess", gateway.clock.ms), body)).status == 401
        assert gateway.journal.requests == []

    async def test_an_event_that_speaks_of_a_challenge_is_an_event(self, gateway: Any):
        configure(gateway, "slack", ["key"])
        body = json.dumps({**EVENT, "challenge": "c", "text": "url_verification"}).encode()
        assert (await post(gateway, slack(body, "key", gateway.clock.ms), body)).status == 200
        assert len(gateway.journal.records) == 1

    async def test_woocommerce_may_ping_without_a_signature(self, gateway: Any):
        configure(gateway, "woocommerce", ["key"])
        kind = {"content-type": "application/x-www-form-urlencoded"}
        assert (await post(gateway, kind, b"webhook_id=7")).status == 200
        assert (await post(gateway, kind, b"webhook_id=7&order=1")).status == 401
        assert (
            await post(gateway, {**kind, "x-wc-webhook-signature": "x"}, b"webhook_id=7")
        ).status == 401
        assert gateway.journal.requests == []

    async def test_other_schemes_take_no_ping_without_a_signature(self, gateway: Any):
        configure(gateway, "shopify", ["key"])
        assert (await post(gateway, {}, b"webhook_id=7")).status == 401

    async def test_meta_gets_its_challenge_for_the_verify_token(self, gateway: Any):
        configure(gateway, "meta", ["key"], verify_token="meatyhamhock")
        query = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
        reply = await gateway.call("GET", URL + query + "meatyhamhock")
        assert (reply.status, reply.body) == (200, b"1158201444")
        wrong = await gateway.call("GET", URL + query + "other")
        assert (wrong.status, "hub.verify_token" in wrong.json["error"]["message"]) == (401, True)
        assert (await gateway.call("GET", URL)).status == 405

    @pytest.mark.parametrize("text", ["<script>", "", "a" * 257, "a b"])
    async def test_only_a_plain_challenge_is_sent_back(self, gateway: Any, text: str):
        configure(gateway, "meta", ["key"], verify_token="token")
        query = (
            f"?hub.mode=subscribe&hub.verify_token=token&hub.challenge={text.replace(' ', '%20')}"
        )
        assert (await gateway.call("GET", URL + query)).status == 405

    async def test_meta_without_a_verify_token_says_what_to_configure(self, gateway: Any):
        configure(gateway, "meta", ["key"])
        query = "?hub.mode=subscribe&hub.challenge=1&hub.verify_token="
        reply = await gateway.call("GET", URL + query)
        assert (reply.status, "verify_token" in reply.json["error"]["message"]) == (401, True)

    async def test_head_is_answered_for_those_who_only_look_whether_the_address_exists(
        self, gateway: Any
    ):
        configure(gateway, "intercom", ["key"])
        reply = await gateway.call("HEAD", URL)
        assert (reply.status, reply.body) == (200, b"")
        assert (await gateway.call("HEAD", URL + "-unknown")).status == 404
