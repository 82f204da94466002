"""Bytes from anywhere are read or refused with the documented error, and what is read can be written."""

import gzip
import zlib

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from heliograph.errors import InputError
from heliograph.mapping.body.decode import decode_body, decode_encoding
from heliograph.model.json import Json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
WHOLE = st.lists(JSON, max_size=4) | st.dictionaries(st.text(max_size=8), JSON, max_size=4)
PIECES = st.sampled_from(
    [
        *[
            b'{"a":',
            b"}",
            b"[",
            b"]",
            b'"',
            b"\\ud83d",
            b"\\",
            b"\n",
            b"a=1",
            b"&",
            b"%zz",
            b"--x\r\n",
        ],
        *[b"\x1f\x8b\x08", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"1e999", b"NaN", b"--x--", b" "],
        *[b'Content-Disposition: form-data; name="f"', b"\r\n\r\n", b"x\xe9"],
    ]
)
BODIES = st.binary(max_size=60) | st.lists(PIECES, max_size=12).map(b"".join)
LABELS = st.sampled_from(
    [
        *["application/json", "application/json; charset=utf-16", "text/plain; charset=latin-1"],
        *["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png"],
        *['multipart/form-data; boundary="', "application/json; charset=undefined"],
    ]
)
TYPES = st.none() | st.text(max_size=20) | LABELS
ENCODINGS = st.none() | st.text(max_size=10) | st.sampled_from(["gzip", "deflate", "gzip, deflate"])
LIMIT = 10_000


def refusal_of(body: bytes, content_type: str | None, content_encoding: str | None) -> str | None:
    """Return the code of the refusal, or None when the body was read."""
    try:
        plain = decode_encoding(body, content_encoding, limit=LIMIT)
        value = decode_body(plain, content_type, limit=LIMIT)
    except InputError as error:
        return error.code if 400 <= error.status < 500 else f"{error.status} {error.code}"
    msgspec.json.decode(msgspec.json.encode(value))
    return None


@given(BODIES, TYPES, ENCODINGS)
@example(b'{"a":1}\n' * 2, "application/json", "gzip")
def test_any_bytes_are_read_or_refused(
    body: bytes, content_type: str | None, content_encoding: str | None
) -> None:
    assert refusal_of(body, content_type, content_encoding) in {
        None,
        "body.unreadable",
        "body.charset",
        "body.encoding",
        "body.media_type",
        "body.too_large",
    }


@given(WHOLE, TYPES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_json_survives_every_label_and_encoding(
    value: Json, content_type: str | None, codec: str
) -> None:
    body = msgspec.json.encode(value).decode().encode(codec)
    assert decode_body(body, content_type) == value
    for packed, name in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate")):
        assert decode_encoding(packed, name, limit=1_000_000) == body
