from collections.abc import Generator
from contextlib import closing
from itertools import count
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from heliograph.backends.sqlite import open_journal, open_store
from heliograph.backends.sqlite.file.database import connect, immediate
from heliograph.backends.sqlite.file.driver import RawConnection
from heliograph.backends.sqlite.packing.codec import Unreadable, number_in
from heliograph.backends.sqlite.packing.dictionaries import Dictionaries
from heliograph.backends.sqlite.packing.exemplars import A_DAY_MS, FIRST_AFTER
from heliograph.backends.sqlite.schema.migrate import migrate
from heliograph.backends.sqlite.store.session import Session
from heliograph.testing.samples import (
    make_attempt,
    make_delivery,
    make_finish,
    make_record,
    make_request,
)

Rows = list[tuple[int, bytes]]


@pytest.fixture
def connection(tmp_path: Path) -> Generator[RawConnection]:
    migrate(tmp_path / "store.db", "store")
    connection = connect(tmp_path / "store.db", read_only=False)
    yield connection
    connection.close()


def values(count: int, first: int = 0) -> list[bytes]:
    return [
        b'{"event":"Order Placed","customer":"c-%06d","total":99.9,"note":"leave it at the door"}'
        % number
        for number in range(first, first + count)
    ]


def pack(
    connection: RawConnection, found: Dictionaries, count: int = FIRST_AFTER, now_ms: int = 0
) -> list[bytes]:
    with immediate(connection):
        return found.pack(connection, "events", values(count), now_ms=now_ms)


def numbers(packed: list[bytes]) -> set[int]:
    """Return the dictionaries that values name; 0 for those that are kept as they are."""
    return {number_in(value)[0] if value[0] else 0 for value in packed}


def test_what_one_process_packs_another_unpacks(connection: RawConnection) -> None:
    writer, reader = Dictionaries(), Dictionaries()
    packed = pack(connection, writer) + pack(connection, writer)
    assert numbers(packed) == {0, 1}
    assert [reader.unpack(connection, value) for value in packed] == 2 * values(FIRST_AFTER)


def test_two_that_write_share_the_newest_dictionary(connection: RawConnection) -> None:
    one, other = Dictionaries(), Dictionaries()
    pack(connection, one)
    assert numbers(pack(connection, other)) == {1}
    assert numbers(pack(connection, one)) == {1}


def test_what_is_rolled_back_is_used_by_nobody(connection: RawConnection) -> None:
    found = Dictionaries()
    connection.execute("BEGIN IMMEDIATE")
    found.pack(connection, "events", values(FIRST_AFTER), now_ms=0)
    connection.execute("ROLLBACK")
    assert numbers(pack(connection, found, 1)) == {0}


def test_what_was_rolled_back_is_made_again_by_the_next_that_writes(
    connection: RawConnection,
) -> None:
    found = Dictionaries()
    connection.execute("BEGIN IMMEDIATE")
    found.pack(connection, "events", values(FIRST_AFTER), now_ms=0)
    connection.execute("ROLLBACK")
    assert numbers(pack(connection, found, 1)) == {0}
    assert numbers(pack(connection, found, 1)) == {1}


def test_what_a_transaction_makes_it_does_not_use(connection: RawConnection) -> None:
    found = Dictionaries()
    connection.execute("BEGIN IMMEDIATE")
    session = Session(connection, found)
    for _ in range(3):
        assert numbers(session.pack("attempts", values(FIRST_AFTER), now_ms=0)) == {0}
    connection.execute("ROLLBACK")
    with immediate(connection):
        Session(connection, found).pack("events", values(FIRST_AFTER), now_ms=0)
    packed = pack(connection, found)
    assert numbers(packed) == {1}
    assert [Dictionaries().unpack(connection, one) for one in packed] == values(FIRST_AFTER)


