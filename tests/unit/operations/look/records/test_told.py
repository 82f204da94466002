"""A delivery tells what of its event the requests do not say, whatever became of it."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from heliograph.delivery.target.target import Target
from heliograph.errors import ConfigError
from heliograph.model.event import Event, encode_event
from heliograph.model.json import JsonObject
from heliograph.operations.delivery_views import FindingView
from heliograph.operations.hub import Hub
from heliograph.operations.look.records import told
from heliograph.operations.look.records.deliveries import show_delivery
from heliograph.operations.look.records.trace import trace
from heliograph.testing.hubs import TESTER
from heliograph.testing.samples import make_delivery

Receive = Callable[..., list[Event]]
DOCUMENTS: dict[str, JsonObject] = {
    "webengage": {
        "type": "webengage",
        "settings": {
            "api_host": "${HOST}",
            "license_code": "l",
            "rest_api_key": "${WEBENGAGE_KEY}",
        },
    },
    "hook": {
        "type": "webhook",
        "settings": {"url": "https://example.test/", "signing_secret": "whsec_${SIGNING}"},
    },
    "broken": {"type": "heap", "settings": {}},
}


@pytest.fixture
def event(hub: Hub, receive: Receive) -> Event:
    """An event with a null and a name that is too long, on its way to every destination and to none."""
    [event] = receive(
        1,
        properties={"coupon": None, "n" * 60: 1, "gone": 1},
        platform="web",
        timestamp=1_750_000_000_000,
        received_at=1_750_000_000_000,
    )
    with hub.data.store.transaction() as tx:
        for name, document in DOCUMENTS.items():
            tx.configuration.put("acme", "destination", name, document, now_ms=1)
        made = [
            msgspec.structs.replace(
                make_delivery(n, destination=f"acme/{name}"),
                event_id=event.event_id,
                event=encode_event(event),
            )
            for n, name in enumerate([*DOCUMENTS, "nowhere"])
        ]
        tx.deliveries.enqueue(made, now_ms=2)
    return event


def places(findings: list[FindingView] | None) -> list[tuple[str, str]] | None:
    return None if findings is None else [(one.code, one.where) for one in findings]


def test_a_delivery_has_the_findings_of_its_plan(hub: Hub, event: Event):
    assert places(show_delivery(TESTER, hub, "dlv_0").findings) == [
        ("field.unsupported", "$"),
        ("value.null", "$.properties.coupon"),
        ("name.long", "$.properties." + "n" * 60),
    ]
    assert places(show_delivery(TESTER, hub, "dlv_1").findings) == []


@pytest.mark.parametrize("id_", ["dlv_2", "dlv_3"])
def test_where_no_plan_can_be_made_there_are_none(hub: Hub, event: Event, id_: str):
    assert show_delivery(TESTER, hub, id_).findings is None


def test_a_trace_has_them_too(hub: Hub, event: Event):
    [life] = trace(TESTER, hub, event.request_id).events
    assert life.deliveries is not None
    by_name = {one.destination: places(one.findings) for one in life.deliveries}
    assert by_name["acme/webengage"] == places(show_delivery(TESTER, hub, "dlv_0").findings)
    assert by_name["acme/hook"] == []


def test_a_trace_of_many_events_reads_the_configuration_for_findings_once(
    hub: Hub, receive: Receive, monkeypatch: pytest.MonkeyPatch
):
    looks: list[object] = []
    real = told.resolve_targets

    def counted(*said: Any) -> dict[str, Target | ConfigError]:
        looks.append(said)
        return real(*said)

    monkeypatch.setattr(told, "resolve_targets", counted)
    made = receive(1, events=5, properties={"coupon": None}, platform="web")
    with hub.data.store.transaction() as tx:
        tx.configuration.put("acme", "destination", "hook", DOCUMENTS["hook"], now_ms=1)
        tx.deliveries.enqueue(
            [
                msgspec.structs.replace(
                    make_delivery(n, destination="acme/hook"),
                    event_id=one.event_id,
                    event=encode_event(one),
                )
                for n, one in enumerate(made)
            ],
            now_ms=2,
        )
    found = trace(TESTER, hub, made[0].request_id)
    assert [len(event.deliveries or ()) for event in found.events] == [1] * 5
    assert len(looks) == 1
