"""Every scheme accepts what its vendor signs, and says which part of anything else failed.

Published vectors are the vendors' own; the others were computed with `openssl dgst -mac HMAC`, not with
the code under test.
"""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from heliograph.gateway.signatures import (
    SCHEMES,
    Failed,
    Verification,
    Verified,
    read_scheme,
    verify,
)
from heliograph.model.json import JsonObject
from heliograph.model.secret import Secret

BODY = b'{"id":"evt_1","type":"charge.succeeded"}'
NOW = 1_700_000_000_000
KEY = "topsecret"
STANDARD_KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
URL = "https://hub.example.com/v1/webhook/shop?x=1&to=a%40b.c"
FORM = "application/x-www-form-urlencoded"


def check(
    scheme: str | JsonObject,
    *secrets: str,
    headers: dict[str, str],
    body: bytes = BODY,
    url: str = URL,
    now_ms: int = NOW,
) -> Verification:
    settings: JsonObject = {"scheme": scheme} if isinstance(scheme, str) else scheme
    return verify(
        read_scheme(settings),
        [Secret(secret) for secret in secrets or (KEY,)],
        method="post",
        url=url,
        headers=headers,
        raw_body=body,
        now_ms=now_ms,
    )


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


SHA256_OF_BODY = "3b9cb0aa9e6bb589963b06e5bbc60a73bd97541e0a4fe58a50afbc143363f592"
BASE64_OF_BODY = "O5ywqp5rtYmWOwblu8YKc72XVB4KT+WKUK+8FDNj9ZI="
DOTTED = "8557f57b261784e127cf0733ed21599051888195cc2b7686bbff213f6c0f1042"

COMPUTED: dict[str, dict[str, str]] = {
    "stripe": {"stripe-signature": f"t=1700000000,v1={DOTTED},v0=ignored"},
    "calendly": {"calendly-webhook-signature": f"t=1700000000,v1={DOTTED}"},
    "shopify": {"x-shopify-hmac-sha256": BASE64_OF_BODY},
    "woocommerce": {"x-wc-webhook-signature": BASE64_OF_BODY},
    "typeform": {"typeform-signature": "sha256=" + BASE64_OF_BODY},
    "github": {"x-hub-signature-256": "sha256=" + SHA256_OF_BODY},
    "meta": {"x-hub-signature-256": "sha256=" + SHA256_OF_BODY},
    "slack": {
        "x-slack-signature": "v0=279f0b29fcc3d29d6fe5a55d0395fdc5c547788d1a8db3c6a0a4ad7fed03b7bc",
        "x-slack-request-timestamp": "1700000000",
    },
    "intercom": {"x-hub-signature": "sha1=27fd7aa98d311081e1b6f933d433334c5f916bb9"},
    "segment": {"x-signature": "27fd7aa98d311081e1b6f933d433334c5f916bb9"},
    "hubspot": {
        "x-hubspot-signature-v3": "/OOFXLZ7ghF2WyOcmGU3+gNwfhWY8l0A9PUEWzhDF6g=",
        "x-hubspot-request-timestamp": "1700000000000",
    },
    "paddle": {
        "paddle-signature": "ts=1700000000;"
        "h1=7d3cd11fbf47ba9559aa89f9dbf7eab70b3a16967086752aef9f0a180712a41b"
    },
    "zendesk": {
        "x-zendesk-webhook-signature": "aoS96niy/6qRCTPvRJeCTQpmr6LZl71NHeAECVkVaxI=",
        "x-zendesk-webhook-signature-timestamp": "2023-11-14T22:13:20Z",
    },
    "heap-partner": {
        "heap-hash": "ts:1700000000,"
        "hmac:7e34150772903cb730d22c3ef30fef5f80a96e6489dd1233b141a672aa232822"
    },
    "standard-webhooks": {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1a,bm90IHVz v1,mr4NQIqvbFP9Av8BtrU6CxflImIoTb8njmobokME+tA=",
    },
    "svix": {
        "svix-id": "msg_1",
        "svix-timestamp": "1700000000",
        "svix-signature": "v1,mr4NQIqvbFP9Av8BtrU6CxflImIoTb8njmobokME+tA=",
    },
}
TIMED = sorted(
    {"stripe", "calendly", "slack", "hubspot", "paddle", "zendesk"}
    | {"heap-partner", "standard-webhooks", "svix"}
)


