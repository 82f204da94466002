"""Coverage-guided fuzzing of HTTP shapes and of decompression against the gateway's own guards.

    scripts/bootstrap --group fuzz
    .venv-fuzz/bin/python tests/fuzz/shapes.py -max_total_time=60

Bytes go to a connection of the gateway without a socket, whole and in pieces. Whatever they are: no exception
escapes, there are never more answers than requests, nothing is stored that was not authorised by its head,
trailers never become headers, and what is held back or half received stays within its bounds.
"""

import asyncio
import base64
import contextlib
import gzip
import importlib
import json
import re
import sys
import zlib
from typing import Any

atheris: Any = importlib.import_module("atheris")  # of the group `fuzz`; it has no types

with atheris.instrument_imports(include=["heliograph.gateway", "heliograph.mapping.body"]):
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from heliograph.errors import InputError
    from heliograph.gateway.directory import build_directory
    from heliograph.gateway.doors.door import Intake
    from heliograph.gateway.http.app import Gateway
    from heliograph.gateway.http.hot_lane import protocol_for
    from heliograph.gateway.meters import Meters
    from heliograph.gateway.reception import Reception
    from heliograph.gateway.settings import GatewaySettings
    from heliograph.mapping.body.content_encoding import decode_encoding
    from heliograph.model.clock import SystemClock
    from heliograph.model.documents.catalog import build_catalog
    from heliograph.model.ids import TimeOrderedIds
    from heliograph.storage.configuration import Document
    from heliograph.telemetry.logs import configure_logging

KEY = base64.b64encode(b"W1:k1")
GOOD = json.dumps({"id": "c1", "event": "Bought", "at": 1_750_000_000_000}).encode()
TARGET = b"/v1/partner/shop/events/?configName=v1"
SETTINGS = GatewaySettings(hot_lane=True, max_receiving_bytes=100_000)
LIMIT = 20_000
MAPPER: dict[str, Any] = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.id",
        "event_name": "$.event",
        "user_time": "$.at",
        "platform": "web",
    },
    "batching": False,
}
LINES = [
    b"POST " + TARGET + b" HTTP/1.1\r\n",
    b"POST " + TARGET + b" HTTP/1.0\r\n",
    b"GET /healthz HTTP/1.1\r\n",
    b"POST http://a" + TARGET + b" HTTP/1.1\r\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"POST //x" + TARGET + b" HTTP/1.1\r\n",
    b"CONNECT hub:1 HTTP/1.1\r\n",
]
FIELDS = [
    b"host: hub\r\n",
    b"Host: hub:1\r\n",
    b"host: a b\r\n",
    b"authorization: Basic " + KEY + b"\r\n",
    b"authorization: Basic eA==\r\n",
    b"content-length: %d\r\n" % len(GOOD),
    b"content-length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"transfer-encoding: chunked\r\n",
    b"transfer-encoding: gzip, chunked\r\n",
    b"content-encoding: gzip\r\n",
    b"content-encoding: deflate, gzip\r\n",
    b"content-type: application/x-www-form-urlencoded\r\n",
    b"expect: 100-continue\r\n",
    b"connection: close\r\n",
    b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\n",
    b" folded: 1\r\n",
    b"x-mark-late: 1\r\n",
    b"x: \x00\r\n",
]
TAILS = [
    b"",
    GOOD,
    gzip.compress(GOOD),
    gzip.compress(b"") * 300,
    b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD),
    b"%x;e=1\r\n%s\r\n0\r\nx-late: 1\r\nauthorization: Basic %s\r\n\r\n" % (len(GOOD), GOOD, KEY),
    b"1\r\nx\r\n" * 50,
    b"0\r\n" + b"x-late: 1\r\n" * 50,
]
STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")
PLAIN_AUTH = b"authorization: basic"


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.closing = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 1), "peername": ("192.0.2.1", 2)}.get(name, default)

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Commit:
    """A group commit whose disk is a list."""

    pending = 0

    def __init__(self, stored: list[Any]) -> None:
        self._stored = stored

    def refusal(self) -> None:
        return None

    def submit(self, unit: Any) -> None:
        self._stored.append(unit.request)
        asyncio.get_running_loop().call_soon(unit.done, None)


def documents() -> list[Document]:
    workspace = {
        "id": "W1",
        "data_api_keys": ["k1"],
        "requests_per_second": 1e9,
        "max_body_bytes": LIMIT,
    }
    bodies: list[tuple[Any, str, dict[str, Any]]] = [
        ("workspace", "workspace", workspace),
        ("mapper", "shop/v1", MAPPER),
    ]
    return [
        Document(workspace="W1", kind=kind, name=name, version=1, body=body, changed_at=0)
        for kind, name, body in bodies
    ]


