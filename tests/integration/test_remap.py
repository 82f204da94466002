"""A remap on the SQLite journal and store: deliveries, interruption, what is shown, what is out of reach."""

import base64
import json
from typing import Any

import pytest

from heliograph.backends.sqlite import open_journal
from heliograph.errors import StoreUnavailable
from heliograph.mapping import compile_mapper
from heliograph.mapping.run.envelope import event_of
from heliograph.model.event import encode_event
from heliograph.model.identity import first_profile_id
from heliograph.model.ids import event_id_of, message_event_id
from heliograph.model.remap import Remap
from heliograph.model.request import StoredRequest
from heliograph.operations.look.condition.audit import audit
from heliograph.operations.look.records.events import EventFilter, list_events, show_event
from heliograph.operations.look.records.trace import trace
from heliograph.operations.page import Page
from heliograph.remap.page import Task
from heliograph.remap.run import RemapReport, RemapRun
from heliograph.storage.events.journal import Record
from heliograph.testing.hubs import TESTER, hub_of
from heliograph.testing.journal.fixtures import data_of

DOCUMENT = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$[*].id",
        "event_name": "Order",
        "user_time": "$receivedAt",
        "platform": "web",
        "app_version": "1",
        "attr": {"total": "$[*].total"},
    },
    "batching": True,
    "payload_validations": {},
}
FIRST = compile_mapper(DOCUMENT)
SECOND = compile_mapper(
    {
        **DOCUMENT,
        "mappings": {
            **DOCUMENT["mappings"],
            "attr": {"sum": "$[*].total"},
            "user_attributes": {"last": "$[*].total"},
        },
    }
)
BY_NAME = compile_mapper(
    {**DOCUMENT, "mappings": {**DOCUMENT["mappings"], "customer_id": "$[*].name"}}
)
START = 1_767_225_600_000


@pytest.fixture(autouse=True)
def configured(hub) -> None:
    """Events of a workspace without a configuration would wait for one."""
    hub.configure({})


def receive(hub, number: int, items: Any, *, message_id: str | None = None, mapper=FIRST):
    """Keep a request as the gateway would; returns its id."""
    request_id, at = f"req_{number:026d}", START + number * 1000
    result = mapper.apply(items, received_at_ms=at)
    events = [
        event_of(
            item,
            event_id=event_id_of(request_id, item.index)
            if message_id is None
            else message_event_id("acme", "shop", message_id, item.index),
            workspace="acme",
            source_id="shop",
            request_id=request_id,
            received_at=at,
            mapper="shop/orders@1",
            message_id=message_id,
        )
        for item in result.mapped
    ]
    request = StoredRequest(
        request_id=request_id,
        workspace="acme",
        source_id="shop",
        received_at=at,
        state="accepted" if not result.rejected else "partial" if events else "refused",
        items=len(events) + len(result.rejected),
        events=len(events),
        rejected=tuple(result.rejected),
        mapper="shop/orders@1",
        path="/v1/partner/shop/events",
        headers={"content-type": "application/json"},
        body=json.dumps(items).encode(),
        message_id=message_id,
    )
    records = [Record(key=e.key, id=e.event_id, at=at, value=encode_event(e)) for e in events]
    hub.journal.take([request], records)
    return request_id


def drain(hub) -> None:
    engine = hub.engine()
    while engine.step():
        pass


def remap_of(number: int, *, resend: bool = False) -> Remap:
    return Remap(
        remap_id=f"rmp_{number}",
        workspace="acme",
        source_id="shop",
        mapper="shop/orders_v2@1",
        received_under=("shop/orders@1",),
        since_ms=None,
        until_ms=START + 10**9,
        resend=resend,
        started_at=START + number,
    )


def run_of(hub, mapper, remap: Remap, *, journal=None, wait=None) -> RemapRun:
    task = Task(
        mapper=mapper,
        address=remap.mapper,
        all_or_nothing=False,
        remap_id=remap.remap_id,
        resend=remap.resend,
    )
    return RemapRun(
        remap,
        task,
        data=data_of(journal or hub.journal, hub.store),
        clock=hub.clock,
        wait_applied=wait or (lambda: drain(hub)),
        rest=lambda _: None,
    )


def correct(hub, mapper, number: int = 1, *, resend: bool = False) -> RemapReport:
    report = run_of(hub, mapper, remap_of(number, resend=resend)).run(
        examples=2, progress=lambda _: None
    )
    drain(hub)
    return report


def with_destination(hub) -> None:
    hub.configure({"hook": {"type": "webhook", "settings": {"url": "http://127.0.0.1:9/"}}})


def records_of(hub) -> dict[str, tuple[int, dict]]:
    with hub.store.read() as reader:
        found = reader.profiles.find(workspace=None, after=None, limit=1000)
    return {r.value: (r.events, {n: a.value for n, a in r.attributes.items()}) for r in found}


