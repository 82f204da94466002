"""Bytes that changed on disk: what is stored is shown with its fault and place, and hides nothing else.

The files are real ones, written by the hub's own code, and a byte in them is flipped behind SQLite's back,
which has no checksums.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heliograph.app import wiring
from heliograph.app.settings import Settings
from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.packing.dictionaries import Dictionaries
from heliograph.cli import run
from heliograph.engine.routing.routes import RouteBook
from heliograph.model.delivery import NewDelivery
from heliograph.model.event import Event, encode_event
from heliograph.model.request import RejectedItem, StoredRequest
from heliograph.operations.look.condition.proof import prove
from heliograph.storage.events.journal import Record
from heliograph.testing.hubs import TESTER
from heliograph.testing.running.processes import write_files
from heliograph.testing.samples import make_attempt, make_finish

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

GOOD, BAD = 0, 1
FOLDER = {
    "workspace.toml": 'id = "acme"\ndata_api_keys = ["k"]\n',
    "destinations/hook.toml": 'type = "webhook"\n[settings]\nurl = "http://127.0.0.1:9/flipme"\n',
    "destinations/other.toml": 'type = "webhook"\n[settings]\nurl = "http://127.0.0.1:9/other"\n',
    "pipelines/main.toml": 'sources = ["*"]\n[[destinations]]\nname = "other"\n',
    "mappers/shop/v1.json": json.dumps(
        {
            "partner_name": "shop",
            "mapping_type": "events",
            "batching": False,
            "mappings": {
                "customer_id": "$.email",
                "event_name": "Flipped",
                "user_time": "$receivedAt",
                "platform": "web",
                "app_version": "1",
                "attr": {},
            },
            "payload_validations": {},
        }
    ),
}


def as_before(path: Path, table: str, column: str) -> None:
    """Store values as a release before did, in full: so a flip of a byte can be aimed at."""
    connection = connect(path, read_only=False)
    found = Dictionaries()
    for seq, packed in connection.execute(f"SELECT seq, {column} FROM {table}").fetchall():
        value = found.unpack(connection, packed)
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE seq = ?", (value, seq))
    connection.close()


def stored(path: Path, table: str, column: str) -> bytes:
    """Return the newest value of a column as it is stored."""
    connection = connect(path, read_only=True)
    row = connection.execute(f"SELECT {column} FROM {table} ORDER BY seq DESC LIMIT 1").fetchone()
    connection.close()
    return row[0]


def request_of(n: int) -> StoredRequest:
    return StoredRequest(
        request_id=f"req_{n:026d}",
        workspace="acme",
        source_id="shop",
        received_at=1_000 + n,
        state="partial",
        items=2,
        events=1,
        rejected=(RejectedItem(index=1, code="mapper.missing_field", message=f"no email {n}"),),
        mapper="shop/v1@1",
        path="/v1/partner/shop/events",
        headers={"user-agent": f"agent-{n}"},
        body=b"{}",
    )


def event_of(n: int) -> Event:
    return Event(
        type="track",
        event_id=f"evt_{n:026d}-0",
        workspace="acme",
        source_id="shop",
        request_id=f"req_{n:026d}",
        item_index=0,
        timestamp=1,
        received_at=1_000 + n,
        event=f"Ordered {n}",
        customer_id="ann",
    )


class Damaged:
    """A data folder with two of everything, and commands on it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings = Settings(data_dir=str(root / "data"))
        self.folder = write_files(root / "in", FOLDER)
        self._capsys = capsys
        self.run("apply", str(self.folder), "--yes")
        with wiring.opened(self.settings, journal_writes=True, store_writes=True) as data:
            events = [event_of(n) for n in (GOOD, BAD)]
            places = data.intake.take(
                [request_of(n) for n in (GOOD, BAD)],
                [
                    Record(key=e.key, id=e.event_id, at=e.received_at, value=encode_event(e))
                    for e in events
                ],
            )
            with data.store.transaction() as tx:
                made = [
                    NewDelivery(
                        delivery_id=f"dlv_{n:026d}",
                        destination="acme/other",
                        pipeline="main",
                        blueprint=None,
                        key=f"k{n}",
                        profile_id="p_1",
                        event_id=event.event_id,
                        partition=partition,
                        position=position,
                        event=encode_event(event),
                    )
                    for n, (event, (partition, position)) in enumerate(
                        zip(events, places, strict=True)
                    )
                ]
                tx.deliveries.enqueue(made, now_ms=1)
        for file, table, column in (
            ("store.db", "delivery_events", "event"),
            ("journal.db", "records", "value"),
            ("journal.db", "requests", "headers"),
            ("journal.db", "requests", "rejected"),
            ("journal.db", "requests", "body"),
        ):
            as_before(self.settings.data_path / file, table, column)

    def flip(self, file: str, marker: bytes, *, at: int = 0, to: bytes = b"\x00") -> None:
        """Change one byte of each place where `marker` stands, `at` bytes into it."""
        path = self.settings.data_path / file
        whole = path.read_bytes()
        assert marker in whole, f"{marker!r} is not in {file}"
        changed = marker[:at] + to + marker[at + 1 :]
        path.write_bytes(whole.replace(marker, changed))

    def run(self, *args: str, code: int = 0) -> str:
        got = run((*args, "--data-dir", self.settings.data_dir))
        out, err = self._capsys.readouterr()
        assert got == code, (args, got, out, err)
        return out + err

    def json(self, *args: str):
        code = 1 if args == ("status",) else 0  # no role runs here
        assert run((*args, "--json", "--data-dir", self.settings.data_dir)) == code
        return json.loads(self._capsys.readouterr().out)


