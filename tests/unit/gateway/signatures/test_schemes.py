"""A source's `verify` table is read with defaults, and its mistakes are named before any request comes."""

from typing import Any

import pytest
from msgspec.structs import replace

from heliograph.errors import ConfigError
from heliograph.gateway.signatures import SCHEMES, HmacScheme, check_secrets, read_scheme
from heliograph.model.json import JsonObject
from heliograph.model.secret import Secret
from heliograph.testing.vendors import SETTINGS


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_a_vendors_name_is_enough_but_for_the_account(name: str) -> None:
    settings: dict[str, Any] = SETTINGS.get(name, {})
    assert read_scheme({"scheme": name, **settings}) == replace(SCHEMES[name], **settings)


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
        ({"scheme": "hmac", "header": "x", "timestamp_header": "x-at"}, "anybody could change"),
        ({"scheme": "hmac", "header": "x", "signed": "{$.a[*].b}"}, "only the first"),
        ({"scheme": "hmac", "header": "x", "signed": "{account}{body}"}, "account"),
        ({"scheme": "hmac", "header": "x", "only_one": "items"}, "only_one"),
        ({"scheme": "hmac", "header": "x", "account_at": "shop", "account": "a"}, "account_at"),
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


@pytest.mark.parametrize("account", [None, "", " "])
@pytest.mark.parametrize(
    "name", sorted(name for name, scheme in SCHEMES.items() if getattr(scheme, "needs_account", 0))
)
def test_who_is_meant_must_be_said_where_the_signature_depends_on_it(
    name: str, account: str | None
) -> None:
    assert name in {"sns", "adobe", "paypal", "tiktok-shop", "solidgate"}
    settings: JsonObject = {} if account is None else {"account": account}
    with pytest.raises(ConfigError) as caught:
        read_scheme({"scheme": name, **settings}, where="source shop verify")
    assert caught.value.where == "source shop verify.account"
    called = SCHEMES[name].account_name  # type: ignore[union-attr]
    assert called
    assert f"without `account` ({called})" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "has_time"),
    [
        ({"signed": "{timestamp}{body}", "timestamp_header": "X-At"}, True),
        ({"signed": "{body}{$headers.x-at}", "timestamp_header": "X-At"}, True),
        ({"signed": "{body}", "timestamp_at": "$.at"}, True),
        ({"signed": "{$.at}{$.id}", "timestamp_at": "$.at"}, True),
        ({"signed": "{body}{$query.at}", "timestamp_at": "$query.at"}, True),
        ({"signed": "{body}", "timestamp_header": "X-At", "timestamp_unit": "none"}, False),
        ({"signed": "{body}"}, False),
    ],
)
def test_a_window_is_kept_wherever_the_signed_time_stands(
    settings: JsonObject, has_time: bool
) -> None:
    scheme = read_scheme({"scheme": "hmac", "header": "x", **settings})
    assert isinstance(scheme, HmacScheme)
    assert scheme.has_time is has_time


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