def key_for(name: str) -> str:
    return STANDARD_KEY if name in ("standard-webhooks", "svix") else KEY


def test_every_vendor_in_the_table_has_its_source() -> None:
    assert all(scheme.source for scheme in SCHEMES.values())


@pytest.mark.parametrize("name", sorted(COMPUTED))
class TestEveryHmacScheme:
    def test_accepts_what_the_vendor_signs(self, name: str) -> None:
        outcome = check(name, key_for(name), headers=COMPUTED[name])
        assert isinstance(outcome, Verified), outcome
        assert outcome.signed_at_ms == (NOW if name in TIMED else None)
        of_the_body = {"stripe": "evt_1", "intercom": "evt_1"}
        assert outcome.message_id == (
            "msg_1" if key_for(name) == STANDARD_KEY else of_the_body.get(name)
        )

    def test_accepts_an_old_and_a_new_secret(self, name: str) -> None:
        other = "whsec_" + base64.b64encode(b"another one").decode()
        for secrets, index in (([other, key_for(name)], 1), ([key_for(name), other], 0)):
            outcome = check(name, *secrets, headers=COMPUTED[name])
            assert isinstance(outcome, Verified)
            assert outcome.secret == index

    @pytest.mark.parametrize("body", [b"", BODY + b" ", BODY.replace(b"1", b"2")])
    def test_refuses_another_body(self, name: str, body: bytes) -> None:
        outcome = check(name, key_for(name), headers=COMPUTED[name], body=body)
        assert isinstance(outcome, Failed)
        assert outcome.part == "signature"

    def test_refuses_another_secret_without_telling_the_right_signature(self, name: str) -> None:
        wrong = "whsec_" + base64.b64encode(b"another one").decode()
        outcome = check(name, wrong, headers=COMPUTED[name])
        assert isinstance(outcome, Failed)
        assert outcome.part == "signature"
        assert wrong not in outcome.message
        assert not any(word in outcome.message for word in COMPUTED[name].values())

    def test_names_each_header_that_is_missing(self, name: str) -> None:
        for header in COMPUTED[name]:
            rest = {key: value for key, value in COMPUTED[name].items() if key != header}
            outcome = check(name, key_for(name), headers=rest)
            assert isinstance(outcome, Failed)
            assert outcome.part == "header"
            assert header in outcome.message.lower()

    @pytest.mark.parametrize(
        "value", ["", "nonsense", "v1=", "t=,v1=zz", "sha256=", "💥", "=" * 5000]
    )
    def test_says_which_form_the_header_should_have(self, name: str, value: str) -> None:
        header = read_scheme({"scheme": name}).header.lower()  # pyright: ignore
        outcome = check(name, key_for(name), headers={**COMPUTED[name], header: value})
        assert isinstance(outcome, Failed)
        assert outcome.part == "header"
        assert "form" in outcome.message

    def test_never_matches_an_empty_secret(self, name: str) -> None:
        outcome = check(name, "", headers=COMPUTED[name])
        assert outcome == Failed(part="secret", message="No secret is configured for this source.")


