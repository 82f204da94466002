"""Which header fields are kept with a request."""

import pytest

from heliograph.gateway.redaction import HeaderKeeper, is_credential


@pytest.mark.parametrize(
    "name",
    [
        *(
            "authorization",
            "Proxy-Authorization",
            "cookie",
            "x-api-key",
            "x-gitlab-token",
            "apikey",
        ),
        *("moe-appkey", "x-amz-security-token", "x-client-secret", "password", "key", "x-auth-key"),
    ],
)
def test_credentials(name: str):
    assert is_credential(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "content-type",
            "stripe-signature",
            "x-hub-signature-256",
            "x-shopify-topic",
            "user-agent",
        ),
        *("x-request-id", "webhook-id", "x-keynote", "configName", "x-author"),
    ],
)
def test_what_is_no_credential(name: str):
    assert not is_credential(name)


def test_repeated_fields_are_joined_and_values_keep_every_byte():
    keeper = HeaderKeeper()
    fields = [(b"x-a", b"1"), (b"cookie", b"c"), (b"x-a", b"\xe9"), (b"host", b"h")]
    assert keeper.keep(fields) == {"x-a": "1, é", "host": "h"}


def test_long_names_are_judged_and_not_remembered():
    keeper = HeaderKeeper()
    long = b"x-" + b"n" * 200
    kept = keeper.keep([(long, b"1"), (b"x-" + b"a" * 200 + b"-token", b"secret"), (b"x", b"2")])
    assert kept == {long.decode(): "1", "x": "2"}
    assert set(keeper._names) == {b"x"}
