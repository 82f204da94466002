"""What is verified is what is mapped, all of it, and meant for this source."""

import base64
import hashlib
import hmac
import json
from typing import Any, Final
from urllib.parse import quote

import pytest

from heliograph.gateway.signatures import Failed, Verification, Verified, read_scheme, verify
from heliograph.gateway.signatures.results import Call
from heliograph.mapping.body.decode import decode_body
from heliograph.mapping.charsets import Charset
from heliograph.model.json import JsonObject
from heliograph.model.secret import Secret
from heliograph.testing.vendors import SETTINGS, SIGNERS, URL, Sent, keys_of
from heliograph.testing.vendors.public_keys import rsa_sign
from heliograph.testing.vendors.recipes import FORM

NOW: Final = 1_700_000_000_000
BODY: Final = b'{"event":"Form Sent"}'


def check(name: str, sent: Sent, *, now_ms: int = NOW, **more: Any) -> Verification:
    settings: JsonObject = {"scheme": name, **SETTINGS.get(name, {}), **more}
    return verify(
        read_scheme(settings),
        [Secret(keys_of(name)[0])],
        method="POST",
        url=URL,
        headers=sent.headers,
        raw_body=sent.body,
        now_ms=now_ms,
        query_string=sent.query,
    )


def sign(name: str, body: bytes = BODY) -> Sent:
    return SIGNERS[name](body, keys_of(name)[0], NOW)


def refused(outcome: Verification, words: str) -> None:
    assert isinstance(outcome, Failed)
    assert words in outcome.message


class TestKeysThatAllCustomersShare:
    @pytest.mark.parametrize(
        ("name", "place"), [("sns", "$.TopicArn"), ("adobe", "$.recipient_client_id")]
    )
    def test_a_genuine_message_for_another_customer_is_refused(self, name: str, place: str) -> None:
        sent = sign(name)
        assert isinstance(check(name, sent), Verified)
        refused(check(name, sent, account="another"), f"{place} is not the account of this source")

    def test_an_adobe_event_for_nobody_is_refused(self) -> None:
        key = keys_of("adobe")[0]
        sent = Sent({"x-adobe-digital-signature-1": rsa_sign(key, BODY)}, BODY)
        refused(check("adobe", sent), "nothing at $.recipient_client_id")

    def test_a_message_of_sns_hides_no_fields_in_its_type(self) -> None:
        """Only its three types are signed; any other text there could be fields of another message."""
        fields = json.loads(sign("sns").body) | {"Type": "Notice"}
        names = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
        text = "".join(f"{name}\n{fields[name]}\n" for name in names)
        fields["Signature"] = rsa_sign(keys_of("sns")[0], text.encode())
        refused(check("sns", Sent({}, json.dumps(fields).encode())), "does not belong to this body")


class TestListsOfWhichTheFirstIsSigned:
    def test_adyen_with_one_more_item_is_refused(self) -> None:
        sent = sign("adyen")
        assert isinstance(check("adyen", sent), Verified)
        body = json.loads(sent.body)
        body["notificationItems"].append({"NotificationRequestItem": {"pspReference": "PSP2"}})
        sent.body = json.dumps(body).encode()
        refused(check("adyen", sent), "more than one thing at $.notificationItems[*]")


class TestOneReadingOfABody:
    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b'{"a":"json","x":"&a=form&"}', FORM),
            (b'{"a":"1"}', FORM),
            (b'{"a":"1"}', None),
            (b"a=1&b=2", None),
            (b"a=1&b=2", "application/json"),
            (b"a=1&a=2&b[]=3", FORM),
            (b'\xef\xbb\xbf{"a":"1"}', FORM),
            (b'{"a":"1"}\n{"a":"2"}', "application/x-ndjson"),
            (b'payload={"a":"1"}', FORM),
            (b"a=%E9", FORM + "; charset=iso-8859-1"),
        ],
    )
    def test_places_are_looked_for_in_what_is_mapped(
        self, body: bytes, content_type: str | None
    ) -> None:
        headers = {} if content_type is None else {"content-type": content_type}
        call = Call(method="POST", url=URL, headers=headers, body=body, now_ms=NOW)
        mapped = decode_body(body, content_type)
        assert call.payload == mapped
        if call.form is not None:
            assert isinstance(mapped, dict)
            assert {name for name, _ in call.form} == set(mapped)

    def test_in_the_charset_of_the_mapper(self) -> None:
        charset = Charset("windows-1252")
        body = b"a=%E9"
        call = Call(
            method="POST",
            url=URL,
            headers={"content-type": FORM},
            body=body,
            now_ms=NOW,
            charset=charset,
        )
        assert call.payload == decode_body(body, FORM, charset=charset) == {"a": "\u00e9"}

    @pytest.mark.parametrize("head", [{"content-encoding": "br"}, {"content-encoding": "gzip"}])
    def test_what_is_yet_to_be_inflated_holds_nothing(self, head: dict[str, str]) -> None:
        """The mapper reads what comes out of it, which is another text."""
        call = Call(method="POST", url=URL, headers=head, body=b'{"a":"1"}', now_ms=NOW)
        assert call.payload is None

    def test_a_value_signed_in_the_one_reading_does_not_carry_the_other(self) -> None:
        """A body that is both: as a form it has the signed value, mapped it would be as JSON."""
        value = "signed"
        digest = hmac.new(b"new-secret", value.encode(), "sha256").hexdigest()
        body = b'{"a":"forged","x":"&a=signed&"}'
        sent = Sent({"content-type": FORM, "x-mac": digest}, body)
        refused(check("hmac", sent, header="X-Mac", signed="{$.a}"), "does not belong to this body")
        sent.body = b'{"a":"signed"}'
        assert isinstance(check("hmac", sent, header="X-Mac", signed="{$.a}"), Verified)

    def test_mandrill(self) -> None:
        sent = sign("mandrill")
        assert isinstance(check("mandrill", sent), Verified)


