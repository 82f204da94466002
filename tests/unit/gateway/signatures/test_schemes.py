"""A source's `verify` table is read with defaults, and its mistakes are named before any request comes."""

import pytest

from heliograph.errors import ConfigError
from heliograph.gateway.signatures import SCHEMES, HmacScheme, check_secrets, read_scheme
from heliograph.model.json import JsonObject
from heliograph.model.secret import Secret


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_a_vendors_name_is_enough(name: str) -> None:
    assert read_scheme({"scheme": name}) == SCHEMES[name]


def test_single_fields_can_be_changed() -> None:
    scheme = read_scheme({"scheme": "stripe", "tolerance_s": 30})
    assert isinstance(scheme, HmacScheme)
    assert (scheme.tolerance_s, scheme.header) == (30, "Stripe-Signature")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "unknown"),
        ({"scheme": "strpe"}, "unknown"),
        ({"scheme": 7}, "unknown"),
        ({"scheme": "stripe", "tolerance": 3}, "tolerance"),
        ({"scheme": "stripe", "tolerance_s": 0}, "tolerance_s"),
        ({"scheme": "hmac"}, "header"),
        ({"scheme": "hmac", "header": "two words"}, "header"),
        ({"scheme": "hmac", "header": "x", "signed": "{timestamp}"}, "signed"),
        ({"scheme": "hmac", "header": "x", "signed": "{timestamp}{body}"}, "timestamp_header"),
        ({"scheme": "hmac", "header": "x", "signed": "{id}{body}"}, "id_header"),
        ({"scheme": "hmac", "header": "x", "algorithm": "md4"}, "algorithm"),
        ({"scheme": "hmac", "header": "x", "signed": "{body}{nonsense}"}, "nonsense"),
        ({"scheme": "hmac", "header": "x", "signed": "{body}{$.a[}"}, "signed"),
        ({"scheme": "hmac", "header": "x", "signed": "{$headers.a}"}, "signed"),
        ({"scheme": "hmac", "header": "x", "function": "hash"}, "{secret}"),
        ({"scheme": "hmac", "signature_at": "query.hmac"}, "signature_at"),
        ({"scheme": "hmac", "header": "x", "message_id": ["{$headers}{oops}"]}, "message_id"),
        ({"scheme": "hmac", "header": "x", "challenge": "riddle"}, "challenge"),
        ({"scheme": "token", "held_at": "$query.colour"}, "held_at"),
        ({"scheme": "public-key", "header": "x"}, "algorithm"),
        ({"scheme": "basic"}, "username"),
    ],
)
def test_mistakes_are_named(settings: JsonObject, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_scheme(settings, where="source shop verify")
    assert caught.value.code == "config.invalid"
    assert words in str(caught.value)
    assert "source shop verify" in (caught.value.where or "")


@pytest.mark.parametrize(
    ("name", "secrets", "is_fine"),
    [
        ("stripe", ["whsec_abc"], True),
        ("standard-webhooks", ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"], True),
        ("standard-webhooks", ["C2FVsBQIhrscChlQIMV+b5sSYspob7oD"], True),
        ("standard-webhooks", ["whsec_not base64!"], False),
        ("stripe", [], False),
        ("stripe", ["a", ""], False),
        ("twilio", ["token"], True),
        ("asana", [], True),
        ("notion", [], True),
        ("discord", ["no key"], False),
        ("telnyx", ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"], True),
        ("adyen", ["no hex"], False),
    ],
)
def test_secrets_that_can_never_match_are_refused_early(
    name: str, secrets: list[str], is_fine: bool
) -> None:
    scheme = read_scheme({"scheme": name})
    if is_fine:
        check_secrets(scheme, [Secret(secret) for secret in secrets])
        return
    with pytest.raises(ConfigError) as caught:
        check_secrets(scheme, [Secret(secret) for secret in secrets])
    assert "not base64!" not in str(caught.value)