class Hub:
    """A gateway without a socket."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.stored: list[Any] = []
        meters = Meters(clock)
        self.reception = Reception(
            SETTINGS,
            directory=build_directory(1, build_catalog(documents(), {}), now_s=0.0),
            commit=Commit(self.stored),  # type: ignore[arg-type]
            meters=meters,
            clock=clock,
            ids=TimeOrderedIds(clock),
        )
        gateway = Gateway(self.reception, None, meters)  # type: ignore[arg-type]
        self.kind = protocol_for(SETTINGS, self.reception, gateway.partner_door, gateway.receiving)
        self.gateway = gateway
        self.config = Config(gateway, http=self.kind, ws="none", lifespan="off", log_config=None)  # type: ignore[arg-type]
        self.config.load()

    async def exchange(self, pieces: list[bytes]) -> tuple[Any, Wire]:
        """Feed pieces to a connection of its own, and let everything come to rest."""
        loop = asyncio.get_running_loop()
        connection: Any = self.kind(self.config, ServerState(), {}, loop)
        wire = Wire()
        connection.connection_made(wire)
        for piece in pieces:
            if not wire.closing:
                connection.data_received(piece)
            assert len(connection._held) <= sum(map(len, pieces))
            assert len(connection.headers or []) <= SETTINGS.max_headers + 1000
            await asyncio.sleep(0)
        for _ in range(400):
            await asyncio.sleep(0)
            if self.reception.slices._active:
                await asyncio.sleep(0.0005)
            elif not connection._held and not connection.pipeline and self._at_rest(connection):
                break
        connection.connection_lost(None)
        await asyncio.sleep(0)
        for task in list(connection.tasks):
            task.cancel()
        await asyncio.gather(*connection.tasks, return_exceptions=True)
        return connection, wire

    def _at_rest(self, connection: Any) -> bool:
        """Tell whether nothing goes on any more but waiting for bytes."""
        cycle = connection.cycle
        return cycle is None or cycle.response_complete or cycle.more_body


def shapes(data: Any) -> bytes:
    """Return requests that are nearly right."""
    whole = bytearray()
    for _ in range(data.ConsumeIntInRange(1, 3)):
        whole += data.PickValueInList(LINES)
        if data.ConsumeIntInRange(0, 9):
            whole += FIELDS[0]
        if data.ConsumeIntInRange(0, 3):
            whole += FIELDS[3]
        for _ in range(data.ConsumeIntInRange(0, 4)):
            whole += data.PickValueInList(FIELDS)
        whole += b"\r\n" + data.PickValueInList(TAILS)
    for _ in range(data.ConsumeIntInRange(0, 3)):
        at = data.ConsumeIntInRange(0, len(whole))
        whole[at : at + data.ConsumeIntInRange(0, 2)] = data.ConsumeBytes(2)
    return bytes(whole)


def cut(data: Any, whole: bytes) -> list[bytes]:
    size = data.PickValueInList([len(whole) or 1, 1, 7, 60])
    return (
        [whole[i : i + size] for i in range(0, len(whole), size)] if len(whole) < 6_000 else [whole]
    )


def try_http(data: Any) -> None:
    whole = shapes(data) if data.ConsumeIntInRange(0, 7) else data.ConsumeBytes(600)
    hub.stored.clear()
    _, wire = loop.run_until_complete(hub.exchange(cut(data, whole)))
    answers = [status for status in STATUS.findall(wire.written) if status != b"100"]
    assert len(answers) <= whole.count(b"\n") + 1, whole
    assert len(hub.stored) <= whole.lower().count(PLAIN_AUTH), whole
    for request in hub.stored:
        assert "x-late" not in request.headers
        assert "authorization" not in request.headers
        assert len(request.body) <= LIMIT
    assert hub.gateway.receiving._left == SETTINGS.max_receiving_bytes, (
        "a body's bytes were not given back"
    )
    assert hub.reception.slices._bytes == 0


def try_inflating(data: Any) -> None:
    kind = data.PickValueInList(["gzip", "deflate", "gzip, deflate", "identity", "br", None])
    plain = data.ConsumeBytes(data.ConsumeIntInRange(0, 300)) * data.ConsumeIntInRange(0, 200)
    pack = data.PickValueInList([gzip.compress, zlib.compress, bytes])
    packed = bytearray(pack(plain) * data.ConsumeIntInRange(1, 300))
    for _ in range(data.ConsumeIntInRange(0, 3)):
        if packed:
            packed[data.ConsumeIntInRange(0, len(packed) - 1)] ^= data.ConsumeIntInRange(1, 255)
    with contextlib.suppress(InputError):
        assert len(decode_encoding(bytes(packed), kind, limit=LIMIT)) <= LIMIT


def one_input(raw: bytes) -> None:
    data = atheris.FuzzedDataProvider(raw)
    data.PickValueInList([try_http, try_http, try_http, try_inflating])(data)


if __name__ == "__main__":
    assert Intake is not None
    configure_logging(level="critical", format_="text")
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    hub = Hub()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