@pytest.fixture
def damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Damaged:
    return Damaged(tmp_path, capsys)


def test_an_event_is_listed_with_its_fault_and_hides_no_other(damaged: Damaged):
    damaged.flip("journal.db", b'"event":"Ordered 1"', at=7, to=b"x")
    rows = damaged.json("events", "list")
    assert [(row["event_id"], bool(row["fault"])) for row in rows] == [
        (event_of(BAD).event_id, True),
        (event_of(GOOD).event_id, False),
    ]
    assert rows[0]["event"] is None
    assert "no JSON" in rows[0]["fault"]
    place = f"partition {rows[0]['partition']}, position {rows[0]['position']}"
    assert place in damaged.run("events", "list")
    assert "cannot be read: no JSON" in damaged.run("events", "show", event_of(BAD).event_id)
    for id_ in (event_of(BAD).event_id, request_of(BAD).request_id):
        [life] = damaged.json("trace", id_)["events"]
        assert "no JSON" in life["fault"]
        assert "cannot be read" in damaged.run("trace", id_)


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_packed_event_that_is_none_any_more_is_told(damaged: Damaged, at: int):
    event = event_of(2)
    value = encode_event(event)
    record = Record(key=event.key, id=event.event_id, at=event.received_at, value=value)
    with wiring.opened(damaged.settings, journal_writes=True, store_writes=False) as data:
        data.intake.take([request_of(2)], [record])
    packed = stored(damaged.settings.data_path / "journal.db", "records", "value")
    assert len(packed) < len(value)
    damaged.flip("journal.db", packed, at=at, to=b"\x7f")
    [found] = [row for row in damaged.json("events", "list") if row["fault"]]
    assert found["event_id"] == event.event_id
    assert found["fault"].startswith("no JSON: " if at == 0 else "not unpacked: ")


@pytest.mark.parametrize(
    ("column", "whole", "to"),
    [
        ("body", b'"n":1', b'"n":7'),
        ("headers", b"agent", b"agenb"),
        ("rejected", b'"index":1', b'"index":0'),
        ("workspace", "acme", "acmf"),
        ("source_id", "shop", "shor"),
        ("mapper", "v1@1", "v1@3"),
        ("path", "kind=1", "kind=3"),
        ("message_id", "m-1", "m-3"),
        ("received_at", 1_002, 1_003),
        ("items", 2, 3),
        ("events", 1, 0),
    ],
)
def test_a_flipped_bit_that_leaves_a_request_readable_is_told(
    damaged: Damaged, column: str, whole: Any, to: Any
):
    request = msgspec.structs.replace(
        request_of(2),
        headers={"x": "agent"},
        body=b'{"n":1}',
        path="/v1/partner/shop/events?kind=1",
        message_id="m-1",
    )
    path = damaged.settings.data_path / "journal.db"
    with wiring.opened(damaged.settings, journal_writes=True, store_writes=False) as data:
        data.intake.take([request], [])
    assert damaged.json("requests", "show", request.request_id)["fault"] is None
    value: Any = stored(path, "requests", column)
    if column == "rejected":
        as_before(path, "requests", column)
        value = stored(path, "requests", column)
    changed = to if isinstance(value, int) else value.replace(whole, to)
    assert changed != value
    connection = connect(path, read_only=False)
    connection.execute(
        f"UPDATE requests SET {column} = ? WHERE request_id = ?", (changed, request.request_id)
    )
    connection.close()
    shown = damaged.json("requests", "show", request.request_id)
    assert "another checksum" in shown["fault"]


