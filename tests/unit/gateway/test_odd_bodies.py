"""Whatever bytes a sender posts: a defined answer, never a 500, and no event that cannot be read back."""

import asyncio
import gzip
import json
import threading
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes

import msgspec
import pytest

from heliograph.backends.sqlite import open_journal
from heliograph.gateway.doors import mapped
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.event import Event, decode_event
from heliograph.model.nobody import Blocklist, trimmed
from heliograph.storage.events.requests import RequestQuery

URL = "/v1/partner/odd/events/?configName={}"
ODD = {
    "partner_name": "odd",
    "mapping_type": "events",
    "batching": False,
    "mappings": {
        "customer_id": "$.id",
        "event_name": "$.event",
        "user_time": "$receivedAt",
        "platform": "web",
        "attr": {"create_all": "$", "hint": "$headers.x-hint", "topic": "$query.topic"},
        "user_attributes": {"value": "$.value"},
    },
}
ANYTHING = {
    **ODD,
    "mappings": {**ODD["mappings"], "customer_id": "$query.who", "event_name": "Anything"},  # type: ignore[dict-item]
}
INSIDE = {
    **ODD,
    "mappings": {
        **ODD["mappings"],  # type: ignore[dict-item]
        "customer_id": "$.payload.id",
        "event_name": "$.payload.event",
        "attr": {"create_all": "$.payload"},
        "user_attributes": {"value": "$.payload.value"},
    },
}
EACH = {
    **ODD,
    "batching": True,
    "mappings": {
        **ODD["mappings"],  # type: ignore[dict-item]
        "customer_id": "$[*].id",
        "event_name": "$[*].event",
        "attr": {"create_all": "$[*]"},
        "user_attributes": {"value": "$[*].value"},
    },
}
TYPES = (
    None,
    "application/json",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=iso-8859-1",
    "multipart/form-data; boundary=b",
    "application/x-ndjson",
    "text/plain; charset=\xff\x00",
    "text/xml",
    ";;;=",
)
REFUSALS = {400, 413, 415}
AT_ONCE = 200
SCALARS = ("id", "event", "value", "key")


class Receiver:
    """Sends bodies, keeps count of the answers, and hands back what a real journal makes of it."""

    def __init__(self, harness: Any, folder: Path) -> None:
        self.harness = harness
        self.folder = folder
        self.answers: dict[int, int] = {}

    async def send(
        self, bodies: Iterable[tuple[bytes, str | None]], config: str = "one", **headers: str
    ) -> None:
        """Post every (body, Content-Type)."""
        calls: list[Any] = []
        for body, kind in bodies:
            fields = [*headers.items(), *([("content-type", kind)] if kind is not None else [])]
            calls.append(self.harness.post(URL.format(config), body, headers=fields))
        for start in range(0, len(calls), AT_ONCE):
            for reply in await asyncio.gather(*calls[start : start + AT_ONCE]):
                msgspec.json.decode(reply.body)  # an answer in UTF-8 and JSON
                assert reply.status == 200 or reply.status in REFUSALS, reply.body
                self.answers[reply.status] = self.answers.get(reply.status, 0) + 1

    def events(self) -> list[Event]:
        """Return the events as read from a journal on disk to which all was appended."""
        memory = self.harness.journal
        stored = self.answers.get(200, 0) + self.answers.get(400, 0) + self.answers.get(415, 0)
        assert len(memory.requests) == stored
        journal = open_journal(self.folder / "journal.db")
        try:
            places = journal.take(memory.requests, memory.records)
            listed = journal.requests.find(RequestQuery(limit=stored + 1))
            assert len(listed) == stored
            assert all(journal.requests.get(each.request_id) is not None for each in listed)
            kept = journal.entries(places)
            return [decode_event(kept[place].record.value) for place in places]
        finally:
            journal.close()


