"""`status`: exit 0 on a healthy hub, 1 with a sentence and a next step for each thing that needs a person."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from heliograph.app import wiring
from heliograph.app.notebook import Notebook
from heliograph.app.settings import Settings
from heliograph.cli import run
from heliograph.engine.settings import GROUP
from heliograph.model.clock import SystemClock
from heliograph.model.event import Event, encode_event
from heliograph.model.request import StoredRequest
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Record
from heliograph.storage.folder.run_files import role_lock
from heliograph.storage.reading.parked import ParkedPlace
from heliograph.storage.reading.readers import Gap
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.testing.clock import ManualClock
from heliograph.testing.running.processes import write_files

FOLDER = {
    "workspace.toml": 'id = "acme"\ndata_api_keys = ["k"]\n',
    "destinations/hook.toml": 'type = "webhook"\n[settings]\nurl = "http://127.0.0.1:9/"\n',
    "pipelines/main.toml": 'sources = ["*"]\n[[destinations]]\nname = "hook"\n',
}
DAY_MS = 86_400_000


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    data = tmp_path / "data"
    source = write_files(tmp_path / "in", FOLDER)
    assert run(["apply", "--yes", str(source), "--data-dir", str(data)]) == 0
    with opened(data):
        pass  # makes the journal, as a gateway does at its start
    capsys.readouterr()
    return data


@pytest.fixture
def at_work(folder: Path) -> Iterator[Path]:
    """The data folder while this process holds the locks of gateway and worker and left their notes."""
    still = ManualClock()
    with ExitStack() as held:
        for role in ("gateway", "worker"):
            held.enter_context(
                role_lock(
                    folder, role, wait_s=0, monotonic_s=still.monotonic_s, pause=lambda _: None
                )
            )
            Notebook(folder, role, SystemClock())
        yield folder


@contextmanager
def opened(folder: Path) -> Iterator[Data]:
    settings = Settings(data_dir=str(folder))
    with wiring.opened(settings, journal_writes=True, store_writes=True) as data:
        yield data


def status(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = run(["status", "--json", "--data-dir", str(folder)])
    return code, json.loads(capsys.readouterr().out)


def keep_events(data: Data, number: int) -> None:
    """Append events of one key to the journal."""
    events = [
        Event(
            type="track",
            event="Ordered",
            event_id=f"evt_{n:026d}-0",
            workspace="acme",
            source_id="shop",
            request_id="req_1",
            item_index=n,
            timestamp=1,
            received_at=1,
            customer_id="ann",
        )
        for n in range(number)
    ]
    request = StoredRequest(
        request_id="req_1",
        workspace="acme",
        source_id="shop",
        received_at=1,
        state="accepted",
        items=number,
        events=number,
    )
    data.intake.take(
        [request], [Record(key=e.key, id=e.event_id, at=1, value=encode_event(e)) for e in events]
    )


def test_a_healthy_hub_exits_0_without_a_word(at_work: Path, capsys: pytest.CaptureFixture[str]):
    code, report = status(at_work, capsys)
    assert (code, report["needs_person"], report["problems"]) == (0, False, [])
    assert run(["status", "--data-dir", str(at_work)]) == 0
    assert "problem" not in capsys.readouterr().out


def test_a_role_that_does_not_run_exits_1(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["status", "--data-dir", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "gateway  does not run" in out
    assert "worker   does not run" in out


@pytest.mark.parametrize(("state", "code"), [("paused", 0), ("misconfigured", 1)])
def test_only_what_nobody_wanted_exits_1(
    state: Any, code: int, at_work: Path, capsys: pytest.CaptureFixture[str]
):
    with opened(at_work) as data, data.store.transaction() as tx:
        tx.destinations.set(
            DestinationStatus(
                destination="acme/hook", state=state, reason="401 Unauthorized", since=1
            )
        )
    found, report = status(at_work, capsys)
    assert (found, report["problems"]) == (code, [f"acme/hook is {state}: 401 Unauthorized"])


def test_events_without_a_configuration_are_told_with_the_command_that_applies_one(
    at_work: Path, capsys: pytest.CaptureFixture[str]
):
    with opened(at_work) as data, data.store.transaction() as tx:
        tx.parked.put([ParkedPlace(workspace="beta", partition=0, position=1)])
    code, report = status(at_work, capsys)
    assert code == 1
    [problem] = report["problems"]
    assert problem.startswith("1 event of workspace beta wait")
    assert "heliograph apply DIR" in problem


def test_events_that_were_missed_are_told(at_work: Path, capsys: pytest.CaptureFixture[str]):
    with opened(at_work) as data, data.store.transaction() as tx:
        tx.readers.seen(GROUP, now_ms=SystemClock().now_ms())
        tx.readers.note_gap(Gap(group=GROUP, partition=0, first=3, last=7, found_at=1))
    code, report = status(at_work, capsys)
    assert code == 1
    assert [p[:8] for p in report["problems"]] == ["5 events"]


@pytest.mark.parametrize(("days", "code"), [(0.5, 0), (3, 1)])
def test_a_reader_that_is_gone_and_holds_events_back_is_named_with_what_to_do(
    days: float, code: int, at_work: Path, capsys: pytest.CaptureFixture[str]
):
    now_ms = SystemClock().now_ms()
    with opened(at_work) as data:
        keep_events(data, 4)
        [partition] = [p for p, bounds in enumerate(data.journal.heads()) if bounds.last]
        with data.store.transaction() as tx:
            tx.readers.seen(GROUP, now_ms=now_ms)
            tx.readers.seen("history", now_ms=now_ms - round(days * DAY_MS))
            [claim] = tx.cursors.take(GROUP, [partition])
            tx.cursors.advance(GROUP, partition, old=0, new=4, epoch=claim.epoch)
    found, report = status(at_work, capsys)
    named = [problem for problem in report["problems"] if "history" in problem]
    assert (found, len(named)) == (code, code)
    if named:
        assert "not seen for 3 days, and the journal keeps 4 events for it" in named[0]
        assert "`heliograph readers forget history`" in named[0]
        command = named[0].split("`heliograph ")[1].split("`")[0].split()
        assert run([*command, "--data-dir", str(at_work)]) == 0
        capsys.readouterr()
        assert status(at_work, capsys)[0] == 0


def test_readers_list_shows_how_far_each_is(at_work: Path, capsys: pytest.CaptureFixture[str]):
    with opened(at_work) as data:
        keep_events(data, 4)
        with data.store.transaction() as tx:
            tx.readers.seen("history", now_ms=0)
            tx.readers.note_gap(Gap(group="history", partition=0, first=1, last=2, found_at=1))
    assert run(["readers", "list", "--data-dir", str(at_work)]) == 0
    _, row = capsys.readouterr().out.splitlines()
    assert row.split() == ["history", "1970-01-01", "00:00:00.000", "4", "2", "0"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["engine", "--reason", "  "], "reason"),
        (["engine", "--reason", "x" * 501], "501 characters"),
        (["engine", "--reason", "x", "--events", "4"], "other events are missing"),
        (["history", "--reason", "x"], "history"),
    ],
    ids=["no reason", "a long reason", "another number", "another group"],
)
def test_a_gap_stays_open_when_its_acknowledgement_is_refused(
    arguments: list[str], said: str, at_work: Path, capsys: pytest.CaptureFixture[str]
):
    with opened(at_work) as data, data.store.transaction() as tx:
        tx.readers.seen(GROUP, now_ms=SystemClock().now_ms())
        tx.readers.note_gap(Gap(group=GROUP, partition=0, first=3, last=7, found_at=1))
    assert run(["readers", "acknowledge", *arguments, "--data-dir", str(at_work)]) == 1
    assert said in capsys.readouterr().err
    assert status(at_work, capsys)[0] == 1