@pytest.mark.parametrize("column", ["headers", "body"])
def test_a_packed_request_is_shown_with_what_is_left_of_it(damaged: Damaged, column: str):
    request = msgspec.structs.replace(
        request_of(2), headers={"user-agent": "agent " * 20}, body=b"body " * 20
    )
    with wiring.opened(damaged.settings, journal_writes=True, store_writes=False) as data:
        data.intake.take([request], [])
    packed = stored(damaged.settings.data_path / "journal.db", "requests", column)
    damaged.flip("journal.db", packed, at=2, to=b"\x7f")
    shown = damaged.json("requests", "show", request.request_id)
    assert shown["fault"].startswith(f"{column}: ")
    assert (shown["body"] == "body " * 20) == (column == "headers")
    assert [bool(row["fault"]) for row in damaged.json("requests", "list")] == [
        column == "headers",
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("marker", "at", "to", "fault"),
    [
        (b'"type":"track","event_id":"evt_00000000000000000000000001', 8, b"T", "no event: "),
        (b'"event_id":"evt_00000000000000000000000001', 41, b"7", "another id: "),
        (b'"event":"Ordered 1"', 10, b"\xff", "no JSON: "),
    ],
)
def test_each_fault_of_the_list_is_told_apart(
    damaged: Damaged, marker: bytes, at: int, to: bytes, fault: str
):
    damaged.flip("journal.db", marker, at=at, to=to)
    [found] = [row["fault"] for row in damaged.json("events", "list") if row["fault"]]
    assert found.startswith(fault)


def test_the_engine_writes_down_what_it_cannot_read_and_goes_on(damaged: Damaged):
    damaged.flip("journal.db", b'"event":"Ordered 1"', at=7, to=b"x")
    clock = wiring.system_clock()
    with wiring.opened(damaged.settings, journal_writes=False, store_writes=True) as data:
        engine, _ = wiring.worker_parts(damaged.settings, data, clock=clock, owner="w")
        while engine.step():
            pass
        report = prove(TESTER, wiring.hub_of(damaged.settings, data))
    assert (report.engine.applied, report.engine.skipped) == (1, 1)
    life = damaged.json("events", "show", event_of(BAD).event_id)
    assert life["state"] == "skipped"
    assert life["reason"].startswith("store.corrupt: no JSON")


def test_a_delivery_whose_event_cannot_be_read_is_shown(damaged: Damaged):
    damaged.flip("store.db", b'"event":"Ordered 1"', at=7, to=b"x")
    shown = damaged.json("deliveries", "show", f"dlv_{BAD:026d}")
    assert shown["event"] is None
    assert "no JSON" in shown["fault"]
    assert "its event cannot be read" in damaged.run("deliveries", "show", f"dlv_{BAD:026d}")
    assert damaged.json("deliveries", "show", f"dlv_{GOOD:026d}")["event"]["event"] == "Ordered 0"


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_delivery_whose_packed_event_is_none_any_more_is_shown(damaged: Damaged, at: int):
    path = damaged.settings.data_path / "store.db"
    with wiring.writing_store(damaged.settings) as store, store.transaction() as tx:
        event = encode_event(event_of(2))
        made = NewDelivery(
            delivery_id=f"dlv_{2:026d}",
            destination="acme/other",
            pipeline="main",
            blueprint=None,
            key="k2",
            profile_id="p_1",
            event_id=event_of(2).event_id,
            partition=0,
            position=9,
            event=event,
        )
        tx.deliveries.enqueue([made], now_ms=1)
    packed = stored(path, "delivery_events", "event")
    assert len(packed) < len(event)
    damaged.flip("store.db", packed, at=at, to=b"\x7f")
    shown = damaged.json("deliveries", "show", f"dlv_{2:026d}")
    assert shown["event"] is None
    assert "no JSON" in shown["fault"]
    assert damaged.json("deliveries", "show", f"dlv_{BAD:026d}")["fault"] is None


def test_a_request_is_shown_with_what_is_left_of_it(damaged: Damaged):
    damaged.flip("journal.db", b'{"user-agent":"agent-1"}', at=0, to=b"[")
    damaged.flip("journal.db", b'"message":"no email 1"', at=9, to=b"x")
    rows = damaged.json("requests", "list")
    assert [bool(row["fault"]) for row in rows] == [True, False]
    assert "headers: " in rows[0]["fault"]
    assert "rejected items: " in rows[0]["fault"]
    assert "cannot be read in full" in damaged.run("requests", "show", request_of(BAD).request_id)
    assert damaged.json("requests", "show", request_of(BAD).request_id)["body"] == "{}"
    assert "cannot be read in full" in damaged.run("trace", request_of(BAD).request_id)


