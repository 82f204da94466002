"""Short ways to an event, a context and a plan."""

from collections.abc import Callable
from typing import Any

import pytest

from heliograph.destinations import registry
from heliograph.destinations.base import Person, Plan, PlanContext
from heliograph.destinations.preflight import find_blueprint, plan_event
from heliograph.destinations.settings import decode_settings
from heliograph.model.event import Event
from heliograph.model.json import JsonObject

SETTINGS: dict[str, JsonObject] = {
    "webengage": {"api_host": "api.webengage.com", "license_code": "lic", "rest_api_key": "k"},
    "moengage": {"workspace_id": "WS", "data_api_key": "k", "data_center": "01"},
    "heap": {"app_id": "11"},
    "webhook": {"url": "https://hooks.example.com/in"},
}


@pytest.fixture
def make_event() -> Callable[..., Event]:
    """Build an event of 2026-06-06T18:29:00Z from what the test is about."""

    def build(**fields: Any) -> Event:
        return Event(
            **{
                "type": "track",
                "event_id": "evt_1",
                "workspace": "w",
                "source_id": "s",
                "request_id": "req_1",
                "item_index": 0,
                "timestamp": 1_780_770_540_000,
                "received_at": 1_780_770_540_000,
                **fields,
            }
        )

    return build


@pytest.fixture
def plan_for(make_event: Callable[..., Event]) -> Callable[..., Plan]:
    """Plan an event for a type of destination: `plan_for("heap", {settings}, event="x")`."""

    def build(
        type_: str,
        settings: JsonObject | None = None,
        *,
        person: Person | None = None,
        blueprint: str | None = "default",
        delivery_id: str = "dlv_1",
        **fields: Any,
    ) -> Plan:
        destination = registry.get(type_)
        return plan_event(
            destination,
            decode_settings(destination, {**SETTINGS[type_], **(settings or {})}),
            find_blueprint(destination, blueprint, {}),
            make_event(**fields),
            PlanContext(delivery_id=delivery_id, person=person or Person(profile_id="p_1")),
        )

    return build
