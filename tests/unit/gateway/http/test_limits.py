"""What a head may be: exactly one valid Host, no field twice that decides, codings in their order."""

import pytest

from heliograph.gateway.http import limits
from heliograph.gateway.settings import GatewaySettings

HOST = (b"host", b"hub")


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        (b"hub", True),
        (b"hub.example.com:8080", True),
        (b"hub:", True),
        (b"xn--bcher-kva.example", True),
        (b"a_b", True),
        (b"%41", True),
        (b"192.0.2.1:80", True),
        (b"[2001:db8::1]", True),
        (b"[::ffff:192.0.2.1]:443", True),
        (b"", False),
        (b":80", False),
        (b"a b", False),
        (b"a/b", False),
        (b"user@hub", False),
        (b"hub:http", False),
        (b"hub:123456", False),
        (b"[::1", False),
        (b"%4", False),
        (b"hub\x00", False),
        (b"h\xc3\xbcb", False),
    ],
)
def test_a_host_is_a_name_or_an_address_with_an_optional_port(value: bytes, valid: bool):
    assert limits.is_host(value) is valid


@pytest.mark.parametrize(
    ("fields", "version", "says"),
    [
        ([HOST], "1.1", None),
        ([], "1.0", None),
        ([], "1.1", "Host is missing"),
        ([HOST, HOST], "1.1", "host is there more than once"),
        ([HOST, HOST], "1.0", "host is there more than once"),
        ([(b"host", b"a b")], "1.0", "no host name"),
        ([HOST, (b"authorization", b"a"), (b"authorization", b"a")], "1.1", "authorization"),
        ([HOST, (b"content-length", b"1"), (b"content-length", b"1")], "1.1", "content-length"),
        ([HOST, (b"accept", b"a"), (b"accept", b"b")], "1.1", None),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(
    fields: list[tuple[bytes, bytes]], version: str, says: str | None
):
    refusal = limits.ambiguous(fields, version)
    assert (refusal is None) == (says is None)
    if refusal is not None and says is not None:
        assert (refusal.status, says in refusal.message) == (400, True)


def test_codings_of_the_content_are_put_together_in_their_order():
    fields = [HOST, (b"content-encoding", b"deflate"), (b"x", b"1"), (b"content-encoding", b"gzip")]
    head = limits.lookup([*fields, (b"x", b"2")])
    assert head[b"content-encoding"] == b"deflate, gzip"
    assert head[b"x"] == b"2"


def test_size_and_number_of_fields_are_bounded():
    settings = GatewaySettings(max_header_bytes=100, max_headers=2)
    assert limits.too_large(settings, b"/", [HOST]) is None
    many = limits.too_large(settings, b"/", [HOST] * 3)
    large = limits.too_large(settings, b"/" * 80, [HOST])
    assert many is not None
    assert large is not None
    assert (many.status, large.status) == (431, 431)
    assert "more than 2" in many.message
    assert "can not exceed 100 bytes" in large.message
