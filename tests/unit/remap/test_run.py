"""A remap from beginning to end: in pages, interrupted anywhere, taken up again."""

from typing import Any

import pytest

from heliograph.errors import StoreUnavailable
from heliograph.remap.run import PAGE_REQUESTS
from heliograph.testing.memory.hub import MemoryHub

MANY = 2 * PAGE_REQUESTS + 10


def silent(_: int) -> None:
    return


def people(n: int) -> list[Any]:
    return [{"id": f"c{n}", "total": n}]


@pytest.fixture
def full(hub: MemoryHub) -> MemoryHub:
    for n in range(1, MANY + 1):
        hub.receive(n, people(n))
    hub.drain()
    return hub


def test_pages_are_told_and_every_event_is_corrected_once(full: MemoryHub):
    told: list[int] = []
    report = full.remap(full.task("richer"), until_s=10_000).run(examples=2, progress=told.append)
    assert told == [PAGE_REQUESTS, 2 * PAGE_REQUESTS, MANY]
    counts = report.remap.counts
    assert (report.remap.state, counts.requests, counts.changed) == ("done", MANY, MANY)
    assert [len(kept) for kept in report.summary.examples.values()] == [2]
    full.drain()
    assert full.traits() == {f"c{n}": {"last": n} for n in range(1, MANY + 1)}
    again = full.remap(full.task("richer", remap_id="rmp_2"), until_s=10_000)
    assert again.run(examples=0, progress=silent).remap.counts.unchanged == MANY


def test_a_preview_writes_nothing(full: MemoryHub):
    before = len(full.events())
    report = full.remap(full.task("richer"), until_s=10_000).preview(examples=1, progress=silent)
    assert (report.remap.state, report.remap.counts.changed) == ("running", MANY)
    assert len(full.events()) == before
    with full.store.read() as reader:
        assert reader.remaps.find(limit=10) == []


@pytest.mark.parametrize("after", [PAGE_REQUESTS, 2 * PAGE_REQUESTS])
def test_interrupted_after_a_page_it_goes_on_from_there(full: MemoryHub, after: int):
    def interrupted(done: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    task = full.task("richer")
    with pytest.raises(KeyboardInterrupt):
        full.remap(task, until_s=10_000).run(examples=0, progress=interrupted)
    with full.store.read() as reader:
        left = reader.remaps.get("rmp_1")
    assert left is not None
    assert (left.state, left.counts.requests, left.counts.changed) == ("running", after, after)
    told: list[int] = []
    report = full.resumed(left, task).run(examples=0, progress=told.append)
    assert told[0] > after
    assert (report.remap.counts.changed, report.remap.state) == (MANY, "done")
    assert len(full.events()) == 2 * MANY


def test_a_store_that_fails_after_the_append_leaves_nothing_that_is_done_twice(full: MemoryHub):
    """The events of the first page are appended, and how far it came could not be written down."""
    task = full.task("richer")
    run = full.remap(task, until_s=10_000)
    appended: list[int] = []
    append = full.journal.append

    def append_and_fail(records: Any) -> Any:
        places = append(records)
        appended.append(len(records))
        full.store.fail_with = StoreUnavailable("store.unavailable", "the disk is full")
        return places

    full.journal.append = append_and_fail
    with pytest.raises(StoreUnavailable):
        run.run(examples=0, progress=silent)
    full.journal.append = append
    full.store.fail_with = None
    with full.store.read() as reader:
        left = reader.remaps.get("rmp_1")
    assert left is not None
    assert (appended, left.counts.changed) == ([PAGE_REQUESTS], 0)
    report = full.resumed(left, task).run(examples=0, progress=silent)
    assert report.remap.counts.changed == MANY
    assert len(full.events()) == 2 * MANY


def test_requests_of_other_mappers_and_times_are_left_alone(hub: MemoryHub):
    hub.receive(1, people(1))
    hub.receive(2, people(2), config="same")
    hub.receive(50, people(3))
    hub.drain()
    report = hub.remap(hub.task("richer"), until_s=50).run(examples=0, progress=silent)
    assert (report.remap.counts.requests, report.remap.counts.changed) == (1, 1)
    assert sum(event.generation == 2 for event in hub.events()) == 1


def test_what_retention_has_trimmed_is_out_of_reach_and_counted(hub: MemoryHub):
    hub.receive(1, people(1))
    hub.receive(2, people(2))
    hub.drain()
    for partition in range(hub.journal.partitions):
        for entry in hub.journal.read(partition, 0, 10):
            if entry.record.id.endswith("01-0"):
                hub.journal.trim(partition, entry.position + 1)
    report = hub.remap(hub.task("richer")).run(examples=0, progress=silent)
    assert (report.remap.counts.out_of_reach, report.remap.counts.changed) == (1, 1)
