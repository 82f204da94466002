"""What vendors ask when an address is registered is answered as they document, and is no event."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import structlog

from heliograph.gateway.registration import RULES
from heliograph.gateway.signatures import SCHEMES
from heliograph.gateway.signatures.schemes import PROVED, Challenge
from heliograph.testing.vendors import PATH, SETTINGS, SIGNERS, URL, Sent, keys_of
from heliograph.testing.vendors.public_keys import rsa_sign
from heliograph.testing.vendors.recipes import iso

KEY = "new-secret"
TEXT = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
CODE = "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"


def configure(gateway: Any, name: str, secrets: list[str] | None = None, **settings: Any) -> None:
    keys = keys_of(name)[:1] if secrets is None else secrets
    verify = {"scheme": name, "secrets": keys, **SETTINGS.get(name, {}), **settings}
    body = {"partner": "contact-form", "verify": verify, "public_url": URL}
    gateway.configure(*gateway.documents(), gateway.document("source", "code", body))
    assert gateway.gateway.reception.directory.problems == []


async def ask(gateway: Any, method: str, query: str = "", body: bytes = b"", **headers: str) -> Any:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    target = f"{PATH}?{query}" if query else PATH
    return await gateway.call(method, target, body, headers=named)


async def signed(gateway: Any, name: str, question: object, **headers: str) -> Any:
    body = question if isinstance(question, bytes) else json.dumps(question).encode()
    sent: Sent = SIGNERS[name](body, keys_of(name)[0], gateway.clock.ms)
    target = f"{PATH}?{sent.query}" if sent.query else PATH
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.call(
        "POST", target, sent.body, headers=[*{**sent.headers, **more}.items()]
    )


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """Return the log's lines of the test, newest last."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def hex_mac(text: str, key: str = KEY) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_every_challenge_has_rules_and_every_rule_a_source():
    assert set(RULES) == set(get_args(Challenge))
    assert all(rules for name, rules in RULES.items() if name != "none")
    assert all(
        rule.source and rule.asks and rule.answer for rules in RULES.values() for rule in rules
    )
    used = {scheme.challenge for scheme in SCHEMES.values()}
    assert set(RULES) - used == {"ebay"}, "eBay fetches keys, so it has no scheme"


