"""What the flow benchmarks send: numbered orders, single (about 600 bytes) or many in one request.

Every order says when it was due to be sent, so that whoever receives it can tell how long it took.
"""

import base64
import json

WORKSPACE = "bench"
KEY = "bench-data-api-key"
SINGLE_PATH = "/v1/partner/shop/events?configName=single"
BATCH_PATH = "/v1/partner/shop/events?configName=batch"
CUSTOMERS = 5_000
EPOCH_MS = 1_780_000_000_000

SINGLE_MAPPER = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.customer.id",
        "event_name": "$.event.name",
        "user_time": "$.event.at",
        "platform": "web",
        "app_version": "$.app.version",
        "attr": {
            "number": "$.order.number",
            "due_ms": "$.order.due_ms",
            "total": "$.order.total",
            "currency": "$.order.currency",
            "items": "$.order.items",
        },
        "user_attributes": {"u_em": "$.customer.email", "city": "$.customer.address.city"},
    },
    "batching": False,
    "payload_validations": {},
}
BATCH_MAPPER = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.orders[*].customer",
        "event_name": "Order Placed",
        "user_time": "$.orders[*].at",
        "platform": "web",
        "app_version": "1.0.0",
        "attr": {
            "number": "$.orders[*].number",
            "due_ms": "$.orders[*].due_ms",
            "total": "$.orders[*].total",
        },
        "user_attributes": {"last_total": "$.orders[*].total"},
    },
    "batching": True,
    "payload_validations": {},
}


def single(number: int, due_ms: float) -> bytes:
    """Return one order as a shop would send it, about 600 bytes."""
    return _single(
        customer=f"customer-{number % CUSTOMERS}",
        at=str(EPOCH_MS + number),
        number=str(number),
        due_ms=f"{due_ms:.3f}",
        total=str(number % 500 + 0.9),
    )


def single_request(host: str) -> bytes:
    """Return the HTTP request of one order with the marks that `native/sender.c` fills in."""
    body = _single(
        customer="customer-####",
        at="178@@@@@@@@@@",
        number="@@@@@@@@@@",
        due_ms="0.0",
        total="99.9",
    )
    token = base64.b64encode(f"{WORKSPACE}:{KEY}".encode()).decode()
    return (
        f"POST {SINGLE_PATH} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _single(*, customer: str, at: str, number: str, due_ms: str, total: str) -> bytes:
    return (
        f'{{"event":{{"name":"Order Placed","at":{at},"source":"checkout"}},'
        f'"customer":{{"id":"{customer}","email":"{customer}@example.com",'
        '"first_name":"Ada","last_name":"Lovelace","phone":"918888444411",'
        '"address":{"street":"12 St James\'s Square","city":"London","zip":"SW1Y 4JH"}},'
        f'"order":{{"number":{number},"due_ms":{due_ms},"total":{total},'
        '"currency":"EUR","coupon":"SUMMER10","items":["sku-1","sku-2","sku-3"],'
        '"note":"Leave the parcel at the door please"},'
        '"app":{"name":"shop-web","version":"4.2.1","locale":"en-GB","build":8812}}'
    ).encode()


def batch(first: int, size: int, due_ms: float) -> bytes:
    """Return so many orders in one body, about 90 bytes each."""
    orders = ",".join(
        f'{{"customer":"customer-{number % CUSTOMERS}","number":{number},"due_ms":{due_ms:.3f},'
        f'"total":{number % 500 + 0.9},"at":{EPOCH_MS + number}}}'
        for number in range(first, first + size)
    )
    return f'{{"orders":[{orders}]}}'.encode()


def mapper_files() -> dict[str, str]:
    """Return the mappers as files of a configuration folder."""
    return {
        "mappers/shop/single.json": json.dumps(SINGLE_MAPPER),
        "mappers/shop/batch.json": json.dumps(BATCH_MAPPER),
    }
