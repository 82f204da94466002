"""Compressed bodies: what is undone, what is refused, and that no bomb grows past the limit."""

import gzip
import hashlib
import tracemalloc
import zlib

import pytest

from heliograph.errors import InputError
from heliograph.mapping.body.content_encoding import MAX_MEMBERS, inflate
from heliograph.mapping.body.decode import decode_encoding

PLAIN = b'{"a": "' + b"x" * 1000 + b'"}'


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (PLAIN, None),
        (PLAIN, ""),
        (PLAIN, "identity"),
        (gzip.compress(PLAIN), "gzip"),
        (gzip.compress(PLAIN), "GZip"),
        (gzip.compress(PLAIN), "x-gzip"),
        (gzip.compress(PLAIN), None),
        (gzip.compress(PLAIN), "identity"),
        (gzip.compress(PLAIN), "deflate"),
        (gzip.compress(PLAIN[:500]) + gzip.compress(PLAIN[500:]), "gzip"),
        (gzip.compress(PLAIN) + b"\0" * 10, "gzip"),
        (zlib.compress(PLAIN), "deflate"),
        (raw_deflate(PLAIN), "deflate"),
        (gzip.compress(gzip.compress(PLAIN)), "gzip, gzip"),
        (gzip.compress(zlib.compress(PLAIN)), "deflate, gzip"),
        (PLAIN, "gzip"),
        (PLAIN, "deflate"),
        (b"  " + PLAIN, "gzip"),
    ],
)
def test_every_spelling_gives_the_plain_body(body: bytes, header: str | None) -> None:
    assert decode_encoding(body, header, limit=10_000).strip() == PLAIN


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (gzip.compress(PLAIN)[:-10], "gzip"),
        (gzip.compress(PLAIN)[:-10], None),
        (gzip.compress(PLAIN)[:12] + b"\xff" * 30, "gzip"),
        (b"", "gzip"),
        (b"nothing", "gzip"),
        (zlib.compress(PLAIN)[:-10], "deflate"),
        (b"\x00\x01\x02", "deflate"),
        (gzip.compress(PLAIN)[:20] + gzip.compress(PLAIN), "gzip"),
    ],
)
def test_damaged_data_is_a_400_that_names_the_header(body: bytes, header: str | None) -> None:
    with pytest.raises(InputError) as caught:
        decode_encoding(body, header, limit=10_000)
    assert (caught.value.status, caught.value.code) == (400, "body.encoding")
    assert caught.value.where == "Content-Encoding"
    assert caught.value.message == "The provided payload is invalid"


@pytest.mark.parametrize("header", ["br", "zstd", "gzip, br", "gzip,gzip,gzip,gzip", "x" * 500])
def test_an_unknown_coding_says_what_is_understood(header: str) -> None:
    with pytest.raises(InputError) as caught:
        decode_encoding(gzip.compress(PLAIN), header, limit=10_000)
    assert (caught.value.status, caught.value.code) == (415, "body.encoding")
    assert caught.value.allowed == "gzip, deflate, identity"
    assert len(caught.value.found or "") <= 60


@pytest.mark.parametrize("header", [None, "gzip", "deflate", "identity"])
def test_the_limit_is_exact(header: str | None) -> None:
    packed = {"gzip": gzip.compress(PLAIN), "deflate": zlib.compress(PLAIN)}.get(
        header or "", PLAIN
    )
    assert decode_encoding(packed, header, limit=len(PLAIN)) == PLAIN
    with pytest.raises(InputError) as caught:
        decode_encoding(packed, header, limit=len(PLAIN) - 1)
    assert (caught.value.status, caught.value.code) == (413, "body.too_large")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate])
def test_a_bomb_never_takes_more_memory_than_the_limit_allows(pack) -> None:
    bomb = pack(b"\0" * 50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            decode_encoding(bomb, "deflate" if pack is not gzip.compress else "gzip", limit=100_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.status == 413
    assert peak < 2_000_000


def test_a_bomb_of_many_members_stops_too() -> None:
    bomb = gzip.compress(b"x" * 60_000) * 100
    with pytest.raises(InputError) as caught:
        decode_encoding(bomb, "gzip", limit=100_000)
    assert caught.value.status == 413


def test_many_members_of_gzip_are_read_up_to_a_number():
    """Each costs its sender 20 bytes and the gateway the set-up of a stream: 50,000 took five seconds."""
    member = gzip.compress(b"a")
    assert inflate(member * MAX_MEMBERS, "gzip", limit=1_000) == b"a" * MAX_MEMBERS
    with pytest.raises(InputError) as refused:
        inflate(member * (MAX_MEMBERS + 1), "gzip", limit=1_000)
    assert (refused.value.status, refused.value.code) == (400, "body.encoding")
    assert "more than 256 members" in str(refused.value)


def test_empty_members_are_not_copied_over_and_over():
    """What a member leaves over is at most one piece, however much follows it."""
    with pytest.raises(InputError):
        inflate(gzip.compress(b"") * 50_000, "gzip", limit=1_000_000)


@pytest.mark.parametrize("size", [16_383, 16_384, 16_385, 100_000])
def test_members_of_any_size_are_put_together(size: int):
    first, second = random_bytes(size), random_bytes(7)
    data = gzip.compress(first) + gzip.compress(second) + b"\x00padding"
    assert inflate(data, "gzip", limit=200_000) == first + second


def random_bytes(size: int) -> bytes:
    """Bytes that do not compress."""
    return hashlib.shake_128(b"seed").digest(size)
