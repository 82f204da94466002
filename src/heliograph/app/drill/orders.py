"""The traffic of a drill: numbered orders of a few people, known and unknown, in batches with bad items.

Each order has a number, so that it can be found again wherever it goes. A person has a customer id and, in
each round, visitor ids that are merged into it by orders which carry both. Some orders come as messages of
a verified webhook: those are repeated until they are acknowledged, and once more, as real senders do.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from heliograph.app.drill.plan import PEOPLE

WORKSPACE: Final = "drill"
KEY: Final = "drill-data-api-key"
SECRET: Final = "drill-hook-secret"  # noqa: S105 - of a hub that lives as long as the drill
SENDERS: Final = 4
PACE_S: Final = 0.12
VISITORS: Final = 2
"""Visitor ids of a person in a round."""
EPOCH_MS: Final = 1_700_000_000_000
RETRIES: Final = 40

MAPPINGS: Final[dict[str, Any]] = {
    "customer_id": "$.orders[*].customer",
    "anon_id": "$.orders[*].visitor",
    "event_name": "Order Placed",
    "user_time": "$.orders[*].at",
    "platform": "web",
    "app_version": "1.0.0",
    "attr": {"number": "$.orders[*].number"},
    "user_attributes": {"last_number": "$.orders[*].number"},
}


def mapper(**attributes: str) -> str:
    """Return a mapper's document; `attributes` are more attributes of the events."""
    mappings = {**MAPPINGS, "attr": {**MAPPINGS["attr"], **attributes}}
    return json.dumps(
        {
            "partner_name": "shop",
            "mapping_type": "events",
            "mappings": mappings,
            "batching": True,
            "payload_validations": {},
        }
    )


def documents(receiver: str, revision: int) -> dict[str, str]:
    """Return the files of the configuration; `revision` makes two of them differ."""
    targets = "".join(f'[[destinations]]\nname = "{name}"\n' for name in ("main", "other"))
    return {
        "workspace.toml": (
            f'id = "{WORKSPACE}"\ndata_api_keys = ["{KEY}"]\nrequests_per_second = 100000\n'
        ),
        "sources/hooks.toml": (
            'partner = "shop"\nconfig = "orders"\n[verify]\nscheme = "hmac"\nheader = "X-Signature"\n'
            f'signed = "{{id}}.{{body}}"\nid_header = "X-Message"\nsecrets = ["{SECRET}"]\n'
        ),
        "mappers/shop/orders.json": mapper(),
        "mappers/shop/orders_v2.json": mapper(again="$.orders[*].number"),
        "mappers/shop/orders_v3.json": mapper(customer="$.orders[*].customer"),
        **{
            f"destinations/{name}.toml": (
                f'type = "webhook"\nrequests_per_minute = 1000000\n[settings]\nurl = "{receiver}/{name}"\n'
                f'[settings.headers]\nX-Revision = "{revision}"\n'
            )
            for name in ("main", "other")
        },
        "pipelines/all.toml": f'sources = ["*"]\n{targets}',
    }


class Book:
    """Which orders were sent and which acknowledged; kept in a file, so that a drill can go on."""

    def __init__(self, path: Path) -> None:
        self.acknowledged: set[int] = set()
        self.statuses: Counter[int] = Counter()
        self.unanswered = 0
        self.requests = 0
        self.next = 0
        """First number that was never sent."""
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                kind, _, number = line.partition(" ")
                self.next = max(self.next, int(number) + 1)
                if kind == "acknowledged":
                    self.acknowledged.add(int(number))
        self._file = path.open("a", encoding="utf-8")

    def go_on_from(self, number: int, acknowledged: Iterable[int]) -> None:
        """Begin with what somebody else had sent before `number`, unless something was sent already."""
        if self.next == 0:
            self.take(number)
            self.acknowledge(list(acknowledged))

    def take(self, amount: int) -> list[int]:
        """Return so many new numbers."""
        first, self.next = self.next, self.next + amount
        self._file.write(f"sent {self.next - 1}\n")
        self._file.flush()
        return list(range(first, self.next))

    def acknowledge(self, numbers: list[int]) -> None:
        """Note that a request with these orders was answered 200."""
        self.acknowledged.update(numbers)
        self._file.writelines(f"acknowledged {number}\n" for number in numbers)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def person_of(number: int) -> str:
    """Return the customer id of the person an order belongs to."""
    return f"c{number % PEOPLE}"