@pytest.mark.parametrize("name", TIMED)
class TestReplayWindow:
    @pytest.mark.parametrize("shift_ms", [-300_000, 0, 300_000])
    def test_is_five_minutes_each_way(self, name: str, shift_ms: int) -> None:
        outcome = check(name, key_for(name), headers=COMPUTED[name], now_ms=NOW + shift_ms)
        assert isinstance(outcome, Verified)

    @pytest.mark.parametrize(
        ("shift_ms", "words"), [(301_000, "301 s ago"), (-301_000, "301 s in the future")]
    )
    def test_refuses_older_and_newer_requests(self, name: str, shift_ms: int, words: str) -> None:
        outcome = check(name, key_for(name), headers=COMPUTED[name], now_ms=NOW + shift_ms)
        assert isinstance(outcome, Failed)
        assert outcome.part == "timestamp"
        assert words in outcome.message

    def test_can_be_set(self, name: str) -> None:
        settings: JsonObject = {"scheme": name, "tolerance_s": 10}
        headers = COMPUTED[name]
        key = key_for(name)
        assert isinstance(check(settings, key, headers=headers, now_ms=NOW + 10_000), Verified)
        assert isinstance(check(settings, key, headers=headers, now_ms=NOW + 11_000), Failed)

    def test_cannot_be_moved_without_the_secret(self, name: str) -> None:
        later = {
            key: value.replace("1700000000", "1700009000").replace("22:13:20", "23:13:20")
            for key, value in COMPUTED[name].items()
        }
        now_ms = NOW + (3_600_000 if name == "zendesk" else 9_000_000)
        outcome = check(name, key_for(name), headers=later, now_ms=now_ms)
        assert isinstance(outcome, Failed)
        assert outcome.part == "signature"

    @pytest.mark.parametrize("value", ["soon", "-1", "1e9", "9" * 40, "2023-11-14T22:13:20", ""])
    def test_needs_a_time(self, name: str, value: str) -> None:
        changed = {
            key: value.join(text.split("2023-11-14T22:13:20Z"))
            if name == "zendesk"
            else value.join(text.replace("1700000000000", "1700000000").split("1700000000"))
            for key, text in COMPUTED[name].items()
        }
        outcome = check(name, key_for(name), headers=changed)
        assert isinstance(outcome, Failed)
        assert outcome.part == "timestamp"


