"""Requests under the usual size limit that cost a gateway the most: what `heavy_requests` sends.

Each is one whole HTTP/1.1 request as bytes. They are for a source whose mappers are in `mapper_files`.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Callable

import msgspec
from rig import orders

LIMIT = 1_000_000
"""Bytes of a body; a workspace takes 1 MB by default."""
DEEP_PATH = "/v1/partner/shop/events?configName=deep"
FILTERED_PATH = "/v1/partner/shop/events?configName=filtered"
SIGNED_PATH = "/v1/webhook/signed"
SIGNED_SOURCE = """kind = "webhook"
partner = "shop"
config = "batch"

[verify]
scheme = "shopify"
secrets = ["a-shared-secret-of-the-benchmark"]
"""
CALLS_PATH = "/v1/webhook/calls"
CALLS_SOURCE = SIGNED_SOURCE.replace('"shopify"', '"twilio"')
SHARED_PATH = "/v1/partner/shop/events?configName=shared"
ITEMS = 5_000
"""Items of one batch; a workspace takes as many by default."""
_ORDER = b'{"customer":"c%d","number":%d,"at":1}'
LEVELS = 95
"""The hub refuses bodies of more than 100 nested levels."""
_TOKEN = base64.b64encode(f"{orders.WORKSPACE}:{orders.KEY}".encode()).decode()


def mapper_files() -> dict[str, str]:
    """Return the mappers these requests are for, beside those of `orders`."""
    paths = {
        "customer_id": "$..order..order..id",
        "event_name": "$..order..order..name",
        "user_time": "$..order..at",
        "platform": "web",
        "app_version": "1.0.0",
        "attr": {"number": "$..order..number"},
    }
    deep = {**orders.SINGLE_MAPPER, "mappings": paths}
    filtered = {
        **orders.BATCH_MAPPER,
        "mappings": {
            **orders.BATCH_MAPPER["mappings"],
            "customer_id": "$.orders[?(@.kind=='a')].customer",
        },
    }
    attributes = {**orders.BATCH_MAPPER["mappings"]["attr"], "note": "$.note"}
    shared = {
        **orders.BATCH_MAPPER,
        "mappings": {**orders.BATCH_MAPPER["mappings"], "attr": attributes},
    }
    return {
        **orders.mapper_files(),
        "mappers/shop/shared.json": json.dumps(shared),
        "mappers/shop/deep.json": json.dumps(deep),
        "mappers/shop/filtered.json": json.dumps(filtered),
        "sources/signed.toml": SIGNED_SOURCE,
        "sources/calls.toml": CALLS_SOURCE,
    }


def request(
    body: bytes,
    *,
    path: str = orders.BATCH_PATH,
    content_type: str = "application/json",
    known: bool = True,
    **headers: str,
) -> bytes:
    """Return a request; `known` ones carry credentials."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {content_type}"]
    lines += [f"Authorization: Basic {_TOKEN}"] if known else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "Transfer_Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def gzip_members() -> bytes:
    """As many empty gzip members as fit."""
    member = gzip.compress(b"", mtime=0)
    return request(member * (LIMIT // len(member)), Content_Encoding="gzip")


def gzip_members_unsigned() -> bytes:
    """The same to an address that anybody may know, with a signature that is none."""
    member = gzip.compress(b"", mtime=0)
    return request(
        member * (LIMIT // len(member)),
        path=SIGNED_PATH,
        known=False,
        Content_Encoding="gzip",
        X_Shopify_Hmac_SHA256=base64.b64encode(bytes(32)).decode(),
    )


def trailers_unsigned() -> bytes:
    """Trailer fields to that address."""
    return request(
        trailers().partition(b"\r\n\r\n")[2],
        path=SIGNED_PATH,
        known=False,
        Transfer_Encoding="chunked",
        X_Shopify_Hmac_SHA256=base64.b64encode(bytes(32)).decode(),
    )


def compressed_too_large() -> bytes:
    """A few KB that inflate to far more than is allowed."""
    return request(gzip.compress(b" " * 100_000_000), Content_Encoding="gzip")


def items_without_a_field() -> bytes:
    """100,000 items that all lack what the mapper requires."""
    return request(b'{"orders":[' + b",".join([b'{"a":1}'] * 100_000) + b"]}")


def many_objects() -> bytes:
    """20,000 small objects, each an event."""
    items = b",".join(
        b'{"customer":"c%d","number":%d,"at":1}' % (n % 500, n) for n in range(20_000)
    )
    return request(b'{"orders":[' + items + b"]}")


def deep_documents() -> bytes:
    """Chains of objects in which a path with `..` finds a way at every level."""
    chain = b'{"order":' * LEVELS + b"1" + b"}" * LEVELS
    body = b'{"event":[' + b",".join([chain] * (LIMIT // (len(chain) + 1) - 1)) + b"]}"
    return request(body, path=DEEP_PATH)


def one_deep_document() -> bytes:
    """One such chain: less than 1 KB."""
    return request(b'{"order":' * LEVELS + b"1" + b"}" * LEVELS, path=DEEP_PATH)


def filtered_items(number: int) -> bytes:
    """Items for a mapper that picks some of them by a filter."""
    items = b",".join([b'{"kind":"a","at":1}'] * number)
    return request(b'{"orders":[' + items + b"]}", path=FILTERED_PATH)


def wide_document() -> bytes:
    """One object with as many keys as fit."""
    keys = b",".join(b'"k%06d":%d' % (n, n % 10) for n in range(LIMIT // 12 - 10))
    return request(b'{"orders":[{' + keys + b"}]}")


def trailers() -> bytes:
    """A small body followed by 1 MB of trailer fields."""
    body = b'{"orders":[]}'
    fields = b"".join(b"x-t%06d: %s\r\n" % (n, b"v" * 30) for n in range(LIMIT // 43))
    coded = b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, fields)
    return request(coded, Transfer_Encoding="chunked")


def tiny_chunks() -> bytes:
    """A body of which every byte is a chunk of its own."""
    body = b'{"orders":[' + b" " * (LIMIT // 6 - 20) + b"]}"
    coded = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    return request(coded, Transfer_Encoding="chunked")


def multipart() -> bytes:
    """As many parts as fit."""
    part = b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n'
    body = part * (LIMIT // len(part) - 1) + b"--b--\r\n"
    return request(body, content_type="multipart/form-data; boundary=b")


def form() -> bytes:
    """As many fields as fit."""
    return request(b"a=1&" * (LIMIT // 4), content_type="application/x-www-form-urlencoded")


def form_of_escapes() -> bytes:
    """One field, all of it percent-encoded."""
    return request(
        b"a=" + b"%41" * (LIMIT // 3 - 1), content_type="application/x-www-form-urlencoded"
    )


def json_lines() -> bytes:
    """One JSON value a line."""
    return request(b"{}\n" * (LIMIT // 3), content_type="application/x-ndjson")


def fault_at_the_end() -> bytes:
    """JSON with its one fault in the last byte."""
    return request(b'{"orders":[' + b",".join([b'{"a":"\\u00e9"}'] * (LIMIT // 18)) + b"]]")


def lone_surrogates() -> bytes:
    """Strings that are no text."""
    return request(b'{"orders":["' + b"\\ud800" * (LIMIT // 6 - 5) + b'"]}')


def long_number() -> bytes:
    """One number of a million digits."""
    return request(b'{"orders":[' + b"9" * (LIMIT - 20) + b"]}")


def deflated_twice() -> bytes:
    """A body under two layers of compression."""
    once = zlib.compress(b'{"orders":[' + b" " * (LIMIT - 20) + b"]}", 0)[: LIMIT - 1000]
    return request(zlib.compress(once, 0)[:LIMIT], Content_Encoding="deflate, deflate")


def gzip_members_of_spaces() -> bytes:
    """256 gzip members that inflate to 1 MB together."""
    member = gzip.compress(b" " * 3_900, mtime=0)
    return request(member * 255 + gzip.compress(b'{"orders":[]}'), Content_Encoding="gzip")


def pipelined() -> bytes:
    """9,000 small requests in one write."""
    return b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 9_000


def long_query() -> bytes:
    """15,000 parameters in the URL."""
    return request(b"{}", path=orders.BATCH_PATH + "&" + "a&" * 15_000)


def form_unsigned() -> bytes:
    """500,000 fields, which the signature of this vendor would cover one by one."""
    return request(
        b"a&" * (LIMIT // 2),
        path=CALLS_PATH,
        known=False,
        content_type="application/x-www-form-urlencoded",
        X_Twilio_Signature=base64.b64encode(bytes(20)).decode(),
    )


def multipart_head() -> bytes:
    """One part with a header of 1 MB."""
    head = b'content-disposition: form-data; name="' + b"a" * (LIMIT - 200) + b'"'
    return request(
        b"--b\r\n" + head + b"\r\n\r\n1\r\n--b--\r\n",
        content_type="multipart/form-data; boundary=b",
    )


def explained_items() -> bytes:
    """A small batch of which every item is refused, and the refusal explained."""
    item = b'{"at":1,"note":"' + b"x" * 380 + b'"}'
    return request(b'{"orders":[' + b",".join([item] * 20) + b"]}")


def many_events() -> bytes:
    """As many items as one request may hold, each an event."""
    return request(
        b'{"orders":[' + b",".join([_ORDER % (n % 500, n) for n in range(ITEMS)]) + b"]}"
    )


def shared_text() -> bytes:
    """The same, and each event gets a copy of one text: about as many bytes as one request may become."""
    items = b",".join([_ORDER % (n % 500, n) for n in range(ITEMS)])
    text = b'{"note":"' + b"x" * 1_000 + b'","orders":[' + items + b"]}"
    return request(text, path=SHARED_PATH)


def long_event() -> bytes:
    """One event, nearly all of it one text."""
    return request(
        b'{"note":"' + b"x" * (LIMIT - 200) + b'","orders":[' + _ORDER % (1, 1) + b"]}",
        path=SHARED_PATH,
    )


def nested_lists() -> bytes:
    """Lists in lists in one attribute of one event."""
    nested = b",".join([b"[" * LEVELS + b"]" * LEVELS] * (900_000 // (2 * LEVELS + 1)))
    order = b'{"customer":"c1","number":[' + nested + b'],"at":1}'
    return request(b'{"orders":[' + order + b"]}")


class Kind(msgspec.Struct, frozen=True):
    """One kind of heavy request and how it is sent."""

    make: Callable[[], bytes]
    piece: int = 0
    """Bytes given to the system at a time; 0 for all at once."""
    reads: bool = True
    """Whether the answer is read."""


KINDS: dict[str, Kind] = {
    "gzip of many members, unsigned": Kind(gzip_members_unsigned),
    "gzip of many members": Kind(gzip_members),
    "gzip of 256 members of 1 MB": Kind(gzip_members_of_spaces),
    "gzip that inflates to 100 MB": Kind(compressed_too_large),
    "two layers of deflate": Kind(deflated_twice),
    "100,000 items without a required field": Kind(items_without_a_field),
    "20,000 objects": Kind(many_objects),
    "a path with .. on deep documents": Kind(deep_documents),
    "a path with .. on one deep document of 1 KB": Kind(one_deep_document),
    "a filter on 1,000 items of 20 KB": Kind(lambda: filtered_items(1_000)),
    "a filter on 49,000 items": Kind(lambda: filtered_items(49_000)),
    "an object of 83,000 keys": Kind(wide_document),
    "1 MB of trailer fields": Kind(trailers),
    "1 MB of trailer fields, unsigned": Kind(trailers_unsigned),
    "chunks of one byte": Kind(tiny_chunks),
    "multipart of many parts": Kind(multipart),
    "multipart with a header of 1 MB": Kind(multipart_head),
    "9,000 pipelined requests": Kind(pipelined),
    "15,000 parameters in the URL": Kind(long_query),
    "form of 500,000 fields, unsigned": Kind(form_unsigned),
    "20 refused items, explained": Kind(explained_items),
    "form of many fields": Kind(form),
    "form of escapes": Kind(form_of_escapes),
    "JSON Lines": Kind(json_lines),
    "JSON with a fault at its end": Kind(fault_at_the_end),
    "lone surrogates": Kind(lone_surrogates),
    "a number of a million digits": Kind(long_number),
    "5,000 events": Kind(many_events),
    "5,000 events that share a text of 1 KB": Kind(shared_text),
    "one event of 1 MB": Kind(long_event),
    "nested lists of 900 KB": Kind(nested_lists),
    "1 MB in pieces of 20 bytes": Kind(long_event, piece=20),
    "9,000 answers that nobody reads": Kind(pipelined, reads=False),
}
