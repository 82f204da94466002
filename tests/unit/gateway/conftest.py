"""A gateway without a socket: a journal in memory, a hand-set clock, counted ids, and an ASGI client."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from heliograph.errors import StoreUnavailable
from heliograph.gateway.directory import build_directory
from heliograph.gateway.http.app import Gateway
from heliograph.gateway.http.health import HealthProblem, Readiness
from heliograph.gateway.intake.group_commit import GroupCommit
from heliograph.gateway.meters import Meters
from heliograph.gateway.reception import Reception
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.documents.catalog import build_catalog
from heliograph.model.ids import PARTITIONS
from heliograph.model.request import StoredRequest
from heliograph.model.secret import Secret
from heliograph.storage.events.journal import Record

WORKSPACE = "ACME1234"
KEY = "data-key-1"
SECOND_KEY = "data-key-2"

SINGLE = {
    "partner_name": "contact-form",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.email",
        "event_name": "$.event",
        "user_time": "$.at",
        "platform": "web",
        "app_version": "1.0.0",
        "attr": {"form": "$.form"},
        "user_attributes": {"u_em": "$.email"},
    },
    "batching": False,
    "payload_validations": {},
}
BATCH = {
    "partner_name": "orders",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.orders[*].customer",
        "event_name": "Order Placed",
        "user_time": "$.orders[*].at",
        "platform": "web",
        "app_version": "1.0.0",
        "attr": {"total": "$.orders[*].total"},
    },
    "batching": True,
    "payload_validations": {},
}
USERS = {
    "partner_name": "crm",
    "mapping_type": "users",
    "mappings": {"customer_id": "$.id", "user_attributes": {"u_em": "$.email"}},
    "batching": False,
    "payload_validations": {},
}


@dataclass
class SetClock:
    """A clock that stands where the test put it."""

    ms: int = 1_750_000_000_000
    seconds: float = 100.0

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.seconds


class CountedIds:
    def __init__(self) -> None:
        self.made = 0

    def new(self, noun: str) -> str:
        self.made += 1
        return f"{noun}_{self.made:026d}"


@dataclass
class Doc:
    kind: str
    name: str
    body: dict[str, Any]
    workspace: str = WORKSPACE
    version: int = 1
    fault: str | None = None


class MemoryIntake:
    """A way in that can be told to fail or to wait."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[StoredRequest], list[Record]]] = []
        self.failure: Exception | None = None
        self.poison: str | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    partitions = PARTITIONS

    def take(
        self, requests: Sequence[StoredRequest], records: Sequence[Record]
    ) -> list[tuple[int, int]]:
        self.entered.set()
        assert self.gate.wait(30)
        if self.failure is not None:
            raise self.failure
        if self.poison is not None and any(self.poison in r.path for r in requests):
            raise ValueError("cannot be written")
        self.batches.append((list(requests), list(records)))
        return [(0, 1) for _ in records]

    def probe(self) -> None:
        if self.failure is not None:
            raise self.failure

    @property
    def requests(self) -> list[StoredRequest]:
        return [request for requests, _ in self.batches for request in requests]

    @property
    def records(self) -> list[Record]:
        return [record for _, records in self.batches for record in records]

    def break_down(self) -> None:
        self.failure = StoreUnavailable("store.unavailable", "the disk is full")


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def basic(user: str = WORKSPACE, password: str = KEY) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@dataclass
class Harness:
    gateway: Gateway
    journal: MemoryIntake
    commit: GroupCommit
    clock: SetClock
    meters: Meters
    problems: list[HealthProblem] = field(default_factory=list)

    workspace = WORKSPACE
    key = KEY
    second_key = SECOND_KEY
    basic = staticmethod(basic)
    documents = staticmethod(lambda **workspace: documents(**workspace))
    document = Doc
    mappers = {"single": SINGLE, "batch": BATCH, "users": USERS}  # noqa: RUF012

    async def call(
        self,
        method: str,
        target: str,
        body: bytes | Sequence[bytes] = b"",
        *,
        headers: Sequence[tuple[str, str]] = (),
        authorization: str | None = None,
        leaves: bool = False,
        content_length: bool = True,
        client: str = "127.0.0.1",
    ) -> Reply | None:
        """Send one request as uvicorn would; None when the application answered nothing."""
        path, _, query = target.partition("?")
        parts = [body] if isinstance(body, bytes) else list(body)
        fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        if authorization is not None:
            fields.append((b"authorization", authorization.encode()))
        if content_length and method == "POST":
            fields.append((b"content-length", str(sum(map(len, parts))).encode()))
        scope = {
            "type": "http",
            "method": method,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": fields,
            "client": (client, 4000),
        }
        inbox = [
            {"type": "http.request", "body": part, "more_body": leaves or i < len(parts) - 1}
            for i, part in enumerate(parts)
        ]
        if leaves:
            inbox.append({"type": "http.disconnect"})
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            assert inbox, "the application waits for a message that never comes"
            return inbox.pop(0)

        async def send(message: Any) -> None:
            sent.append(dict(message))

        await self.gateway(scope, receive, send)
        if not sent:
            return None
        start, rest = sent
        answer = {name.decode(): value.decode() for name, value in start["headers"]}
        length = None if start["status"] == 204 else str(len(rest["body"]))
        assert answer.get("content-length") == length  # RFC 9110, 8.6: a 204 has none
        return Reply(start["status"], answer, rest["body"])

    async def post(self, target: str, payload: Any, **options: Any) -> Reply:
        """POST with the workspace's key; `payload` is JSON unless it is bytes."""
        body = payload if isinstance(payload, bytes | list) and _is_bytes(payload) else None
        reply = await self.call(
            "POST",
            target,
            body if body is not None else json.dumps(payload).encode(),
            authorization=options.pop("authorization", basic()),
            **options,
        )
        assert reply is not None
        return reply

    def configure(self, *documents: Doc, revision: int = 2) -> None:
        catalog = build_catalog(documents, {})  # type: ignore[arg-type]
        reception = self.gateway.reception
        reception.directory = build_directory(
            revision, catalog, now_s=self.clock.seconds, previous=reception.directory
        )


