"""Undo a request's Content-Encoding without ever holding more than the limit.

gzip (also several members, also unlabelled), deflate in both forms found in the wild (zlib, RFC 1950,
and raw, RFC 1951), identity, and a list of these (RFC 9110 section 8.4).
"""

import zlib
from typing import Final, Literal

from heliograph.errors import InputError

GZIP_MAGIC: Final = b"\x1f\x8b\x08"
MAX_MEMBERS: Final = 256
"""Members of one gzip body: each costs its sender 20 bytes and us the set-up of a stream."""
_PIECE: Final = 16_384
"""Bytes given to a stream at a time: what it leaves over at a member's end is copied."""
_MAX_LAYERS: Final = 3
_PLAIN_STARTS: Final = (b"{", b"[", b"--")

Compression = Literal["gzip", "zlib", "raw"]
_WINDOW: Final[dict[Compression, int]] = {
    "gzip": 16 + zlib.MAX_WBITS,
    "zlib": zlib.MAX_WBITS,
    "raw": -zlib.MAX_WBITS,
}


def decode_encoding(body: bytes, content_encoding: str | None, *, limit: int) -> bytes:
    """Return the body as it was before its sender compressed it.

    gzip is recognised by its first bytes whatever the header says; a body that claims to be compressed
    and is plain JSON is taken as it is.

    Args:
        body: the bytes as received.
        content_encoding: the header as sent, or None.
        limit: bytes the result may have.

    Raises:
        InputError: 413 `body.too_large` as soon as the limit is passed; 400 `body.encoding` for damaged
            data; 415 `body.encoding` for a coding we do not know, or for more than three in a row.
    """
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > _MAX_LAYERS:
        raise _unknown(f"{len(names)} codings in a row")
    for name in reversed(names):
        if name not in ("gzip", "x-gzip", "deflate"):
            raise _unknown(name)
        body = _undo(body, name, limit)
    if not names and body.startswith(GZIP_MAGIC):
        body = inflate(body, "gzip", limit=limit)
    if len(body) > limit:
        raise _too_large(limit)
    return body


def inflate(data: bytes, compression: Compression, *, limit: int) -> bytes:
    """Return `data` decompressed; stops after `limit` bytes, whatever the data promises.

    Raises:
        InputError: 413 `body.too_large`, or 400 `body.encoding` for damaged data and for more than
            `MAX_MEMBERS` members of gzip.
    """
    output = bytearray()
    view, at = memoryview(data), 0
    try:
        for _ in range(MAX_MEMBERS):
            stream = zlib.decompressobj(_WINDOW[compression])
            while not stream.eof:
                piece = view[at : at + _PIECE]
                if not piece:
                    raise _damaged(compression, "the compressed data ends too early")
                at += len(piece)
                output += stream.decompress(piece, limit + 1 - len(output))
                if len(output) > limit:
                    raise _too_large(limit)
            at -= len(stream.unused_data)
            # gzip may hold several members; anything else after the end is padding and is ignored.
            if compression != "gzip" or not data.startswith(GZIP_MAGIC, at):
                return bytes(output)
    except zlib.error as error:
        raise _damaged(compression, str(error).rpartition(": ")[2]) from error
    raise _damaged(compression, f"it has more than {MAX_MEMBERS} members")


def _undo(body: bytes, name: str, limit: int) -> bytes:
    if body.startswith(GZIP_MAGIC):
        return inflate(body, "gzip", limit=limit)
    if name != "deflate":
        if body.lstrip().startswith(_PLAIN_STARTS):
            return body
        return inflate(body, "gzip", limit=limit)
    try:
        return inflate(body, "zlib", limit=limit)
    except InputError as error:
        if error.status == 413:
            raise
    try:
        return inflate(body, "raw", limit=limit)
    except InputError as error:
        if error.status != 413 and body.lstrip().startswith(_PLAIN_STARTS):
            return body
        raise


def _too_large(limit: int) -> InputError:
    return InputError(
        "body.too_large",
        f"the request body is larger than {limit:,} bytes",
        status=413,
        where="body",
        found=f"more than {limit:,} bytes after decompression",
        allowed=f"at most {limit:,} bytes",
        hint="Send fewer events in one request.",
    )


def _damaged(compression: str, reason: str) -> InputError:
    return InputError(
        "body.encoding",
        "The provided payload is invalid",
        where="Content-Encoding",
        found=f"{'deflate' if compression != 'gzip' else 'gzip'} data that cannot be read: {reason}",
        allowed="whole gzip or deflate data",
        hint="Check the sender's compression, or send the body uncompressed.",
    )


def _unknown(found: str) -> InputError:
    return InputError(
        "body.encoding",
        "the Content-Encoding of the request is not supported",
        status=415,
        where="Content-Encoding",
        found=found[:60],
        allowed="gzip, deflate, identity",
        hint="Send the body uncompressed or with gzip.",
    )
