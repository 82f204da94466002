from typing import Any

import pytest

from heliograph.testing.memory.hub import MemoryHub


def document(kind: str = "events", **mappings: Any) -> dict[str, Any]:
    """Return a batching mapper of partner `shop`; a mapping that is None is left out."""
    every: dict[str, Any] = {
        "customer_id": "$[*].id",
        "event_name": "Order",
        "user_time": "$receivedAt",
        "platform": "web",
        "app_version": "1",
        "attr": {"total": "$[*].total"},
    }
    if kind == "users":
        every = {"customer_id": "$[*].id"}
    chosen = {name: value for name, value in (every | mappings).items() if value is not None}
    return {
        "partner_name": "shop",
        "mapping_type": kind,
        "mappings": chosen,
        "batching": True,
        "payload_validations": {},
    }


@pytest.fixture
def hub() -> MemoryHub:
    hub = MemoryHub()
    hub.put("mapper", "shop/orders", document())
    hub.put("mapper", "shop/same", document())
    hub.put("mapper", "shop/richer", document(user_attributes={"last": "$[*].total"}))
    hub.put("mapper", "shop/by_name", document(customer_id="$[*].name"))
    hub.put("mapper", "shop/people", document("users", user_attributes={"last": "$[*].total"}))
    return hub
