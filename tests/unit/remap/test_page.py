"""What stored requests become under another mapper, and the events that make it so."""

from typing import Any

import msgspec
import pytest

from heliograph.model.event import Event
from heliograph.model.ids import several_message_ids
from heliograph.testing.memory.hub import MemoryHub

ANN: Any = {"id": "ann", "name": "cyd", "total": 1}
BOB: Any = {"id": "bob", "total": 2}
NOBODY: Any = {"name": "dan", "total": 3}


def kinds(hub: MemoryHub, requests: list[Any], config: str) -> list[str]:
    plan = hub.planned(requests, hub.task(config))
    return [change.kind for diff in plan.diffs for change in diff.changes]


def test_the_same_mapper_makes_no_events(hub: MemoryHub):
    requests = [hub.receive(1, [ANN, BOB]), hub.receive(2, [NOBODY]), hub.receive(3, [])]
    hub.drain()
    plan = hub.planned(requests, hub.task("same"))
    assert plan.events == []
    assert [len(diff.mapped) for diff in plan.diffs] == [2, 0, 0]


def test_a_changed_event_gets_a_next_generation_in_its_place(hub: MemoryHub):
    request = hub.receive(1, [ANN, BOB])
    hub.drain()
    plan = hub.planned([request], hub.task("richer", resend=True))
    first, second = plan.events
    stem = f"evt_{request.request_id[4:]}"
    assert (first.event_id, first.supersedes) == (f"{stem}-0~2", f"{stem}-0")
    assert (second.event_id, second.supersedes) == (f"{stem}-1~2", f"{stem}-1")
    assert (first.generation, first.remap, first.resend) == (2, "rmp_1", True)
    assert (first.traits, first.timestamp) == ({"last": 1}, 1_000)
    assert first.mapper == "shop/richer@1"
    hub.correct(plan)
    assert hub.traits() == {"ann": {"last": 1}, "bob": {"last": 2}}


def test_what_goes_is_retracted_and_what_comes_begins_at_one(hub: MemoryHub):
    request = hub.receive(1, [ANN, BOB, NOBODY])
    hub.drain()
    plan = hub.planned([request], hub.task("by_name"))
    changed, removed, added = plan.events
    assert (changed.customer_id, changed.generation) == ("cyd", 2)
    assert (removed.customer_id, removed.retracted, removed.resend) == ("bob", True, False)
    assert (added.customer_id, added.generation, added.supersedes) == ("dan", 1, None)
    assert [change.kind for change in plan.diffs[0].changes] == ["changed", "removed", "added"]
    hub.correct(plan)
    assert sorted(hub.people()) == ["cyd", "dan"]


def test_a_second_look_finds_nothing_more_to_do(hub: MemoryHub):
    request = hub.receive(1, [ANN, BOB, NOBODY])
    hub.drain()
    hub.correct(hub.planned([request], hub.task("by_name")))
    again = hub.planned([request], hub.task("by_name", remap_id="rmp_2"))
    assert again.events == []
    assert not again.earlier


def test_what_this_remap_did_before_it_was_killed_is_counted_and_not_done_again(hub: MemoryHub):
    requests = [hub.receive(1, [ANN, BOB, NOBODY]), hub.receive(2, [ANN])]
    hub.drain()
    plan = hub.planned(requests, hub.task("by_name"))
    hub.append(*plan.events[:2])  # the change and the removal
    hub.drain()
    rest = hub.planned(requests, hub.task("by_name"))
    assert rest.earlier == {"changed": 1, "removed": 1}
    assert rest.events == plan.events[2:]


def test_what_was_removed_comes_back_as_added_in_a_next_generation(hub: MemoryHub):
    request = hub.receive(1, [BOB])
    hub.drain()
    hub.correct(hub.planned([request], hub.task("by_name")))
    back = hub.planned([request], hub.task("same", remap_id="rmp_2"))
    [event] = back.events
    assert (event.generation, event.customer_id, event.retracted) == (3, "bob", False)
    assert [change.kind for change in back.diffs[0].changes] == ["added"]
    hub.correct(back)
    assert sorted(hub.people()) == ["bob"]
    again = hub.planned([request], hub.task("same", remap_id="rmp_2"))
    assert again.earlier == {"added": 1}