class TestTimes:
    @pytest.mark.parametrize("name", ["paypal", "contentful", "sns"])
    def test_are_looked_at_whatever_they_are_called_in_what_is_signed(self, name: str) -> None:
        sent = sign(name)
        assert check(name, sent) == Verified(
            secret=0, signed_at_ms=NOW, message_id=getattr(check(name, sent), "message_id", "")
        )
        refused(check(name, sent, now_ms=NOW + 400_000_000), "was signed 400000 s ago")

    def test_contentfuls_must_be_among_the_headers_that_are_signed(self) -> None:
        sent = sign("contentful")
        listed = sent.headers["x-contentful-signed-headers"]
        assert "x-contentful-timestamp" in listed
        names = [name for name in listed.split(",") if name != "x-contentful-timestamp"]
        sent.headers["x-contentful-signed-headers"] = ",".join(names)
        refused(check("contentful", sent), "not among those that are signed")

    def test_many_in_one_header_cost_two_passes_over_the_body(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        passes: list[bytes] = []
        digest = hmac.digest

        def counted(key: bytes, content: bytes, name: str) -> bytes:
            passes.append(content)
            return digest(key, content, name)

        monkeypatch.setattr(hmac, "digest", counted)
        pairs = [f"t={NOW // 1000 - n},v1={'0' * 64}" for n in range(16)]
        sent = Sent({"stripe-signature": ",".join(pairs)}, BODY)
        refused(check("stripe", sent), "does not belong")
        assert len(passes) == 2

    def test_old_ones_in_front_do_not_count(self) -> None:
        right = sign("stripe").headers["stripe-signature"]
        old = [f"t={n},v1={'0' * 64}" for n in range(3)]
        sent = Sent({"stripe-signature": ",".join([*old, right])}, BODY)
        assert isinstance(check("stripe", sent), Verified)


class TestTwilio:
    def post(self, body: bytes, content_type: str, form: str = "") -> Verification:
        digest = hmac.new(b"new-secret", (URL + form).encode(), hashlib.sha1).digest()
        headers = {"x-twilio-signature": base64.b64encode(digest).decode()}
        return check("twilio", Sent({**headers, "content-type": content_type}, body))

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [(BODY, "application/json"), (BODY, FORM), (b"a=1", "text/plain"), (b"a=1", "")],
    )
    def test_a_body_of_which_nothing_is_signed_is_refused(
        self, body: bytes, content_type: str
    ) -> None:
        refused(self.post(body, content_type), "Nothing of this body is signed")

    def test_an_empty_one_and_a_form_are_taken(self) -> None:
        assert isinstance(self.post(b"", "application/json"), Verified)
        assert isinstance(self.post(b"", FORM), Verified)
        assert isinstance(self.post(b"b=2&a=1", FORM, "a1b2"), Verified)
        text = quote('{"x":1}')
        assert isinstance(self.post(f"a={text}".encode(), FORM, 'a{"x":1}'), Verified)

    def test_the_hash_in_the_address_is_looked_for_behind_a_configured_one(self) -> None:
        sent = sign("twilio")
        assert sent.query.startswith("bodySHA256=")
        assert isinstance(check("twilio", sent), Verified)
        sent.body += b" "
        refused(check("twilio", sent), "bodySHA256")
