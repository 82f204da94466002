"""The reckoning of a drill finds what it is there to find: each fault is planted and must be named."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from heliograph.app.drill.orders import WORKSPACE, Book, order, person_of
from heliograph.app.drill.receiver import Receipts
from heliograph.app.drill.reckoning import Reckoning, reckon
from heliograph.model.event import Event, encode_event
from heliograph.model.identity import first_profile_id
from heliograph.operations.look.condition.audit import audit
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Entry, Record
from heliograph.storage.profiles import AttributeValue, ProfileRecord
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory.journal import open_memory_journal
from heliograph.testing.memory.store import open_memory_store

COUNT = 6


def event(number: int, event_id: str | None = None) -> Event:
    return Event(
        type="track",
        event_id=event_id or f"evt_{number}",
        workspace=WORKSPACE,
        source_id="shop",
        request_id=f"req_{number}",
        item_index=0,
        timestamp=number,
        received_at=number,
        customer_id=person_of(number),
        properties={"number": number},
    )


def append(data: Data, *events: Event) -> None:
    data.journal.append(
        [
            Record(key=one.key, id=one.event_id, at=one.received_at, value=encode_event(one))
            for one in events
        ]
    )


class World:
    """Six orders of six people that came out: everybody knows of each once."""

    def __init__(self, folder: Path) -> None:
        self.book = Book(folder / "orders.log")
        self.receipts = Receipts(folder / "receipts.log")
        self.data = data_of(open_memory_journal(folder), open_memory_store(folder))
        self.events = dict.fromkeys(range(COUNT), 1)
        self.last = {number: number for number in range(COUNT)}
        self.book.acknowledge(self.book.take(COUNT))
        for number in range(COUNT):
            self.receipts.take("main", number, f"dlv_m{number}")
            self.receipts.take("other", number, f"dlv_o{number}")
        append(self.data, *(event(number) for number in range(COUNT)))

    def reckon(self) -> Reckoning:
        with self.data.store.transaction() as tx:
            tx.profiles.put_many([self._record(number) for number in self.events])
        report = msgspec.structs.replace(audit(self.data), differences=(), balanced=True)
        settled = msgspec.structs.replace(
            report, engine=msgspec.structs.replace(report.engine, lag=0)
        )
        return reckon(self.data, settled, self.book, self.receipts)

    def _record(self, number: int) -> ProfileRecord:
        value = AttributeValue(
            value=self.last[number], at=number, event_id="e", source_id="s", known=True
        )
        return ProfileRecord(
            profile_id=first_profile_id(WORKSPACE, "customer", person_of(number)),
            workspace=WORKSPACE,
            kind="customer",
            value=person_of(number),
            first_seen=1,
            last_seen=1,
            events=self.events[number],
            attributes={"last_number": value},
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.book.close()
    world.receipts.close()


def test_what_came_out_has_no_fault(world: World) -> None:
    result = world.reckon()
    assert result.faults == ()
    assert (result.acknowledged, result.stored, result.repeated) == (COUNT, COUNT, 0)


def lose(world: World) -> None:
    world.book.acknowledge(world.book.take(1))


def lose_at_one(world: World) -> None:
    del world.receipts.keys["other"][2]


def second_key(world: World) -> None:
    world.receipts.take("main", 3, "dlv_again")


def shared_key(world: World) -> None:
    world.receipts.keys["main"][1] = {"dlv_m2"}


def invented(world: World) -> None:
    world.receipts.take("main", -1, "dlv_x")
    world.receipts.take("other", -1, "dlv_y")


def applied_twice(world: World) -> None:
    world.events[4] = 2


def older_value(world: World) -> None:
    world.last[4] = 3


def two_events(world: World) -> None:
    append(world.data, event(5, "evt_other"))


def answered_500(world: World) -> None:
    world.book.statuses[500] += 1


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (lose, "1 acknowledged orders are missing at a destination: 6"),
        (lose_at_one, "1 orders reached one destination only: 2"),
        (second_key, "1 orders went to main under several keys: 3"),
        (shared_key, "1 keys stand for several deliveries: dlv_m2"),
        (invented, "1 orders that nobody sent reached main: -1"),
        (applied_twice, "c4 has 2 events applied; 1 orders were delivered"),
        (older_value, "c4's newest order is 4; the profile says 3"),
        (two_events, "1 orders became two events: 5"),
        (answered_500, "senders were answered [500]; allowed is 200 and 503"),
    ],
)
def test_a_fault_is_named(world: World, plant: Callable[[World], None], said: str) -> None:
    plant(world)
    assert said in world.reckon().faults


def test_retention_may_go_on_while_it_is_reckoned(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, trimmed = world.data.journal.read, False

    def read_late(partition: int, after: int, limit: int) -> list[Entry]:
        nonlocal trimmed
        bounds = world.data.journal.bounds(partition)
        if not trimmed and bounds.last >= bounds.first:
            trimmed = True
            world.data.journal.trim(partition, bounds.last + 1)
        return read(partition, after, limit)

    monkeypatch.setattr(world.data.journal, "read", read_late)
    assert world.reckon().faults == ()
    assert trimmed


def test_the_books_are_as_before_when_a_drill_goes_on(world: World, tmp_path: Path) -> None:
    world.receipts.take("main", 0, "dlv_m0")
    world.book.close()
    world.receipts.close()
    with (
        contextlib.closing(Book(tmp_path / "orders.log")) as book,
        contextlib.closing(Receipts(tmp_path / "receipts.log")) as receipts,
    ):
        compare_books(world, book, receipts)


def compare_books(world: World, book: Book, receipts: Receipts) -> None:
    assert (book.next, book.acknowledged) == (COUNT, set(range(COUNT)))
    assert receipts.keys == world.receipts.keys
    assert receipts.requests == 2 * COUNT + 1


def test_orders_are_of_a_customer_of_a_visitor_and_of_both() -> None:
    kinds = {
        (one["customer"] is None, one["visitor"] is None)
        for number in range(200)
        for one in [order(number, 1)]
    }
    assert kinds == {(False, True), (True, False), (False, False)}
