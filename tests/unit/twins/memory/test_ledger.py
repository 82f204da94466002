"""The ledger keeps the newest requests, counts all, and writes every one to a file."""

from pathlib import Path

import msgspec

from heliograph.twins.memory.ledger import Ledger, Record
from heliograph.twins.wire import Answer, Call, Verdict

AT = 1_780_770_540_000
CALL = Call(
    method="POST",
    path="/x",
    headers={"authorization": "Bearer secret", "x-request-id": "k"},
    body=b'{"a": 1}',
)


def verdict(status: int = 200, *, items: int = 1, duplicates: int = 0, key: str = "k") -> Verdict:
    return Verdict(
        answer=Answer(status=status, body={"ok": True}),
        endpoint="events",
        items=items,
        duplicates=duplicates,
        keys=(key,),
    )


def test_what_is_shown_masks_credentials_and_decodes_the_body():
    ledger = Ledger("sink")
    ledger.add(CALL, verdict(), at=AT, status=200, fault=False)
    [entry] = ledger.shown()
    assert entry["headers"] == {"authorization": "••••••", "x-request-id": "k"}
    assert entry["body"] == {"a": 1}
    assert (entry["number"], entry["status"], entry["keys"]) == (1, 200, ("k",))


def test_a_body_that_is_no_json_is_shown_as_text():
    ledger = Ledger("sink")
    raw = Call(method="POST", path="/", body=b"\xff plain")
    ledger.add(raw, None, at=AT, status=None, fault=True)
    [entry] = ledger.shown()
    assert entry["body"] == "\ufffd plain"
    assert (entry["status"], entry["answer"], entry["fault"]) == (None, None, True)


def test_only_the_newest_are_kept_but_all_are_counted():
    ledger = Ledger("sink", keep=3)
    for number in range(10):
        ledger.add(CALL, verdict(key=f"k{number % 4}"), at=AT, status=200, fault=False)
    assert [entry["number"] for entry in ledger.shown()] == [8, 9, 10]
    assert [entry["number"] for entry in ledger.shown(since=8, limit=1)] == [9]
    stats = ledger.stats()
    assert (stats["requests"], stats["items_taken"], stats["distinct_keys"]) == (10, 10, 4)


def test_counters_by_status_minute_and_longest_run_of_429():
    ledger = Ledger("sink")
    for index, status in enumerate([200, 429, 429, 200, 429]):
        taken = verdict(status, items=1 if status == 200 else 0)
        ledger.add(CALL, taken, at=AT + index * 30_000, status=status, fault=False)
    ledger.add(CALL, verdict(items=5, duplicates=2), at=AT, status=500, fault=True)
    ledger.add(CALL, None, at=AT, status=None, fault=True)
    stats = ledger.stats()
    assert stats["by_status"] == {"200": 2, "429": 3, "500": 1, "cut": 1}
    assert stats["by_endpoint"] == {"events": 6}
    assert (stats["items_taken"], stats["duplicates"], stats["applied"]) == (7, 2, 5)
    assert (stats["faults"], stats["longest_run_of_429"]) == (2, 2)
    assert stats["per_minute"] == [
        {"minute": AT, "by_status": {"200": 1, "429": 1, "500": 1, "cut": 1}},
        {"minute": AT + 60_000, "by_status": {"429": 1, "200": 1}},
        {"minute": AT + 120_000, "by_status": {"429": 1}},
    ]


def test_forgetting_keeps_the_numbers_rising():
    ledger = Ledger("sink")
    ledger.add(CALL, verdict(), at=AT, status=200, fault=False)
    ledger.clear()
    assert ledger.shown() == []
    assert ledger.stats()["requests"] == 0
    ledger.add(CALL, verdict(), at=AT, status=200, fault=False)
    assert ledger.shown()[0]["number"] == 2


def test_every_request_is_in_the_record_at_once(tmp_path: Path):
    record = Record(tmp_path / "twins.jsonl")
    sink, heap = Ledger("sink", keep=1, record=record), Ledger("heap", record=record)
    sink.add(CALL, verdict(), at=AT, status=200, fault=False)
    heap.add(CALL, verdict(), at=AT, status=200, fault=False)
    sink.add(CALL, verdict(), at=AT, status=200, fault=False)
    lines = (tmp_path / "twins.jsonl").read_bytes().splitlines()
    shown = [msgspec.json.decode(line) for line in lines]
    assert [(line["twin"], line["number"]) for line in shown] == [
        ("sink", 1),
        ("heap", 1),
        ("sink", 2),
    ]
    assert b"secret" not in b"".join(lines)
    record.close()
