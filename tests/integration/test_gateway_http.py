"""The real server on a real socket, byte by byte: HTTP/1.1 conformance, request smuggling, limits, drain.

The rule behind most cases: the number of answers never exceeds the number of requests that were
understood, answers come in the order of their requests, and a connection whose bytes cannot be
understood any more is closed.
"""

import asyncio
import base64
import contextlib
import json
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heliograph.backends.sqlite import open_journal
from heliograph.gateway.http.app import Gateway
from heliograph.gateway.http.server import serve
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.clock import SystemClock
from heliograph.model.documents.catalog import build_catalog
from heliograph.model.ids import TimeOrderedIds
from heliograph.storage.events.requests import RequestQuery
from heliograph.testing.journal.fixtures import WholeJournal

MAPPER = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.id",
        "event_name": "$.event",
        "user_time": "$.at",
        "platform": "web",
        "app_version": "1.0.0",
    },
    "batching": False,
}
BODY = json.dumps({"id": "c1", "event": "Bought", "at": 1_750_000_000_000}).encode()
AUTH = b"authorization: Basic " + base64.b64encode(b"W1:k1")
TARGET = b"/v1/partner/shop/events/?configName=v1"


@dataclass
class Doc:
    kind: str
    name: str
    body: dict[str, Any]
    workspace: str = "W1"
    version: int = 1
    fault: str | None = None


def catalog(**workspace: Any) -> Any:
    return build_catalog(
        [
            Doc("workspace", "workspace", {"id": "W1", "data_api_keys": ["k1"], **workspace}),
            Doc("mapper", "shop/v1", MAPPER),
        ],  # type: ignore[arg-type]
        {},
    )


