"""The servers that the gateway benchmark measures, each run as a process of its own on loopback.

`python gateway_servers.py floor PORT` answers a constant from the same uvicorn, event loop and parser;
`python gateway_servers.py hub PORT FOLDER` is the real gateway with a SQLite journal in FOLDER.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

WORKSPACE, KEY = "BENCH0001", "bench-key-0123456789abcdef"

SINGLE: dict[str, Any] = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.customer.email",
        "event_name": "$.event.name",
        "user_time": "$.event.time",
        "platform": "web",
        "app_version": "$.app.version",
        "attr": {
            "order_id": "$.order.id",
            "total": "$.order.total",
            "currency": "$.order.currency",
            "items": "$.order.items",
            "coupon": "$.order.coupon",
        },
        "user_attributes": {
            "u_em": "$.customer.email",
            "u_fn": "$.customer.first_name",
            "u_ln": "$.customer.last_name",
            "u_mb": "$.customer.phone",
            "city": "$.customer.address.city",
        },
        "formats": {"user_time": "yyyy-MM-dd'T'HH:mm:ssZ"},
    },
    "batching": False,
    "payload_validations": {"$.customer.email": "string"},
}
BATCH: dict[str, Any] = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.orders[*].email",
        "event_name": "Order Placed",
        "user_time": "$.orders[*].at",
        "platform": "web",
        "app_version": "1.0.0",
        "attr": {"order_id": "$.orders[*].id", "total": "$.orders[*].total"},
        "user_attributes": {"u_em": "$.orders[*].email"},
    },
    "batching": True,
    "payload_validations": {},
}
ANSWER = (
    b'{"request_id":"req_00000000000000000000000000","name":"shop",'
    b'"description":"Successfully submitted for processing"}'
)
HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(ANSWER)).encode()),
    (b"x-request-id", b"req_00000000000000000000000000"),
]

Send = Callable[[dict[str, Any]], Awaitable[None]]


def single_payload() -> bytes:
    """Return one webhook of about 600 bytes."""
    payload = {
        "event": {"name": "Order Placed", "time": "2026-06-01T12:30:45+0530", "source": "checkout"},
        "customer": {
            "email": "ada.lovelace@example.com",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "phone": "918888444411",
            "address": {"street": "12 St James's Square", "city": "London", "zip": "SW1Y 4JH"},
        },
        "order": {
            "id": "ORD-2026-000123",
            "total": 129.9,
            "currency": "EUR",
            "coupon": "SUMMER10",
            "items": ["sku-1", "sku-2", "sku-3"],
            "note": "Leave the parcel at the door please",
        },
        "app": {"name": "shop-web", "version": "4.2.1", "locale": "en-GB", "build": 8812},
    }
    return json.dumps(payload, separators=(",", ":")).encode()


def batch_payload(items: int) -> bytes:
    """Return one webhook with that many orders."""
    orders = [
        {
            "id": f"ORD-{number:06d}",
            "email": f"customer{number}@example.com",
            "total": number * 1.25,
            "at": 1_780_000_000_000 + number,
        }
        for number in range(items)
    ]
    return json.dumps({"orders": orders}, separators=(",", ":")).encode()


async def constant(scope: dict[str, Any], receive: object, send: Send) -> None:
    """Answer the same bytes to everything: what the server costs without any work."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


def run_floor(port: int) -> None:
    """Serve the constant."""
    uvicorn.run(
        constant,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_level="error",
        proxy_headers=False,
        server_header=False,
    )


@dataclass
class Document:
    """A configuration document as the store would give it."""

    kind: str
    name: str
    body: dict[str, Any]
    workspace: str = WORKSPACE
    version: int = 1
    fault: str | None = None


def run_hub(port: int, folder: Path) -> None:
    """Serve the gateway."""
    from heliograph.backends.sqlite import open_journal
    from heliograph.gateway.http.server import serve
    from heliograph.gateway.settings import GatewaySettings
    from heliograph.model.clock import SystemClock
    from heliograph.model.documents.catalog import build_catalog
    from heliograph.model.ids import TimeOrderedIds
    from heliograph.telemetry.logs import configure_logging

    configure_logging(level="error")
    workspace = {
        "id": WORKSPACE,
        "data_api_keys": [KEY],
        "requests_per_second": 1e9,
        "max_body_bytes": 4_000_000,
    }
    documents: Any = [
        Document("workspace", "workspace", workspace),
        Document("mapper", "shop/single", SINGLE),
        Document("mapper", "shop/batch", BATCH),
    ]
    catalog = build_catalog(documents, {})
    journal = open_journal(folder / "journal.db")
    clock = SystemClock()

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await serve(
            GatewaySettings(port=port),
            intake=journal,
            load_catalog=lambda: (1, catalog),
            clock=clock,
            ids=TimeOrderedIds(clock),
            health=None,
            stop=stop,
            ready=None,
        )

    uvloop.run(main())
    journal.close()


if __name__ == "__main__":
    if sys.argv[1] == "floor":
        run_floor(int(sys.argv[2]))
    else:
        run_hub(int(sys.argv[2]), Path(sys.argv[3]))