@pytest.mark.parametrize(
    "name", ["intercom", "trello", "mandrill", "surveymonkey", "token", "basic"]
)
async def test_head_is_answered_for_those_who_look_whether_the_address_exists(
    gateway: Any, name: str
):
    configure(gateway, name)
    reply = await ask(gateway, "HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert (await gateway.call("HEAD", PATH + "-unknown")).status == 404


class TestGet:
    async def test_mailchimp_only_wants_a_200(self, gateway: Any):
        configure(gateway, "mailchimp")
        assert (await ask(gateway, "GET", "secret=whatever")).status == 200
        configure(gateway, "shopify")
        assert (await ask(gateway, "GET")).status == 405

    @pytest.mark.parametrize("name", ["dropbox", "nylas"])
    async def test_a_challenge_comes_back_as_text(self, gateway: Any, name: str):
        configure(gateway, name)
        reply = await ask(gateway, "GET", f"challenge={CODE}")
        assert (reply.status, reply.body) == (200, CODE.encode())
        assert reply.headers["content-type"].startswith("text/plain")
        assert reply.headers["x-content-type-options"] == "nosniff"

    async def test_adobe_gets_its_challenge_as_json(self, gateway: Any):
        configure(gateway, "adobe")
        reply = await ask(gateway, "GET", f"challenge={CODE}")
        assert (reply.status, reply.json) == (200, {"challenge": CODE})

    @pytest.mark.parametrize("text", ["<script>", "", "a" * 513, "a b", '{"a":1}', "a=b", "a&b=c"])
    async def test_only_a_plain_challenge_is_sent_back(self, gateway: Any, text: str):
        configure(gateway, "dropbox")
        quoted = "".join(f"%{ord(character):02x}" for character in text)
        assert (await ask(gateway, "GET", f"challenge={quoted}")).status == 405

    async def test_meta_gets_its_challenge_for_the_verify_token(self, gateway: Any):
        configure(gateway, "meta", verify_token="meatyhamhock")
        query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
        reply = await ask(gateway, "GET", query + "meatyhamhock")
        assert (reply.status, reply.body) == (200, b"1158201444")
        wrong = await ask(gateway, "GET", query + "other")
        assert (wrong.status, "hub.verify_token" in wrong.json["error"]["message"]) == (401, True)
        assert (await ask(gateway, "GET")).status == 405

    async def test_meta_without_a_verify_token_says_what_to_configure(self, gateway: Any):
        configure(gateway, "meta")
        query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token="
        reply = await ask(gateway, "GET", query)
        assert (reply.status, "verify_token" in reply.json["error"]["message"]) == (401, True)

    async def test_strava_gets_it_as_json_with_a_dot_in_its_name(self, gateway: Any):
        configure(gateway, "strava", verify_token="STRAVA")
        query = "hub.mode=subscribe&hub.challenge=15f7d1a91c1f40f8&hub.verify_token="
        reply = await ask(gateway, "GET", query + "STRAVA")
        assert (reply.status, reply.json) == (200, {"hub.challenge": "15f7d1a91c1f40f8"})
        assert (await ask(gateway, "GET", query + "other")).status == 401

    async def test_oura(self, gateway: Any):
        configure(gateway, "oura", verify_token="tok")
        reply = await ask(gateway, "GET", "verification_token=tok&challenge=abc")
        assert (reply.status, reply.json) == (200, {"challenge": "abc"})
        assert (await ask(gateway, "GET", "verification_token=no&challenge=abc")).status == 401

    async def test_fitbit_tries_a_wrong_code_too(self, gateway: Any):
        configure(gateway, "fitbit", verify_token="right")
        assert (await ask(gateway, "GET", "verify=right")).status == 204
        assert (await ask(gateway, "GET", "verify=wrong")).status == 404

    async def test_x_gets_a_proof_of_the_secret(self, gateway: Any):
        configure(gateway, "twitter")
        digest = hmac.new(KEY.encode(), TEXT.encode(), hashlib.sha256).digest()
        reply = await ask(gateway, "GET", f"crc_token={TEXT}&nonce=1")
        expected = {"response_token": "sha256=" + base64.b64encode(digest).decode()}
        assert (reply.status, reply.json) == (200, expected)

    async def test_linkedin(self, gateway: Any):
        configure(gateway, "linkedin")
        reply = await ask(gateway, "GET", f"challengeCode={CODE}&applicationId=7")
        expected = {"challengeCode": CODE, "challengeResponse": hex_mac(CODE)}
        assert (reply.status, reply.json) == (200, expected)

    async def test_ebay_gets_a_hash_of_code_token_and_address(self, gateway: Any):
        configure(gateway, "token", challenge="ebay", verify_token="verification-token")
        digest = hashlib.sha256(f"{CODE}verification-token{URL}".encode()).hexdigest()
        reply = await ask(gateway, "GET", f"challenge_code={CODE}")
        assert (reply.status, reply.json) == (200, {"challengeResponse": digest})

    async def test_okta(self, gateway: Any):
        configure(gateway, "okta")
        reply = await ask(gateway, "GET", x_okta_verification_challenge=CODE)
        assert (reply.status, reply.json) == (200, {"verification": CODE})


class TestOptions:
    @pytest.mark.parametrize("name", ["cloudevents", "event-grid"])
    async def test_an_origin_may_send(self, gateway: Any, name: str):
        configure(gateway, name)
        reply = await ask(
            gateway,
            "OPTIONS",
            webhook_request_origin="eventgrid.azure.net",
            webhook_request_rate="120",
        )
        assert reply.status == 200
        assert reply.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
        assert reply.headers["webhook-allowed-rate"] == "*"
        assert (await ask(gateway, "OPTIONS")).status == 405

    async def test_nothing_is_allowed_that_was_not_asked(self, gateway: Any):
        configure(gateway, "cloudevents")
        reply = await ask(gateway, "OPTIONS", webhook_request_origin="example.com")
        assert "webhook-allowed-rate" not in reply.headers
        evil = await ask(gateway, "OPTIONS", webhook_request_origin="a b")
        assert evil.status == 405

    async def test_others_are_told_the_method(self, gateway: Any):
        configure(gateway, "github")
        reply = await ask(gateway, "OPTIONS", webhook_request_origin="example.com")
        assert (reply.status, reply.headers["allow"]) == (405, "POST")


class TestUnsignedPosts:
    @pytest.mark.parametrize("parameter", ["validationToken", "validationtoken"])
    async def test_microsoft_graph_gets_its_token_decoded(self, gateway: Any, parameter: str):
        configure(gateway, "microsoft-graph")
        token = (
            "Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+7"
        )
        reply = await ask(gateway, "POST", f"{parameter}={token}")
        words = (
            b"Validation: Testing client application reachability for subscription Request-Id: 7"
        )
        assert (reply.status, reply.body) == (200, words)
        assert reply.headers["content-type"].startswith("text/plain")
        assert (await ask(gateway, "POST", f"{parameter}=%3Cscript%3E")).status == 401

    @pytest.mark.parametrize("name", ["asana", "clio"])
    async def test_a_hook_secret_comes_back_before_the_hub_knows_it(self, gateway: Any, name: str):
        configure(gateway, name, [])
        reply = await ask(
            gateway, "POST", body=b"{}", x_hook_secret="b537207f20cbfa02357cf448134da559"
        )
        assert (reply.status, reply.headers["x-hook-secret"]) == (
            200,
            "b537207f20cbfa02357cf448134da559",
        )
        assert (await ask(gateway, "POST", body=b'{"events":[]}')).status == 401

    async def test_monday(self, gateway: Any):
        configure(gateway, "monday")
        body = json.dumps({"challenge": TEXT}).encode()
        reply = await ask(gateway, "POST", body=body)
        assert (reply.status, reply.json) == (200, {"challenge": TEXT})
        more = json.dumps({"challenge": TEXT, "event": {}}).encode()
        assert (await ask(gateway, "POST", body=more)).status == 401

    async def test_zoom_gets_a_proof_of_the_secret(self, gateway: Any):
        configure(gateway, "zoom")
        asked = {
            "event": "endpoint.url_validation",
            "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"},
        }
        reply = await ask(gateway, "POST", body=json.dumps(asked).encode())
        assert reply.status == 200
        assert reply.json == {
            "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
            "encryptedToken": hex_mac("qgg8vlvZRS6UYooatFL8Aw"),
        }

    @pytest.mark.parametrize(
        ("name", "question"),
        [
            (
                "zoom",
                lambda text: {"event": "endpoint.url_validation", "payload": {"plainToken": text}},
            ),
            ("smartcar", lambda text: {"eventType": "VERIFY", "data": {"challenge": text}}),
        ],
    )
    @pytest.mark.parametrize(
        "text", ["v0:1750000000:{}", '{"email":"a@example.com"}', "hmacsha256={}", "email=a"]
    )
    async def test_nobody_can_have_a_webhook_signed(
        self, gateway: Any, name: str, question: Any, text: str
    ):
        """What is proved with the key must never be what a webhook would be signed as."""
        configure(gateway, name)
        reply = await ask(gateway, "POST", body=json.dumps(question(text)).encode())
        assert reply.status == 401
        assert hex_mac(text) not in reply.body.decode()

    async def test_smartcar(self, gateway: Any):
        configure(gateway, "smartcar")
        asked = {"eventType": "VERIFY", "data": {"challenge": CODE}}
        reply = await ask(gateway, "POST", body=json.dumps(asked).encode())
        assert (reply.status, reply.json) == (200, {"challenge": hex_mac(CODE)})

    async def test_front(self, gateway: Any):
        configure(gateway, "front")
        reply = await ask(gateway, "POST", body=b"{}", x_front_challenge=CODE)
        assert (reply.status, reply.body) == (200, CODE.encode())

    async def test_ringcentral(self, gateway: Any):
        configure(gateway, "ringcentral")
        reply = await ask(gateway, "POST", validation_token=CODE)
        assert (reply.status, reply.headers["validation-token"]) == (200, CODE)

    async def test_notion_hands_its_token_over_in_the_log_of_a_source_without_a_secret(
        self, gateway: Any, logged: list[Any]
    ):
        configure(gateway, "notion", [])
        body = b'{"verification_token":"secret_tMrlL1qK5vuQAh1b6c"}'
        assert (await ask(gateway, "POST", body=body)).status == 200
        assert "secret_tMrlL1qK5vuQAh1b6c" in logged[-1]["todo"]
        configure(gateway, "notion", ["secret_known"])
        assert (await ask(gateway, "POST", body=body)).status == 200
        assert "secret_tMrlL1qK5vuQAh1b6c" not in logged[-1]["todo"]

    async def test_woocommerce_may_ping_without_a_signature(self, gateway: Any):
        configure(gateway, "woocommerce")
        kind = "application/x-www-form-urlencoded"
        assert (await ask(gateway, "POST", body=b"webhook_id=7", content_type=kind)).status == 200
        more = await ask(gateway, "POST", body=b"webhook_id=7&order=1", content_type=kind)
        assert more.status == 401
        forged = await ask(gateway, "POST", body=b"webhook_id=7", x_wc_webhook_signature="x")
        assert forged.status == 401

    async def test_mandrill_tests_with_no_event_and_a_key_of_its_own(self, gateway: Any):
        configure(gateway, "mandrill")
        reply = await ask(
            gateway, "POST", body=b"mandrill_events=%5B%5D", x_mandrill_signature="dGVzdC13ZWJob29r"
        )
        assert reply.status == 200
        assert (await ask(gateway, "POST", body=b"mandrill_events=%5B1%5D")).status == 401

    @pytest.mark.parametrize("name", ["shopify", "github", "stripe", "klaviyo"])
    async def test_other_schemes_answer_no_question_of_another_vendor(
        self, gateway: Any, name: str
    ):
        configure(gateway, name)
        for body in (b"webhook_id=7", b'{"challenge":"abc"}', b'{"verification_token":"abc"}'):
            assert (await ask(gateway, "POST", body=body)).status == 401
        assert (await ask(gateway, "POST", "validationToken=abc")).status == 401
        assert (await ask(gateway, "GET", "challenge=abc&crc_token=abc")).status == 405


