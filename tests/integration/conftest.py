"""A hub without its gateway: SQLite journal and store in a folder, an engine, a courier, and receivers."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from heliograph.backends.sqlite import open_journal, open_store
from heliograph.delivery.courier import Courier
from heliograph.delivery.settings import DeliverySettings, RetrySettings
from heliograph.destinations import registry
from heliograph.engine.loop.loop import Engine
from heliograph.engine.settings import EngineSettings
from heliograph.engine.stages.standard import standard_stages
from heliograph.model.clock import SystemClock
from heliograph.model.delivery import Delivery, DeliveryState
from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.event import Event, decode_event, encode_event
from heliograph.model.request import StoredRequest
from heliograph.storage.catalog import CatalogReader
from heliograph.storage.events.journal import Entry, Record
from heliograph.storage.work.deliveries import DeliveryQuery

WORKSPACE = "acme"
DEADLINE_S = 30.0

QUICK = DeliverySettings(
    retry=RetrySettings(first_s=0.01, cap_s=0.05, min_retries=2),
    poll_s=0.01,
    catalog_poll_s=0.02,
    group_wait_s=0.001,
    store_retry_s=0.02,
    shutdown_grace_s=0.5,
)
"""Schedules short enough for a test; nothing is asserted about time."""


class Hub:
    """Everything between the journal and the receivers."""

    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock()
        self.journal = open_journal(folder / "journal.db")
        self.store = open_store(folder / "store.db")
        self.environ: dict[str, str] = {}
        self.lookup = registry.get
        self._sent = 0

    def close(self) -> None:
        self.journal.close()
        self.store.close()

    def put(self, kind: DocumentKind, name: str, body: dict) -> None:
        with self.store.transaction() as tx:
            tx.configuration.put(WORKSPACE, kind, name, body, now_ms=self.clock.now_ms())

    def configure(self, destinations: dict[str, dict], **pipeline: object) -> None:
        """One workspace, these destinations, and one pipeline to all of them, events unmapped."""
        self.put("workspace", "workspace", {"id": WORKSPACE, "data_api_keys": ["secret"]})
        for name, body in destinations.items():
            self.put("destination", name, body)
        targets = [{"name": name, "blueprint": None} for name in destinations]
        self.put("pipeline", "all", {"destinations": targets, **pipeline})

    def event(self, customer: str | None = "ann", **changes) -> Event:
        self._sent += 1
        fields = {
            "type": "track",
            "event": "Order Placed",
            "event_id": f"evt_{self._sent:06}",
            "workspace": WORKSPACE,
            "source_id": "shop",
            "request_id": f"req_{self._sent:06}",
            "item_index": 0,
            "timestamp": 1_767_225_600_000 + self._sent,
            "received_at": 1_767_225_600_000 + self._sent,
            "customer_id": customer,
            "properties": {"n": self._sent},
        }
        return Event(**{**fields, **changes})

    def append(self, *events: Event) -> None:
        requests = [
            StoredRequest(
                request_id=event.request_id,
                workspace=event.workspace,
                source_id=event.source_id,
                received_at=event.received_at,
                state="accepted",
                items=1,
                events=1,
            )
            for event in events
        ]
        records = [
            Record(key=e.key, id=e.event_id, at=e.received_at, value=encode_event(e))
            for e in events
        ]
        self.journal.take(requests, records)

    def engine(
        self,
        owner: str = "engine-1",
        journal=None,
        stages=standard_stages,
        announce=None,
        **settings,
    ) -> Engine:
        return Engine(
            EngineSettings(**settings),
            journal=journal or self.journal,
            store=self.store,
            load_catalog=CatalogReader(self.store, self.environ).current,
            clock=self.clock,
            owner=owner,
            stages=stages,
            announce=announce,
        )

    def apply(self, *events: Event, courier: Courier | None = None) -> None:
        """Append events and let an engine apply all of them, and hand over what it made."""
        self.append(*events)
        engine = self.engine(announce=courier and courier.announce)
        while engine.step():
            pass

    def courier(self, settings: DeliverySettings = QUICK, owner: str = "courier-1") -> Courier:
        return Courier(
            settings,
            store=self.store,
            load_catalog=CatalogReader(self.store, self.environ).current,
            registry=lambda name: self.lookup(name),
            clock=self.clock,
            random=random.Random(7),
            owner=owner,
        )

    @asynccontextmanager
    async def delivering(
        self, settings: DeliverySettings = QUICK, owner: str = "courier-1"
    ) -> AsyncIterator[Courier]:
        """A courier at work inside the block."""
        stop = asyncio.Event()
        courier = self.courier(settings, owner)
        running = asyncio.create_task(courier.run(stop))
        try:
            yield courier
        finally:
            stop.set()
            await running

    def counts(self, destination: str) -> dict[DeliveryState, int]:
        with self.store.read() as reader:
            return dict(reader.deliveries.counts().get(f"{WORKSPACE}/{destination}", {}))

    def deliveries(self, destination: str) -> list[Delivery]:
        """Oldest first."""
        query = DeliveryQuery(destination=f"{WORKSPACE}/{destination}", limit=10_000)
        with self.store.read() as reader:
            return reader.deliveries.find(query)[::-1]

    @staticmethod
    def decode(entry: Entry) -> Event:
        """Return the event of an entry of the journal."""
        return decode_event(entry.record.value)

    @staticmethod
    def number(delivery: Delivery) -> int:
        """Return which of the events that were made it is about, from 1."""
        return int(delivery.event_id.partition("_")[2])

    def attempts(self, delivery_id: str) -> list:
        with self.store.read() as reader:
            return reader.deliveries.attempts(delivery_id)

    def state(self, destination: str) -> tuple[str, str]:
        with self.store.read() as reader:
            status = reader.destinations.get_all().get(f"{WORKSPACE}/{destination}")
        return (status.state, status.reason) if status else ("active", "")


async def eventually(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; fail when it does not within the deadline."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "the condition never came true"
        await asyncio.sleep(0.005)


Answer = Callable[[web.Request, int], Awaitable[web.StreamResponse]]


class Receiver:
    """An HTTP server that keeps what it got and answers as the test says."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.away = False
        """While set, the proxy before it says that nobody is there."""
        self.answer: Answer = self.ok

    async def ok(self, request: web.Request, number: int) -> web.StreamResponse:
        return web.json_response({"number": number}, status=503 if self.away else 200)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(json.loads(await request.read()))
        self.headers.append({k.lower(): v for k, v in request.headers.items()})
        response = await self.answer(request, len(self.bodies))
        self.statuses.append(response.status)
        return response

    def destination(self, **config: object) -> dict:
        return {"type": "webhook", "settings": {"url": self.url}, **config}

    def numbers(self) -> list[int]:
        return [body["properties"]["n"] for body in self.bodies]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = Hub(tmp_path)
    yield hub
    hub.close()


@pytest.fixture
async def receivers() -> AsyncIterator[Callable[[], Awaitable[Receiver]]]:
    """Call it for a running receiver."""
    runners: list[web.AppRunner] = []

    async def start() -> Receiver:
        receiver = Receiver()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", receiver.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        runners.append(runner)
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/in"
        return receiver

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def receiver(receivers) -> Receiver:
    return await receivers()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    return eventually


@pytest.fixture
def quick() -> DeliverySettings:
    """The settings that `delivering` uses."""
    return QUICK