@dataclass
class Served:
    port: int
    journal: WholeJournal
    stop: asyncio.Event
    task: "asyncio.Task[None]"
    state: dict[str, Any]
    warm: int = 0
    """Requests sent to make the server know address and credentials before the test."""

    async def exchange(self, *pieces: bytes, until: int | None = None) -> list[bytes]:
        """Send pieces one after the other; return whole responses until the end (or `until` of them)."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await asyncio.wait_for(responses(reader, until), 30)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def stored(self) -> int:
        return self.journal.requests.counts().requests - self.warm


async def responses(reader: asyncio.StreamReader, until: int | None) -> list[bytes]:
    """Read responses by their content-length, until end of file or a number of them."""
    found: list[bytes] = []
    while until is None or len(found) < until:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            break
        if head.startswith(b"HTTP/1.1 100"):
            continue
        length = re.search(rb"content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        found.append(head + body)
    return found


def post(body: bytes = BODY, *headers: bytes, target: bytes = TARGET, close: bool = False) -> bytes:
    lines = [
        b"POST " + target + b" HTTP/1.1",
        b"host: hub",
        AUTH,
        *headers,
        b"content-length: %d" % len(body),
        *([b"connection: close"] if close else []),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def raw(*headers: bytes, body: bytes = b"", target: bytes = TARGET) -> bytes:
    lines = [b"POST " + target + b" HTTP/1.1", b"host: hub", AUTH, *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def status(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


def request_ids(found: list[bytes]) -> list[str]:
    return [json.loads(response.partition(b"\r\n\r\n")[2])["request_id"] for response in found]


def message_of(response: bytes) -> str:
    """Return the message of a Data API envelope whose request id is that of the header."""
    head, _, body = response.partition(b"\r\n\r\n")
    assert b"\r\ndate: " in head
    assert b"\r\nconnection: close" in head
    document = json.loads(body)
    assert document["status"] == "fail"
    found = re.search(rb"\r\nx-request-id: (req_\w+)", head)
    assert found is not None
    assert document["error"]["request_id"] == found[1].decode()
    return document["error"]["message"]


Start = Callable[..., Any]


@pytest.fixture(params=["hot lane", "asgi"])
def way(request: pytest.FixtureRequest) -> str:
    """Every case must hold on the short cut and on the long way."""
    return request.param


@pytest.fixture
async def start(tmp_path: Path, way: str) -> AsyncGenerator[Start]:
    running: list[Served] = []

    async def start_(settings: GatewaySettings | None = None, **workspace: Any) -> Served:
        journal = open_journal(tmp_path / f"journal{len(running)}.db")
        clock = SystemClock()
        stop = asyncio.Event()
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        state: dict[str, Any] = {"revision": 1, "catalog": catalog(**workspace)}

        def load() -> Any:
            if isinstance(state["catalog"], Exception):
                raise state["catalog"]
            return state["revision"], state["catalog"]

        settings = settings or GatewaySettings(port=0, catalog_poll_s=0.02)
        task = asyncio.create_task(
            serve(
                msgspec.structs.replace(settings, hot_lane=way == "hot lane"),
                intake=journal,
                load_catalog=load,
                clock=clock,
                ids=TimeOrderedIds(clock),
                health=None,
                stop=stop,
                ready=port.set_result,
            )
        )
        done, _ = await asyncio.wait({task, port}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        if task in done:
            task.result()
        served = Served(await port, journal, stop, task, state)
        running.append(served)
        if way == "hot lane":
            await served.exchange(post(b"{}", close=True))
            served.warm = 1
        return served

    yield start_
    for served in running:
        served.stop.set()
        await asyncio.wait_for(served.task, 60)
        served.journal.close()


@pytest.fixture
async def served(start: Start) -> Served:
    return await start()


async def test_acknowledged_request_is_in_the_journal(served: Served):
    (response,) = await served.exchange(post(close=True))
    assert status(response) == 200
    (request_id,) = request_ids([response])
    stored = served.journal.requests.get(request_id)
    assert stored is not None
    assert stored.body == BODY
    assert stored.state == "accepted"
    assert b"date:" in response
    assert b"server:" not in response


async def test_ordinary_webhooks_do_not_reach_asgi_on_the_short_cut(
    served: Served, way: str, monkeypatch: pytest.MonkeyPatch
):
    calls: list[str] = []
    original = Gateway.__call__

    async def counting(self: Gateway, scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope["method"])
        await original(self, scope, receive, send)

    monkeypatch.setattr(Gateway, "__call__", counting)
    found = [
        (await served.exchange(request, until=1))[0]
        for request in (post(), post(target=b"/x"), post())
    ]
    assert [status(response) for response in found] == [200, 404, 200]
    assert len(calls) == (1 if way == "hot lane" else 3)


async def test_keep_alive_answers_one_request_after_the_other(served: Served):
    found = await served.exchange(post(), post(), post(close=True))
    assert [status(response) for response in found] == [200, 200, 200]


async def test_pipelined_requests_are_answered_in_their_order(served: Served):
    found = await served.exchange(post() * 20 + post(close=True))
    assert [status(response) for response in found] == [200] * 21
    ids = request_ids(found)
    assert ids == sorted(ids)
    assert len(set(ids)) == 21


async def test_requests_behind_connection_close_are_not_answered(served: Served):
    found = await served.exchange(post(close=True) + post() + post())
    assert [status(response) for response in found] == [200]
    assert served.stored() == 1


@pytest.mark.parametrize("size", [1, 7, 4096])
async def test_request_may_arrive_in_pieces_of_any_size(served: Served, size: int):
    whole = post() + post(close=True)
    pieces = [whole[i : i + size] for i in range(0, len(whole), size)]
    found = await served.exchange(*pieces)
    assert [status(response) for response in found] == [200, 200]


async def test_chunked_body(served: Served):
    half = len(BODY) // 2
    chunks = b"%x\r\n%s\r\n%x;ext=1\r\n%s\r\n0\r\n\r\n" % (
        half,
        BODY[:half],
        len(BODY) - half,
        BODY[half:],
    )
    found = await served.exchange(
        raw(b"transfer-encoding: chunked", body=chunks), post(close=True), until=2
    )
    assert [status(response) for response in found] == [200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([b"content-length: 5", b"transfer-encoding: chunked"], id="cl-te"),
        pytest.param([b"transfer-encoding: chunked", b"content-length: 5"], id="te-cl"),
        pytest.param([b"content-length: 5", b"content-length: 6"], id="cl-cl"),
        pytest.param([b"content-length: 5, 5"], id="cl-list"),
        pytest.param([b"content-length: -1"], id="cl-negative"),
        pytest.param([b"content-length: +5"], id="cl-plus"),
        pytest.param([b"content-length: 0x5"], id="cl-hex"),
        pytest.param([b"content-length: 99999999999999999999999"], id="cl-huge"),
        pytest.param([b"content-length: "], id="cl-empty"),
        pytest.param([b"content-length : 5"], id="cl-space-before-colon"),
        pytest.param([b"transfer-encoding: chunked, identity"], id="te-not-last"),
        pytest.param([b"transfer-encoding: xchunked"], id="te-unknown"),
        pytest.param([b"transfer-encoding: chunked", b"transfer-encoding: identity"], id="te-te"),
        pytest.param([b"x: a", b" folded: b"], id="folded"),
        pytest.param([b"x: a\x00b"], id="nul"),
        pytest.param([b"no colon here"], id="no-colon"),
        pytest.param([b"x: a\rcontent-length: 5"], id="bare-cr"),
    ],
)
async def test_ambiguous_framing_gets_at_most_one_refusal_and_the_connection_ends(
    served: Served, headers: list[bytes]
):
    """What follows an ambiguous head could be a body or a smuggled request: it must be neither."""
    smuggled = b"0\r\n\r\n" + post()
    found = await served.exchange(raw(*headers, body=smuggled))
    assert len(found) <= 1
    assert all(status(response) in (400, 413) for response in found)
    assert served.stored() == 0


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcX\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    ],
)
async def test_broken_chunks_are_refused_and_not_stored(served: Served, chunks: bytes):
    found = await served.exchange(raw(b"transfer-encoding: chunked", body=chunks + post()))
    assert len(found) <= 1
    assert all(status(response) == 400 for response in found)
    assert served.stored() == 0


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"NOT HTTP\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
async def test_garbage_is_400_and_the_connection_ends(served: Served, garbage: bytes):
    found = await served.exchange(garbage)
    assert [status(response) for response in found] == [400]
    assert "no valid HTTP/1.1 request: " in message_of(found[0])


async def test_answers_below_http_are_counted_and_never_unknown_to_the_metrics(served: Served):
    await served.exchange(b"NOT HTTP\r\n\r\n")
    page = b"GET /metrics HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n"
    (answer,) = await served.exchange(page)
    assert b'refusals_total{status="400",type="InvalidRequest"} 1.0' in answer


async def test_garbage_behind_a_request_does_not_answer_for_it(served: Served):
    """A 400 written before the 200 would tell the sender that a stored request was refused."""
    found = await served.exchange(post() + b"\x00\x01garbage\r\n\r\n")
    assert [status(response) for response in found] == [200]
    assert served.stored() == 1


async def test_garbage_behind_pipelined_requests_drops_only_what_was_not_begun(served: Served):
    found = await served.exchange(post() + post() + post() + b"\x00garbage\r\n\r\n")
    assert {status(response) for response in found} == {200}
    assert served.stored() == len(found)


@pytest.mark.parametrize("pieces", [1, 50])
async def test_oversized_head_is_431(served: Served, pieces: int):
    line = b"x-large: " + b"a" * 100_000 + b"\r\n"
    head = b"POST " + TARGET + b" HTTP/1.1\r\nhost: hub\r\n" + line
    size = -(-len(head) // pieces)
    found = await served.exchange(*[head[i : i + size] for i in range(0, len(head), size)])
    assert [status(response) for response in found] in ([431], [])


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (b"x-large: " + b"a" * 33_000, "can not exceed 32768 bytes, these are 33"),
        (b"a" * 33_000 + b": 1", "can not exceed 32768 bytes, these are 33"),
        (b"x: 1\r\n" * 150 + b"x: 1", "more than 100 header fields, this one has 154"),
    ],
    ids=["value", "name", "number"],
)
async def test_whole_request_with_an_oversized_head_is_431(
    served: Served, header: bytes, says: str
):
    found = await served.exchange(post(BODY, header))
    assert [status(response) for response in found] == [431]
    assert says in message_of(found[0])
    assert served.stored() == 0


async def test_large_body_behind_a_small_head_is_taken(served: Served):
    body = BODY[:-1] + b', "note": "' + b"n" * 200_000 + b'"}'
    found = await served.exchange(post(body), post(body, close=True))
    assert [status(response) for response in found] == [200, 200]


async def test_too_many_header_fields_are_431(served: Served):
    found = await served.exchange(raw(*[b"x-%d: 1" % n for n in range(200)], b"content-length: 0"))
    assert [status(response) for response in found] == [431]


async def test_expect_continue_is_honoured(served: Served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    head, _, body = post(BODY, b"expect: 100-continue", close=True).partition(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    writer.write(body)
    (response,) = await asyncio.wait_for(responses(reader, None), 30)
    assert status(response) == 200
    writer.close()


async def test_expect_continue_of_a_body_that_is_too_large_is_refused_without_it(start: Start):
    served = await start(max_body_bytes=100)
    head = raw(b"content-length: 5000", b"expect: 100-continue")
    (response,) = await served.exchange(head)
    assert status(response) == 413
    assert b"connection: close" in response


async def test_413_reaches_a_sender_that_sends_on(start: Start):
    served = await start(max_body_bytes=1000)
    found = await served.exchange(post(b"x" * 3_000_000), post(close=True))
    assert [status(response) for response in found] == [413, 200]


@pytest.mark.parametrize("size", [10, 100_000])
async def test_wish_for_an_upgrade_is_ignored(served: Served, size: int):
    """The body of such a request must reach the application and must not be read as a request."""
    upgrade = (b"connection: Upgrade, HTTP2-Settings", b"upgrade: h2c", b"http2-settings: AAMAAABk")
    inner = post(target=b"/smuggled")
    whole = post(BODY, *upgrade) + post(inner, *upgrade) + post(close=True)
    found = await served.exchange(*[whole[i : i + size] for i in range(0, len(whole), size)])
    assert [status(response) for response in found] == [200, 400, 200]
    assert served.stored() == 3


async def test_connect_is_refused(served: Served):
    found = await served.exchange(b"CONNECT hub:80 HTTP/1.1\r\nhost: hub\r\n\r\n" + post())
    assert [status(response) for response in found] == [400]
    assert served.stored() == 0


async def test_http_1_0_is_answered_and_closed(served: Served):
    request = post().replace(b"HTTP/1.1", b"HTTP/1.0")
    found = await served.exchange(request)
    assert [status(response) for response in found] == [200]


async def test_head_has_no_body(served: Served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"HEAD /healthz HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 30)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n")
    writer.close()


@pytest.mark.parametrize(
    ("pieces", "statuses"),
    [
        pytest.param([], [], id="silent"),
        pytest.param([b"POST /v1/partner"], [408], id="head"),
        pytest.param([post()[:-10]], [408], id="body"),
        pytest.param([post(), post()[:60]], [200, 408], id="second head"),
    ],
)
async def test_request_that_never_ends_is_ended(
    start: Start, pieces: list[bytes], statuses: list[int]
):
    served = await start(GatewaySettings(port=0, receive_timeout_s=0.1))
    found = await served.exchange(*pieces)
    assert [status(response) for response in found] == statuses
    assert served.stored() == statuses.count(200)
    for response in found:
        if status(response) == 408:
            assert "did not arrive whole within 0.1 s" in message_of(response)


async def test_idle_connection_is_closed_after_keep_alive(start: Start):
    served = await start(GatewaySettings(port=0, keep_alive_s=1))
    found = await served.exchange(post())
    assert [status(response) for response in found] == [200]


async def test_one_connection_too_many_is_503(start: Start):
    served = await start(GatewaySettings(port=0, max_connections=1))
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    found = await served.exchange(b"")
    assert [status(response) for response in found] == [503]
    assert b"retry-after" in found[0]
    writer.close()


async def test_sender_that_leaves_does_not_disturb_others(served: Served):
    for _ in range(10):
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(post() + post()[:-5])
        writer.transport.abort()
    found = await served.exchange(post(close=True))
    assert [status(response) for response in found] == [200]


async def test_many_connections_at_once_are_all_stored_once(served: Served):
    found = await asyncio.gather(*[served.exchange(post() * 5, until=5) for _ in range(40)])
    ids = [request_id for each in found for request_id in request_ids(each)]
    assert len(set(ids)) == 200
    accepted = RequestQuery(states=("accepted",), limit=500)
    assert {r.request_id for r in served.journal.requests.find(accepted)} == set(ids)
    assert served.stored() == served.journal.counts().events == 200


async def test_stop_answers_what_was_received_and_keeps_it(start: Start):
    served = await start()
    connections = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(20)]
    for _, writer in connections:
        writer.write(post() * 3)
    first = await connections[0][0].readuntil(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200")
    served.stop.set()
    answers = await asyncio.gather(*[reader.read() for reader, _ in connections])
    await asyncio.wait_for(asyncio.shield(served.task), 30)
    acknowledged = sum(answer.count(b"HTTP/1.1 200") for answer in answers) + 1
    assert served.stored() >= acknowledged
    for _, writer in connections:
        writer.close()


async def until(condition: Callable[[], Any]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110 - the server's state is asked over HTTP
            await asyncio.sleep(0.01)


async def test_changed_configuration_takes_effect_without_a_restart(served: Served):
    assert status((await served.exchange(post(close=True)))[0]) == 200
    served.state.update(revision=2, catalog=catalog(data_api_keys=["other"]))

    async def refused() -> bool:
        return status((await served.exchange(post(close=True)))[0]) == 401

    await until(refused)


async def test_configuration_that_cannot_be_loaded_leaves_the_old_one_and_shows(served: Served):
    served.state["catalog"] = ValueError("the store is gone")

    async def shown() -> bool:
        request = b"GET /readyz HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n"
        (response,) = await served.exchange(request)
        return b"the store is gone" in response and status(response) == 200

    await until(shown)
    assert status((await served.exchange(post(close=True)))[0]) == 200


def chunked(*chunks: bytes, trailers: bytes = b"") -> bytes:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return framed + b"0\r\n" + trailers + b"\r\n"


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param([], id="none"),
        pytest.param([b"host: hub", b"host: hub"], id="two alike"),
        pytest.param([b"host: hub", b"Host: other"], id="two"),
        pytest.param([b"host:"], id="empty"),
        pytest.param([b"host: a b"], id="space"),
        pytest.param([b"host: hub/path"], id="path"),
        pytest.param([b"host: user@hub"], id="user"),
        pytest.param([b"host: hub:port"], id="port"),
        pytest.param([b"host: hub, other"], id="list"),
        pytest.param([b"host: [::1"], id="bracket"),
    ],
)
async def test_without_exactly_one_valid_host_it_is_400(served: Served, hosts: list[bytes]):
    lines = [b"POST " + TARGET + b" HTTP/1.1", *hosts, AUTH, b"content-length: %d" % len(BODY)]
    found = await served.exchange(b"\r\n".join(lines) + b"\r\n\r\n" + BODY + post())
    assert [status(response) for response in found] == [400]
    assert "Host" in message_of(found[0]) or "host" in message_of(found[0])
    assert served.stored() == 0


@pytest.mark.parametrize(
    "host", [b"hub", b"hub.example.com:8080", b"192.0.2.1", b"[2001:db8::1]:80", b"a_b", b"hub:"]
)
async def test_hosts_of_every_valid_form_are_taken(served: Served, host: bytes):
    request = post(close=True).replace(b"host: hub", b"host: " + host)
    found = await served.exchange(request.replace(b"connection: close\r\n", b""), request)
    assert [status(response) for response in found] == [200, 200]


async def test_http_1_0_needs_no_host(served: Served):
    request = post().replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"host: hub\r\n", b"")
    assert [status(response) for response in await served.exchange(request)] == [200]


async def test_a_second_authorization_is_400(served: Served):
    found = await served.exchange(post(BODY, b"authorization: Basic bm86Ym9keQ=="))
    assert [status(response) for response in found] == [400]
    assert served.stored() == 0


async def test_the_address_may_be_absolute(served: Served):
    request = post(target=b"http://other.example" + TARGET, close=True)
    assert [status(response) for response in await served.exchange(request)] == [200]


async def test_trailer_fields_are_no_headers(served: Served):
    """They neither prove who sent a request nor are stored with it."""
    trailers = AUTH + b"\r\nx-late: 1\r\nhost: other\r\ncontent-type: text/xml\r\n"
    body = chunked(BODY, trailers=trailers)
    head = b"POST " + TARGET + b" HTTP/1.1\r\nhost: hub\r\ntransfer-encoding: chunked\r\n"
    refused, taken = await served.exchange(
        head + b"\r\n" + body,
        head + AUTH + b"\r\n\r\n" + body,
        until=2,
    )
    assert [status(refused), status(taken)] == [401, 200]
    stored = served.journal.requests.get(request_ids([taken])[0])
    assert stored is not None
    assert set(stored.headers) == {"host", "transfer-encoding"}
    assert stored.headers["host"] == "hub"


@pytest.mark.parametrize("authorized", [True, False])
@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(b"0\r\n" + b"x-late: 1\r\n" * 20_000, id="many trailers"),
        pytest.param(b"0\r\nx-late: " + b"v" * 200_000, id="a long trailer"),
        pytest.param(b"0\r\n" + b"n" * 200_000, id="a long name"),
        pytest.param(b"1;" + b"e" * 200_000, id="a long extension"),
        pytest.param(b"1;e=1;e=1;e=1;e=1\r\nx\r\n" * 10_000, id="many extensions"),
        pytest.param(b"1\r\n \r\n" * 100_000, id="tiny chunks"),
    ],
)
async def test_framing_that_outweighs_the_body_ends_the_connection(
    served: Served, tail: bytes, authorized: bool
):
    head = raw(b"transfer-encoding: chunked")
    if not authorized:
        head = head.replace(AUTH, b"x: y")
    found = await served.exchange(head + tail)
    assert [status(response) for response in found if status(response) != 401] in ([400], [])
    assert served.stored() == 0


async def test_what_follows_a_waiting_request_waits_on_the_wire(served: Served):
    """A flood of tiny requests in one read is answered one after the other, and none is dropped."""
    found = await served.exchange(
        b"GET /healthz HTTP/1.1\r\nhost: hub\r\n\r\n" * 3_000, until=3_000
    )
    assert {status(response) for response in found} == {200}


async def test_pipelined_webhooks_beyond_one_read_keep_their_order(served: Served):
    large = BODY[:-1] + b', "note": "' + b"n" * 30_000 + b'"}'
    found = await served.exchange(*([post() * 30, post(large)] * 10), post(close=True))
    assert [status(response) for response in found] == [200] * 311
    ids = request_ids(found)
    assert ids == sorted(ids)


async def test_bodies_that_never_end_share_a_bound(start: Start):
    served = await start(GatewaySettings(port=0, max_receiving_bytes=100_000))
    body = BODY[:-1] + b', "note": "' + b"n" * 80_000 + b'"}'
    readers = []
    writers = []
    for _ in range(2):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(post(body, close=True)[:-1])
        readers.append(asyncio.ensure_future(responses(reader, None)))
        writers.append(writer)
    done, _ = await asyncio.wait(readers, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    (refused,) = done
    # The sender that was still sending may find the connection reset before it reads why.
    assert [status(each) for each in refused.result()] in ([503], [])
    for writer in writers:
        writer.write(body[-1:])
    (waiting,) = set(readers) - done
    assert [status(each) for each in await asyncio.wait_for(waiting, 30)] == [200]
    for writer in writers:
        writer.close()
    assert [status(each) for each in await served.exchange(post(body, close=True))] == [200]


async def test_an_address_with_many_parameters_is_400(served: Served):
    found = await served.exchange(post(target=TARGET + b"&a" * 200), post(close=True))
    assert [status(response) for response in found] == [400, 200]
    assert served.stored() == 1
