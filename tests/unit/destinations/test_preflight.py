from collections.abc import Callable

import pytest

from heliograph.destinations import registry
from heliograph.destinations.base import Plan
from heliograph.destinations.preflight import find_blueprint
from heliograph.errors import ConfigError
from heliograph.model.documents.catalog import Blueprint as StoredBlueprint
from heliograph.model.json import JsonObject


def stored(name: str, document: JsonObject) -> dict[str, StoredBlueprint]:
    return {name: StoredBlueprint(name=name, version=1, document=document)}


def test_no_blueprint_sends_names_and_keys_as_they_are(plan_for: Callable[..., Plan]):
    (request,) = plan_for(
        "webengage", blueprint=None, customer_id="u", event="purchase", properties={"value": 1}
    ).requests
    assert b'"eventName":"purchase"' in request.body
    assert b'"eventData":{"value":1}' in request.body


def test_a_page_has_a_name_without_a_blueprint_too(plan_for: Callable[..., Plan]):
    (request,) = plan_for("heap", blueprint=None, customer_id="u", type="page").requests
    assert b'"event":"Page Viewed"' in request.body


def test_a_document_wins_over_a_preset_of_its_name():
    destination = registry.get("heap")
    found = find_blueprint(destination, "default", stored("default", {"title": "mine"}))
    assert found is not None
    assert found.document.title == "mine"


def test_a_document_for_another_type_leaves_the_preset():
    destination = registry.get("heap")
    documents = stored("default", {"title": "mine", "destination": "webengage"})
    found = find_blueprint(destination, "default", documents)
    assert found is not None
    assert found.document.destination == "heap"


def test_none_is_none():
    assert find_blueprint(registry.get("heap"), None, {}) is None


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        ({}, "config.unknown_reference"),
        (stored("shop", {"destination": "webengage"}), "config.invalid"),
        (stored("shop", {"event": {}}), "config.invalid"),
    ],
)
def test_a_blueprint_that_cannot_be_used(documents: dict[str, StoredBlueprint], code: str):
    with pytest.raises(ConfigError) as caught:
        find_blueprint(registry.get("heap"), "shop", documents)
    assert caught.value.code == code


@pytest.mark.parametrize("vendor", ["webengage", "heap", "webhook"])
def test_a_time_that_is_not_plausible_is_a_finding(plan_for: Callable[..., Plan], vendor: str):
    received = 1_780_770_540_000
    for timestamp, doubtful in (
        (received, False),
        (received + 86_400_000, False),
        (received + 86_400_001, True),
        (0, True),
        (-1, True),
        (946_684_800_000, False),
    ):
        planned = plan_for(
            vendor, customer_id="jane", event="x", timestamp=timestamp, received_at=received
        )
        found = [each.code for each in planned.warnings if each.code == "time.implausible"]
        assert found == ["time.implausible"] * doubtful
