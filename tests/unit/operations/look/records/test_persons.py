"""A person is found by whatever is known of them, and told when it was spelled otherwise."""

from collections.abc import Callable

import msgspec
import pytest

from heliograph.errors import HeliographError
from heliograph.model.identity import first_profile_id
from heliograph.operations.act.merges import merge
from heliograph.operations.hub import Hub
from heliograph.operations.look.records.deliveries import DeliveryFilter, list_deliveries
from heliograph.operations.look.records.events import EventFilter, list_events
from heliograph.operations.look.records.people import show_person
from heliograph.operations.look.records.requests import RequestFilter, list_requests
from heliograph.operations.look.records.trace import SHOWN_EVENTS, trace
from heliograph.operations.page import Page
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.testing.hubs import TESTER
from heliograph.testing.samples import make_delivery, make_override, make_profile

ADA = "Ada@Example.com"
ADA_ID = first_profile_id("acme", "customer", ADA)
VISITOR = first_profile_id("acme", "anonymous", "visitor-1")


@pytest.fixture
def ada(hub: Hub, receive: Callable[..., list]) -> Hub:
    """With a customer, whom a visitor turned out to be, and somebody else."""
    for n, (who, value) in enumerate([("customer_id", ADA), ("anonymous_id", "visitor-1")], 1):
        [event] = receive(n, apply=False, **{"customer_id": None, who: value})
        with hub.data.store.transaction() as tx:
            applied = AppliedEvent(
                event_id=event.event_id,
                partition=0,
                position=n,
                profile_id=(ADA_ID, VISITOR)[n - 1],
                effect="applied",
                reason=None,
                received_at=n,
            )
            tx.applied.add([applied])
    other = msgspec.structs.replace(make_profile(9, workspace="acme"), value="bob@example.com")
    records = [
        msgspec.structs.replace(other, profile_id=ADA_ID, value=ADA),
        msgspec.structs.replace(other, profile_id=VISITOR, kind="anonymous", value="visitor-1"),
        other,
    ]
    with hub.data.store.transaction() as tx:
        tx.profiles.put_many(records)
        tx.profiles.merge(make_override(VISITOR, ADA_ID))
        made = [
            make_delivery(n, destination="acme/hook", profile_id=id_)
            for n, id_ in enumerate((ADA_ID, VISITOR, "p_9"), 1)
        ]
        tx.deliveries.enqueue(made, now_ms=1)
    return hub


@pytest.mark.parametrize("said", [ADA, "visitor-1", ADA_ID, ADA_ID[:9], ADA_ID[-9:], VISITOR])
def test_a_person_leads_to_events_and_deliveries(ada: Hub, said: str):
    assert show_person(TESTER, ada, said).profile_id == ADA_ID
    sent = list_deliveries(TESTER, ada, DeliveryFilter(person=said), Page())
    assert [one.delivery_id for one in sent.items] == ["dlv_2", "dlv_1"]
    seen = list_events(TESTER, ada, EventFilter(person=said), Page())
    assert [one.event_id[-3:] for one in seen.items] == ["2-0", "1-0"]
    found = trace(TESTER, ada, said)
    assert (found.id, found.request, found.note) == (ADA_ID, None, None)
    assert found.person is not None
    assert (found.person.customer_id, found.further) == (ADA, 0)
    assert [life.event_id[-3:] for life in found.events] == ["2-0", "1-0"], "the newest first"


@pytest.mark.parametrize("said", ["ada@example.com", "ADA@EXAMPLE.COM"])
def test_an_address_is_found_whatever_its_case_and_told(ada: Hub, said: str):
    noted = [
        show_person(TESTER, ada, said),
        trace(TESTER, ada, said),
        list_deliveries(TESTER, ada, DeliveryFilter(person=said), Page()),
        list_events(TESTER, ada, EventFilter(person=said), Page()),
    ]
    for one in noted:
        assert one.note is not None
        assert one.note.startswith(f"Nobody is called {said} in this spelling; shown is {ADA}.")
    assert len(noted[3].items) == 2


