"""Lists page without loss or repetition, ids are found by their beginnings, callers see what is theirs."""

import msgspec
import pytest

from heliograph.errors import HeliographError, InputError
from heliograph.operations.act.sending.destinations import pause
from heliograph.operations.act.sending.replay import replay
from heliograph.operations.caller import Caller, operator
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.proof import prove
from heliograph.operations.look.condition.status import read_status
from heliograph.operations.look.records.deliveries import (
    DeliveryFilter,
    list_deliveries,
    show_delivery,
)
from heliograph.operations.look.records.events import EventFilter, list_events, show_event
from heliograph.operations.look.records.people import list_identifiers, show_person
from heliograph.operations.look.records.requests import RequestFilter, list_requests, show_request
from heliograph.operations.look.records.trace import trace
from heliograph.operations.page import Page, cursor
from heliograph.operations.views import TraceView
from heliograph.testing.hubs import TESTER
from heliograph.testing.samples import make_attempt, make_delivery, make_finish, make_profile

ACME = Caller(who="a program", workspace="acme", may=frozenset({"look"}))


def paged(ask, key, limit: int) -> list[str]:
    """Return the keys of all items, page after page."""
    found: list[str] = []
    after: str | None = None
    while True:
        listed = ask(Page(after=after, limit=limit))
        assert len(listed.items) <= limit
        found += [key(item) for item in listed.items]
        after = listed.next
        if after is None:
            return found


def code_of(error: pytest.ExceptionInfo[HeliographError]) -> str:
    return error.value.code


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_every_list_pages_over_everything_once(hub: Hub, receive, limit: int):
    for n in range(20):
        receive(n, workspace="acme" if n % 3 else "beta")
    with hub.data.store.transaction() as tx:
        tx.deliveries.enqueue(
            [make_delivery(n, destination="acme/hook") for n in range(20)], now_ms=1
        )
        tx.profiles.put_many([make_profile(n, workspace="acme") for n in range(20)])
    requests = paged(
        lambda page: list_requests(TESTER, hub, RequestFilter(), page),
        lambda r: r.request_id,
        limit,
    )
    assert requests == [f"req_{n:026d}" for n in reversed(range(20))]
    events = paged(
        lambda page: list_events(TESTER, hub, EventFilter(), page), lambda e: e.event_id, limit
    )
    assert events == [f"evt_{n:026d}-0" for n in reversed(range(20))]
    deliveries = paged(
        lambda page: list_deliveries(TESTER, hub, DeliveryFilter(), page),
        lambda d: d.delivery_id,
        limit,
    )
    assert deliveries == [f"dlv_{n}" for n in reversed(range(20))]
    people = paged(lambda page: list_identifiers(TESTER, hub, page), lambda p: p.profile_id, limit)
    assert people == sorted(f"p_{n}" for n in range(20))


def test_events_that_come_meanwhile_neither_shift_nor_repeat_a_page(hub: Hub, receive):
    for n in range(10):
        receive(n)
    first = list_events(TESTER, hub, EventFilter(), Page(limit=4))
    for n in range(10, 15):
        receive(n)
    rest = list_events(TESTER, hub, EventFilter(), Page(limit=100, after=first.next))
    shown = [event.event_id for event in (*first.items, *rest.items)]
    assert shown == [f"evt_{n:026d}-0" for n in reversed(range(10))]


def test_times_that_run_backwards_within_a_partition_lose_nothing(hub: Hub, receive):
    for n in (5, 9, 1, 7, 2, 8):
        receive(n, customer_id="ann")  # one key, one partition
    shown = paged(
        lambda page: list_events(TESTER, hub, EventFilter(), page), lambda e: e.event_id, 2
    )
    assert shown == [f"evt_{n:026d}-0" for n in (8, 2, 7, 1, 9, 5)]


def test_a_cursor_of_another_list_or_of_nobody_is_refused(hub: Hub, receive):
    receive(1)
    for after in ("nonsense", cursor("delivery", 5), "é", ""):
        with pytest.raises(InputError) as refused:
            list_requests(TESTER, hub, RequestFilter(), Page(after=after))
        assert code_of(refused) == "page.invalid"
    for limit in (0, -1, 1001):
        with pytest.raises(InputError, match="this many rows"):
            Page(limit=limit)