def test_nothing_is_sent_again_unless_asked_and_then_as_new_deliveries(hub):
    with_destination(hub)
    receive(hub, 1, [{"id": "ann", "total": 1}, {"id": "bob", "total": 2}])
    drain(hub)
    first = {d.delivery_id for d in hub.deliveries("hook")}
    correct(hub, SECOND)
    assert {d.delivery_id for d in hub.deliveries("hook")} == first
    assert audit(data_of(hub.journal, hub.store)).balanced
    report = correct(hub, FIRST, 2, resend=True)
    assert report.remap.counts.changed == 2
    again = [d for d in hub.deliveries("hook") if d.delivery_id not in first]
    assert sorted(d.event_id[-2:] for d in again) == ["~3", "~3"]
    found = audit(data_of(hub.journal, hub.store))
    assert found.balanced, found.differences
    assert (found.journal.items, found.journal.derived, found.journal.events) == (2, 4, 6)


def test_an_event_that_moves_to_another_person_leaves_the_first_one(hub):
    receive(hub, 1, [{"id": "ann", "name": "cyd", "total": 1}, {"id": "bob", "total": 2}])
    drain(hub)
    assert records_of(hub) == {"ann": (1, {}), "bob": (1, {})}
    report = correct(hub, BY_NAME)
    assert (report.remap.counts.changed, report.remap.counts.removed) == (1, 1)
    assert records_of(hub) == {"cyd": (1, {})}
    correct(hub, FIRST, 2)
    assert records_of(hub) == {"ann": (1, {}), "bob": (1, {})}


def test_what_is_open_of_a_visitor_goes_over_to_whom_a_correction_says_it_is(hub):
    """It stayed in the line of the customer it had been merged into, beside what came next."""

    def visits(who: str):
        mappings = {**DOCUMENT["mappings"], "customer_id": who, "anon_id": "$[*].visitor"}
        return compile_mapper({**DOCUMENT, "mappings": mappings})

    def lines() -> dict[str, tuple[str, str]]:
        return {
            one.event_id[-3:-2]: (name_of[one.key], one.state) for one in hub.deliveries("hook")
        }

    name_of = {first_profile_id("acme", "customer", name): name for name in ("ann", "cyd")}
    name_of[first_profile_id("acme", "anonymous", "v")] = "v"
    with_destination(hub)
    receive(hub, 1, [{"visitor": "v", "total": 1}], mapper=visits("$[*].id"))
    receive(
        hub, 2, [{"visitor": "v", "id": "ann", "name": "cyd", "total": 2}], mapper=visits("$[*].id")
    )
    drain(hub)
    receive(hub, 3, [{"id": "ann", "total": 3}], mapper=visits("$[*].id"))
    drain(hub)
    assert lines() == {"1": ("ann", "waiting"), "2": ("ann", "queued"), "3": ("ann", "queued")}
    correct(hub, visits("$[*].name"))
    assert lines() == {"1": ("cyd", "waiting"), "2": ("ann", "waiting"), "3": ("ann", "queued")}
    hub.apply(hub.event("cyd"))
    assert ("cyd", "queued") in lines().values(), "what comes next waits behind it"


def test_attributes_of_a_corrected_event_are_gone_and_come_back(hub):
    receive(hub, 1, [{"id": "ann", "total": 5}])
    receive(hub, 2, [{"id": "ann", "total": 7}])
    drain(hub)
    correct(hub, SECOND)
    assert records_of(hub) == {"ann": (2, {"last": 7})}
    correct(hub, FIRST, 2)
    assert records_of(hub) == {"ann": (2, {})}


def test_a_person_with_many_events_is_rebuilt_from_those_that_survive(hub):
    for n in range(1, 60):
        receive(hub, n, [{"id": "ann", "total": n}] * 20, mapper=FIRST)
    drain(hub)
    report = correct(hub, SECOND)
    assert report.remap.counts.changed == 59 * 20
    assert records_of(hub) == {"ann": (59 * 20, {"last": 59})}


def test_history_shows_what_stands_and_each_id_what_became_of_it(hub):
    request_id = receive(hub, 1, [{"id": "ann", "total": 1}, {"total": 2}])
    drain(hub)
    correct(hub, BY_NAME)  # nobody has a name: the event is taken back
    correct(hub, SECOND, 2)
    looked = hub_of(data_of(hub.journal, hub.store))
    first = event_id_of(request_id, 0)

    def ids(**query) -> list[str]:
        return [
            one.event_id for one in list_events(TESTER, looked, EventFilter(**query), Page()).items
        ]

    assert ids() == [f"{first}~3"]
    assert sorted(ids(generations=True)) == [first, f"{first}~2", f"{first}~3"]
    oldest, newest = (show_event(TESTER, looked, id_) for id_ in (first, f"{first}~3"))
    assert oldest.superseded_by == f"{first}~2"
    assert newest.superseded_by is None
    lives = trace(TESTER, looked, request_id).events
    assert [life.event_id for life in lives] == [first, f"{first}~2", f"{first}~3"]
    assert [life.superseded_by for life in lives] == [f"{first}~2", f"{first}~3", None]
    assert [life.event and life.event.retracted for life in lives] == [False, True, False]
    assert lives[1].reason == "retraction"


