"""The drill finds an order that arrived too early, and takes nothing else for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heliograph.app.drill.receiver import Receipts
from heliograph.app.drill.sequence import Sequence
from heliograph.model.event import Event, encode_event
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Record
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory.journal import open_memory_journal
from heliograph.testing.memory.store import open_memory_store


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[Receipts]:
    receipts = Receipts(tmp_path / "receipts.log")
    yield receipts
    receipts.close()


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return data_of(open_memory_journal(tmp_path), open_memory_store(tmp_path))


def append(data: Data, number: int, *, customer: str | None = None, visitor: str | None = None):
    event = Event(
        type="track",
        event_id=f"evt_{number}",
        workspace="drill",
        source_id="shop",
        request_id=f"req_{number}",
        item_index=0,
        timestamp=number,
        received_at=number,
        customer_id=customer,
        anonymous_id=visitor,
        properties={"number": number},
    )
    record = Record(key=event.key, id=event.event_id, at=number, value=encode_event(event))
    data.journal.append([record])


def arrive(receipts: Receipts, *numbers: int, at: str = "other") -> None:
    for number in numbers:
        receipts.take(at, number, f"dlv_{at}_{number}")


def faults(data: Data, receipts: Receipts) -> list[str]:
    sequence = Sequence()
    sequence.look(data)
    return sequence.faults(receipts)


def test_an_order_that_overtook_another_of_its_person_is_named(
    data: Data, receipts: Receipts
) -> None:
    for number in (1, 2, 3):
        append(data, number, customer="c")
    arrive(receipts, 1, 3, 2)
    assert faults(data, receipts) == ["1 orders reached other out of their order: 3"]


def test_repetitions_and_other_people_are_no_fault(data: Data, receipts: Receipts) -> None:
    for number in (1, 2, 3):
        append(data, number, customer="c")
    append(data, 4, customer="d")
    arrive(receipts, 4, 1, 2, 1, 3, 2)
    assert faults(data, receipts) == []


def test_what_was_in_flight_when_a_visitor_became_known_is_no_fault(
    data: Data, receipts: Receipts
) -> None:
    append(data, 1, visitor="v")
    append(data, 2, visitor="v", customer="c")
    append(data, 3, visitor="v")
    arrive(receipts, 2, 1, 3)
    assert faults(data, receipts) == []
    arrive(receipts, 3, 2, at="main")
    assert faults(data, receipts) == ["1 orders reached main out of their order: 3"]


def test_a_dead_letter_lets_the_next_ones_go(data: Data, receipts: Receipts, tmp_path: Path):
    append(data, 1, customer="c")
    append(data, 2, customer="c")
    receipts.refuse(1)
    arrive(receipts, 2, 1, at="main")
    assert faults(data, receipts) == []
    again = Receipts(tmp_path / "receipts.log")
    assert (again.refused, again.first["main"]) == ({1}, {2: 0, 1: 1})
    again.close()


def test_what_retention_took_before_it_was_seen_is_left_out(data: Data, receipts: Receipts) -> None:
    for number in range(1, 6):
        append(data, number, customer="c")
    sequence = Sequence()
    sequence.look(data)
    for number in range(6, 9):
        append(data, number, customer="c")
    [partition] = [p for p, bounds in enumerate(data.journal.heads()) if bounds.last]
    data.journal.trim(partition, 8)
    sequence.look(data)
    arrive(receipts, 7, 8, 5, 6)
    assert sequence.faults(receipts) == ["1 orders reached other out of their order: 8"]