@pytest.fixture
async def receiver(make_gateway: Callable[..., Any], tmp_path: Path) -> Receiver:
    harness = make_gateway()
    mappers = {"one": ODD, "any": ANYTHING, "batch": EACH, "inside": INSIDE}
    harness.configure(
        *harness.documents(requests_per_second=1_000_000),
        *[harness.document("mapper", f"odd/{name}", body) for name, body in mappers.items()],
    )
    harness.gateway.reception.directory.desks[harness.workspace].bucket.change_rate(1_000_000)
    harness.clock.seconds += 1
    return Receiver(harness, tmp_path)


def multipart(fields: Sequence[tuple[str, bytes]]) -> bytes:
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value
        for name, value in fields
    ]
    return b"\r\n".join(parts) + b"\r\n--b--\r\n"


def payload_with(text: str, place: str) -> dict[str, str]:
    """Return a payload that holds the text as customer, event name, attribute value or its key."""
    payload = {"id": "c-1", "event": "Seen", "value": "v"}
    if place == "key":
        return {**payload, text: "under a key"}
    return {**payload, place: text}


def places_of(event: Event) -> dict[str, Any]:
    return {"id": event.customer_id, "event": event.event, "value": event.traits.get("value")}


@pytest.fixture
def naughty(shared_data: Path) -> list[str]:
    return json.loads((shared_data / "bad-input" / "blns.json").read_text())


@pytest.fixture
def corpus(shared_data: Path) -> list[bytes]:
    files = sorted((shared_data / "bad-input" / "json-test-suite").glob("*.json"))
    assert len(files) > 300
    return [file.read_bytes() for file in files]


async def test_every_document_of_the_corpus_under_every_content_type(
    receiver: Receiver, corpus: list[bytes]
):
    await receiver.send([(body, kind) for body in corpus for kind in TYPES], "any&who=c-1")
    # Each of them is answered, and most of what is well-formed JSON is an event.
    assert sum(receiver.answers.values()) == len(corpus) * len(TYPES)
    assert receiver.answers[200] > 300
    events = receiver.events()
    assert {event.event for event in events} == {"Anything"}


async def test_every_document_of_the_corpus_as_a_value_of_each_kind_of_body(
    receiver: Receiver, corpus: list[bytes]
):
    """The bytes stand inside JSON, as a form's value, as a part, as a line and as a header."""
    bodies: list[tuple[bytes, str | None]] = []
    for raw in corpus:
        escaped = quote_from_bytes(raw).encode()
        bodies += [
            (b'{"id":"c-1","event":"Seen","value":' + raw + b"}", "application/json"),
            (b'{"id":"c-1","event":"Seen","value":"' + raw + b'"}', "application/json"),
            (b'{"id":"' + raw + b'","event":"Seen"}', "application/json"),
            (b"id=c-1&event=Seen&value=" + escaped, "application/x-www-form-urlencoded"),
            (b"id=c-1&event=Seen&value=" + raw, "application/x-www-form-urlencoded"),
            (b"id=c-1&event=" + escaped + b"&" + escaped + b"=1", None),
            (
                multipart([("id", b"c-1"), ("event", b"Seen"), ("value", raw)]),
                "multipart/form-data; boundary=b",
            ),
        ]
    await receiver.send(bodies)
    await receiver.send(
        [
            (b'{"id":"c-1","event":"Seen"}\n' + raw + b"\n", "application/x-ndjson")
            for raw in corpus
        ],
        "batch",
    )
    assert receiver.answers[200] > 3 * len(corpus)
    assert len(receiver.events()) >= receiver.answers[200]


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
async def test_every_document_of_the_corpus_compressed_and_cut(
    receiver: Receiver, corpus: list[bytes], compress: Callable[[bytes], bytes]
):
    name = "gzip" if compress is gzip.compress else "deflate"
    whole = [(compress(body), "application/json") for body in corpus]
    await receiver.send(whole, "any&who=c-1", **{"content-encoding": name})
    await receiver.send(
        [(body[:-9], kind) for body, kind in whole], "any&who=c-1", **{"content-encoding": name}
    )
    await receiver.send(whole, "any&who=c-1")  # nobody says that it is compressed
    assert receiver.answers[200] > 50
    assert len(receiver.events()) >= receiver.answers[200]