def test_events_that_are_not_there_put_their_request_out_of_reach(hub: MemoryHub):
    request = hub.receive(1, [ANN])
    plan = hub.planned([request], hub.task("richer"))  # not applied yet
    assert (plan.missing, plan.events, plan.diffs) == ([request], [], [])


def test_a_request_that_the_disk_changed_keeps_its_events(hub: MemoryHub):
    """Without its body it would give no event any more, and those it had would be retracted."""
    good, bad = hub.receive(1, [ANN]), hub.receive(2, [ANN])
    hub.drain()
    faulty = msgspec.structs.replace(bad, body=b"", fault="body: not unpacked")
    plan = hub.planned([good, faulty], hub.task("richer"))
    assert plan.unreadable == [faulty]
    assert {event.request_id for event in plan.events} == {good.request_id}
    assert [diff.request.request_id for diff in plan.diffs] == [good.request_id]


def test_a_request_with_more_bad_items_than_are_kept_in_detail_is_within_reach(hub: MemoryHub):
    items: list[Any] = [{"total": n} for n in range(300)]
    items[150] = ANN
    request = hub.receive(1, items)
    assert (request.cut is not None, request.events) == (True, 1)
    hub.drain()
    plan = hub.planned([request], hub.task("richer"))
    assert plan.missing == []
    assert [(event.item_index, event.traits) for event in plan.events] == [(150, {"last": 1})]


def test_of_a_message_that_came_twice_the_request_whose_events_count_is_corrected(hub: MemoryHub):
    first = hub.receive(1, [ANN], message_id="msg-1")
    second = hub.receive(2, [ANN], message_id="msg-1")
    hub.drain()
    plan = hub.planned([first, second], hub.task("richer"))
    assert [(event.request_id, event.message_id) for event in plan.events] == [
        (first.request_id, "msg-1")
    ]
    hub.correct(plan)
    assert hub.planned([first, second], hub.task("richer", remap_id="rmp_2")).events == []


def test_items_with_ids_of_their_own_are_corrected_where_they_count(hub: MemoryHub):
    """A sender that was not answered may send an item again in another batch."""
    one = hub.receive(1, [ANN, BOB], message_id=several_message_ids("v1", ["a", "b"]))
    two = hub.receive(2, [BOB, ANN], message_id=several_message_ids("v1", ["b", ""]))
    hub.drain()
    plan = hub.planned([one, two], hub.task("richer"))
    assert plan.missing == []
    own = f"evt_{two.request_id[4:]}-1"
    assert [(event.event_id.rpartition("/")[2], event.request_id) for event in plan.events] == [
        ("v1#a~2", one.request_id),
        ("v1#b~2", one.request_id),
        (f"{own}~2", two.request_id),
    ]
    assert [event.message_id for event in plan.events] == ["a", "b", None]
    hub.correct(plan)
    assert hub.planned([one, two], hub.task("richer", remap_id="rmp_2")).events == []


def test_one_id_given_to_two_items_is_settled_by_whoever_was_applied(hub: MemoryHub):
    """Which of both counts is decided once; an unchanged mapper has nothing to say about it."""
    ids = several_message_ids("v1", ["a", "a", "c"])
    request = hub.receive(1, [ANN, BOB, ANN], message_id=ids)
    hub.drain()
    before = sorted(hub.people())
    assert hub.planned([request], hub.task("same", resend=True)).events == []
    plan = hub.planned([request], hub.task("richer", resend=True))
    assert [(event.message_id, event.supersedes) for event in plan.events] == [
        ("a", plan.events[0].event_id.removesuffix("~2")),
        ("c", plan.events[1].event_id.removesuffix("~2")),
    ]
    hub.correct(plan)
    assert sorted(hub.people()) == before
    assert hub.planned([request], hub.task("richer", remap_id="rmp_2")).events == []


