"""What is at hand is handed out once, and never when somebody else may have changed it."""

import msgspec

from heliograph.delivery.rows import fresh
from heliograph.delivery.rows.fresh import Fresh, Handover, Made
from heliograph.model.event import Event
from heliograph.testing.samples import make_delivery, make_profile

HERE = {"w/crm"}


def made(seq: int, *, destination: str = "w/crm", profile_id: str = "p_1") -> Made:
    new = make_delivery(seq, destination=destination, profile_id=profile_id)
    event = Event(
        type="track", event_id=new.event_id, workspace="w", source_id="shop", request_id="req_1",
        item_index=0, timestamp=1, received_at=1,
    )  # fmt: skip
    return Made(seq=seq, new=new, event=event, at_ms=seq)


def handover(*rows: Made, **fields) -> Handover:
    people = {one.new.profile_id: (one.new.profile_id, (make_profile(1),)) for one in rows}
    fields = {"counts": {"w/crm": len(rows)}, "rows": rows, "people": people, **fields}
    return Handover(**fields)


def test_a_row_is_handed_out_once_as_it_stands_in_the_store():
    memory = Fresh()
    memory.put(handover(made(1), made(2)), HERE, now_s=0)
    rows, people = memory.take([1, 9], now_s=1)
    assert [*rows] == [1]
    assert (rows[1].row().seq, rows[1].row().attempts, rows[1].row().due_at) == (1, 0, 1)
    assert [*people] == ["p_1"]
    assert memory.take([1], now_s=1) == ({}, {})
    assert len(memory) == 1


def test_rows_of_destinations_that_another_courier_has_are_not_kept():
    memory = Fresh()
    memory.put(handover(made(1, destination="w/heap"), made(2)), HERE, now_s=0)
    assert [*memory.take([1, 2], now_s=0)[0]] == [2]


def test_a_row_that_was_read_from_the_store_first_is_not_trusted_any_more():
    """It may have been sent, and wait for a retry, when the engine gets round to handing it over."""
    memory = Fresh()
    memory.put(handover(made(1)), HERE, now_s=0)
    memory.take([1, 2, 3], now_s=0)
    memory.put(handover(made(2), made(3), made(4)), HERE, now_s=0)
    assert [*memory.take([2, 3, 4], now_s=0)[0]] == [4]


def test_nothing_is_trusted_after_a_lease_began_or_ended():
    memory = Fresh()
    memory.put(handover(made(1)), HERE, now_s=0)
    memory.clear()
    assert memory.take([1], now_s=0) == ({}, {})
    memory.put(handover(made(1), made(2)), HERE, now_s=0)
    assert [*memory.take([1, 2], now_s=0)[0]] == [2]


def test_people_are_trusted_for_a_short_time_and_only_until_some_turn_out_to_be_others():
    memory = Fresh()
    memory.put(handover(made(1), made(2)), HERE, now_s=0)
    assert memory.take([1], now_s=fresh.PEOPLE_S + 1)[1] == {}
    memory.put(handover(made(3, profile_id="p_3"), regrouped=True), HERE, now_s=1)
    assert memory.take([2], now_s=1)[1] == {}
    assert [*memory.take([3], now_s=1)[1]] == ["p_3"]


def test_a_later_batch_tells_more_of_a_person():
    memory = Fresh()
    memory.put(handover(made(1)), HERE, now_s=0)
    later = {"p_1": ("p_1", (make_profile(1, phone="1"),))}
    memory.put(handover(made(2), people=later), HERE, now_s=2)
    assert memory.take([1], now_s=4)[1] == later


def test_memory_is_bounded_by_rows_and_by_bytes_and_what_came_first_stays(monkeypatch):
    monkeypatch.setattr(fresh, "MOST_ROWS", 3)
    memory = Fresh()
    memory.put(handover(*(made(seq) for seq in range(1, 9))), HERE, now_s=0)
    assert len(memory) == 3
    assert [*memory.take(range(1, 9), now_s=0)[0]] == [1, 2, 3]
    big = made(10)
    big = msgspec.structs.replace(big, new=msgspec.structs.replace(big.new, event=b"x" * 6_000_000))
    another = msgspec.structs.replace(big, seq=11)
    memory.put(handover(big, another, made(12)), HERE, now_s=0)
    assert [*memory.take([10, 11, 12], now_s=0)[0]] == [10, 12]


def test_a_destination_that_takes_nothing_leaves_room_for_the_others(monkeypatch):
    monkeypatch.setattr(fresh, "MOST_OF_ONE", 2)
    memory = Fresh()
    slow = [made(seq, destination="w/slow") for seq in (1, 2, 3)]
    memory.put(handover(*slow, made(4)), {"w/slow", "w/crm"}, now_s=0)
    assert [*memory.take([1, 2, 3, 4], now_s=0)[0]] == [1, 2, 4]
    memory.put(handover(made(5, destination="w/slow")), {"w/slow"}, now_s=0)
    assert len(memory) == 1


def test_what_no_destination_took_for_long_makes_room():
    memory = Fresh()
    memory.put(handover(made(1)), HERE, now_s=0)
    memory.put(handover(made(2)), HERE, now_s=fresh.ROWS_S + 1)
    assert [*memory.take([1, 2], now_s=fresh.ROWS_S + 1)[0]] == [2]