def test_an_attempt_is_shown_with_what_is_left_of_it(damaged: Damaged):
    with wiring.writing_store(damaged.settings) as store, store.transaction() as tx:
        attempt = msgspec.structs.replace(
            make_attempt(GOOD, 1),
            delivery_id=f"dlv_{GOOD:026d}",
            response_headers={"x-flip": "me"},
        )
        write_attempt(tx, attempt)
    path = damaged.settings.data_path / "store.db"
    as_before(path, "attempts", "body")
    damaged.flip("store.db", b"x-flip", at=0, to=b"\xff")
    [shown] = damaged.json("deliveries", "show", f"dlv_{GOOD:026d}")["attempts"]
    assert shown["fault"].startswith("attempts: ")


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_packed_attempt_that_is_none_any_more_is_shown(damaged: Damaged, at: int):
    with wiring.writing_store(damaged.settings) as store, store.transaction() as tx:
        write_attempt(
            tx, msgspec.structs.replace(make_attempt(0, 1), delivery_id=f"dlv_{GOOD:026d}")
        )
    packed = stored(damaged.settings.data_path / "store.db", "attempts", "body")
    damaged.flip("store.db", packed, at=at, to=b"\x7f")
    [shown] = damaged.json("deliveries", "show", f"dlv_{GOOD:026d}")["attempts"]
    assert shown["fault"].startswith("attempts: ")


def write_attempt(tx, attempt) -> None:
    turn = make_finish(attempt.delivery_id, "delivered", attempts=(attempt,))
    assert tx.deliveries.finish([turn], now_ms=5) == set()


def test_a_document_is_shown_as_unreadable_and_mended_by_its_folder(damaged: Damaged):
    damaged.flip("store.db", b"127.0.0.1:9/flipme", at=0, to=b"\x07")
    damaged.flip("store.db", b'"event_name":"Flipped"', at=13, to=b"x")
    by_name = {row["name"]: row for row in damaged.json("destination", "list")}
    assert by_name["hook"]["state"] == "misconfigured"
    assert by_name["hook"]["fault"].startswith("document: ")
    assert "fault" not in by_name["other"]
    assert any("mappers/shop/v1.json" in said for said in damaged.json("status")["problems"])
    said = damaged.run("export", str(damaged.folder.parent / "out"), code=3)
    assert "cannot be read" in said
    again = damaged.json("apply", str(damaged.folder))
    assert sorted(change["name"] for change in again["changed"]) == ["hook", "shop/v1"]
    assert damaged.json("status")["problems"] == []


def test_a_pipeline_that_cannot_be_read_keeps_its_version_before(damaged: Damaged):
    """Read as empty it would be a pipeline without destinations: deliveries would be missing in silence."""
    changed = FOLDER["pipelines/main.toml"].replace('["*"]', '["shop", "*"]')
    write_files(damaged.folder, {"pipelines/main.toml": changed})
    damaged.run("apply", str(damaged.folder), "--yes")
    damaged.flip("store.db", b'["shop","*"]', at=0, to=b"x")
    with wiring.opened(damaged.settings, journal_writes=False, store_writes=True) as data:
        book = RouteBook()
        book.update(*data.catalog().current(), data.store)
        ways = book.of("acme").ways("shop", "Ordered")
    assert [way.destination for way in ways] == ["acme/other"]
    assert any("pipelines/main.toml" in said for said in damaged.json("status")["problems"])


def test_what_the_hub_acts_on_must_be_whole_and_is_refused_with_a_sentence(damaged: Damaged):
    from heliograph.testing.samples import make_profile

    with wiring.writing_store(damaged.settings) as store, store.transaction() as tx:
        tx.profiles.put_many([make_profile(1, workspace="acme", colour="flip me")])
    damaged.flip("store.db", b'"value":"flip me"', at=8, to=b"x")
    said = damaged.run("profiles", "show", "p_1", code=3)
    assert "profile p_1: a stored value cannot be read" in said
    assert "backup" in said


def test_a_text_that_is_no_utf_8_any_more_is_a_sentence(damaged: Damaged):
    damaged.flip("journal.db", b"/v1/partner/shop/events", at=3, to=b"\xff")
    said = damaged.run("requests", "list", code=3)
    assert "a stored text is none any more" in said
