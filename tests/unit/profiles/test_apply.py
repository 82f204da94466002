from typing import Any

import pytest

from heliograph.model.event import Event
from heliograph.model.identity import first_profile_id
from heliograph.profiles.apply import ProfileChanges, ProfileState, apply_events
from heliograph.profiles.decide import NO_IDENTITY, UNKNOWN_CUSTOMER, PlacedEvent
from heliograph.storage.profiles import ProfileRecord

EMPTY = ProfileState(records={}, canonical={})
ADA = first_profile_id("w", "customer", "ada")
COOKIE = first_profile_id("w", "anonymous", "cookie")


def placed(n: int, **fields: Any) -> PlacedEvent:
    base: dict[str, Any] = {
        "type": "track",
        "event_id": f"evt_{n}",
        "workspace": "w",
        "source_id": "crm",
        "request_id": "req_1",
        "item_index": n,
        "timestamp": n * 10,
        "received_at": 1_000 + n,
    }
    return PlacedEvent(partition=0, position=n, event=Event(**(base | fields)))


def record_of(changes: ProfileChanges, profile_id: str) -> ProfileRecord:
    (found,) = [r for r in changes.records if r.profile_id == profile_id]
    return found


def test_an_event_makes_a_record_with_provenance() -> None:
    changes = apply_events(EMPTY, [placed(1, customer_id="ada", traits={"name": "Ada"})])
    (record,) = changes.records
    assert (record.profile_id, record.kind, record.value) == (ADA, "customer", "ada")
    assert (record.first_seen, record.last_seen, record.events) == (10, 10, 1)
    name = record.attributes["name"]
    assert (name.value, name.at, name.event_id, name.source_id) == ("Ada", 10, "evt_1", "crm")
    assert name.known
    (effective,) = changes.effective
    assert (effective.profile_id, effective.canonical) == (ADA, ADA)
    (applied,) = changes.applied
    assert (applied.effect, applied.position, applied.received_at) == ("applied", 1, 1_001)


def test_the_later_event_wins_not_the_later_arrival() -> None:
    late = placed(2, customer_id="ada", timestamp=50, traits={"city": "Brno", "age": 30})
    early = placed(3, customer_id="ada", timestamp=5, traits={"city": "Praha", "tier": "gold"})
    record = record_of(apply_events(EMPTY, [late, early]), ADA)
    assert {n: a.value for n, a in record.attributes.items()} == {
        "age": 30,
        "city": "Brno",
        "tier": "gold",
    }
    assert (record.first_seen, record.last_seen, record.events) == (5, 50, 2)


def test_null_traits_and_group_traits_are_no_attributes() -> None:
    changes = apply_events(
        EMPTY,
        [
            placed(1, customer_id="ada", traits={"name": None, "zero": 0, "empty": ""}),
            placed(2, customer_id="ada", type="group", group_id="g", traits={"plan": "pro"}),
        ],
    )
    record = record_of(changes, ADA)
    assert sorted(record.attributes) == ["empty", "zero"]
    assert record.events == 2


def test_a_login_merges_identifies_and_moves_later_deliveries() -> None:
    changes = apply_events(
        EMPTY,
        [
            placed(1, anonymous_id="cookie", traits={"name": "?", "seen": True}),
            placed(2, anonymous_id="cookie", customer_id="ada", traits={"name": "Ada"}),
            placed(3, anonymous_id="cookie"),
        ],
    )
    (merge,) = changes.merges
    assert (merge.old, merge.canonical, merge.parent) == (COOKIE, ADA, None)
    assert (merge.reason, merge.merged_at) == ("event:evt_2", 1_002)
    assert changes.identified == [COOKIE]
    assert [e.profile_id for e in changes.effective] == [COOKIE, ADA, COOKIE]
    assert {e.canonical for e in changes.effective} == {ADA}
    assert record_of(changes, COOKIE).events == 2


def test_an_identifier_that_was_never_alone_gets_a_record_of_its_own() -> None:
    """The value of the anonymous id must stay readable from its profile id."""
    changes = apply_events(EMPTY, [placed(1, anonymous_id="cookie", customer_id="ada")])
    record = record_of(changes, COOKIE)
    assert (record.value, record.kind, record.events, record.attributes) == (
        *("cookie", "anonymous"),
        *(0, {}),
    )
    assert record_of(changes, ADA).events == 1


def test_a_shared_device_stays_with_the_first_and_the_second_starts_clean() -> None:
    bob = first_profile_id("w", "customer", "bob")
    changes = apply_events(
        EMPTY,
        [
            placed(1, anonymous_id="cookie", traits={"cart": 3}),
            placed(2, anonymous_id="cookie", customer_id="ada"),
            placed(3, anonymous_id="cookie", customer_id="bob"),
            placed(4, anonymous_id="cookie"),
        ],
    )
    assert [(m.old, m.canonical) for m in changes.merges] == [(COOKIE, ADA)]
    assert [e.canonical for e in changes.effective] == [ADA, ADA, bob, ADA]
    assert record_of(changes, bob).attributes == {}