def visitor_of(number: int, round_number: int) -> str:
    """Return the visitor id that an order of a round carries."""
    return f"v{number % PEOPLE}-{round_number}-{number // PEOPLE % VISITORS}"


def order(number: int, round_number: int, *, both: bool = False) -> dict[str, Any]:
    """Return one order: of a customer, of a visitor, or of both in one."""
    kind = 2 if both else number // PEOPLE % 3
    return {
        "customer": person_of(number) if kind != 1 else None,
        "visitor": visitor_of(number, round_number) if kind != 0 else None,
        "number": number,
        "at": EPOCH_MS + number,
    }


BAD: Final[Mapping[str, object]] = {"customer": None, "visitor": None, "number": -1, "at": EPOCH_MS}


class Senders:
    """Sends orders of a round until it is told to end.

    Args:
        address: of the gateway.
        book: where numbers come from and acknowledgements go.
        round_number: of the round.
    """

    def __init__(self, address: str, book: Book, round_number: int) -> None:
        self._address = address
        self._book = book
        self._round = round_number
        self._ended = asyncio.Event()
        self._timeout = aiohttp.ClientTimeout(total=20)

    async def __aenter__(self) -> "Senders":
        self._session = aiohttp.ClientSession(timeout=self._timeout)
        self._tasks = [asyncio.create_task(self._send(index)) for index in range(SENDERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()
        await self._session.close()

    async def end(self) -> None:
        """Begin nothing more, and return when the last request was answered or given up."""
        self._ended.set()
        await asyncio.gather(*self._tasks)

    async def introduce(self) -> None:
        """Send, for each visitor id of the round, an order that says who it is; repeat what fails.

        Raises:
            TimeoutError: the gateway takes nothing.
        """
        left = {(person, visitor) for person in range(PEOPLE) for visitor in range(VISITORS)}
        while left:
            (number,) = self._book.take(1)
            place = (number % PEOPLE, number // PEOPLE % VISITORS)
            if place not in left:
                continue
            for _ in range(RETRIES):
                if await self._post([number], [order(number, self._round, both=True)]) == 200:
                    break
                await asyncio.sleep(0.25)
            else:
                raise TimeoutError("the gateway takes no orders though nobody kills it")
            left.discard(place)

    async def _send(self, index: int) -> None:
        while not self._ended.is_set():
            numbers = self._book.take(5 if self._book.next % 3 else 1)
            orders: list[Mapping[str, object]] = [order(n, self._round) for n in numbers]
            if len(orders) > 1:
                orders.insert(2, BAD)
            if index == 0:
                await self._message(numbers, orders)
            else:
                await self._post(numbers, orders)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), PACE_S)

    async def _message(self, numbers: list[int], orders: list[Mapping[str, object]]) -> None:
        """Send a message until it is acknowledged, and once more."""
        for _ in range(RETRIES):
            if await self._hook(numbers, orders) == 200:
                await self._hook(numbers, orders)
                return
            if self._ended.is_set():
                return
            await asyncio.sleep(0.1)

    async def _hook(self, numbers: list[int], orders: list[Mapping[str, object]]) -> int:
        body = msgspec.json.encode({"orders": orders})
        message = f"m{numbers[0]}"
        signature = hmac.new(SECRET.encode(), f"{message}.".encode() + body, hashlib.sha256)
        headers = {"X-Message": message, "X-Signature": signature.hexdigest()}
        return await self._request("/v1/webhook/hooks", numbers, body, headers)

    async def _post(self, numbers: list[int], orders: list[Any]) -> int:
        token = base64.b64encode(f"{WORKSPACE}:{KEY}".encode()).decode()
        body = msgspec.json.encode({"orders": orders})
        path = "/v1/partner/shop/events?configName=orders"
        return await self._request(path, numbers, body, {"Authorization": f"Basic {token}"})

    async def _request(
        self, path: str, numbers: list[int], body: bytes, headers: dict[str, str]
    ) -> int:
        """Return the status, 0 when no answer came."""
        self._book.requests += 1
        try:
            async with self._session.post(
                self._address + path,
                data=body,
                headers={**headers, "Content-Type": "application/json"},
            ) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            self._book.unanswered += 1
            await asyncio.sleep(0.2)
            return 0
        self._book.statuses[status] += 1
        if status == 200:
            self._book.acknowledge(numbers)
        return status