def test_a_transaction_makes_one_dictionary_of_a_kind(connection: RawConnection) -> None:
    """It packs on with the one before, so each further value looked like a reason for another."""
    found = Dictionaries()
    with immediate(connection):
        session = Session(connection, found)
        for _ in range(5):
            session.pack("attempts", values(FIRST_AFTER), now_ms=0)
            session.pack("events", values(FIRST_AFTER), now_ms=0)
    made = connection.execute("SELECT kind FROM dictionaries ORDER BY kind").fetchall()
    assert made == [("attempts",), ("events",)]
    assert numbers(pack(connection, found)) <= {1, 2}


def test_each_kind_has_its_own(connection: RawConnection) -> None:
    found = Dictionaries()
    pack(connection, found)
    with immediate(connection):
        packed = found.pack(connection, "attempts", values(FIRST_AFTER), now_ms=0)
    assert numbers(packed) == {0}
    assert {row[0] for row in connection.execute("SELECT kind FROM dictionaries")} == {
        "attempts",
        "events",
    }


def test_a_value_from_before_is_what_it_is(connection: RawConnection) -> None:
    for value in (b"", b"{}", b"[]", b"\x91\x01"):
        assert Dictionaries().unpack(connection, value) == value


@pytest.mark.parametrize("table", ["dictionaries", "dictionary_copies"])
def test_one_damaged_copy_is_no_loss(connection: RawConnection, table: str) -> None:
    pack(connection, Dictionaries())
    packed = pack(connection, Dictionaries())
    connection.execute(f"UPDATE {table} SET content = zeroblob(length(content))")
    reader = Dictionaries()
    assert [reader.unpack(connection, value) for value in packed] == values(FIRST_AFTER)


def test_without_a_whole_copy_values_are_refused_and_another_is_made(
    connection: RawConnection,
) -> None:
    pack(connection, Dictionaries())
    packed = pack(connection, Dictionaries())
    for table in ("dictionaries", "dictionary_copies"):
        connection.execute(f"UPDATE {table} SET content = zeroblob(length(content))")
    found = Dictionaries()
    with pytest.raises(Unreadable, match="dictionary 1 is damaged"):
        found.unpack(connection, packed[0])
    assert numbers(pack(connection, found, count=64)) == {0}
    assert numbers(pack(connection, found)) == {2}


def test_a_dictionary_goes_with_the_last_value_packed_with_it(connection: RawConnection) -> None:
    found = Dictionaries()
    pack(connection, found)
    old = pack(connection, found, count=64, now_ms=A_DAY_MS)
    new = pack(connection, found, now_ms=A_DAY_MS)
    assert (numbers(old), numbers(new)) == ({1}, {2})

    def left() -> list[list[int]]:
        return [
            [row[0] for row in connection.execute(f"SELECT id FROM {table}")]
            for table in ("dictionaries", "dictionary_copies")
        ]

    rows: Rows = [(1, b"\x00short"), (2, old[0]), (3, new[0])]
    found.drop_unused(connection, "events", rows)
    assert left() == [[1, 2], [1, 2]]
    found.drop_unused(connection, "attempts", [(1, new[0])])
    assert left() == [[1, 2], [1, 2]]
    found.drop_unused(connection, "events", [(1, b""), (2, b"{}"), (3, new[0])])
    assert left() == [[2], [2]]
    found.drop_unused(connection, "events", [])
    assert left() == [[2], [2]]


@pytest.mark.parametrize("damaged", [b"\x01", b"\x01\xff", b"\x01" + 12 * b"\xff"])
def test_a_row_whose_number_does_not_end_is_said_and_stops_no_retention(
    connection: RawConnection, damaged: bytes
) -> None:
    found = Dictionaries()
    pack(connection, found)
    old = pack(connection, found, count=64, now_ms=A_DAY_MS)
    new = pack(connection, found, now_ms=A_DAY_MS)
    assert (numbers(old), numbers(new)) == ({1}, {2})
    with capture_logs() as lines:
        found.drop_unused(connection, "events", [(7, damaged), (8, new[0])])
    assert connection.execute("SELECT id FROM dictionaries").fetchall() == [(2,)]
    [said] = lines
    assert (said["kind"], said["row"], said["reason"]) == ("events", 7, "it ends early")