TOPIC = "arn:aws:sns:eu-west-1:1:shop"


class TestAmazonSns:
    async def confirm(
        self, gateway: Any, link: str, topic: str = TOPIC, kind: str = "SubscriptionConfirmation"
    ) -> Any:
        asked = {"Type": kind, "SubscribeURL": link, "Token": "t", "TopicArn": topic}
        asked |= {"Message": "m", "MessageId": "m-1", "Timestamp": iso(gateway.clock.ms)}
        names = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        text = "".join(f"{name}\n{asked[name]}\n" for name in names)
        asked["Signature"] = rsa_sign(keys_of("sns")[0], text.encode())
        return await ask(gateway, "POST", body=json.dumps(asked).encode())

    async def test_the_log_names_the_link_and_the_hub_opens_none(
        self, gateway: Any, logged: list[Any]
    ):
        configure(gateway, "sns")
        link = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
        assert (await self.confirm(gateway, link)).status == 200
        assert link in logged[-1]["todo"]
        assert (await self.confirm(gateway, link, kind="UnsubscribeConfirmation")).status == 200
        assert "ended" in logged[-1]["todo"]

    @pytest.mark.parametrize(
        "link", ["https://sns.evil.example/?a", "http://sns.eu-west-1.amazonaws.com/", "", "//["]
    )
    async def test_a_link_that_leads_elsewhere_is_not_shown(
        self, gateway: Any, logged: list[Any], link: str
    ):
        configure(gateway, "sns")
        assert (await self.confirm(gateway, link)).status == 200
        assert "leads elsewhere" in logged[-1]["todo"]

    async def test_only_a_verified_question_of_the_own_topic_is_answered(
        self, gateway: Any, logged: list[Any]
    ):
        configure(gateway, "sns")
        link = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
        asked = {"Type": "SubscriptionConfirmation", "SubscribeURL": link, "TopicArn": TOPIC}
        assert (await ask(gateway, "POST", body=json.dumps(asked).encode())).status == 401
        other = await self.confirm(gateway, link, topic="arn:aws:sns:eu-west-1:2:shop")
        assert other.status == 401
        assert "$.TopicArn is not the account" in other.json["error"]["message"]
        assert not [line for line in logged if "todo" in line]