class TestPublishedVectors:
    def test_github(self) -> None:
        """docs.github.com, Validating webhook deliveries, Testing (mid-2026)."""
        signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        headers = {"x-hub-signature-256": f"sha256={signature}"}
        secret = "It's a Secret to Everybody"
        assert check("github", secret, headers=headers, body=b"Hello, World!") == Verified(secret=0)

    def test_slack(self) -> None:
        """docs.slack.dev, Verifying requests from Slack (mid-2026)."""
        body = (
            b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
            b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
            b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
            b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
            b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
        )
        headers = {
            "x-slack-request-timestamp": "1531420618",
            "x-slack-signature": "v0="
            "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        }
        secret = "8f742231b10e8888abcd99yyyzzz85a5"
        outcome = check("slack", secret, headers=headers, body=body, now_ms=1_531_420_618_000)
        assert isinstance(outcome, Verified)

    @pytest.mark.parametrize("name", ["standard-webhooks", "svix"])
    def test_standard_webhooks(self, name: str) -> None:
        """The reference libraries of Standard Webhooks and Svix share this message."""
        prefix = "webhook" if name == "standard-webhooks" else "svix"
        headers = {
            f"{prefix}-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            f"{prefix}-timestamp": "1614265330",
            f"{prefix}-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        body = b'{"test": 2432232314}'
        outcome = check(name, secret, headers=headers, body=body, now_ms=1_614_265_330_000)
        assert outcome == Verified(
            secret=0, signed_at_ms=1_614_265_330_000, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek"
        )

    @pytest.mark.parametrize(
        ("caller", "signature"),
        [
            ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ],
    )
    def test_twilio(self, caller: str, signature: str) -> None:
        """twilio.com/docs/usage/security and the vendor's libraries (mid-2026)."""
        number = caller.replace("+", "%2B")
        body = (
            f"To=%2B18005551212&Digits=1234&From={number}&Caller={number}&CallSid=CA1234567890ABCDE"
        )
        for url in (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            "https://mycompany.com:443/myapp.php?foo=1&bar=2",
        ):
            outcome = check(
                "twilio",
                "12345",
                headers={"x-twilio-signature": signature, "content-type": FORM},
                body=body.encode(),
                url=url,
            )
            assert outcome == Verified(secret=0)

    def test_a_form_of_a_stranger_is_not_sorted_whatever_its_size(self) -> None:
        outcome = check(
            "twilio",
            "12345",
            headers={"x-twilio-signature": "MA==", "content-type": FORM},
            body=b"&".join(b"f%d=" % n for n in range(1_001)),
            url="https://mycompany.com/myapp.php",
        )
        assert isinstance(outcome, Failed)
        assert "at most 1000 fields" in outcome.message

    def test_sendgrid(self) -> None:
        """The vendor's Node.js library, @sendgrid/eventwebhook (mid-2026)."""
        key = (
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7"
            "yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA=="
        )
        headers = {
            "x-twilio-email-event-webhook-signature": "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7"
            "RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=",
            "x-twilio-email-event-webhook-timestamp": "1588788367",
        }
        body = b'{"category":"example_payload","event":"test_event","message_id":"message_id"}'
        outcome = check("sendgrid", key, headers=headers, body=body, now_ms=1_588_788_367_000)
        assert outcome == Verified(secret=0, signed_at_ms=1_588_788_367_000)


class TestTwilio:
    JSON_URL = (
        "https://hub.example.com/v1/webhook/sms?bodySHA256="
        "647e9eca5463252aea7c709519f8291eef4d234c1496bccfa7a909b4af0a8011"
    )
    HEADERS = {  # noqa: RUF012
        "x-twilio-signature": "+QyB9ZtawTirLCBV2zXhN3YzYLY=",
        "content-type": "application/json",
    }

    def test_json_is_signed_by_its_hash_in_the_address(self) -> None:
        outcome = check("twilio", headers=self.HEADERS, url=self.JSON_URL)
        assert outcome == Verified(secret=0)

    def test_another_json_body_is_refused(self) -> None:
        outcome = check("twilio", headers=self.HEADERS, url=self.JSON_URL, body=BODY + b" ")
        assert isinstance(outcome, Failed)
        assert outcome.part == "signature"
        assert "bodySHA256" in outcome.message

    @pytest.mark.parametrize("url", ["https://evil.example.com/", "https://x:99999/", "notaurl"])
    def test_another_address_is_refused(self, url: str) -> None:
        outcome = check("twilio", headers=self.HEADERS, url=url)
        assert isinstance(outcome, Failed)
        assert outcome.part == "signature"
        assert "address" in outcome.message

    def test_headers_are_checked(self) -> None:
        for headers in ({}, {"x-twilio-signature": "not base64!"}):
            outcome = check("twilio", headers=headers)
            assert isinstance(outcome, Failed)
            assert outcome.part == "header"


class TestEcdsa:
    def sign(self, key: ec.EllipticCurvePrivateKey, content: bytes) -> dict[str, str]:
        signature = key.sign(content, ec.ECDSA(SHA256()))
        return {
            "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
            "x-twilio-email-event-webhook-timestamp": "1700000000",
        }

    def test_takes_pem_and_base64_and_several_keys(self) -> None:
        private = ec.generate_private_key(ec.SECP256R1())
        public = private.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        headers = self.sign(private, b"1700000000" + BODY)
        assert check("sendgrid", "rubbish", pem, headers=headers) == Verified(
            secret=1, signed_at_ms=NOW
        )
        late = check("sendgrid", pem, headers=headers, now_ms=NOW + 301_000)
        assert isinstance(late, Failed)
        assert late.part == "timestamp"
        other = check("sendgrid", pem, headers=headers, body=b"[]")
        assert isinstance(other, Failed)
        assert other.part == "signature"

    @pytest.mark.parametrize(
        ("changes", "part"),
        [
            ({"x-twilio-email-event-webhook-signature": None}, "header"),
            ({"x-twilio-email-event-webhook-timestamp": None}, "header"),
            ({"x-twilio-email-event-webhook-signature": "%%%"}, "header"),
            ({"x-twilio-email-event-webhook-timestamp": "soon"}, "timestamp"),
        ],
    )
    def test_names_the_part(self, changes: dict[str, str | None], part: str) -> None:
        private = ec.generate_private_key(ec.SECP256R1())
        headers = {**self.sign(private, b"1700000000" + BODY), **changes}
        kept = {key: value for key, value in headers.items() if value is not None}
        outcome = check("sendgrid", headers=kept)
        assert isinstance(outcome, Failed)
        assert outcome.part == part


class TestBasicAndToken:
    BASIC: JsonObject = {"scheme": "basic", "username": "hook"}  # noqa: RUF012

    def test_basic_accepts_user_and_password(self) -> None:
        assert check(self.BASIC, "old", KEY, headers=basic("hook:topsecret")) == Verified(secret=1)
        assert check(self.BASIC, "a:b", headers=basic("hook:a:b")) == Verified(secret=0)

    @pytest.mark.parametrize("text", ["hook:wrong", "other:topsecret", "hook:", ":topsecret"])
    def test_basic_does_not_say_which_of_the_two_is_wrong(self, text: str) -> None:
        assert check(self.BASIC, headers=basic(text)) == Failed(
            part="signature", message="User name and password are not the configured ones."
        )

    @pytest.mark.parametrize(
        "headers", [{}, {"authorization": "Bearer x"}, {"authorization": "Basic %"}, basic("hook")]
    )
    def test_basic_names_a_bad_header(self, headers: dict[str, str]) -> None:
        outcome = check(self.BASIC, headers=headers)
        assert isinstance(outcome, Failed)
        assert outcome.part == "header"

    def test_a_token_stands_in_the_named_header(self) -> None:
        scheme: JsonObject = {"scheme": "token", "header": "X-Api-Key"}
        assert check(scheme, headers={"x-api-key": KEY}) == Verified(secret=0)
        bearer: JsonObject = {"scheme": "token", "prefix": "Bearer "}
        assert check(bearer, headers={"authorization": "Bearer topsecret"}) == Verified(secret=0)
        for headers, part in (
            ({}, "header"),
            ({"authorization": "topsecret"}, "header"),
            ({"authorization": "Bearer topsecret "}, "signature"),
            ({"authorization": "Bearer "}, "signature"),
            ({"authorization": "Bearer ÿ💥"}, "signature"),
        ):
            outcome = check(bearer, headers=headers)
            assert isinstance(outcome, Failed)
            assert outcome.part == part

    def test_an_empty_secret_never_matches_an_empty_token(self) -> None:
        scheme: JsonObject = {"scheme": "token"}
        for secrets in (("",), ("", "other")):
            outcome = check(scheme, *secrets, headers={"authorization": ""})
            assert isinstance(outcome, Failed)


class TestGenericHmac:
    def test_describes_what_is_not_in_the_table(self) -> None:
        scheme: JsonObject = {
            "scheme": "hmac",
            "header": "X-Sig",
            "algorithm": "sha512",
            "prefix": "hmac ",
        }
        signature = (
            "697EE62D16995BC900BFF67C4EAD60AED3167FA15E3B30570972B8013CB6C5DD"
            "E5CDF23DA0D379A132B98A653CD4000FAB1E5B8F04B9CF2CA77530627434BE4C"
        )
        assert check(scheme, headers={"x-sig": f"HMAC {signature}"}) == Verified(secret=0)

    def test_keys_may_be_written_in_hexadecimal(self) -> None:
        scheme: JsonObject = {"scheme": "github", "key_encoding": "hex"}
        key = KEY.encode().hex()
        assert check(scheme, key, headers=COMPUTED["github"]) == Verified(secret=0)