def test_an_id_is_found_by_its_beginning_and_an_ambiguous_one_asked_back_for(hub: Hub, receive):
    receive(1)
    receive(20)
    with hub.data.store.transaction() as tx:
        tx.deliveries.enqueue(
            [make_delivery(n, destination="acme/hook") for n in (100_110, 100_120)], now_ms=1
        )
        tx.profiles.put_many([make_profile(n, workspace="acme") for n in (100_110, 100_120)])
    some = "0" * 24
    shows = [
        (show_request, f"req_{some}2", f"req_{some}", lambda r: r.request_id, f"req_{20:026d}"),
        (show_event, f"evt_{some}2", f"evt_{some}", lambda e: e.event_id, f"evt_{20:026d}-0"),
        (show_delivery, "dlv_10012", "dlv_1001", lambda d: d.delivery_id, "dlv_100120"),
        (show_person, "p_10012", "p_1001", lambda p: p.profile_id, "p_100120"),
        (trace, f"evt_{some}2", f"evt_{some}", lambda t: t.events[0].event_id, f"evt_{20:026d}-0"),
    ]
    for show, prefix, several, key, whole in shows:
        assert key(show(TESTER, hub, whole)) == whole
        assert key(show(TESTER, hub, prefix)) == whole
        with pytest.raises(HeliographError) as refused:
            show(TESTER, hub, several)
        assert code_of(refused) == "lookup.ambiguous", show
        assert ", " in (refused.value.allowed or "")
        for nothing in ("nothing_begins_so", "x", ""):
            with pytest.raises(HeliographError) as missing:
                show(TESTER, hub, nothing)
            assert code_of(missing) == "lookup.not_found", (show, nothing)


def test_a_caller_of_one_workspace_sees_and_changes_nothing_else(hub: Hub, receive):
    receive(1, workspace="acme")
    receive(2, workspace="beta")
    with hub.data.store.transaction() as tx:
        for n, workspace in ((1, "acme"), (2, "beta")):
            tx.deliveries.enqueue([make_delivery(n, destination=f"{workspace}/hook")], now_ms=1)
            tx.profiles.put_many([make_profile(n, workspace=workspace)])
    assert [r.workspace for r in list_requests(ACME, hub, RequestFilter(), Page()).items] == [
        "acme"
    ]
    assert len(list_events(ACME, hub, EventFilter(), Page()).items) == 1
    assert len(list_deliveries(ACME, hub, DeliveryFilter(), Page()).items) == 1
    assert [p.workspace for p in list_identifiers(ACME, hub, Page()).items] == ["acme"]
    for ask in (
        lambda: show_request(ACME, hub, f"req_{2:026d}"),
        lambda: show_event(ACME, hub, f"evt_{2:026d}-0"),
        lambda: show_delivery(ACME, hub, "dlv_2"),
        lambda: show_person(ACME, hub, "p_2"),
        lambda: trace(ACME, hub, f"req_{2:026d}"),
        lambda: trace(ACME, hub, f"evt_{2:026d}-0"),
        lambda: trace(ACME, hub, "dlv_2"),
    ):
        with pytest.raises(HeliographError) as missing:
            ask()
        assert code_of(missing) == "lookup.not_found"
    for ask in (
        lambda: list_requests(ACME, hub, RequestFilter(workspace="beta"), Page()),
        lambda: list_deliveries(ACME, hub, DeliveryFilter(workspace="beta"), Page()),
        lambda: read_status(ACME, hub),
        lambda: prove(ACME, hub),
        lambda: pause(ACME, hub, "acme/hook", reason="no right to"),
        lambda: replay(ACME, hub, DeliveryFilter()),
        lambda: list_requests(Caller(who="nobody", may=frozenset()), hub, RequestFilter(), Page()),
    ):
        with pytest.raises(InputError) as refused:
            ask()
        assert (code_of(refused), refused.value.status) == ("caller.refused", 403)


@pytest.mark.parametrize("apply", [True, False])
def test_a_part_of_an_id_tells_a_caller_of_one_workspace_of_no_other(
    hub: Hub, receive, apply: bool
):
    for n in range(8):
        receive(n, workspace="beta", apply=apply)
    [mine] = receive(9, apply=apply)
    beginning, end = mine.event_id[:-3], mine.event_id[-12:]
    receive(10, workspace="beta", event_id=f"evt_7{mine.event_id[5:]}", apply=apply)
    for show in (show_event, trace):
        for part in (beginning, end):
            shown = show(ACME, hub, part)
            life = shown.events[0] if isinstance(shown, TraceView) else shown
            assert life.event_id == mine.event_id
        with pytest.raises(HeliographError) as missing:
            show(ACME, hub, "00000001-0")
        assert code_of(missing) == "lookup.not_found"
        with pytest.raises(HeliographError) as several:
            show(TESTER, hub, end)
        assert code_of(several) == "lookup.ambiguous"


def test_a_replay_of_a_caller_of_one_workspace_leaves_the_others_dead(hub: Hub):
    with hub.data.store.transaction() as tx:
        for n, workspace in ((1, "acme"), (2, "beta")):
            name = f"{workspace}/hook"
            tx.deliveries.enqueue([make_delivery(n, destination=name)], now_ms=1)
            tx.deliveries.finish([make_finish(f"dlv_{n}", "dead")], now_ms=1)
    mine = Caller(who="a program", workspace="acme", may=frozenset({"act"}))
    assert replay(mine, hub, DeliveryFilter()).replayed == 1
    assert show_delivery(operator("ann"), hub, "dlv_2").state == "dead"


