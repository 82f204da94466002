"""A hub in memory with what operations look at."""

from collections.abc import Callable

import pytest

from heliograph.model.event import Event, encode_event
from heliograph.model.json import JsonObject
from heliograph.model.request import StoredRequest
from heliograph.operations.hub import Hub
from heliograph.storage.events.journal import Record
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.testing.hubs import hub_of
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory.journal import MemoryJournal
from heliograph.testing.memory.store import MemoryStore

Receive = Callable[..., list[Event]]


@pytest.fixture
def hub() -> Hub:
    hub = hub_of(data_of(MemoryJournal(), MemoryStore()))
    with hub.data.store.transaction() as tx:
        for workspace in ("acme", "beta"):
            document: JsonObject = {"id": workspace, "data_api_keys": ["k"]}
            tx.configuration.put(workspace, "workspace", "workspace", document, now_ms=1)
            tx.configuration.put(workspace, "source", "shop", {}, now_ms=1)
    return hub


@pytest.fixture
def receive(hub: Hub) -> Receive:
    """Take request number `n` with some events; `apply` writes down that the engine applied them."""

    def take(n: int, *, events: int = 1, workspace: str = "acme", apply: bool = True, **changes):
        made = [
            Event(
                **{
                    "type": "track",
                    "event": "Ordered",
                    "event_id": f"evt_{n:026d}-{item}",
                    "workspace": workspace,
                    "source_id": "shop",
                    "request_id": f"req_{n:026d}",
                    "item_index": item,
                    "timestamp": n,
                    "received_at": n,
                    "customer_id": f"c{n}",
                    **changes,
                }
            )
            for item in range(events)
        ]
        request = StoredRequest(
            request_id=f"req_{n:026d}",
            workspace=workspace,
            source_id="shop",
            received_at=n,
            state="accepted",
            items=events,
            events=events,
            message_id=changes.get("message_id"),
        )
        places = hub.data.intake.take(
            [request],
            [Record(key=e.key, id=e.event_id, at=n, value=encode_event(e)) for e in made],
        )
        if apply:
            with hub.data.store.transaction() as tx:
                tx.applied.add(
                    [
                        AppliedEvent(
                            event_id=event.event_id,
                            partition=partition,
                            position=position,
                            profile_id=f"p_{n}",
                            effect="applied",
                            reason=None,
                            received_at=n,
                        )
                        for event, (partition, position) in zip(made, places, strict=True)
                    ]
                )
        return made

    return take