class TestProvedChallenges:
    """What the hub signs for anybody who asks is no webhook."""

    @pytest.mark.parametrize("text", ["abc==", "abc=", "123", ""])
    @pytest.mark.parametrize("name", sorted(PROVED))
    async def test_a_plain_body_is_refused_whatever_its_signature(
        self, gateway: Any, name: str, text: str
    ):
        configure(gateway, name)
        reply = await signed(gateway, name, text.encode())
        assert reply.status == 401
        assert "could be a challenge" in reply.json["error"]["message"]
        assert gateway.journal.requests == []

    async def test_nor_is_a_body_that_makes_a_plain_text_with_what_is_signed_before_it(
        self, gateway: Any
    ):
        configure(gateway, "linkedin")
        asked = await ask(gateway, "GET", "challengeCode=hmacsha256%3D%3D")
        proof = asked.json["challengeResponse"]
        assert proof == hex_mac("hmacsha256==")
        reply = await ask(gateway, "POST", body=b"=", x_li_signature=proof)
        assert reply.status == 401
        assert gateway.journal.requests == []

    async def test_an_own_scheme_with_such_a_challenge_too(self, gateway: Any):
        configure(gateway, "hmac", [KEY], header="X-Mac", challenge="twitter")
        asked = await ask(gateway, "GET", "crc_token=abc%3D%3D")
        digest = base64.b64decode(asked.json["response_token"].removeprefix("sha256=")).hex()
        assert digest == hex_mac("abc==")
        reply = await ask(gateway, "POST", body=b"abc==", x_mac=digest)
        assert reply.status == 401
        assert gateway.journal.requests == []


