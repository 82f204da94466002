"""Load for fault tests: numbered orders, so that every single one can be found again afterwards."""

import base64
import http.client
import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from heliograph.model.identity import first_profile_id
from heliograph.testing.running.processes import write_files

WORKSPACE: Final = "faults"
KEY: Final = "a-data-api-key"
CUSTOMERS: Final = 40
FAST_RETRIES: Final = {"delivery.retry.first_s": "0.2", "delivery.retry.cap_s": "1"}
MAPPER: Final[dict[str, Any]] = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.orders[*].customer",
        "event_name": "Order Placed",
        "user_time": "$.orders[*].at",
        "platform": "web",
        "app_version": "1.0.0",
        "attr": {"number": "$.orders[*].number"},
        "user_attributes": {"last_number": "$.orders[*].number"},
    },
    "batching": True,
    "payload_validations": {},
}


def configuration(root: Path, sink_url: str) -> Path:
    """Write a workspace with one source whose events all go to one sink."""
    return write_files(
        root,
        {
            "workspace.toml": f'id = "{WORKSPACE}"\ndata_api_keys = ["{KEY}"]\n'
            "requests_per_second = 100000\n",
            "mappers/shop/orders.json": json.dumps(MAPPER),
            "destinations/sink.toml": f'type = "webhook"\n[settings]\nurl = "{sink_url}"\n'
            "requests_per_minute = 1000000\n",
            "pipelines/all.toml": 'sources = ["*"]\n[[destinations]]\nname = "sink"\n',
        },
    )


class Load:
    """Threads that send numbered orders and remember which of them were acknowledged.

    Every third request is a batch of five with one bad item, so acknowledgement of a part is exercised too.
    """

    def __init__(
        self, address: Callable[[], str | None], *, senders: int = 4, pause_s: float = 0.02
    ) -> None:
        self._pause_s = pause_s
        self._address = address
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(senders)]
        self.acknowledged: set[int] = set()
        self.sent: set[int] = set()
        self.unanswered = 0
        self.statuses: Counter[int] = Counter()

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._ended.is_set():
            with self._lock:
                first = next(self._numbers)
                good = [first] if first % 3 else [first, *(next(self._numbers) for _ in range(4))]
                self.sent.update(good)
            orders: list[dict[str, Any]] = [
                {"customer": f"c{n % CUSTOMERS}", "number": n, "at": 1_700_000_000_000 + n}
                for n in good
            ]
            if len(good) > 1:
                orders.insert(2, {"customer": None, "number": -1, "at": 1_700_000_000_000})
            try:
                if connection is None:
                    place = urlsplit(self._address() or "http://127.0.0.1:1")
                    connection = http.client.HTTPConnection(
                        place.hostname or "", place.port or 1, timeout=30
                    )
                status = self._post(connection, {"orders": orders})
            except (OSError, http.client.HTTPException):
                if connection is not None:
                    connection.close()
                connection = None
                with self._lock:
                    self.unanswered += 1
                self._ended.wait(0.02)
                continue
            with self._lock:
                self.statuses[status] += 1
                if status == 200:
                    self.acknowledged.update(good)
            self._ended.wait(self._pause_s)
        if connection is not None:
            connection.close()

    def _post(self, connection: http.client.HTTPConnection, payload: object) -> int:
        token = base64.b64encode(f"{WORKSPACE}:{KEY}".encode()).decode()
        connection.request(
            "POST",
            "/v1/partner/shop/events?configName=orders",
            body=json.dumps(payload),
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status


def profile_of(number: int) -> str:
    """Return the first profile id of the customer that an order belongs to."""
    return first_profile_id(WORKSPACE, "customer", f"c{number % CUSTOMERS}")