def test_an_item_goes_on_with_the_event_of_one_of_its_id_that_is_gone(hub: MemoryHub):
    request = hub.receive(1, [BOB, ANN], message_id=several_message_ids("v1", ["a", "a"]))
    hub.drain()
    task = hub.task("by_name")
    plan = hub.planned([request], task)
    [event] = plan.events
    assert (event.customer_id, event.retracted, event.message_id) == ("cyd", False, "a")
    hub.correct(plan)
    assert sorted(hub.people()) == ["cyd"]
    assert hub.planned([request], task).earlier.total() == 1
    assert hub.planned([request], hub.task("by_name", remap_id="rmp_2")).events == []


def test_of_new_items_of_one_id_the_first_is_added(hub: MemoryHub):
    ids = several_message_ids("v1", ["a", "a"])
    request = hub.receive(1, [NOBODY, {"name": "eve", "total": 1}], message_id=ids)
    hub.drain()
    plan = hub.planned([request], hub.task("by_name"))
    assert [event.customer_id for event in plan.events] == ["dan"]
    hub.correct(plan)
    assert hub.planned([request], hub.task("by_name", remap_id="rmp_2")).events == []


def test_under_all_or_nothing_one_bad_item_takes_the_others_away(hub: MemoryHub):
    request = hub.receive(1, [ANN, BOB])
    hub.drain()
    task = msgspec.structs.replace(hub.task("by_name"), all_or_nothing=True)
    plan = hub.planned([request], task)
    assert [event.retracted for event in plan.events] == [True, True]
    assert plan.diffs[0].mapped == ()


def test_a_mapper_of_the_other_kind_changes_the_type(hub: MemoryHub):
    hub.put("mapper", "shop/as_people", _people_with("attr"))
    request = hub.receive(1, [ANN])
    hub.drain()
    [event] = hub.planned([request], hub.task("as_people")).events
    assert (event.type, event.event) == ("identify", None)


def test_a_difference_in_the_flag_alone_is_a_change(hub: MemoryHub):
    body = _people_with("user_attributes")
    hub.put(
        "mapper",
        "shop/people_flag",
        {**body, "mappings": {**body["mappings"], "update_existing_only": True}},
    )
    request = hub.receive(1, [ANN], config="people")
    hub.drain()
    plan = hub.planned([request], hub.task("people_flag"))
    assert [change.fields for change in plan.diffs[0].changes] == [("update_existing_only",)]
    assert [event.update_existing_only for event in plan.events] == [True]


def _people_with(group: str) -> dict[str, Any]:
    return {
        "partner_name": "shop",
        "mapping_type": "users",
        "mappings": {"customer_id": "$[*].id", group: {"last": "$[*].total"}},
        "batching": True,
        "payload_validations": {},
    }


@pytest.mark.parametrize("config", ["richer", "by_name"])
def test_events_of_another_workspace_with_the_same_names_are_not_touched(
    hub: MemoryHub, config: str
):
    for workspace in ("acme", "globex"):
        hub.put(
            "workspace", "workspace", {"id": workspace, "data_api_keys": ["k"]}, workspace=workspace
        )
        hub.put("mapper", "shop/orders", hub.inlet("orders").version.document, workspace=workspace)
    ours = hub.receive(1, [ANN, BOB], message_id="msg-1")
    hub.receive(2, [ANN, BOB], workspace="globex", message_id="msg-1")
    hub.drain()
    hub.correct(hub.planned([ours], hub.task(config)))
    theirs = [event for event in hub.events() if event.workspace == "globex"]
    assert [event.generation for event in theirs] == [1, 1]
    with hub.store.read() as reader:
        people = reader.profiles.find(workspace="globex", after=None, limit=10)
    assert sorted(record.value for record in people) == ["ann", "bob"]
    assert all(not record.attributes for record in people)


def test_a_corrected_event_belongs_to_the_request_it_came_from(hub: MemoryHub):
    request = hub.receive(1, [NOBODY])
    [event] = hub.planned([request], hub.task("by_name")).events
    assert isinstance(event, Event)
    assert (event.request_id, event.item_index, event.received_at) == (request.request_id, 0, 1_000)
    assert (event.workspace, event.source_id) == ("acme", "shop")