@pytest.mark.parametrize("place", SCALARS)
async def test_naughty_strings_come_back_as_they_were_sent(
    receiver: Receiver, naughty: list[str], place: str
):
    """As JSON (escaped and not), form and gzip; a refused one is blank or stands for nobody."""
    payloads = [payload_with(text, place) for text in naughty]
    plain = [json.dumps(each, ensure_ascii=False).encode() for each in payloads]
    escaped = [json.dumps(each).encode() for each in payloads]
    forms = ["&".join(f"{quote(k)}={quote(v)}" for k, v in each.items()) for each in payloads]
    await receiver.send([(body, "application/json") for body in plain])
    await receiver.send([(body, "text/plain") for body in escaped])
    await receiver.send([(gzip.compress(body), None) for body in plain])
    await receiver.send([(body.encode(), "application/x-www-form-urlencoded") for body in forms])
    events = receiver.events()
    assert len(events) == receiver.answers[200]
    if place == "key":
        found = {name for event in events for name in event.properties}
        assert found >= set(naughty)
        return
    found = {places_of(event)[place] for event in events}
    expected = {trimmed(text) if place == "id" else text for text in naughty}
    lost = expected - found
    if place == "value":
        assert not lost
    else:
        nobody = Blocklist()
        refused = {text for text in lost if text.strip()}
        if place == "id":
            assert all(nobody.holds(text) for text in refused)
        else:
            assert len(refused) < 20, refused
        assert receiver.answers.get(400, 0) % 4 == 0  # each kind of body refuses the same ones


async def test_naughty_strings_in_parts_lines_headers_and_queries(
    receiver: Receiver, naughty: list[str]
):
    parts = [
        multipart([("id", b"c-1"), ("event", b"Seen"), ("value", text.encode())])
        for text in naughty
    ]
    await receiver.send([(body, "multipart/form-data; boundary=b") for body in parts])
    lines = [
        "\n".join(json.dumps(payload_with(text, place)) for place in SCALARS).encode()
        for text in naughty
    ]
    await receiver.send([(body, "application/x-ndjson") for body in lines], "batch")
    good = json.dumps(payload_with("v", "value")).encode()
    for text in naughty:
        await receiver.send([(good, None)], "one&topic=" + quote(text))
        await receiver.send([(good, None)], **{"x-hint": text.encode().decode("latin-1")})
    events = receiver.events()
    values = [event.traits.get("value") for event in events]
    topics = [event.properties.get("topic") for event in events]
    assert {each for each in values if isinstance(each, str)} >= set(naughty)
    assert {each for each in topics if isinstance(each, str)} >= set(naughty)


@pytest.mark.parametrize(
    "half",
    [
        b"\\ud83d",
        b"\\udc00",
        b"\\uDC00\\uD83D",
        b"\\ud83dx",
        b"\\ud83d\\n",
        b"\xed\xa0\x80",
        b"\xff",
    ],
    ids=["high", "low", "inverted", "high-and-text", "high-and-escape", "as-utf8", "no-utf8"],
)
async def test_halves_of_characters_never_reach_an_event(receiver: Receiver, half: bytes):
    """Escaped in JSON they become U+FFFD; as bytes they are refused."""
    rows: list[bytes] = [
        b'{"id":"a%sb","event":"Seen"}' % half,
        b'{"id":"c-1","event":"a%sb"}' % half,
        b'{"id":"c-1","event":"Seen","value":"a%sb"}' % half,
        b'{"id":"c-1","event":"Seen","a%sb":1}' % half,
    ]
    await receiver.send([(body, "application/json") for body in rows])
    await receiver.send([(b"\n".join(rows), "application/x-ndjson")], "batch")
    nested = [b"payload=" + quote_from_bytes(body).encode() for body in rows]
    await receiver.send([(body, "application/x-www-form-urlencoded") for body in nested], "inside")
    await receiver.send(
        [
            (b"id=a%sb&event=Seen" % half, "application/x-www-form-urlencoded"),
            (
                b"id=c-1&event=Seen&value=" + quote_from_bytes(half).encode(),
                "application/x-www-form-urlencoded",
            ),
            (
                multipart([("id", b"c-1"), ("event", b"a" + half), ("value", half)]),
                "multipart/form-data; boundary=b",
            ),
        ]
    )
    events = receiver.events()
    escaped = half.startswith(b"\\")
    assert len(events) == (15 if escaped else 0), receiver.answers
    for event in events:
        assert not any(0xD800 <= ord(sign) <= 0xDFFF for sign in str(places_of(event)))