def test_retention_goes_on_over_damaged_rows_of_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(open_journal(path)) as journal:
        numbers = range(1, 41)
        records = [make_record(number, key="one person") for number in numbers]
        [*_, (partition, last)] = journal.take([make_request(n) for n in numbers], records)
        file = connect(path, read_only=False)
        file.execute("UPDATE requests SET headers = x'01ff', body = x'01' WHERE seq IN (20, 21)")
        file.execute("UPDATE records SET value = x'01ff' WHERE seq = 39")
        file.close()
        with capture_logs() as lines:
            assert journal.requests.trim(20) == 19
            journal.trim(partition, last - 2)
    assert {(line["kind"], line["row"]) for line in lines} >= {("requests", 20), ("records", 39)}


def test_a_row_that_names_a_wrong_number_takes_no_dictionary_from_others(
    connection: RawConnection,
) -> None:
    found = Dictionaries()
    pack(connection, found)
    old = pack(connection, found, count=64, now_ms=A_DAY_MS)
    damaged = bytes([old[0][0], old[0][1] ^ 0x40]) + old[0][2:]
    found.drop_unused(connection, "events", [(1, damaged), (2, old[1])])
    assert [found.unpack(connection, value) for value in old] == values(64)
    assert connection.execute("SELECT count(*) FROM dictionaries").fetchone() == (2,)


def test_trimming_keeps_the_dictionary_of_bodies_whose_headers_name_none(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    def take(bodies: list[bytes], **headers: str) -> None:
        with closing(open_journal(path)) as journal:  # begun anew, it looks for another dictionary
            for body in bodies:
                one = msgspec.structs.replace(
                    make_request(next(counted), body=body), headers=headers
                )
                journal.take([one], [])

    counted = count()
    take(values(40), host="hub")
    others = [
        b'{"lines":[{"sku":"blue-chair-%06d","quantity":2}],"country":"DE"}' % n for n in range(60)
    ]
    take(others[:10], host="hub")
    take(others[10:], host="hub.example.com", **{f"x-forwarded-{n}": "10.0.0.1" for n in range(9)})
    with closing(open_journal(path)) as journal:
        assert journal.requests.trim(20) == 20
    with closing(open_journal(path, read_only=True)) as journal:
        kept = [journal.requests.get(make_request(n).request_id) for n in range(20, 100)]
    assert [one.body for one in kept if one] == values(20, 20) + others


def test_pruning_deliveries_lets_their_dictionaries_go(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(open_store(path)) as store:
        for day in range(3):
            first = 100 * day
            with store.transaction() as tx:
                made = [make_delivery(first + n) for n in range(100)]
                event = msgspec.json.encode({"text": "the same in each of them", "day": day})
                made = [msgspec.structs.replace(one, event=event) for one in made]
                tx.deliveries.enqueue(made, now_ms=day * A_DAY_MS)
            with store.transaction() as tx:
                done = [
                    make_finish(
                        one.delivery_id,
                        "delivered",
                        attempts=(make_attempt(first + n, 1, at=day * A_DAY_MS),),
                    )
                    for n, one in enumerate(made)
                ]
                tx.deliveries.finish(done, now_ms=day * A_DAY_MS)
        assert dictionaries_in(path) == {"events": 3, "attempts": 3}
        with store.transaction() as tx:
            assert tx.deliveries.prune(1 + A_DAY_MS) == 200
        assert dictionaries_in(path) == {"events": 2, "attempts": 2}
        with store.read() as reader:
            assert len(reader.deliveries.attempts("dlv_250")) == 1


def dictionaries_in(path: Path) -> dict[str, int]:
    connection = connect(path, read_only=True)
    found = dict(connection.execute("SELECT kind, count(*) FROM dictionaries GROUP BY kind"))
    connection.close()
    return found
