"""Event names that a vendor takes at all."""

import pytest

from heliograph.destinations.planning.event_names import usable_event_name
from heliograph.errors import DestinationError
from heliograph.model.event import Event


def named(name: str | None) -> Event:
    return Event(
        type="track",
        event=name,
        event_id="evt_1",
        workspace="w",
        source_id="crm",
        request_id="req_1",
        item_index=0,
        timestamp=0,
        received_at=0,
        customer_id="ada",
    )


@pytest.mark.parametrize("name", ["Order", "ve_order", " moe_order", "0"])
def test_a_name_comes_back_unchanged(name: str):
    assert usable_event_name(named(name), "Acme", reserved="moe_") == name


@pytest.mark.parametrize("name", [None, "", "  \t", "moe_order", "MOE_Order"])
def test_no_name_and_the_vendors_own_are_refused(name: str | None):
    with pytest.raises(DestinationError, match="does not start with moe_") as caught:
        usable_event_name(named(name), "Acme", reserved="moe_")
    assert (caught.value.code, caught.value.where) == ("destination.invalid_event", "$.event")


def test_a_vendor_without_names_of_its_own_only_wants_one():
    assert usable_event_name(named("moe_order"), "Acme") == "moe_order"
    with pytest.raises(DestinationError, match="Acme needs an event name"):
        usable_event_name(named(" "), "Acme")