async def test_a_large_request_holds_no_other_one_up(gateway: Any, monkeypatch: pytest.MonkeyPatch):
    """While a large body is being read, ordinary webhooks are answered."""
    reading, go_on = threading.Event(), threading.Event()
    whole = mapped.decode_body

    def slow(body: bytes, *args: Any, **options: Any) -> Any:
        if len(body) > mapped.LIGHT_BYTES:
            reading.set()
            assert go_on.wait(30)
        return whole(body, *args, **options)

    monkeypatch.setattr(mapped, "decode_body", slow)
    note = "n" * mapped.LIGHT_BYTES
    target = "/v1/partner/contact-form/events/?configName=v1"
    payload = {"email": "a@example.com", "event": "Sent", "at": 1_750_000_000_000}
    large = asyncio.create_task(gateway.post(target, {**payload, "note": note}))
    assert await asyncio.to_thread(reading.wait, 30)
    for _ in range(3):
        assert (await gateway.post(target, payload)).status == 200
    assert not large.done()
    go_on.set()
    assert (await large).status == 200
    assert len(gateway.journal.requests) == 4


async def test_large_requests_beyond_the_room_for_them_are_503(
    make_gateway: Any, monkeypatch: pytest.MonkeyPatch
):
    gateway = make_gateway(settings=GatewaySettings(max_large_bytes=10_000))
    go_on = threading.Event()
    whole = mapped.decode_body

    def slow(*args: Any, **options: Any) -> Any:
        assert go_on.wait(30)
        return whole(*args, **options)

    monkeypatch.setattr(mapped, "decode_body", slow)
    target = "/v1/partner/contact-form/events/?configName=v1"
    payload = {
        "email": "a@example.com",
        "event": "Sent",
        "at": 1_750_000_000_000,
        "note": "n" * 12_000,
    }
    first = asyncio.create_task(gateway.post(target, payload))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    refused = await gateway.post(target, payload)
    assert (refused.status, "retry-after" in refused.headers) == (503, True)
    go_on.set()
    assert (await first).status == 200
    assert (await gateway.post(target, payload)).status == 200


async def test_a_value_that_many_items_share_is_not_stored_for_each_without_a_bound(
    make_gateway: Any,
):
    shared = SHARED
    gateway = make_gateway()
    gateway.configure(
        *(each for each in gateway.documents() if each.name != "orders/v1"),
        gateway.document("mapper", "orders/v1", shared),
    )
    orders = [{"customer": f"c-{n}", "at": 1_750_000_000_000} for n in range(200)]
    body = {"terms": "t" * 300_000, "orders": orders}
    reply = await gateway.post("/v1/partner/orders/events/?configName=v1", body)
    assert (reply.status, gateway.journal.requests) == (413, [])
    assert "events of one request" in reply.json["error"]["message"]


SHARED: dict[str, Any] = {
    "partner_name": "orders",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.orders[*].customer",
        "event_name": "Order Placed",
        "user_time": "$.orders[*].at",
        "platform": "web",
        "attr": {"terms": "$.terms"},
    },
    "batching": True,
}