@pytest.mark.parametrize("said", [ADA, ADA.lower(), "visitor-1", ADA_ID, ADA_ID[:9], VISITOR])
def test_events_of_who_has_the_identifier_elsewhere_are_not_theirs(
    ada: Hub, receive: Callable[..., list], said: str
):
    receive(3, workspace="beta", customer_id=ADA)
    receive(4, workspace="beta", customer_id=None, anonymous_id="visitor-1")
    found = list_events(TESTER, ada, EventFilter(person=said), Page())
    assert [(one.event_id[-3:], one.event and one.event.workspace) for one in found.items] == [
        ("2-0", "acme"),
        ("1-0", "acme"),
    ]


def test_an_identifier_of_persons_of_two_workspaces_means_their_events(
    ada: Hub, receive: Callable[..., list]
):
    receive(3, workspace="beta", customer_id=ADA)
    id_ = first_profile_id("beta", "customer", ADA)
    twin = msgspec.structs.replace(make_profile(5, workspace="beta"), value=ADA, profile_id=id_)
    with ada.data.store.transaction() as tx:
        tx.profiles.put_many([twin])
    both = list_events(TESTER, ada, EventFilter(person=ADA), Page())
    assert [one.event_id[-3:] for one in both.items] == ["3-0", "1-0"]
    [one] = list_events(TESTER, ada, EventFilter(person=ADA, workspace="beta"), Page()).items
    assert one.event_id.endswith("3-0")


def test_identifiers_that_are_no_addresses_keep_their_case(ada: Hub):
    with pytest.raises(HeliographError, match="no profile"):
        show_person(TESTER, ada, "VISITOR-1")


def test_two_spellings_of_two_persons_are_asked_back_for(ada: Hub):
    other = "ada@example.COM"
    id_ = first_profile_id("acme", "customer", other)
    twin = msgspec.structs.replace(make_profile(5, workspace="acme"), value=other, profile_id=id_)
    with ada.data.store.transaction() as tx:
        tx.profiles.put_many([twin])
    with pytest.raises(HeliographError) as refused:
        show_person(TESTER, ada, "ada@example.com")
    assert (refused.value.code, refused.value.allowed) == (
        "lookup.ambiguous",
        f"{ADA}, {other}",
    )
    assert show_person(TESTER, ada, other).profile_id == id_


def test_who_changes_a_person_spells_it_as_it_is_stored(ada: Hub):
    with pytest.raises(HeliographError, match="shown is Ada@Example"):
        merge(TESTER, ada, keep="ada@example.com", absorb="bob@example.com")


def test_a_person_with_many_events_shows_the_newest_and_counts_the_rest(
    ada: Hub, receive: Callable[..., list]
):
    for n in range(10, 10 + SHOWN_EVENTS):
        receive(n, customer_id=ADA, apply=False)
    found = trace(TESTER, ada, ADA)
    assert [life.state for life in found.events] == ["pending"] * SHOWN_EVENTS
    assert found.further == 2


def test_a_part_of_an_id_is_taken_wherever_an_id_is(hub: Hub, receive: Callable[..., list]):
    receive(1)
    receive(20)
    receive(31)
    with hub.data.store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(1, destination="acme/hook")], now_ms=1)
        tx.deliveries.enqueue(
            [
                msgspec.structs.replace(
                    make_delivery(2, destination="acme/hook"), event_id=f"evt_{20:026d}-0"
                )
            ],
            now_ms=1,
        )
    before = list_requests(TESTER, hub, RequestFilter(before="0000031"), Page())
    assert [one.received_at for one in before.items] == [20, 1]
    sent = list_deliveries(TESTER, hub, DeliveryFilter(event_id="00020-0"), Page())
    assert [one.delivery_id for one in sent.items] == ["dlv_2"]
    assert trace(TESTER, hub, f"{31:026d}").id == f"req_{31:026d}", "without its noun"
    with pytest.raises(HeliographError) as refused:
        trace(TESTER, hub, "00000-0")
    assert refused.value.code == "lookup.not_found"
    with pytest.raises(HeliographError) as refused:
        trace(TESTER, hub, "evt_0000")
    assert refused.value.code == "lookup.ambiguous"
    assert (refused.value.allowed or "").count("evt_") == 3
    with pytest.raises(HeliographError, match="6 characters"):
        trace(TESTER, hub, "031")