class TestSignedPosts:
    async def test_slack_gets_its_challenge_back_once_it_is_verified(self, gateway: Any):
        configure(gateway, "slack")
        asked = {"token": "t", "challenge": "3eZbrw1a", "type": "url_verification"}
        reply = await signed(gateway, "slack", asked)
        assert (reply.status, reply.json) == (200, {"challenge": "3eZbrw1a"})
        assert (await ask(gateway, "POST", body=json.dumps(asked).encode())).status == 401
        assert gateway.journal.requests == []

    async def test_an_event_that_speaks_of_a_challenge_is_an_event(self, gateway: Any):
        configure(gateway, "slack")
        event = {"email": "ann@example.com", "event": "Form Sent", "at": 1_750_000_000_000}
        asked = {**event, "challenge": "c", "text": "url_verification"}
        assert (await signed(gateway, "slack", asked)).status == 200
        assert len(gateway.journal.records) == 1

    async def test_event_grid(self, gateway: Any):
        configure(gateway, "event-grid")
        event = {
            "id": "2d1781af",
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": CODE, "validationUrl": "https://example.com/validate"},
        }
        reply = await signed(gateway, "event-grid", [event])
        assert (reply.status, reply.json) == (200, {"validationResponse": CODE})
        assert (await ask(gateway, "POST", body=json.dumps([event]).encode())).status == 401

    async def test_twitch(self, gateway: Any):
        configure(gateway, "twitch")
        kind = "webhook_callback_verification"
        reply = await signed(
            gateway, "twitch", {"challenge": "pogchamp-kappa-1"}, twitch_eventsub_message_type=kind
        )
        assert (reply.status, reply.body) == (200, b"pogchamp-kappa-1")

    async def test_discord_pings(self, gateway: Any):
        configure(gateway, "discord")
        reply = await signed(gateway, "discord", {"version": 1, "type": 0})
        assert (reply.status, reply.body) == (204, b"")
        reply = await signed(gateway, "discord", {"type": 1, "id": "7"})
        assert (reply.status, reply.json) == (200, {"type": 1})
        assert (await ask(gateway, "POST", body=b'{"type":1}')).status == 401

    async def test_tebex(self, gateway: Any):
        configure(gateway, "tebex")
        reply = await signed(gateway, "tebex", {"id": CODE, "type": "validation.webhook"})
        assert (reply.status, reply.json) == (200, {"id": CODE})

    async def test_google_channels_begin_with_a_sync(self, gateway: Any):
        configure(gateway, "google-drive")
        reply = await signed(gateway, "google-drive", b"", x_goog_resource_state="sync")
        assert reply.status == 200
        wrong = await ask(gateway, "POST", x_goog_resource_state="sync", x_goog_channel_token="no")
        assert wrong.status == 401