def test_a_merge_remembers_the_customer_it_was_made_through() -> None:
    state = ProfileState(records={}, canonical={ADA: "p_kept"})
    changes = apply_events(state, [placed(1, anonymous_id="cookie", customer_id="ada")])
    (merge,) = changes.merges
    assert (merge.canonical, merge.parent) == ("p_kept", ADA)
    assert changes.effective[0].canonical == "p_kept"


def test_repeated_events_have_one_effect_and_are_noted_each_time() -> None:
    state = ProfileState(records={}, canonical={}, applied=frozenset({"evt_1"}))
    changes = apply_events(state, [placed(1, customer_id="ada"), placed(2, customer_id="ada")] * 2)
    assert [a.event_id for a in changes.applied] == ["evt_1", "evt_2", "evt_1", "evt_2"]
    assert [e.event.event_id for e in changes.effective] == ["evt_2"]
    assert record_of(changes, ADA).events == 1


def test_an_event_about_nobody_is_skipped_with_the_reason() -> None:
    changes = apply_events(EMPTY, [placed(1, customer_id="guest")])
    (applied,) = changes.applied
    assert (applied.effect, applied.reason, applied.profile_id) == ("skipped", NO_IDENTITY, "")
    assert (changes.records, changes.effective) == ([], [])


def test_update_existing_only_skips_unknown_customers() -> None:
    only: dict[str, Any] = {"update_existing_only": True, "traits": {"a": 1}}
    changes = apply_events(
        EMPTY,
        [
            placed(1, customer_id="ada", **only),
            placed(2, anonymous_id="cookie", **only),
            placed(3, customer_id="ada"),
            placed(4, customer_id="ada", **only),
        ],
    )
    assert [(a.effect, a.reason) for a in changes.applied] == [
        ("skipped", UNKNOWN_CUSTOMER),
        ("skipped", UNKNOWN_CUSTOMER),
        ("applied", None),
        ("applied", None),
    ]
    assert record_of(changes, ADA).events == 2
    assert [r.profile_id for r in changes.records] == [ADA]


def test_update_existing_only_takes_stored_customers_and_their_devices() -> None:
    known = apply_events(EMPTY, [placed(1, customer_id="ada", anonymous_id="cookie")])
    state = ProfileState(records={r.profile_id: r for r in known.records}, canonical={COOKIE: ADA})
    changes = apply_events(
        state,
        [
            placed(2, customer_id="ada", update_existing_only=True),
            placed(3, anonymous_id="cookie", update_existing_only=True),
        ],
    )
    assert [a.effect for a in changes.applied] == ["applied", "applied"]


def test_a_stored_record_is_continued() -> None:
    first = apply_events(EMPTY, [placed(1, customer_id="ada", traits={"a": 1, "b": 1})])
    state = ProfileState(records={ADA: first.records[0]}, canonical={})
    second = apply_events(state, [placed(2, customer_id="ada", traits={"b": 2, "c": 2})])
    at_once = apply_events(
        EMPTY,
        [
            placed(1, customer_id="ada", traits={"a": 1, "b": 1}),
            placed(2, customer_id="ada", traits={"b": 2, "c": 2}),
        ],
    )
    assert second.records == at_once.records


def test_workspaces_do_not_share_persons() -> None:
    changes = apply_events(
        EMPTY, [placed(1, customer_id="ada"), placed(2, customer_id="ada", workspace="v")]
    )
    assert len({record.profile_id for record in changes.records}) == 2


def test_times_beyond_every_store_are_cut() -> None:
    changes = apply_events(
        EMPTY,
        [
            placed(1, customer_id="ada", timestamp=10**30, received_at=10**30),
            placed(2, customer_id="ada", timestamp=-(10**30)),
        ],
    )
    record = record_of(changes, ADA)
    assert (record.first_seen, record.last_seen) == (-(2**53) + 1, 2**53 - 1)


@pytest.mark.parametrize("ahead_first", [True, False])
def test_a_clock_that_is_years_ahead_does_not_have_the_last_word(ahead_first: bool) -> None:
    """The phone said 2099 when it was 2026; what it said is older than what came after it."""
    ahead = placed(1, customer_id="ada", timestamp=10**13, traits={"city": "Brno"})
    later = placed(2, customer_id="ada", timestamp=1_002, traits={"city": "Praha"})
    batch = [ahead, later] if ahead_first else [later, ahead]
    record = record_of(apply_events(EMPTY, batch), ADA)
    assert record.attributes["city"].value == "Praha"
    assert (record.first_seen, record.last_seen) == (1_001, 1_002)