def test_a_message_that_came_twice_is_corrected_once(hub):
    receive(hub, 1, [{"id": "ann", "total": 1}], message_id="m-1")
    receive(hub, 2, [{"id": "ann", "total": 1}], message_id="m-1")
    receive(hub, 3, [{"id": "ann", "total": 4}], message_id="m-10")
    drain(hub)
    report = correct(hub, SECOND)
    assert report.remap.counts.requests == 3
    assert report.remap.counts.changed == 2
    assert records_of(hub) == {"ann": (2, {"last": 4})}
    assert audit(data_of(hub.journal, hub.store)).balanced


class Breaking:
    """A journal whose appends fail after some, before or after they are done."""

    def __init__(self, journal, appends: int, *, done: bool) -> None:
        self._journal = journal
        self._left = appends
        self._done = done

    def __getattr__(self, name: str):
        return getattr(self._journal, name)

    def append(self, records):
        if self._left == 0:
            if self._done:
                self._journal.append(records)
            raise StoreUnavailable("store.unavailable", "disk full")
        self._left -= 1
        return self._journal.append(records)


@pytest.mark.parametrize("done", [False, True])
def test_an_interrupted_remap_goes_on_and_counts_each_event_once(hub, done):
    for n in range(1, 8):
        receive(hub, n, [{"id": f"c{n}-{i}", "total": i} for i in range(400)])
    receive(hub, 9, [{"id": None, "name": "zoe", "total": 1}])
    drain(hub)
    breaking = Breaking(hub.journal, 2, done=done)
    with pytest.raises(StoreUnavailable):
        run_of(hub, SECOND, remap_of(1), journal=breaking).run(examples=0, progress=lambda _: None)
    drain(hub)
    with hub.store.read() as reader:
        remap = reader.remaps.get("rmp_1")
    assert remap.state == "running"
    assert 0 < remap.counts.changed < 2800
    report = run_of(hub, SECOND, remap).run(examples=0, progress=lambda _: None)
    drain(hub)
    counts = report.remap.counts
    assert (counts.requests, counts.changed, counts.unchanged) == (8, 2800, 0)
    assert report.remap.state == "done"
    assert hub.journal.counts().derived == 2800
    assert audit(data_of(hub.journal, hub.store)).balanced
    again = correct(hub, SECOND, 2).remap.counts
    assert (again.changed, again.unchanged) == (0, 2800)


def test_requests_whose_events_were_trimmed_are_out_of_reach(hub):
    for n in range(1, 5):
        receive(hub, n, [{"id": "ann", "total": n}])
    drain(hub)
    partition = next(p for p in range(16) if hub.journal.bounds(p).last)
    hub.journal.trim(partition, 3)
    with hub.store.transaction() as tx:
        tx.applied.prune_trimmed({partition: 3}, before_ms=START * 2, after=0, limit=10)
    report = correct(hub, SECOND)
    assert (report.remap.counts.out_of_reach, report.remap.counts.changed) == (2, 2)
    assert records_of(hub) == {"ann": (4, {"last": 4})}


def test_what_was_not_applied_yet_is_waited_for(hub):
    waits = 0

    def wait() -> None:
        nonlocal waits
        waits += 1
        if waits == 2:
            drain(hub)

    receive(hub, 1, [{"id": "ann", "total": 1}])
    run = run_of(hub, SECOND, remap_of(1), wait=wait)
    assert run.run(examples=0, progress=lambda _: None).remap.counts.changed == 1
    assert waits == 2


def test_a_remap_appends_beside_another_writer_of_the_journal(hub, tmp_path):
    """Positions come from the heads in the file, so two writers never give one twice."""
    receive(hub, 1, [{"id": "ann", "total": 1}])
    drain(hub)
    other = open_journal(tmp_path / "journal.db")
    try:
        run_of(hub, SECOND, remap_of(1), journal=other).run(examples=0, progress=lambda _: None)
        receive(hub, 2, [{"id": "ann", "total": 2}])
    finally:
        other.close()
    drain(hub)
    assert records_of(hub) == {"ann": (2, {"last": 1})}
    assert audit(data_of(hub.journal, hub.store)).balanced


def test_a_body_that_is_no_text_is_mapped_again_as_it_was(hub):
    """What could not be read then cannot be read now, and changes nothing."""
    body = base64.b64decode("/////w==")
    request = StoredRequest(
        request_id="req_00000000000000000000000077",
        workspace="acme",
        source_id="shop",
        received_at=START,
        state="refused",
        items=0,
        events=0,
        mapper="shop/orders@1",
        body=body,
    )
    hub.journal.take([request], [])
    counts = correct(hub, SECOND).remap.counts
    assert (counts.requests, counts.added, counts.changed, counts.removed) == (1, 0, 0, 0)