class TestTrace:
    """One life, from whatever id."""

    def test_a_request_is_followed_to_its_events_in_the_order_of_its_items(self, hub: Hub, receive):
        made = receive(7, events=3)
        found = trace(TESTER, hub, f"req_{7:026d}")
        assert found.request is not None
        assert [life.event for life in found.events] == made
        assert {life.state for life in found.events} == {"applied"}

    def test_what_the_engine_has_not_come_to_is_found_and_pending(self, hub: Hub, receive):
        receive(1)
        [waits] = receive(2, apply=False)
        for id_ in (waits.request_id, waits.event_id):
            [life] = trace(TESTER, hub, id_).events
            assert (life.event, life.state) == (waits, "pending")

    def test_a_message_id_leads_to_its_event_unless_two_sources_have_it(self, hub: Hub, receive):
        [event] = receive(3, message_id="m-1", event_id="acme/shop/m-1")
        assert trace(TESTER, hub, "m-1").events[0].event == event
        receive(4, workspace="beta", message_id="m-1", event_id="beta/shop/m-1")
        with pytest.raises(HeliographError) as refused:
            trace(TESTER, hub, "m-1")
        assert code_of(refused) == "lookup.ambiguous"
        assert trace(ACME, hub, "m-1").events[0].event == event

    def test_an_event_whose_bytes_were_trimmed_keeps_its_life(self, hub: Hub, receive):
        [event] = receive(5)
        with hub.data.store.read() as reader:
            applied = reader.applied.get(event.event_id)
        assert applied is not None
        hub.data.journal.trim(applied.partition, applied.position + 1)
        [life] = trace(TESTER, hub, event.event_id).events
        assert (life.event, life.fault, life.state) == (None, None, "applied")
        assert (life.partition, life.position) == (applied.partition, applied.position)

    def test_deliveries_come_with_their_attempts_and_without_the_event_again(
        self, hub: Hub, receive
    ):
        receive(6, event_id="evt_1")
        with hub.data.store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(1, destination="acme/hook")], now_ms=1)
        found = trace(TESTER, hub, "dlv_1")
        assert found.id == "dlv_1"
        [life] = found.events
        [delivery] = life.deliveries or []
        assert (delivery.delivery_id, delivery.event, delivery.attempts) == ("dlv_1", None, [])


def test_the_status_says_what_is_tried_again_since_when_and_why(hub: Hub):
    store = hub.data.store
    body = {"type": "webhook", "settings": {"url": "https://h.test/"}}
    now_ms = hub.clock.now_ms()
    with store.transaction() as tx:
        tx.configuration.put("acme", "workspace", "workspace", {"id": "acme"}, now_ms=1)
        tx.configuration.put("acme", "destination", "hook", body, now_ms=1)
        new = [make_delivery(n, destination="acme/hook") for n in (1, 2)]
        tx.deliveries.enqueue(new, now_ms=now_ms)
    quiet = read_status(operator("ann"), hub).problems
    assert not [problem for problem in quiet if "acme/hook" in problem]
    with store.transaction() as tx:
        tried = (make_attempt(1, 1, at=now_ms - 240_000),)
        turn = make_finish("dlv_1", "waiting", due_at=now_ms + 3_600_000, attempts=tried)
        why = "HTTP 429; asked to wait 86400 s, which is tried again after 3600 s"
        tx.deliveries.finish([msgspec.structs.replace(turn, reason=why)], now_ms=now_ms)
    report = read_status(operator("ann"), hub)
    [said] = [one for one in report.problems if one.startswith("acme/hook")]
    assert said.startswith("acme/hook has not taken everything for 4 min: 2 deliveries wait, ")
    assert f"the next try is in 60 min, the last in 60 min: {why}. See `heliograph " in said


def test_the_status_tells_dead_letters_and_leaves_the_decision_to_a_person(hub: Hub):
    with hub.data.store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(n, destination="acme/hook") for n in (1, 2)], now_ms=1)
    before = read_status(operator("ann"), hub)
    with hub.data.store.transaction() as tx:
        tx.deliveries.finish([make_finish(f"dlv_{n}", "dead") for n in (1, 2)], now_ms=2)
    after = read_status(operator("ann"), hub)
    [said] = [one for one in after.problems if "dead letter" in one]
    assert said.startswith("acme/hook has 2 dead letters, not tried again without a person: ")
    assert "`heliograph deadletters list --destination acme/hook`" in said
    assert after.needs_person == before.needs_person
