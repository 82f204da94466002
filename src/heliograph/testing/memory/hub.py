"""A whole hub in memory: requests are kept as the gateway keeps them, applied by an engine, mapped again.

Tests of engine and remap go through it rather than through parts of these, which may move.
"""

import json
from typing import Any, Final

from heliograph.engine.loop.loop import Engine
from heliograph.engine.settings import EngineSettings
from heliograph.gateway.directory import Inlet, build_directory
from heliograph.gateway.intake.judge import judge
from heliograph.gateway.intake.records import records_of
from heliograph.gateway.intake.rejections import kept
from heliograph.model.delivery import Delivery
from heliograph.model.documents.configuration import DocumentKind
from heliograph.model.event import Event, decode_event, encode_event
from heliograph.model.json import JsonObject
from heliograph.model.remap import Remap
from heliograph.model.request import StoredRequest
from heliograph.remap.page import PagePlan, Task, plan_page
from heliograph.remap.run import RemapRun
from heliograph.storage.catalog import CatalogReader
from heliograph.storage.events.journal import Record
from heliograph.storage.profiles import ProfileRecord
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.work.deliveries import DeliveryQuery
from heliograph.testing.clock import ManualClock
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory import MemoryJournal, MemoryStore

WORKSPACE: Final = "acme"


class MemoryHub:
    """Journal and store in memory, with one workspace, and others when they are named."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.store = MemoryStore()
        self.clock = ManualClock()
        self._inlets: dict[tuple[str, str], Inlet] = {}
        self.put("workspace", "workspace", {"id": WORKSPACE, "data_api_keys": ["secret"]})

    def put(
        self, kind: DocumentKind, name: str, body: JsonObject, *, workspace: str = WORKSPACE
    ) -> None:
        """Put a configuration document."""
        self._inlets.clear()
        with self.store.transaction() as tx:
            tx.configuration.put(workspace, kind, name, body, now_ms=self.clock.now_ms())

    def inlet(self, config: str, *, workspace: str = WORKSPACE) -> Inlet:
        """Return the mapper `shop/<config>` of a workspace as the gateway uses it."""
        if (workspace, config) not in self._inlets:
            revision, tenants = CatalogReader(self.store, {}).current()
            directory = build_directory(revision, tenants, now_s=0)
            self._inlets[workspace, config] = directory.desks[workspace].inlets["shop", config]
        return self._inlets[workspace, config]

    def receive(
        self,
        number: int,
        items: list[Any],
        *,
        config: str = "orders",
        workspace: str = WORKSPACE,
        message_id: str | None = None,
    ) -> StoredRequest:
        """Keep request `number`, received at `number` seconds, as the gateway does."""
        inlet = self.inlet(config, workspace=workspace)
        at = number * 1_000
        result = inlet.mapper.apply(items, received_at_ms=at)
        state, rejected = judge(result, inlet)
        request_id = f"req_{number:026d}"
        records = list(
            records_of(
                request_id,
                inlet,
                result.mapped if state != "refused" else [],
                received_at=at,
                update_existing_only=result.update_existing_only,
                message_id=message_id,
            )
        )
        details, cut = kept(rejected)
        request = StoredRequest(
            request_id=request_id,
            workspace=workspace,
            source_id=inlet.source_id,
            received_at=at,
            state=state,
            items=len(records) + len(rejected),
            events=len(records),
            rejected=details,
            cut=cut,
            mapper=inlet.address,
            path="/v1/partner/shop/events/?configName=orders",
            body=json.dumps(items).encode(),
            message_id=message_id,
        )
        self.journal.take([request], records)
        return request

    def append(self, *events: Event) -> None:
        """Append events as they are."""
        records = [
            Record(key=each.key, id=each.event_id, at=each.received_at, value=encode_event(each))
            for each in events
        ]
        self.journal.append(records)

    def drain(self, *, batch: int = 500) -> None:
        """Let an engine apply all that is in the journal."""
        engine = Engine(
            EngineSettings(batch_events=batch),
            journal=self.journal,
            store=self.store,
            load_catalog=CatalogReader(self.store, {}).current,
            clock=self.clock,
            owner="engine-1",
        )
        while engine.step():
            pass

    def task(self, config: str, *, remap_id: str = "rmp_1", resend: bool = False) -> Task:
        """Return the task of mapping requests again with `shop/<config>`."""
        inlet = self.inlet(config)
        return Task(
            mapper=inlet.mapper,
            address=inlet.address,
            all_or_nothing=inlet.all_or_nothing,
            remap_id=remap_id,
            resend=resend,
        )

    def planned(self, requests: list[StoredRequest], task: Task) -> PagePlan:
        """Return what a page of requests would become."""
        with self.store.read() as reader:
            return plan_page(requests, task, journal=self.journal, reader=reader)

    def correct(self, plan: PagePlan) -> None:
        """Append a plan's events and have them applied."""
        self.append(*plan.events)
        self.drain()

    def remap(self, task: Task, *, until_s: int = 1_000) -> RemapRun:
        """Return the run of a task over what was received under `shop/orders`."""
        remap = Remap(
            remap_id=task.remap_id,
            workspace=WORKSPACE,
            source_id="shop",
            mapper=task.address,
            received_under=("shop/orders@1",),
            since_ms=None,
            until_ms=until_s * 1_000,
            resend=task.resend,
            started_at=1,
        )
        return self.resumed(remap, task)

    def resumed(self, remap: Remap, task: Task) -> RemapRun:
        """Return the run of what is left of a remap."""
        return RemapRun(
            remap,
            task,
            data=data_of(self.journal, self.store),
            clock=self.clock,
            wait_applied=self.drain,
            rest=lambda _: None,
        )

    def applied(self, event_id: str) -> AppliedEvent | None:
        """Return what became of an event."""
        with self.store.read() as reader:
            return reader.applied.get_many([event_id]).get(event_id)

    def people(self) -> dict[str, ProfileRecord]:
        """Return all profiles by the value they are known by."""
        with self.store.read() as reader:
            found = reader.profiles.find(workspace=None, after=None, limit=1_000)
        return {record.value: record for record in found}

    def traits(self) -> dict[str, JsonObject]:
        """Return the attributes of all people."""
        return {
            who: {name: each.value for name, each in record.attributes.items()}
            for who, record in self.people().items()
        }

    def deliveries(self) -> list[Delivery]:
        """Return all deliveries, oldest first."""
        with self.store.read() as reader:
            return list(reversed(reader.deliveries.find(DeliveryQuery(limit=1_000))))

    def events(self) -> list[Event]:
        """Return all events of the journal, partition by partition."""
        found: list[Event] = []
        for partition in range(self.journal.partitions):
            found += [
                decode_event(entry.record.value) for entry in self.journal.read(partition, 0, 1_000)
            ]
        return found