class TestEmptyBatches:
    """Heartbeats (Asana), the test button (LINE) and the intent to receive (Xero) hold no event."""

    @pytest.mark.parametrize("name", ["asana", "xero", "line", "gocardless", "klaviyo"])
    async def test_a_signed_one_is_accepted_with_no_event(self, gateway: Any, name: str):
        configure(gateway, name)
        reply = await signed(gateway, name, {"events": [], "firstEventSequence": 0})
        assert reply.status == 200
        (request,) = gateway.journal.requests
        assert (request.state, request.items, request.events) == ("accepted", 0, 0)
        assert gateway.journal.records == []

    async def test_an_unsigned_one_is_401_as_xero_expects(self, gateway: Any):
        configure(gateway, "xero")
        reply = await ask(gateway, "POST", body=b'{"events":[]}', x_xero_signature="d3Jvbmc=")
        assert reply.status == 401
        assert gateway.journal.requests == []

    @pytest.mark.parametrize(
        ("payload", "status"),
        [
            ({"orders": []}, 200),
            ([], 400),
            ({"orders": None}, 200),
            ({}, 400),
            ({"events": []}, 400),
        ],
    )
    async def test_a_mapper_that_walks_an_array_knows_which_one(
        self, gateway: Any, payload: object, status: int
    ):
        verify = {"scheme": "github", "secrets": [KEY]}
        body = {"partner": "orders", "config": "v1", "verify": verify}
        gateway.configure(*gateway.documents(), gateway.document("source", "code", body))
        assert (await signed(gateway, "github", payload)).status == status


class TestAnswers:
    """Some vendors count a webhook as delivered only when they read what they want to."""

    EVENT = {"email": "ann@example.com", "event": "Form Sent", "at": 1_750_000_000_000}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("name", "body", "kind"),
        [
            ("adyen", b"[accepted]", "text/plain"),
            ("shiphero", b'{"code":"200","Status":"Success"}', "application/json"),
            ("airtable", b"", None),
            ("xero", b"", None),
        ],
    )
    async def test_is_what_the_vendor_documents(
        self, gateway: Any, name: str, body: bytes, kind: str | None
    ):
        configure(gateway, name)
        reply = await signed(gateway, name, self.EVENT)
        assert (reply.status, reply.body, reply.headers.get("content-type")) == (200, body, kind)
        assert len(gateway.journal.records) == 1

    async def test_a_refusal_says_what_is_wrong_all_the_same(self, gateway: Any):
        configure(gateway, "adyen")
        reply = await signed(gateway, "adyen", {"event": "Form Sent"})
        assert reply.status == 400
        assert "error" in reply.json

    async def test_a_source_may_say_its_own(self, gateway: Any):
        configure(gateway, "github", answer="OK")
        reply = await signed(gateway, "github", self.EVENT)
        assert (reply.status, reply.body) == (200, b"OK")