def _is_bytes(payload: Any) -> bool:
    if isinstance(payload, bytes):
        return True
    return bool(payload) and all(isinstance(part, bytes) for part in payload)


def documents(**workspace: Any) -> list[Doc]:
    body = {"id": WORKSPACE, "data_api_keys": [KEY, SECOND_KEY], **workspace}
    return [
        Doc("workspace", "workspace", body),
        Doc("mapper", "contact-form/v1", SINGLE),
        Doc("mapper", "orders/v1", BATCH),
        Doc("mapper", "crm/v1", USERS),
        Doc("source", "shop", {"kind": "webhook", "partner": "orders"}),
    ]


MakeHarness = Callable[..., Harness]


@pytest.fixture
async def make_gateway() -> AsyncGenerator[MakeHarness]:
    made: list[Harness] = []

    def make(
        *,
        settings: GatewaySettings | None = None,
        pages_token: Secret | None = None,
        **workspace: Any,
    ) -> Harness:
        settings = settings or GatewaySettings()
        clock, journal = SetClock(), MemoryIntake()
        meters = Meters(clock)
        commit = GroupCommit(
            journal,  # type: ignore[arg-type]
            clock,
            max_units=settings.flush_records,
            max_pending_units=settings.max_pending_requests,
            max_pending_bytes=settings.max_pending_bytes,
            stall_s=settings.commit_stall_s,
            committed=meters.commit_done,
        )
        commit.start()
        problems: list[HealthProblem] = []
        catalog = build_catalog(documents(**workspace), {})  # type: ignore[arg-type]
        reception = Reception(
            settings,
            directory=build_directory(1, catalog, now_s=clock.seconds),
            commit=commit,
            meters=meters,
            clock=clock,
            ids=CountedIds(),
        )
        readiness = Readiness(
            settings,
            intake=journal,  # type: ignore[arg-type]
            commit=commit,
            clock=clock,
            directory=lambda: reception.directory,
            health=lambda: problems,
        )
        gateway = Gateway(
            reception,
            readiness,
            meters,
            pages_for_everyone=settings.pages_for == "everyone",
            pages_token=pages_token,
        )
        harness = Harness(gateway, journal, commit, clock, meters, problems)
        made.append(harness)
        return harness

    yield make
    for harness in made:
        harness.journal.gate.set()
        harness.journal.failure = None
        harness.gateway.reception.slices.close()
        await asyncio.wait_for(harness.commit.close(), 30)


@pytest.fixture
async def gateway(make_gateway: MakeHarness) -> Harness:
    return make_gateway()
